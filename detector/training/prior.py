"""A trained model as the prior of a user's own: its scores, its features, and a step away from it.

This is all that learning from own labels knows of the classifier: a model scores a thread by
features times coefficients plus a bias, in calibrated log-odds; a `Step` is added to both. Words that
the model does not know may have columns too (`model.foreign`): what it makes of their meaning is in its scores already.
The last columns are what a thread's words mean, added up (`meaning`): a step there is one of all words, unknown ones too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from detector.errors import ModelError
from detector.model.decision import GENUINE
from detector.model.file import Model
from detector.model.foreign import ForeignWords, PieceWeights
from detector.model.scorer import Scorer
from detector.model.weights import SLOTS, N, Weights
from detector.patterns import Finder, Pattern, Searched
from detector.training.matrix import (
    Columns,
    Scales,
    design,
    foreign_design,
    foreign_words,
    to_weights,
    with_pooled,
)
from detector.training.meaning import OF_OWN, Meanings, Part, into_words, with_meanings


@dataclass
class Rows:
    """Threads as the model sees them: `matrix` (n, width) sparse features, `scores` (n, N) of the prior.

    `words`: the own words that have columns behind the model's own, one each; those of meanings are the last. `others`:
    (n, size) what the words mean that the model does not know, added up; `unknown`: (n,) which share of the words these are.
    """

    matrix: Any
    scores: np.ndarray
    words: Sequence[str]
    others: np.ndarray
    unknown: np.ndarray

    def __len__(self) -> int:
        return len(self.scores)

    def take(self, index: np.ndarray) -> Rows:
        """The threads at these positions."""
        return Rows(self.matrix[index], self.scores[index], self.words, self.others[index], self.unknown[index])


@dataclass
class Step:
    """What is added to the prior: `values` (k, N) at the `columns` (k,) of the matrix, `bias` (N,).

    `words`: the own words that have columns of the matrix.
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
        self._last: tuple[pd.DataFrame, Searched] | None = None

    @cached_property
    def meanings(self) -> Meanings:
        """What the model's words mean."""
        return Meanings(self.model.weights.space.words, OF_OWN)

    def words(self, threads: pd.DataFrame, senders: Sequence[str]) -> list[str]:
        """The own words that may be learned of these threads, a sender's key each: `rows` gives them columns."""
        return foreign_words(self._searched(threads), self.columns.space, senders) if len(threads) else []

    def _searched(self, threads: pd.DataFrame) -> Searched:
        """The patterns of a table; it is searched once for all that is asked about it in a row."""
        if self._last is None or self._last[0] is not threads:
            self._last = threads, self.finder.search(threads)
        return self._last[1]

    def rows(self, threads: pd.DataFrame, words: Sequence[str] | None = None) -> Rows:
        """Features and scores of a threads table (columns of `schema.THREADS`, recipients filled in).

        `words`: the own words that have columns, those that the model has by default.
        """
        return self.meant(self.plain_rows(threads, words))

    def meant(self, plain: Rows) -> Rows:
        """Plain rows with the columns of meanings."""
        return replace(plain, matrix=with_meanings(plain.matrix, self._parts, plain.others))

    def plain_rows(self, threads: pd.DataFrame, words: Sequence[str] | None = None) -> Rows:
        """The same without the columns of meanings: what a queue compares threads by."""
        from scipy import sparse

        words = self.model.weights.foreign.words if words is None else words
        if not len(threads):
            nothing = sparse.csr_matrix((0, self.columns.width + len(words)))
            others = np.zeros((0, self.meanings.size), dtype=np.float32)
            return Rows(nothing, np.zeros((0, N)), words, others, np.zeros(0))
        searched = self._searched(threads)
        scores = self.scorer.score(searched)
        added = scores.pooled.features(scores.last)
        matrix = with_pooled(design(searched, self.columns, self.scales), added, self.scales)
        foreign, features, unknown = foreign_design(searched, self.columns.space)
        features = (features * self.scales.words).astype("float32")
        if len(words):
            at = {word: i for i, word in enumerate(foreign)}
            # one column more, of nothing, for own words that are not in these threads
            own = sparse.hstack([features, sparse.csr_matrix((features.shape[0], 1), dtype="float32")]).tocsc()
            matrix = sparse.hstack([matrix, own[:, [at.get(word, len(foreign)) for word in words]]]).tocsr()
        others = np.asarray(features @ self.meanings.of(foreign), dtype=np.float32)
        return Rows(matrix, scores.after[scores.last], words, others, unknown)

    @property
    def _parts(self) -> list[Part]:
        """Columns of words and what they mean, each block's."""
        return [(block, self.meanings.of_known) for block in self.columns.words]

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
        width, base, size = self.columns.width, self.model.weights, self.meanings.size
        dense = np.zeros((width + len(step.words) + size, N))
        dense[step.columns] = step.values
        meaning = dense[-size:]
        fresh = {step.words[k - width]: dense[k] for k in step.columns if width <= k < len(dense) - size}
        moved = to_weights(into_words(dense, self._parts)[:width].T, step.bias, self.columns, self.scales, base.roles)
        parts = {
            name: (getattr(base, name) + getattr(moved, name)) * slope
            for name in ("words", "pairs", "grams", "patterns", "shape", "pooled", "bias")
        }
        foreign = _joined(base.foreign, fresh, self.scales.words)
        if meaning.any():
            foreign = replace(foreign, pieces=self._spelled(base.foreign.pieces, meaning * self.scales.words))
        return replace(base, **parts, foreign=foreign.scaled(slope))

    def _spelled(self, base: PieceWeights, learned: np.ndarray) -> PieceWeights:
        """What any word's pieces tell, with what a step of meanings adds to it."""
        step = self.meanings.into_pieces(learned)
        if base.pieces is None or step.pieces is None:
            return step
        if base.pieces.known != step.pieces.known:
            raise ModelError("the model was trained with other word pieces than this version has; train it again")
        return PieceWeights(base.pieces, base.values + step.values, base.centre + step.centre)


def _joined(base: ForeignWords, moved: dict[str, np.ndarray], scale: float) -> ForeignWords:
    """The words of a model's own mail and their coefficients, with what a step adds to them."""
    words = sorted({*base.words, *moved})
    index = {word: i for i, word in enumerate(words)}
    weights = np.zeros((len(words), N))
    weights[[index[w] for w in base.words]] = base.weights
    for word, values in moved.items():
        weights[index[word]] += values * scale
    return replace(base, words=words, weights=weights)
