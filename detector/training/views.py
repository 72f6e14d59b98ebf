"""What the sentences of each thread do, as seen by sentence models that did not learn from that thread.

The thread model must not be trained on sentences that the sentence model knows by heart. So for every
pair of folds a sentence model is fitted without both: it reads one fold's threads for training while the
other is held out. With the models that lack one fold, for the final fit, that is n (n + 1) / 2 fits.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from itertools import combinations_with_replacement
from typing import Any

import numpy as np
import pandas as pd

from detector.model.foreign import PieceWeights
from detector.model.roles import POOLED, R, RoleWeights, context, pooled
from detector.patterns import Searched
from detector.patterns.sentences import Sentences
from detector.training.matrix import Columns
from detector.training.meaning import (
    DIRECTIONS,
    OF_FOREIGN_SENTENCES,
    OF_SENTENCES,
    Meanings,
    Part,
    into_words,
    told_by_meaning,
    with_meanings,
)
from detector.training.roles import (
    first_probabilities,
    fit_first,
    fit_second,
    foreign_in_sentences,
    no_roles,
    second_probabilities,
    sentence_matrix,
    sentence_roles,
    to_role_weights,
)


@dataclass
class Views:
    """First looks of every needed sentence model, and what becomes of them. Create it with `of`."""

    searched: Searched
    sentences: Sentences
    columns: Columns
    roles: np.ndarray  # (m,) role index of each sentence, -1 for unknown
    fold: np.ndarray  # (m,) fold of each sentence's thread
    n: int
    first: dict[tuple[int, int], np.ndarray]  # folds left out -> (sentences of these folds, R) first looks
    full: tuple[np.ndarray, np.ndarray] | None
    foreign: PieceWeights

    @classmethod
    def of(cls, threads: pd.DataFrame, searched: Searched, columns: Columns, roles: dict, held_in: list) -> Views:
        """Fit the sentence models of all pairs of folds, in parallel processes; none if no role is known."""
        from joblib import Parallel, delayed

        sentences = Sentences.of(searched.reading)
        known = sentence_roles(threads, searched, sentences, roles)
        of_thread = np.zeros(len(threads), dtype=np.int64)
        for i, (_seen, held) in enumerate(held_in):
            of_thread[held] = i
        fold = of_thread[searched.reading.thread[sentences.row]]
        n = len(held_in)
        if not (known >= 0).any():
            return cls(searched, sentences, columns, known, fold, n, {}, None, PieceWeights.none(R))
        words = columns.space.words
        meanings = Meanings(words, OF_SENTENCES)
        parts = [(slice(0, len(words)), meanings.along(DIRECTIONS))]
        foreign, features, _share = foreign_in_sentences(searched, sentences, columns.space)
        others = _Others(features, meanings.of(foreign), meanings.of_known)
        matrix = with_meanings(sentence_matrix(searched, sentences, columns.space, columns.pattern_ids), parts)
        pairs = list(combinations_with_replacement(range(n), 2))
        run = Parallel(n_jobs=min(2, os.cpu_count() or 1))
        (coefficients, bias), *looks = run(
            delayed(_look)(matrix, parts, others, known, fold, job) for job in (None, *pairs)
        )
        full = into_words(coefficients.T, parts).T, bias
        pieces = meanings.into_pieces(others.told(full[0]))
        return cls(searched, sentences, columns, known, fold, n, dict(zip(pairs, looks, strict=True)), full, pieces)

    def held(self, i: int) -> np.ndarray:
        """(threads, POOLED) features for training on all folds but `i` and testing on it."""
        return self._features([(i, j) if i <= j else (j, i) for j in range(self.n)], self.fold != i)

    def all(self) -> np.ndarray:
        """(threads, POOLED) features for training on everything, each thread as if it were new."""
        return self._features([(j, j) for j in range(self.n)], np.ones(len(self.fold), dtype=bool))

    def weights(self) -> RoleWeights:
        """The sentence model fitted on everything."""
        if self.full is None:
            return no_roles(self.columns.space, self.columns.pattern_ids)
        q = self._first([(j, j) for j in range(self.n)])
        second = self._second(q, np.ones(len(self.fold), dtype=bool))
        return to_role_weights(self.full, second, self.columns.space, self.columns.pattern_ids, self.foreign)

    def _first(self, models: list[tuple[int, int]]) -> np.ndarray:
        q = np.zeros((len(self.fold), R))
        for j, pair in enumerate(models):
            inside = np.flatnonzero(np.isin(self.fold, pair))
            q[inside[self.fold[inside] == j]] = self.first[pair][self.fold[inside] == j]
        return q

    def _second(self, q: np.ndarray, seen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        around = context(q, self.sentences, self.searched.reading)
        kept = seen & (self.roles >= 0)
        return fit_second(around[kept], self.roles[kept])

    def _features(self, models: list[tuple[int, int]], seen: np.ndarray) -> np.ndarray:
        reading = self.searched.reading
        if self.full is None:
            return np.zeros((len(reading.starts), POOLED))
        q = self._first(models)
        q = second_probabilities(q, self.sentences, self.searched, self._second(q, seen))
        return pooled(q, self.sentences, reading).features(reading.starts + reading.sizes - 1)


@dataclass
class _Others:
    """Words that the text space does not know, in sentences: `features` (m, words), and the vectors of these and of the known."""

    features: Any
    vectors: np.ndarray
    of_known: np.ndarray

    def told(self, coefficients: np.ndarray) -> np.ndarray:
        """(size, R) what such a word's vector counts, from coefficients (R, width) whose first columns are the known words'."""
        return OF_FOREIGN_SENTENCES * told_by_meaning(self.of_known, coefficients[:, : len(self.of_known)].T)

    def scores(self, coefficients: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """(rows, R) what they add to the scores of some sentences."""
        return np.asarray(self.features[rows] @ (self.vectors @ self.told(coefficients)))


def _look(
    matrix: Any,
    parts: list[Part],
    others: _Others,
    roles: np.ndarray,
    fold: np.ndarray,
    without: tuple[int, int] | None,
) -> Any:
    """First looks at the folds left out; with none left out, the coefficients of the fit on everything."""
    known = roles >= 0
    if without is None:
        return fit_first(matrix[known], roles[known])
    out = np.isin(fold, without)
    coefficients, bias = fit_first(matrix[known & ~out], roles[known & ~out])
    of_words = into_words(coefficients.T, parts).T
    return first_probabilities(matrix[out], (coefficients, bias), others.scores(of_words, np.flatnonzero(out)))
