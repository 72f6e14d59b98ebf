"""Words to the pieces that the encoder knows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain

FIRST, END, UNKNOWN = "[CLS]", "[SEP]", "[UNK]"
_LETTERS = 24  # of a word that are looked at
_MOST = 6  # pieces of one word
_KEPT = 200_000  # words; more than a part has, so that memory stays bounded

_CLASSES = {"<num>": "number", "<link>": "link", "<mail>": "email"}
"""Classes of tokens are read as an ordinary word."""


class Pieces:
    """Splits words greedily, the longest known piece first (WordPiece: Wu et al., 2016, section 4.1).

    `known`: the pieces in the order of their numbers; those that go on a word begin with `##`.

    >>> pieces = Pieces(["[CLS]", "[SEP]", "[UNK]", "map", "##s", "!"])
    >>> pieces.of("maps"), pieces.of("!"), pieces.of("atlas")
    ((3, 4), (5,), (2,))
    """

    def __init__(self, known: Sequence[str]) -> None:
        self.known = list(known)
        self.number = {piece: i for i, piece in enumerate(self.known)}
        self._unknown = self.number[UNKNOWN]
        self._split: dict[str, tuple[int, ...]] = {}

    def __len__(self) -> int:
        return len(self.known)

    def of(self, word: str) -> tuple[int, ...]:
        """The numbers of a word's pieces (a normal form, see `patterns.tokens`), at most six; kept for the next time."""
        found = self._split.get(word)
        if found is None:
            if len(self._split) > _KEPT:
                self._split.clear()
            found = self._split[word] = self.split(word)
        return found

    def split(self, word: str) -> tuple[int, ...]:
        """As `of`, without keeping it: for words that will not come again."""
        word = _CLASSES.get(word, word.strip("<>"))[:_LETTERS]
        found: list[int] = []
        at, get = 0, self.number.get
        while at < len(word) and len(found) < _MOST:
            for end in range(len(word), at, -1):
                number = get(word[at:end] if at == 0 else f"##{word[at:end]}")
                if number is not None:
                    found.append(number)
                    at = end
                    break
            else:
                return (self._unknown,)
        return tuple(found) or (self._unknown,)

    def of_all(self, words: Iterable[str]) -> list[int]:
        """The pieces of several words, one after the other."""
        return list(chain.from_iterable(map(self.of, words)))
