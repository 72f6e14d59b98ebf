"""Phrases in data files, found in one pass over the tokens.

All phrases of all patterns are compiled into one trie over normal forms. A message is walked once;
only tokens that can open a phrase are looked at.

The notation, for people who write phrases: words stand for themselves (case, accents and
punctuation do not count); `word*` any ending; `(a|b c|)` alternatives; `_` one word; `~` nothing up
to three words; `#` a number; `<link>`, `<mail>`, `<money>` an address or a sum; `^` first: the
phrase must open the message, a line or a sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

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
    spans,
)

_GAP = 3
_PART = re.compile(r"[()|]|<\w+>|[^\s()|]+")
_ANY, _OPENS = "_", "^"


@dataclass(frozen=True)
class Found:
    """One phrase found: which pattern, which message (row), which tokens (end exclusive)."""

    pattern: int
    row: int
    first: int
    end: int


# A trie of plain dicts: normal form -> node. Under _ENDS stand the (pattern, must open a sentence) of
# phrases that end at a node, under _SKIP the node behind a gap.
_Node = dict
_ENDS, _SKIP = 0, 1


class PhraseBook:
    """All phrases of all patterns, compiled.

    >>> book = PhraseBook([(7, "we help ~ (companies|brands)")])
    >>> text = "At Acme we help small retail brands grow"
    >>> [(f.pattern, f.first, f.end) for f in book.find([text])]
    [(7, 2, 7)]
    """

    def __init__(self, phrases: Iterable[tuple[int, str]]) -> None:
        self.root: _Node = {}
        self.prefixes: dict[str, str] = {}  # "agend" -> its key in the trie
        self.size = 0
        for pattern, phrase in phrases:
            self._add(pattern, phrase)
        self._lengths = sorted({len(p) for p in self.prefixes})
        self._vocabulary: Vocabulary | None = None
        self._generation = -1
        self._keys: list[tuple[str, ...]] = []
        self._opens = np.zeros(0, dtype=bool)

    def _add(self, pattern: int, phrase: str) -> None:
        for elements in expand(phrase):
            opens = elements[0] == _OPENS
            node = self.root
            for element in elements[1:] if opens else elements:
                if element == "~":
                    node = node.setdefault(_SKIP, {})
                    continue
                if element[-1] == "*":
                    self.prefixes[element[:-1]] = element
                follow = node.get(element)
                if follow is None:
                    follow = node[element] = {}
                node = follow
            node.setdefault(_ENDS, []).append((pattern, opens))
            self.size += 1

    def _prepare(self, vocabulary: Vocabulary) -> None:
        """Work out, once per distinct token, which keys of the trie it can stand for."""
        if self._vocabulary is not vocabulary or self._generation != vocabulary.generation:
            self._vocabulary, self._generation = vocabulary, vocabulary.generation
            self._keys, self._opens = [], np.zeros(0, dtype=bool)
        known = len(self._keys)
        if known == len(vocabulary.normals):
            return
        top = self.root
        opens = []
        for word in vocabulary.normals[known:]:
            keys = self.keys(word)
            self._keys.append(keys)
            opens.append(any(key in top for key in keys))
        self._opens = np.concatenate([self._opens, np.asarray(opens, dtype=bool)])

    def keys(self, word: str) -> tuple[str, ...]:
        """What a normal form may be called in a phrase: itself, a class, `_`, prefixes with `*`."""
        keys = [word]
        if word.startswith(NUMBER):
            keys = ["#", _ANY]
        elif word in (LINK, CALENDAR):
            keys = [LINK]
        elif word[0].isalnum():
            keys.append(_ANY)
            keys += [self.prefixes[word[:n]] for n in self._lengths if word[:n] in self.prefixes]
            if is_currency(word):
                keys.append("<currency>")
        elif is_currency(word):
            keys = ["<currency>"]
        return tuple(keys)

    def find(
        self, texts: Sequence[str], vocabulary: Vocabulary | None = None, tokens: Tokens | None = None
    ) -> list[Found]:
        """All phrases found in the messages, the longest of a pattern at each place, in reading order."""
        vocabulary = vocabulary or Vocabulary()
        tokens = tokens or vocabulary.read(texts)
        self._prepare(vocabulary)
        ids = tokens.ids
        if not len(ids):
            return []
        places = self._promising(ids, tokens)
        rows = np.searchsorted(tokens.starts, places, side="right") - 1
        ends = tokens.starts[rows + 1]
        starts = tokens.starts[rows]
        sequence = ids.tolist()
        keys, top = self._keys, self.root
        found: list[Found] = []
        for place, row, end, start in zip(places.tolist(), rows.tolist(), ends.tolist(), starts.tolist(), strict=True):
            best: dict[int, int] = {}
            for key in keys[sequence[place]]:
                node = top.get(key)
                if node is not None:
                    self._walk(
                        node, place + 1, end, sequence, best, texts[row] if row < len(texts) else "", place - start
                    )
            for pattern, stop in best.items():
                found.append(Found(pattern, row, place - start, stop - start))
        return found

    def _promising(self, ids: np.ndarray, tokens: Tokens) -> np.ndarray:
        """Places at which a phrase can begin, judged by the token there and the next one.

        Decided once per distinct pair of neighbours, so that most places cost no Python at all.
        """
        places = np.flatnonzero(self._opens[ids])
        last = np.zeros(len(ids), dtype=bool)
        ends = tokens.starts[1:]
        last[ends[ends > 0] - 1] = True
        base = len(self._keys) + 1
        after = np.where(last[places], base - 1, ids[np.minimum(places + 1, len(ids) - 1)])
        codes, which = np.unique(ids[places] * base + after, return_inverse=True)
        top, keys = self.root, self._keys
        hopeful = np.zeros(len(codes), dtype=bool)
        for i, (first, second) in enumerate(zip(*(a.tolist() for a in np.divmod(codes, base)), strict=True)):
            for key in keys[first]:
                node = top.get(key)
                if node is not None and (
                    _ENDS in node
                    or _SKIP in node
                    or (second < base - 1 and any(follow in node for follow in keys[second]))
                ):
                    hopeful[i] = True
                    break
        return places[hopeful[which]]

    def _walk(
        self, node: _Node, at: int, end: int, sequence: list[int], best: dict[int, int], text: str, first: int
    ) -> None:
        for pattern, opens in node.get(_ENDS, ()):
            if best.get(pattern, 0) < at and (not opens or _opens(text, first)):
                best[pattern] = at
        if at >= end:
            return
        for key in self._keys[sequence[at]]:
            follow = node.get(key)
            if follow is not None:
                self._walk(follow, at + 1, end, sequence, best, text, first)
        gap = node.get(_SKIP)
        if gap is not None:
            for place in range(at, min(at + _GAP + 1, end)):
                for key in self._keys[sequence[place]]:
                    follow = gap.get(key)
                    if follow is not None:
                        self._walk(follow, place + 1, end, sequence, best, text, first)


def _opens(text: str, first: int) -> bool:
    places = spans(text)
    return first < len(places) and opens_sentence(text, places[first][0])


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
