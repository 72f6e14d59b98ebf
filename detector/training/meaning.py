"""What words mean, as vectors: a label teaches something about words like those of its thread, too.

Of 24 own threads hardly a word stands in three, so what each word alone can learn of them is little. Words of like
meaning have like vectors in a pretrained encoder (the word pieces of the careful reading, which tuning left as they
were), and the vectors of a thread's words, added up, are a few hundred columns that any thread has. A coefficient of
such a column is one of every word, in proportion to its vector: what is learned goes into the words' own coefficients,
and the model stays a sum over words. For the corpus, where words are rare too, it is done in the same way.

A word that a model does not know has a vector as well, and one of another language may have one like those of known words
that mean the same. What the known words' coefficients are in proportion to (`told_by_meaning`) is what such a word gets;
as its vector is made of those of its pieces, so is its coefficient (`model.foreign`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import sparse

from detector import paths
from detector.model.careful.file import word_vectors
from detector.model.foreign import PieceWeights, piece_means
from detector.model.mistyped import Mistyped
from detector.model.text import is_word

OF_OWN, OF_THREADS, OF_SENTENCES = 1.5, 0.3, 0.5
"""How long a vector is where own labels are learned from, and the threads and sentences of the corpus: how much further than
a word alone its meaning may move. The first was chosen on slices of the corpus kept for such choices, the others on
its own folds; longer ones let small talk speak too loudly for a sale (docs/experiments.md)."""

OF_FOREIGN_SENTENCES = 2.0
"""How much more the meaning of a word that the model does not know counts in what its sentence does than a known word's
coefficient would; in what its thread is it counts as much. Chosen on languages taken out of the corpus (docs/experiments.md)."""

RIDGE = 4.4
"""How hard `told_by_meaning` holds back, in mean squared lengths of a vector."""

DIRECTIONS = 64
"""Numbers a vector where the roles of sentences are learned: there are many more of them than threads."""

Part = tuple[slice, np.ndarray]
"""Columns of words in a matrix, and the vectors of these words."""


class Meanings:
    """Vectors of words, around the mean of those that a model knows.

    A word of k pieces has root(k) * (mean of its pieces' vectors - centre), at a scale at which the known ones are of
    this `length` in the mean: so what is learned of a vector can be told from the pieces. `known`: normal forms, the
    model's words; `of_known`: (known, size) float32, 0 for what is no word of letters.

    >>> meanings = Meanings(["meeting", "price", "cost", "<num>"], length=1)
    >>> meeting, price, cost, number = meanings.of_known
    >>> bool(price @ cost > price @ meeting), float(abs(number).sum())
    (True, 0.0)
    """

    def __init__(self, known: Sequence[str], length: float) -> None:
        self.pieces, self._vectors = word_vectors(paths.shipped_reading())
        self.mistyped = Mistyped(known)
        means, count = self._means(known)
        some = count > 0
        self._centre = means[some].mean(axis=0) if some.any() else np.zeros(self.size, dtype=np.float32)
        of_known = self._around(means, count)
        lengths = np.linalg.norm(of_known[some], axis=1)
        self._scale = np.float32(length / lengths.mean()) if some.any() and lengths.mean() > 0 else np.float32(length)
        self.of_known = of_known * self._scale

    @property
    def size(self) -> int:
        """Numbers a vector."""
        return int(self._vectors.shape[1])

    def of(self, words: Sequence[str]) -> np.ndarray:
        """(words, size) vectors of further normal forms, for slips of known ones those of these."""
        return np.asarray(self._around(*self._means(words, self.mistyped)) * self._scale)

    def along(self, directions: int) -> np.ndarray:
        """(known, directions or less) the vectors of the known words in the directions in which they differ most."""
        _u, _s, widest = np.linalg.svd(self.of_known, full_matrices=False)
        return np.asarray(self.of_known @ widest[:directions].T, dtype=np.float32)

    def into_pieces(self, learned: np.ndarray) -> PieceWeights:
        """Coefficients (size, k) of vectors as those of words' pieces.

        >>> meanings, learned = Meanings(["price", "cost"], length=1), np.ones((384, 1))
        >>> told = meanings.into_pieces(learned).coefficients(["tarif"], meanings.mistyped)
        >>> bool(np.allclose(told, meanings.of(["tarif"]) @ learned, atol=1e-5))
        True
        """
        return PieceWeights(self.pieces, self._vectors @ learned * self._scale, self._centre @ learned * self._scale)

    def _means(self, words: Sequence[str], mistyped: Mistyped | None = None) -> tuple[np.ndarray, np.ndarray]:
        return piece_means(self._vectors, self.pieces, [w if is_word(w) else "" for w in words], mistyped)

    def _around(self, means: np.ndarray, count: np.ndarray) -> np.ndarray:
        return np.asarray((means - self._centre) * np.sqrt(count)[:, None], dtype=np.float32)


def told_by_meaning(vectors: np.ndarray, coefficients: np.ndarray) -> np.ndarray:
    """(size, k) what coefficients of words (words, k) are in proportion to, given the words' vectors (words, size): by
    ridge regression (Hoerl and Kennard, 1970)."""
    square = (vectors.astype(np.float64) ** 2).sum(axis=1).mean() if len(vectors) else 0.0
    products = vectors.T @ vectors + RIDGE * max(float(square), 1e-12) * np.eye(vectors.shape[1])
    return np.asarray(np.linalg.solve(products, vectors.T @ coefficients))


def with_meanings(matrix: Any, parts: Sequence[Part], others: np.ndarray | float = 0) -> Any:
    """A sparse matrix (n, width) with the vectors of its rows' words beside it, added up: (n, width + size).

    `parts`: columns of words, and their vectors; `others`: (n, size) the vectors of words that have no column.
    """
    meaning = sum((matrix[:, columns] @ vectors for columns, vectors in parts), others)
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
