"""A trained model as the prior of a user's own: its scores, its features, and a step away from it.

This is all that learning from own labels knows of the classifier: a model scores a thread by
features times coefficients plus a bias, in calibrated log-odds; a `Step` is added to both. Words that
the model does not know may have columns too (`model.own`): its coefficients there are zero to begin with.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from detector.model.decision import GENUINE
from detector.model.file import Model
from detector.model.own import OwnWords
from detector.model.scorer import Scorer
from detector.model.weights import SLOTS, N, Weights
from detector.patterns import Finder, Pattern
from detector.training.matrix import Columns, Scales, design, foreign_words, own_design, to_weights, with_pooled


@dataclass
class Rows:
    """Threads as the model sees them: `matrix` (n, width) sparse features, `scores` (n, N) of the prior.

    `words`: the own words that have the last columns, one each.
    """

    matrix: Any
    scores: np.ndarray
    words: Sequence[str] = ()

    def __len__(self) -> int:
        return len(self.scores)

    def take(self, index: np.ndarray) -> Rows:
        """The threads at these positions."""
        return Rows(self.matrix[index], self.scores[index], self.words)


@dataclass
class Step:
    """What is added to the prior: `values` (k, N) at the `columns` (k,) of the matrix, `bias` (N,).

    `words`: the own words that have the matrix's last columns.
    """

    columns: np.ndarray
    values: np.ndarray
    bias: np.ndarray
    words: Sequence[str] = ()

    def scores(self, rows: Rows) -> np.ndarray:
        """(n, N) scores after the step."""
        dense = np.zeros((rows.matrix.shape[1], N))
        dense[self.columns] = self.values
        return np.asarray(rows.scores + rows.matrix @ dense + self.bias)


class Prior:
    """A model that own labels may move.

    >>> from detector import paths
    >>> from detector.model.file import load
    >>> from detector.threads import group, messages_table
    >>> rows = Prior(load(paths.shipped_model())).rows(group(messages_table([("t", "received", "Hello")])).threads)
    >>> rows.scores.shape, rows.matrix.shape[0]
    ((1, 3), 1)
    """

    def __init__(self, model: Model, patterns: tuple[Pattern, ...] | None = None) -> None:
        self.model = model
        self.finder = Finder(patterns)
        self.scorer = Scorer(model.weights)
        self.columns = Columns(model.weights.space, model.weights.pattern_ids)
        scales = model.manifest.get("recipe", {}).get("scales")
        self.scales = Scales(**scales) if scales else Scales()
        bounds = np.cumsum([0, *self.columns.sizes])
        self._patterns_at = int(bounds[-4])

    def words(self, threads: pd.DataFrame, senders: Sequence[str]) -> list[str]:
        """The own words that may be learned of these threads, a sender's key each: `rows` gives them columns."""
        return foreign_words(self.finder.search(threads), self.columns.space, senders) if len(threads) else []

    def rows(self, threads: pd.DataFrame, words: Sequence[str] | None = None) -> Rows:
        """Features and scores of a threads table (columns of `schema.THREADS`, recipients filled in).

        `words`: the own words that have columns, those that the model has by default.
        """
        from scipy import sparse

        words = self.model.weights.own.words if words is None else words
        if not len(threads):
            return Rows(sparse.csr_matrix((0, self.columns.width + len(words))), np.zeros((0, N)), words)
        searched = self.finder.search(threads)
        scores = self.scorer.score(searched)
        added = scores.pooled.features(scores.last)
        matrix = with_pooled(design(searched, self.columns, self.scales), added, self.scales)
        if len(words):
            own = own_design(searched, self.columns.space, words) * self.scales.words
            matrix = sparse.hstack([matrix, own.astype("float32")]).tocsr()
        return Rows(matrix, scores.after[scores.last], words)

    def against_meaning(self, step: Step) -> np.ndarray:
        """The columns of patterns that a step would turn against what they mean.

        A sign of homework speaks for `genuine`, any other pattern of the sender's does not: a reader
        would not accept it as a reason otherwise.
        """
        found = {p.id: p for p in self.finder.patterns}
        last = self._patterns_at + len(self.model.weights.pattern_ids) * len(SLOTS)
        inside = np.flatnonzero((step.columns >= self._patterns_at) & (step.columns < last))
        at = {int(step.columns[k]): int(k) for k in inside}
        flat = self.model.weights.patterns.reshape(-1, N)
        scale = self.scales.patterns
        wrong = []
        for i, name in enumerate(self.model.weights.pattern_ids):
            pattern = found.get(name)
            if pattern is None or pattern.by != "sender":
                continue
            homework = pattern.family == "homework" and not pattern.missing
            for slot in range(len(SLOTS)):
                column = self._patterns_at + i * len(SLOTS) + slot
                k = at.get(column)
                if k is None or not step.values[k].any():
                    continue
                after = flat[i * len(SLOTS) + slot] + step.values[k] * scale
                if (after.argmax() == GENUINE) != homework:
                    wrong.append(column)
        return np.asarray(wrong, dtype=np.int64)

    def moved(self, step: Step, slope: float = 1.0) -> Weights:
        """The prior's weights with the step added, all times `slope`.

        Of own words those that the prior had and those that the step moves, no other one.
        """
        width, base = self.columns.width, self.model.weights
        dense = np.zeros((N, width))
        inside = step.columns < width
        dense[:, step.columns[inside]] = step.values[inside].T
        moved = to_weights(dense, step.bias, self.columns, self.scales, base.roles)
        parts = {
            name: (getattr(base, name) + getattr(moved, name)) * slope
            for name in ("words", "pairs", "grams", "patterns", "shape", "pooled", "bias")
        }
        fresh = {step.words[k - width]: v for k, v in zip(step.columns, step.values, strict=True) if k >= width}
        return replace(base, **parts, own=_joined(base.own, fresh, self.scales.words, slope))


def _joined(base: OwnWords, moved: dict[str, np.ndarray], scale: float, slope: float) -> OwnWords:
    """The own words of a model and their coefficients, with what a step adds to them."""
    words = sorted({*base.words, *moved})
    index = {word: i for i, word in enumerate(words)}
    weights = np.zeros((len(words), N))
    weights[[index[w] for w in base.words]] = base.weights
    for word, values in moved.items():
        weights[index[word]] += values * scale
    return OwnWords(words, weights * slope)
