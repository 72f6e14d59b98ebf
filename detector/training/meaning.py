"""What words mean, as vectors: a label teaches something about words like those of its thread, too.

Of 24 own threads hardly a word stands in three, so what each word alone can learn of them is little. Words of like
meaning have like vectors in a pretrained encoder (the word pieces of the careful reading, which tuning left as they
were), and the vectors of a thread's words, added up, are a few hundred columns that any thread has. A coefficient of
such a column is one of every word, in proportion to its vector: what is learned goes into the words' own coefficients,
and the model stays a sum over words. For the corpus, where words are rare too, it is done in the same way.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import sparse

from detector import paths
from detector.model.careful.file import word_vectors

OF_OWN, OF_THREADS, OF_SENTENCES = 1.5, 0.3, 0.5
"""How long a vector is where own labels are learned from, and the threads and sentences of the corpus: how much further than
a word alone its meaning may move. The first was chosen on slices of the corpus kept for such choices, the others on
its own folds; longer ones let small talk speak too loudly for a sale (docs/experiments.md)."""

DIRECTIONS = 64
"""Numbers a vector where the roles of sentences are learned: there are many more of them than threads."""

Part = tuple[slice, np.ndarray]
"""Columns of words in a matrix, and the vectors of these words."""


class Meanings:
    """Vectors of words, around the mean of those that a model knows.

    `known`: normal forms, the model's words; `of_known`: (known, size) float32, each of this `length`, or 0 for what
    is no word of letters.

    >>> meanings = Meanings(["meeting", "price", "cost", "<num>"], length=1)
    >>> meeting, price, cost, number = meanings.of_known
    >>> bool(price @ cost > price @ meeting), float(abs(number).sum())
    (True, 0.0)
    """

    def __init__(self, known: Sequence[str], length: float) -> None:
        self.length = length
        self._pieces, self._vectors = word_vectors(paths.shipped_reading())
        raw = self._raw(known)
        self._centre = raw[raw.any(axis=1)].mean(axis=0) if raw.any() else np.zeros(self.size, dtype=np.float32)
        self.of_known = self._around(raw)

    @property
    def size(self) -> int:
        """Numbers a vector."""
        return int(self._vectors.shape[1])

    def of(self, words: Sequence[str]) -> np.ndarray:
        """(words, size) vectors of further normal forms."""
        return self._around(self._raw(words))

    def along(self, directions: int) -> np.ndarray:
        """(known, directions or less) the vectors of the known words in the directions in which they differ most."""
        _u, _s, widest = np.linalg.svd(self.of_known, full_matrices=False)
        return np.asarray(self.of_known @ widest[:directions].T, dtype=np.float32)

    def _raw(self, words: Sequence[str]) -> np.ndarray:
        found = np.zeros((len(words), self.size), dtype=np.float32)
        for i, word in enumerate(words):
            if word[0].isalpha():
                found[i] = self._vectors[list(self._pieces.of(word))].mean(axis=0)
        return found

    def _around(self, raw: np.ndarray) -> np.ndarray:
        moved = (raw - self._centre) * raw.any(axis=1, keepdims=True)
        length = np.linalg.norm(moved, axis=1, keepdims=True)
        return np.asarray(moved * (self.length / np.maximum(length, 1e-9)), dtype=np.float32)


def with_meanings(matrix: Any, parts: Sequence[Part]) -> Any:
    """A sparse matrix (n, width) with the vectors of its rows' words beside it, added up: (n, width + size).

    `parts`: columns of words, and their vectors.
    """
    meaning = sum(matrix[:, columns] @ vectors for columns, vectors in parts)
    return sparse.hstack([matrix, sparse.csr_matrix(meaning)]).tocsr()


def into_words(coefficients: np.ndarray, parts: Sequence[Part]) -> np.ndarray:
    """Coefficients (width + size, k) of such a matrix as the (width, k) of the matrix alone that score the same.

    >>> parts = [(slice(1, 3), np.array([[1.0, 0.0], [0.5, 2.0]], dtype=np.float32))]
    >>> matrix = sparse.csr_matrix(np.array([[9.0, 1.0, 2.0]]))
    >>> found = np.arange(5.0)[:, None]
    >>> (with_meanings(matrix, parts) @ found).item(), (matrix @ into_words(found, parts)).item()
    (27.0, 27.0)
    """
    size = parts[0][1].shape[1]
    own, learned = coefficients[:-size].copy(), coefficients[-size:]
    for columns, vectors in parts:
        own[columns] += vectors @ learned
    return own
