"""Words to the pieces that the encoder knows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain

import numpy as np

FIRST, END, UNKNOWN = "<s>", "</s>", "<unk>"
BEGINS = "▁"
"""What a piece that begins a word begins with."""

_LETTERS = 24  # of a word that are looked at
_LONGEST = 16  # letters of a piece
_MOST = 6  # pieces of one word
_KEPT = 200_000  # words; more than a part has, so that memory stays bounded
_FOREIGN = 10.0  # how much less likely a letter that is no piece is than the least likely piece

_CLASSES = {"<num>": "number", "<link>": "link", "<mail>": "email"}
"""Classes of tokens are read as an ordinary word."""


class Pieces:
    """Splits words into their likeliest pieces (unigram model: Kudo, Subword Regularization, 2018, section 3.2).

    `known`: the pieces in the order of their numbers; those that begin a word begin with `▁`. `likely`: (pieces,) the log of
    each one's probability.

    >>> likely = np.array([0.0, 0.0, 0.0, -3.0, -2.0, -1.0])
    >>> pieces = Pieces(["<s>", "</s>", "<unk>", "▁map", "s", "!"], likely)
    >>> pieces.of("maps"), pieces.of("!"), pieces.of("qq")
    ((3, 4), (5,), (2,))
    """

    def __init__(self, known: Sequence[str], likely: np.ndarray) -> None:
        self.known = list(known)
        self.number = {piece: i for i, piece in enumerate(self.known)}
        self.likely = np.asarray(likely, dtype=np.float32)
        self._unknown = self.number[UNKNOWN]
        special = [self.number[p] for p in (FIRST, END, UNKNOWN)]
        listed = self.likely.tolist()
        self._ways = {p: (i, listed[i]) for p, i in self.number.items() if i not in special}
        self._foreign = float(self.likely.min()) - _FOREIGN
        self._split: dict[str, tuple[int, ...]] = {}

    def __len__(self) -> int:
        return len(self.known)

    def of(self, word: str) -> tuple[int, ...]:
        """The numbers of a word's pieces, at most six; kept for the next time."""
        found = self._split.get(word)
        if found is None:
            if len(self._split) > _KEPT:
                self._split.clear()
            found = self._split[word] = self.split(word)
        return found

    def split(self, word: str) -> tuple[int, ...]:
        """As `of`, without keeping it: for words that will not come again."""
        word = _CLASSES.get(word, word.strip("<>"))[:_LETTERS]
        if word[:1].isalnum():
            word = BEGINS + word
        n = len(word)
        best, back = [0.0, *[-np.inf] * n], [(0, self._unknown)] * (n + 1)
        for a in range(n):  # the likeliest way to each letter (Viterbi)
            for b in range(a + 1, min(a + _LONGEST, n) + 1):
                number, likely = self._ways.get(word[a:b], (self._unknown, self._foreign if b == a + 1 else -np.inf))
                if best[a] + likely > best[b]:
                    best[b], back[b] = best[a] + likely, (a, number)
        found: list[int] = []
        while n > 0:
            n, number = back[n]
            if number != self._unknown or not found or found[-1] != self._unknown:  # one for letters in a row
                found.append(number)
        return tuple(found[::-1][:_MOST]) or (self._unknown,)

    def of_all(self, words: Iterable[str]) -> list[int]:
        """The pieces of several words, one after the other."""
        return list(chain.from_iterable(map(self.of, words)))
