"""Text to tokens: one reading serves phrases, words and character n-grams alike.

A token is a word, number, address or mark of the text. Where the tokens of a piece between two
spaces lie, and what a token means (its normal form, its class), is worked out once per distinct piece
and token and kept, so that a long inbox costs little more than a split a message.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from detector.inbox.cleaning import whole
from detector.patterns.grown import Grown, PerWord
from detector.patterns.spelling import (
    ABBREVIATED,
    CALENDAR,
    EMOJI,
    LINK,
    MAIL,
    MONEY,
    NUMBER,
    TOKEN,
    clause,
    ends_sentence,
    fold,
    is_currency,
    normal,
    opens_sentence,
    spans,
)

__all__ = [
    "CALENDAR",
    "EMOJI",
    "LINK",
    "MAIL",
    "MONEY",
    "NUMBER",
    "TOKEN",
    "Pieces",
    "Tokens",
    "Vocabulary",
    "clause",
    "ends_sentence",
    "fold",
    "is_currency",
    "normal",
    "opens_sentence",
    "spans",
]

_LINE = " \n "
_BLOCK = 1 << 24  # letters
_STOP, _BREAK = -2, -3
"""Numbers that stand for a full stop and for a line break while a text is read."""


@dataclass
class Pieces:
    """What stands between the spaces and line breaks of many messages, flat.

    `numbers`: one a piece, into `Vocabulary.pieces`; `starts`: one offset a message and a last one;
    `begins`: where each piece begins in its message, in code points. A line break is a piece of its own.
    """

    numbers: np.ndarray
    starts: np.ndarray
    begins: np.ndarray

    def rows_with(self, flags: np.ndarray) -> np.ndarray:
        """A flag a message: whether one of its pieces is flagged (`flags`: one a distinct piece)."""
        return self.rows_at(np.flatnonzero(flags[self.numbers]))

    def rows_at(self, places: np.ndarray) -> np.ndarray:
        """A flag a message: whether one of these places (indices into `numbers`) is in it."""
        rows = np.zeros(len(self.starts) - 1, dtype=bool)
        rows[self.row_of(places)] = True
        return rows

    def row_of(self, places: np.ndarray) -> np.ndarray:
        """The message of each place."""
        return np.searchsorted(self.starts, places, side="right") - 1


@dataclass
class Tokens:
    """The tokens of many messages, flat: `ids` (one a token, into the vocabulary), `starts` and `cuts`.

    `starts` has one offset a message and a last one for the end (n messages + 1 values); `cuts` the
    positions at which a sentence begins, ascending (a message with tokens has at least one).
    `begins` and `ends`: where each token stands in its message, in code points. `pieces` are there
    while a batch is searched.
    """

    ids: np.ndarray
    starts: np.ndarray
    cuts: np.ndarray
    begins: np.ndarray
    ends: np.ndarray
    pieces: Pieces | None = None

    @property
    def counts(self) -> np.ndarray:
        """Tokens a message."""
        return np.diff(self.starts)

    @cached_property
    def rows(self) -> np.ndarray:
        """The message of each token."""
        return np.repeat(np.arange(len(self.starts) - 1), self.counts)

    def keep(self, flags: np.ndarray) -> Tokens:
        """The flagged tokens alone; a sentence begins at its first one kept."""
        position = np.concatenate([[0], np.cumsum(flags)])
        begins = np.zeros(position[-1] + 1, dtype=bool)
        begins[position[self.cuts]] = True
        cuts = np.flatnonzero(begins[:-1])
        return Tokens(self.ids[flags], position[self.starts], cuts, self.begins[flags], self.ends[flags])

    def take(self, rows: np.ndarray) -> Tokens:
        """The tokens of these messages (ascending indices), as if only they had been read."""
        counts = self.counts[rows]
        starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        kept = np.repeat(self.starts[rows] - starts[:-1], counts) + np.arange(starts[-1])
        begins = np.zeros(len(self.ids), dtype=bool)
        begins[self.cuts] = True
        return Tokens(self.ids[kept], starts, np.flatnonzero(begins[kept]), self.begins[kept], self.ends[kept])


class Vocabulary:
    """Distinct raw tokens seen, numbered; forgets all when it has grown past `limit`.

    No token reaches over a space or line break, so a text is cut there first, and the regular
    expression sees each distinct piece once: most messages cost a split and a look-up a word.

    >>> v = Vocabulary()
    >>> v.read(["Hi Ann", "hi"]).ids.tolist(), v.normals
    ([0, 1, 2], ['hi', 'ann', 'hi'])
    >>> v.read(["Dr. Hale, hi! It is late.\\nBye"]).cuts.tolist()
    [0, 4, 7]
    """

    def __init__(self, limit: int = 400_000) -> None:
        self.limit = limit
        self.generation = 0
        self._clear()

    def __reduce__(self) -> tuple:
        """Pickled empty, one generation on, so that whoever keeps numbers of it works them out anew."""
        return _emptied, (self.limit, self.generation)

    def _clear(self) -> None:
        self.generation += 1
        self.index: dict[str, int] = {}
        self.raw: list[str] = []
        self.normals: list[str] = []
        self._short = Grown(bool)  # a full stop after it ends no sentence
        self._fresh_short: list[bool] = []
        self._asked: dict[tuple[str, Callable], PerWord] = {}
        self.pieces: list[str] = []
        self._numbers: dict[str, int] = {}
        self._letters = 0  # code points of all pieces
        self._fresh: tuple[list[int], ...] = ([], [], [], [], [])
        self._widths, self._counts = Grown(np.int32), Grown(np.int32)  # one a piece
        self._ids, self._begins, self._ends = Grown(np.int64), Grown(np.int32), Grown(np.int32)  # one a token of one

    def read(self, texts: Sequence[str]) -> Tokens:
        """Tokenise messages. Numbers stay valid until the next read that finds the vocabulary full."""
        if len(self.raw) > self.limit or len(self.pieces) > 2 * self.limit or self._letters > 40 * self.limit:
            self._clear()
        parts, counts = [], [np.zeros(1, dtype=np.int64)]
        for block in _blocks(texts):
            pieces, sizes = self._pieces(block)
            parts.append(pieces)
            counts.append(sizes)
        numbers = np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64)
        return self._tokens(numbers, np.cumsum(np.concatenate(counts)))

    def _pieces(self, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """The numbers of all pieces of some messages, flat, and how many each message has."""
        import pyarrow as pa
        import pyarrow.compute as pc

        try:
            column = pa.array(texts, pa.string())
        except UnicodeEncodeError:  # half a surrogate pair is no letter, and this is none either
            column = pa.array(list(map(whole, texts)), pa.string())
        split = pc.split_pattern(pc.replace_substring(column, "\n", _LINE), " ")
        coded = pc.dictionary_encode(split.flatten())
        get, fresh = self._numbers.get, self._piece
        known = [n if (n := get(p)) is not None else fresh(p) for p in coded.dictionary.to_pylist()]
        numbers = np.asarray(known, dtype=np.int64)[coded.indices.to_numpy()]
        return numbers, np.diff(split.offsets.to_numpy())

    def _piece(self, piece: str) -> int:
        """Number a fresh piece and read its tokens."""
        widths, counts, ids, begins, ends = self._fresh
        number = self._numbers[piece] = len(self.pieces)
        self.pieces.append(piece)
        self._letters += len(piece)
        # a line break was given two spaces that are not in the text
        widths.append(len(piece) + 1 if piece != "\n" else 0)
        if piece.isalpha():  # one word, no need to read it
            ids.append(self._number(piece))
            begins.append(0)
            ends.append(len(piece))
            counts.append(1)
            return number
        before = len(ids)
        for found in TOKEN.finditer(piece):
            ids.append(self._number(found[0]))
            begins.append(found.start())
            ends.append(found.end())
        counts.append(len(ids) - before)
        return number

    def _tokens(self, pieces: np.ndarray, starts: np.ndarray) -> Tokens:
        """From pieces to tokens, in columns."""
        grown = (self._widths, self._counts, self._ids, self._begins, self._ends)
        for column, fresh in zip(grown, self._fresh, strict=True):
            column.extend(fresh)
            fresh.clear()
        self._short.extend(self._fresh_short)
        self._fresh_short.clear()
        widths, counts = self._widths.values[pieces], self._counts.values
        total = np.concatenate([[0], np.cumsum(widths, dtype=np.int64)])
        at = (total[:-1] - np.repeat(total[starts[:-1]], np.diff(starts))).astype(np.int32)
        firsts = np.cumsum(counts, dtype=np.int64) - counts
        many = counts[pieces]
        ends = np.cumsum(many, dtype=np.int64)
        source = np.repeat(firsts[pieces] - ends + many, many) + np.arange(ends[-1] if len(ends) else 0)
        at_token = np.repeat(at, many)
        token_starts = np.concatenate([[0], ends])[starts]
        found = Pieces(pieces, starts, at)
        begins, stops = self._begins.values[source] + at_token, self._ends.values[source] + at_token
        return self._cut(self._ids.values[source], token_starts, begins, stops, found)

    def _cut(
        self, ids: np.ndarray, starts: np.ndarray, firsts: np.ndarray, lasts: np.ndarray, pieces: Pieces
    ) -> Tokens:
        """Take the ends of sentences out of the tokens and keep them as cuts."""
        kept = ids >= 0
        position = np.concatenate([[0], np.cumsum(kept)])
        begins = np.zeros(position[-1] + 1, dtype=bool)
        begins[position[starts]] = True
        ends = np.flatnonzero(~kept)
        before = ids[np.maximum(ends - 1, 0)]
        short = np.append(self._short.values, False)[np.where(before >= 0, before, -1)]
        begins[position[ends[(ids[ends] == _BREAK) | ~short]]] = True
        words = ids[kept]
        marks = np.zeros(len(words) + 1, dtype=bool)
        for mark in "?!":
            marks[:-1] |= words == self.index.get(mark, -9)
        begins[1:][marks[:-1] & ~marks[1:]] = True
        return Tokens(words, position[starts], np.flatnonzero(begins[:-1]), firsts[kept], lasts[kept], pieces)

    def piece_flags(self, test: Callable[[str], object]) -> np.ndarray:
        """A flag a distinct piece: whether the test gives anything but None. `test` must be one that lasts."""
        return self._answers("flag", test, bool).of(self.pieces)

    def piece_numbers(self, number: Callable[[str], int]) -> np.ndarray:
        """A number a distinct piece. `number` must be one that lasts: what it gives is kept."""
        return self._answers("piece", number, np.int32).of(self.pieces)

    def token_numbers(self, number: Callable[[str], int]) -> np.ndarray:
        """A number a distinct token, worked out from its normal form. `number` must be one that lasts."""
        return self._answers("form", number, np.int32).of(self.normals)

    def raw_numbers(self, number: Callable[[str], int]) -> np.ndarray:
        """A number a distinct token, worked out from the token as it is written. `number` must be one that lasts."""
        return self._answers("raw", number, np.int32).of(self.raw)

    def _answers(self, what: str, ask: Callable, dtype: type) -> PerWord:
        if (what, ask) not in self._asked:
            if what == "flag":
                column = PerWord(lambda words: [ask(word) is not None for word in words], dtype)
            else:
                column = PerWord(lambda words: [ask(word) for word in words], dtype)
            self._asked[what, ask] = column
        return self._asked[what, ask]

    def _number(self, token: str) -> int:
        number = self.index.get(token)
        if number is None and ends_sentence(token):
            number = self.index[token] = _BREAK if token[0] == "\n" else _STOP
        if number is None:
            number = len(self.raw)
            self.index[token] = number
            self.raw.append(token)
            form = normal(token)
            self.normals.append(form)
            self._fresh_short.append(form in ABBREVIATED or (len(token) == 1 and token.isalpha()))
        return number


def _blocks(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    """The messages in blocks of a bounded number of letters, each of one message at least."""
    first, letters = 0, 0
    for i, size in enumerate(map(len, texts)):
        letters += size
        if letters > _BLOCK and i > first:
            yield texts[first:i]
            first, letters = i, size
    if first < len(texts):
        yield texts[first:]


def _emptied(limit: int, generation: int) -> Vocabulary:
    vocabulary = Vocabulary(limit)
    vocabulary.generation = generation + 1
    return vocabulary
