"""Words that the text space does not know: what they mean in general, and words of a user's own mail.

A word of another language, or one that nobody has used before, still is made of pieces that a pretrained encoder has
vectors for, and words of like meaning have like vectors. So its coefficients are told from its pieces, as the known words'
coefficients would have it (`training.meaning`); a model needs a few numbers a piece for that, not the vectors.
A user's labels may give single words of her own mail coefficients besides.

A thread's features are the counts of such words in the sender's messages times a factor (`factor`) of how many there are among how many
words in all. It depends on the text alone: coefficients may be added without moving the
score of any other word, and no other block is touched. A few unknown words among many known ones are names and slips of the
keyboard, whose pieces mean anything; where half of all words are unknown, it is another language, and they are what there is to go by.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain

import numpy as np

from detector.model.careful.pieces import UNKNOWN, Pieces
from detector.model.text import TextSpace
from detector.schema import LABELS

N = len(LABELS)

FOREIGN_SHARE = 0.5
"""The share of unknown words from which on a text is read as one of another language."""


@dataclass
class PieceWeights:
    """Coefficients of words by their pieces: root(k) * (mean of the values of its k pieces - centre).

    `pieces`: None where nothing is known; `values`: (pieces, R) and `centre` (R,), one column a label or role.

    >>> PieceWeights.none(2).coefficients(["vrenk"]).tolist()
    [[0.0, 0.0]]
    """

    pieces: Pieces | None
    values: np.ndarray
    centre: np.ndarray

    @classmethod
    def none(cls, width: int) -> PieceWeights:
        """No word says anything."""
        return cls(None, np.zeros((0, width)), np.zeros(width))

    def scaled(self, slope: float) -> PieceWeights:
        """Coefficients times `slope`."""
        return PieceWeights(self.pieces, self.values * slope, self.centre * slope)

    def coefficients(self, words: Sequence[str]) -> np.ndarray:
        """(words, R) coefficients of normal forms."""
        if self.pieces is None or not len(words):
            return np.zeros((len(words), len(self.centre)))
        means, count = piece_means(self.values, self.pieces, words)
        return np.asarray((means - self.centre) * np.sqrt(count)[:, None])


@dataclass
class ForeignWords:
    """Coefficients of words that a text space does not know.

    `words`: normal forms of a user's own mail, and their `weights` (words, N), beside what `pieces` tell of any word.

    >>> ForeignWords(["vrenk"], np.ones((1, 3)), PieceWeights.none(3)).coefficients(["vrenk", "ostubal"]).tolist()
    [[1.0, 1.0, 1.0], [0.0, 0.0, 0.0]]
    """

    words: list[str]
    weights: np.ndarray
    pieces: PieceWeights
    index: dict[str, int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.index = {word: i for i, word in enumerate(self.words)}

    @classmethod
    def of(cls, pieces: PieceWeights) -> ForeignWords:
        """Without words of anybody's own: what a model has that was trained on the corpus alone."""
        return cls([], np.zeros((0, N)), pieces)

    def scaled(self, slope: float) -> ForeignWords:
        """Coefficients times `slope`."""
        return ForeignWords(self.words, self.weights * slope, self.pieces.scaled(slope))

    def coefficients(self, words: Sequence[str]) -> np.ndarray:
        """(words, N) coefficients of normal forms, none of them in the text space."""
        found = self.pieces.coefficients(words)
        own = [(k, self.index[word]) for k, word in enumerate(words) if word in self.index]
        if own:
            at, which = np.array(own).T
            found[at] += self.weights[which]
        return found


def piece_means(values: np.ndarray, pieces: Pieces, words: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """(words, k) means of the rows of `values` (pieces, k) over each word's pieces, and (words,) how many it has.

    A word that has a piece which is not known (of another script) counts as having none.

    >>> pieces = Pieces(["<s>", "</s>", "<unk>", "▁map", "s"], np.array([0.0, 0.0, 0.0, -3.0, -2.0]))
    >>> means, count = piece_means(np.arange(5.0)[:, None], pieces, ["maps", "map", "мапа"])
    >>> means.ravel().tolist(), count.tolist()
    ([3.5, 3.0, 0.0], [2, 1, 0])
    """
    unknown = pieces.number[UNKNOWN]
    split = [() if unknown in numbers else numbers for numbers in map(pieces.of, words)]
    count = np.fromiter(map(len, split), np.int64, len(split))
    flat = np.fromiter(chain.from_iterable(split), np.int64, int(count.sum()))
    means = np.zeros((len(words), values.shape[1]), dtype=values.dtype)
    some = np.flatnonzero(count)
    if len(some):
        starts = (np.cumsum(count) - count)[some]
        means[some] = np.add.reduceat(values[flat], starts, axis=0) / count[some, None]
    return means, count


def factor(foreign: np.ndarray, words: np.ndarray) -> np.ndarray:
    """(n,) what the counts of unknown words are multiplied by: 1 / root(words) where half of the words are unknown or more,
    less in proportion to the square of their share where fewer are; 0 where there is no word.

    >>> factor(np.array([8.0, 16.0, 2.0, 0.0]), np.array([16.0, 16.0, 16.0, 0.0])).tolist()
    [0.25, 0.25, 0.015625, 0.0]
    """
    some = np.maximum(words, 1)
    return np.asarray(np.minimum(foreign / (FOREIGN_SHARE * some), 1) ** 2 / np.sqrt(some) * (words > 0))


def is_word(form: str) -> bool:
    """Whether a normal form is a word; classes such as <num> and signs are none."""
    return form[0].isalpha()


def is_foreign(form: str, space: TextSpace) -> bool:
    """Whether a normal form is a word that the text space does not know."""
    return is_word(form) and form not in space.word_index
