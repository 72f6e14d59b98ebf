"""The text part of the model: words, pairs of words and character n-grams, weighed per message.

A message's features are sums over its tokens; a thread's are sums over its messages. What keeps
that true under length normalisation is that the norm is a sum as well: a text is divided by the
root of the summed squares of its tokens' weights. So every prefix of a thread is a running sum,
and a character n-gram is looked at once per distinct word, never per occurrence.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain

import numpy as np

from detector.model.mistyped import Mistyped
from detector.patterns.grown import Grown
from detector.patterns.reading import Reading
from detector.patterns.tokens import Tokens, Vocabulary
from detector.patterns.trie import PairTable

GRAM_SIZES = (2, 3, 4, 5)
_GRAM_WORD = 24  # letters of a word that are looked at


def is_word(form: str) -> bool:
    """Whether a normal form is a word; classes such as <num> and signs are none."""
    return form[:1].isalpha()


def grams(word: str) -> list[str]:
    """The character n-grams of a word with its two bounds; classes such as <num> have none.

    >>> grams("hi")
    [' h', 'hi', 'i ', ' hi', 'hi ', ' hi ']
    """
    if not is_word(word):
        return []
    padded = f" {word[:_GRAM_WORD]} "
    return [padded[i : i + n] for n in GRAM_SIZES for i in range(len(padded) - n + 1)]


@dataclass
class TextSpace:
    """Which words, word pairs and character n-grams the model knows.

    `words`: normal forms; `pairs`: two word numbers each (sorted by first * len(words) + second);
    `grams`: n-grams. `*_idf`: their weights, same length.
    """

    words: list[str]
    pairs: np.ndarray
    grams: list[str]
    word_idf: np.ndarray
    pair_idf: np.ndarray
    gram_idf: np.ndarray
    word_index: dict[str, int] = field(init=False, repr=False)
    gram_index: dict[str, int] = field(init=False, repr=False)
    pair_table: PairTable = field(init=False, repr=False)
    _asked: tuple[Sequence[str], tuple[np.ndarray, np.ndarray]] = field(init=False, repr=False)
    _paired: tuple[Tokens | None, tuple[np.ndarray, np.ndarray]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.word_index = {w: i for i, w in enumerate(self.words)}
        self.gram_index = {g: i for i, g in enumerate(self.grams)}
        self._asked = ((), (np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)))
        self._paired = (None, (np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)))
        self.pair_table = PairTable(self.pairs[:, 0], self.pairs[:, 1], np.arange(len(self.pairs)))

    @cached_property
    def mistyped(self) -> Mistyped:
        """Finds the words of the space that others are one slip away from."""
        return Mistyped(self.words)

    def gram_weights(self, weights: np.ndarray) -> np.ndarray:
        """What `gram_sums` adds up: (grams, N) weights times idf, and the squared idf in a last column."""
        return np.column_stack([weights * self.gram_idf[:, None], self.gram_idf**2])

    def gram_sums(self, words: Sequence[str], weighted: np.ndarray) -> np.ndarray:
        """The sum over each word's known n-grams of the rows of `gram_weights`, one row a word."""
        flat, counts = self._gram_numbers(words)
        sums = np.zeros((len(words), weighted.shape[1]))
        some = np.flatnonzero(counts)
        if len(some):
            ends = np.cumsum(counts)
            sums[some] = np.add.reduceat(weighted[flat], (ends - counts)[some], axis=0)
        return sums

    def _gram_numbers(self, words: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """The known n-grams of all the words, flat, and how many each has; kept for the next who asks the same."""
        if self._asked[0] != words:
            get = self.gram_index.get
            found = [[n for n in map(get, grams(word)) if n is not None] for word in words]
            counts = np.fromiter(map(len, found), np.int64, len(found))
            flat = np.fromiter(chain.from_iterable(found), np.int64, int(counts.sum()))
            self._asked = (words, (flat, counts))
        return self._asked[1]

    def pair_numbers(self, reading: Reading, word: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(positions of first tokens in `Reading.said`, pair numbers) of all known neighbours within a message.

        `word`: the word number of each distinct token. Kept for the next who asks of the same reading.
        """
        if self._paired[0] is reading.said:
            return self._paired[1]
        found = self._pair_numbers(reading, word[reading.said.ids])
        self._paired = (reading.said, found)
        return found

    def _pair_numbers(self, reading: Reading, words: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        if len(words) < 2 or not len(self.pairs):
            return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
        both = (words[:-1] >= 0) & (words[1:] >= 0)
        bounds = reading.said.starts[1:-1]
        bounds = bounds[(bounds > 0) & (bounds < len(words))]
        both[bounds - 1] = False
        places = np.flatnonzero(both)
        found = self.pair_table.get(words[places], words[places + 1])
        known = found >= 0
        return places[known], found[known].astype(np.int64)


class TokenTable:
    """Numbers kept per distinct raw token of a vocabulary, worked out once as it grows.

    `word`: the token's word number, -1 for unknown; `rows`: for each block of words, then for the n-grams, the weights
    of what the token's normal form has there, k values, and the sum of their squared idf; last, if they are asked for, the
    coefficients of a word that the space does not know, and 1 for any word.
    """

    def __init__(
        self,
        space: TextSpace,
        words: Sequence[np.ndarray],
        grams: np.ndarray,
        foreign: Callable[[Sequence[str], Mistyped], np.ndarray] | None = None,
    ) -> None:
        """`words`: a block each, (words, k) coefficients; `grams`: (n-grams, k); `foreign`: (n, k) of other words,
        given what they may be slips of."""
        idf = space.word_idf[:, None]
        self.space, self._foreign = space, foreign
        self.width = (len(words) + 1 + (foreign is not None)) * (grams.shape[1] + 1)
        self._words = np.hstack([part for block in words for part in (block * idf, idf**2)])
        self._grams = space.gram_weights(grams)
        self._vocabulary: Vocabulary | None = None
        self._generation = -1
        self._reset()

    def _reset(self) -> None:
        self._seen: dict[str, int] = {}
        self._word, self._rows = Grown(np.int64), Grown(np.float64, self.width)
        self.word, self.rows = self._word.values, self._rows.values

    def _of_words(self, words: Sequence[str], numbers: np.ndarray) -> np.ndarray:
        rows = np.zeros((len(words), self.width))
        known = numbers >= 0
        of_words, of_grams = self._words.shape[1], self._words.shape[1] + self._grams.shape[1]
        rows[known, :of_words] = self._words[numbers[known]]
        rows[:, of_words:of_grams] = self.space.gram_sums(words, self._grams)
        if self._foreign is not None:
            spelled = np.fromiter(map(is_word, words), bool, len(words))
            rows[spelled, -1] = 1
            foreign = np.flatnonzero(spelled & ~known)
            rows[foreign, of_grams:-1] = self._foreign([words[i] for i in foreign.tolist()], self.space.mistyped)
        return rows

    def update(self, vocabulary: Vocabulary) -> None:
        """Catch up with the vocabulary."""
        if self._vocabulary is not vocabulary or self._generation != vocabulary.generation:
            self._vocabulary, self._generation = vocabulary, vocabulary.generation
            self._reset()
        fresh = vocabulary.normals[len(self.word) :]
        if fresh:
            # a form met before in another spelling (Hello, hello) is not worked out again
            seen, first = self._seen, len(self.word)
            source = np.array([seen.setdefault(w, first + i) for i, w in enumerate(fresh)], dtype=np.int64)
            own = np.flatnonzero(source == np.arange(first, first + len(fresh)))
            index, words = self.space.word_index, [fresh[i] for i in own.tolist()]
            numbers, rows = np.zeros(len(fresh), dtype=np.int64), np.zeros((len(fresh), self.width))
            numbers[own] = [index.get(w, -1) for w in words]
            rows[own] = self._of_words(words, numbers[own])
            self._word.extend(numbers)
            self._rows.extend(rows)
            self._word.values[first:] = self._word.values[source]
            self._rows.values[first:] = self._rows.values[source]
            self.word, self.rows = self._word.values, self._rows.values
