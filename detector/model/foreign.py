"""Words that the text space does not know: what they mean in general, and words of a user's own mail.

A word of another language, or one that nobody has used before, still is made of pieces that a pretrained encoder has
vectors for, and words of like meaning have like vectors. So its coefficients are told from its pieces, as the known words'
coefficients would have it (`training.meaning`); a model needs a few numbers a piece for that, not the vectors.
A user's labels may give single words of her own mail coefficients besides.

A thread's features are the counts of such words in the sender's messages divided by the root of the number of words in
all. It depends on the text alone: coefficients may be added without moving the score of any other word, and no other block is
touched. A word that is one slip away from a known one, and falls into more pieces, means what that one means (`model.mistyped`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain

import numpy as np

from detector.model.careful.pieces import UNKNOWN, Pieces
from detector.model.mistyped import Mistyped
from detector.model.text import TextSpace, is_word
from detector.schema import LABELS

N = len(LABELS)


@dataclass
class PieceWeights:
    """Coefficients of words by their pieces: root(k) * (mean of the values of its k pieces - centre).

    `pieces`: None where nothing is known; `values`: (pieces, R) and `centre` (R,), one column a label or role.

    >>> PieceWeights.none(2).coefficients(["vrenk"], Mistyped([])).tolist()
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

    def coefficients(self, words: Sequence[str], mistyped: Mistyped) -> np.ndarray:
        """(words, R) coefficients of normal forms, none of them known; a slip of a known word has that word's."""
        if self.pieces is None or not len(words):
            return np.zeros((len(words), len(self.centre)))
        means, count = piece_means(self.values, self.pieces, words, mistyped)
        return np.asarray((means - self.centre) * np.sqrt(count)[:, None])


@dataclass
class ForeignWords:
    """Coefficients of words that a text space does not know.

    `words`: normal forms of a user's own mail, and their `weights` (words, N), beside what `pieces` tell of any word.

    >>> ForeignWords(["vrenk"], np.ones((1, 3)), PieceWeights.none(3)).coefficients(["vrenk", "ostubal"], Mistyped([])).tolist()
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

    def coefficients(self, words: Sequence[str], mistyped: Mistyped) -> np.ndarray:
        """(words, N) coefficients of normal forms, none of them in the text space."""
        found = self.pieces.coefficients(words, mistyped)
        own = [(k, self.index[word]) for k, word in enumerate(words) if word in self.index]
        if own:
            at, which = np.array(own).T
            found[at] += self.weights[which]
        return found


def piece_means(
    values: np.ndarray, pieces: Pieces, words: Sequence[str], mistyped: Mistyped | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """(words, k) means of the rows of `values` (pieces, k) over each word's pieces, and (words,) how many it has.

    A word that has a piece which is not known (of another script) counts as having none. A slip of a known word has the
    pieces of that.

    >>> pieces = Pieces(["<s>", "</s>", "<unk>", "▁map", "s"], np.array([0.0, 0.0, 0.0, -3.0, -2.0]))
    >>> means, count = piece_means(np.arange(5.0)[:, None], pieces, ["maps", "map", "мапа"])
    >>> means.ravel().tolist(), count.tolist()
    ([3.5, 3.0, 0.0], [2, 1, 0])
    """
    split = [_pieces_of(word, pieces, mistyped) for word in words]
    count = np.fromiter(map(len, split), np.int64, len(split))
    flat = np.fromiter(chain.from_iterable(split), np.int64, int(count.sum()))
    means = np.zeros((len(words), values.shape[1]), dtype=values.dtype)
    some = np.flatnonzero(count)
    if len(some):
        starts = (np.cumsum(count) - count)[some]
        means[some] = np.add.reduceat(values[flat], starts, axis=0) / count[some, None]
    return means, count


def _pieces_of(word: str, pieces: Pieces, mistyped: Mistyped | None) -> Sequence[int]:
    """A word mistyped falls into more pieces than the word that was meant; one that does not is a word of its own."""
    own = pieces.of(word)
    meant = mistyped.of(word) if mistyped and len(own) > 1 else None
    if meant is not None and len(known := pieces.of(meant)) < len(own):
        own = known
    return () if pieces.number[UNKNOWN] in own else own


def is_foreign(form: str, space: TextSpace) -> bool:
    """Whether a normal form is a word that the text space does not know."""
    return is_word(form) and form not in space.word_index
