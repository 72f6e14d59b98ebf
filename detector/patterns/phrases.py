"""Phrases in data files, found in one pass over the tokens.

All phrases of all patterns are compiled into one trie over normal forms, which is walked from all
tokens of a batch that can open a phrase, at once.

The notation, for people who write phrases: words stand for themselves (case, accents and
punctuation do not count); `word*` any ending; `(a|b c|)` alternatives; `_` one word; `~` nothing up
to three words; `#` a number; `<link>`, `<mail>`, `<money>` an address or a sum; `^` first: the
phrase must open the message, a line or a sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np

from detector.errors import InputError
from detector.patterns.tokens import (
    CALENDAR,
    LINK,
    MAIL,
    MONEY,
    NUMBER,
    TOKEN,
    Tokens,
    Vocabulary,
    ends_sentence,
    fold,
    is_currency,
    normal,
    opens_sentence,
)
from detector.patterns.trie import Keys, Trie

_PART = re.compile(r"[()|]|<\w+>|[^\s()|]+")
_ANY, _OPENS = "_", "^"


class Found(NamedTuple):
    """One phrase found: which pattern, which message (row), which tokens (end exclusive)."""

    pattern: int
    row: int
    first: int
    end: int


@dataclass
class Finds:
    """Phrases found, one array a column (see `Found`), in reading order."""

    pattern: np.ndarray
    row: np.ndarray
    first: np.ndarray
    end: np.ndarray

    def take(self, index: np.ndarray) -> Finds:
        """Those at these positions, or flagged."""
        return Finds(self.pattern[index], self.row[index], self.first[index], self.end[index])

    def __len__(self) -> int:
        return len(self.pattern)

    def __iter__(self) -> Iterator[Found]:
        columns = (self.pattern, self.row, self.first, self.end)
        return map(Found, *(column.tolist() for column in columns))


class PhraseBook:
    """All phrases of all patterns, compiled.

    >>> book = PhraseBook([(7, "we help ~ (companies|brands)")])
    >>> text = "At Acme we help small retail brands grow"
    >>> [(f.pattern, f.first, f.end) for f in book.find([text])]
    [(7, 2, 7)]
    """

    def __init__(self, phrases: Iterable[tuple[int, str]]) -> None:
        self.size = 0
        self.trie = Trie(self._paths(phrases), "~")
        written = self.trie.keys
        self._prefixes = {key[:-1]: number for key, number in written.items() if key[-1] == "*"}
        self._lengths: dict[str, list[int]] = {}  # of prefixes, by their first two letters
        for prefix in sorted(self._prefixes, key=len):
            lengths = self._lengths.setdefault(prefix[:2], [])
            if len(prefix) not in lengths:
                lengths.append(len(prefix))
        self._words: list[str] | None = None
        self._keys = Keys(self.trie)

    def _paths(self, phrases: Iterable[tuple[int, str]]) -> Iterator[tuple[int, bool, list[str]]]:
        for pattern, phrase in phrases:
            for elements in expand(phrase):
                self.size += 1
                opens = elements[0] == _OPENS
                yield pattern, opens, elements[1:] if opens else elements

    def _prepare(self, words: list[str], keep: bool) -> Keys:
        """Work out, once per distinct token, which keys of the trie it can stand for."""
        if self._words is words:
            keys = self._keys
        else:
            keys = Keys(self.trie)
            if keep:
                self._words, self._keys = words, keys
        fresh = words[len(keys) :]
        if fresh:
            keys.extend([self.keys(word) for word in fresh])
        return keys

    def keys(self, word: str) -> tuple[list[int], bool]:
        """What a normal form may be called in a phrase: itself, a class, prefixes with `*`; and whether `_`."""
        written = self.trie.keys
        if word.startswith(NUMBER):
            name, any_word = "#", True
        elif word in (LINK, CALENDAR):
            name, any_word = LINK, False
        else:
            name, any_word = word, word[0].isalnum() or word == _ANY
        keys = [written[name]] if name in written and name != _ANY else []
        if any_word and name == word:
            prefixes = self._prefixes
            keys += [prefixes[word[:n]] for n in self._lengths.get(word[:2], ()) if word[:n] in prefixes]
        if is_currency(word) and "<currency>" in written:
            keys.append(written["<currency>"])
        return keys, any_word

    def find(self, texts: Sequence[str], vocabulary: Vocabulary | None = None, tokens: Tokens | None = None) -> Finds:
        """All phrases found in the messages, the longest of a pattern at each place, in reading order."""
        own = vocabulary is None
        vocabulary = vocabulary or Vocabulary()
        tokens = tokens or vocabulary.read(texts)
        if not len(tokens.ids):
            nothing = np.zeros(0, dtype=np.int64)
            return Finds(nothing, nothing, nothing, nothing)
        keys = self._prepare(vocabulary.normals, keep=not own)
        ends = np.repeat(tokens.starts[1:], tokens.counts)
        place, end, pattern, opens = self.trie.walk(ends, tokens.ids, keys)
        at_opening = np.flatnonzero(opens)
        good = ~opens
        good[at_opening] = _open(place[at_opening], texts, tokens)
        place, end, pattern = place[good], end[good], pattern[good]
        order = np.lexsort((-end, pattern, place))
        place, end, pattern = place[order], end[order], pattern[order]
        best = np.ones(len(place), dtype=bool)
        best[1:] = (place[1:] != place[:-1]) | (pattern[1:] != pattern[:-1])
        place, end, pattern = place[best], end[best], pattern[best]
        row = tokens.rows[place]
        start = tokens.starts[row]
        return Finds(pattern, row, place - start, end - start)


def _open(places: np.ndarray, texts: Sequence[str], tokens: Tokens) -> np.ndarray:
    """Which of these tokens (with repeats) open a text, a line or a sentence."""
    distinct, which = np.unique(places, return_inverse=True)
    rows, begins = tokens.rows[distinct].tolist(), tokens.begins[distinct].tolist()
    flags = [opens_sentence(texts[row], begin) for row, begin in zip(rows, begins, strict=True)]
    return np.asarray(flags, dtype=bool)[which]


def expand(phrase: str, where: str = "phrase") -> list[list[str]]:
    """A written phrase as all its element lists. Raises InputError for a notation that is none.

    >>> expand("(quick|) call* #")
    [['quick', 'call*', '#'], ['call*', '#']]
    """
    parts = _PART.findall(phrase)
    if not parts or parts.count("(") != parts.count(")"):
        raise InputError(where, f"the phrase {phrase!r} has an open bracket or nothing in it", "mend the phrase")
    found, rest = _alternatives(parts, where)
    if rest:
        raise InputError(where, f"the phrase {phrase!r} closes a bracket that is not open", "mend the phrase")
    for elements in found:
        if not elements or elements[0] == "~" or elements[-1] == "~" or elements in (["_"], ["^"]):
            raise InputError(where, f"the phrase {phrase!r} begins or ends with a gap or is empty", "mend the phrase")
    return found


def _alternatives(parts: list[str], where: str) -> tuple[list[list[str]], list[str]]:
    """All element lists of parts up to a closing bracket, and the parts after it."""
    done: list[list[str]] = []
    current: list[list[str]] = [[]]
    while parts:
        part, parts = parts[0], parts[1:]
        if part == ")":
            return done + current, parts
        if part == "|":
            done, current = done + current, [[]]
            continue
        if part == "(":
            options, parts = _alternatives(parts, where)
            if not parts and not options:
                break
        else:
            options = _elements(part, where)
        current = [head + tail for head in current for tail in options]
    return done + current, []


def _elements(word: str, where: str) -> list[list[str]]:
    """One written word as element lists; a sum of money can be written either way round."""
    if word == MONEY:
        return [["<currency>", "#"], ["#", "<currency>"]]
    return [[word] if word in ("_", "~", "#", LINK, MAIL) else _word_elements(word, where)]


@cache
def _word_elements(word: str, where: str) -> list[str]:
    elements = ["^"] if word.startswith("^") else []
    ending = word.endswith("*")
    pieces = [normal(token) for token in TOKEN.findall(word.strip("^*")) if not ends_sentence(token)]
    pieces = ["#" if piece.startswith(NUMBER) else LINK if piece == CALENDAR else piece for piece in pieces]
    if ending:
        if not pieces or len(pieces[-1]) < 2:
            raise InputError(where, f"{word!r} is too short for an open ending", "write more letters before *")
        pieces[-1] = fold(pieces[-1]) + "*"
    return elements + pieces
