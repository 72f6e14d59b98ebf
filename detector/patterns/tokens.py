"""Text to tokens: one reading serves phrases, words and character n-grams alike.

A token is a word, number, address or mark of the text. What a token means (its normal form, its
class) is worked out once per distinct token and kept, so that a long inbox costs little more than
one regular expression a message.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

TOKEN = re.compile(
    r"[^\W\d_]++(?![\w.@:/-])"  # most tokens are plain words: decided first
    r"|https?://[^\s<>\"]+"
    r"|[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+"
    r"|(?:www\.)?[\w-]{1,63}(?:\.[A-Za-z][\w-]{0,62}){0,6}\.(?:com|net|org|io|co|ai|me|ly|app|de|fr|es|br|pt|uk|in|link|info|biz)\b(?:/[^\s<>\"]*)?"
    r"|\d+(?:[.,:]\d+)*[km]?\b|\d+"
    r"|[^\W\d_]+"
    r"|[$€£₹¥%?!{}\[\]<>_]"
    r"|[\U0001F000-\U0001FAFF\u2600-\u27BF]"
    r"|[.…]+[\"'”’»)\]]{0,3}(?=\s|$)|\n+",  # the end of a sentence or line: no token, a cut
    re.IGNORECASE,
)
"""Linear in the text: every quantifier that could be tried again is bounded."""

LINK, MAIL, NUMBER, MONEY, EMOJI = "<link>", "<mail>", "<num>", "<money>", "<emoji>"
CALENDAR = "<calendar>"
_CURRENCY = frozenset("$€£₹¥")
_CURRENCY_WORDS = frozenset(
    [
        "usd",
        "eur",
        "gbp",
        "inr",
        "cad",
        "aud",
        "nzd",
        "chf",
        "sek",
        "nok",
        "dkk",
        "pln",
        "brl",
        "mxn",
        "ars",
        "clp",
        "cop",
        "zar",
        "ngn",
        "kes",
        "ghs",
        "aed",
        "sgd",
        "hkd",
        "dollar",
        "dollars",
        "euro",
        "euros",
        "pound",
        "pounds",
        "rupees",
        "rs",
        "lakh",
        "lakhs",
        "crore",
        "naira",
        "ksh",
        "reais",
        "dolares",
        "dolar",
        "pesos",
        "quid",
        "bucks",
        "franken",
        "francs",
    ]
)
_CALENDAR_HOSTS = (
    "calendly.", "cal.com", "meetings.hubspot", "hubspot.com/meetings", "savvycal", "tidycal", "youcanbook", "zcal.",
    "calendar.app", "calendar.google", "acuityscheduling", "oncehub", "koalendar", "chilipiper", "appoint.ly", "bookings.",
)  # fmt: skip
_WORD_LIMIT = 40
_STOP, _BREAK = -2, -3
"""Numbers that stand for a full stop and for a line break while a text is read."""
_ABBREVIATED = frozenset(
    [
        "dr",
        "mr",
        "mrs",
        "ms",
        "prof",
        "st",
        "sr",
        "sra",
        "srta",
        "dra",
        "mme",
        "mlle",
        "hr",
        "fr",
        "vs",
        "etc",
        "approx",
        "no",
        "nr",
        "ca",
        "bzw",
        "inc",
        "ltd",
        "co",
        "jr",
        "dept",
        "ext",
        "fig",
        "vol",
        "pp",
        "ed",
        "eng",
    ]
)
_SENTENCE_END = frozenset(".!?\n:;…·•|")


def fold(word: str) -> str:
    """The normal form of a word: compatibility forms, case and accents folded.

    >>> fold("Réunion"), fold("𝗛𝗲𝗹𝗽"), fold("Straße")
    ('reunion', 'help', 'strasse')
    """
    if word.isascii():
        return word.lower()
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", word).casefold())
    return "".join(c for c in plain if not unicodedata.combining(c)) or word


def normal(token: str) -> str:
    """The normal form of any token: words folded, addresses, numbers and emoji by class.

    >>> [normal(t) for t in ("Hello", "https://calendly.com/x", "1,200", "😀", "ann@x.io")]
    ['hello', '<calendar>', '<num>', '<emoji>', '<mail>']
    """
    first = token[0]
    if first.isdigit():
        return NUMBER if token[-1] not in "kKmM" else "<num>k"
    if len(token) > 3:
        if "@" in token:
            return MAIL
        if "." in token or "://" in token:
            low = token.lower()
            return CALENDAR if any(host in low for host in _CALENDAR_HOSTS) else LINK
    if first >= "\u2600" and not token.isalpha():
        return EMOJI
    return fold(token)[:_WORD_LIMIT]


@dataclass
class Tokens:
    """The tokens of many messages, flat: `ids` (one a token, into the vocabulary), `starts` and `cuts`.

    `starts` has one offset a message and a last one for the end (n messages + 1 values); `cuts` the
    positions at which a sentence begins, ascending (a message with tokens has at least one).
    """

    ids: np.ndarray
    starts: np.ndarray
    cuts: np.ndarray

    @property
    def counts(self) -> np.ndarray:
        """Tokens a message."""
        return np.diff(self.starts)

    def take(self, rows: np.ndarray) -> Tokens:
        """The tokens of these messages (ascending indices), as if only they had been read."""
        counts = self.counts[rows]
        starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        kept = np.repeat(self.starts[rows] - starts[:-1], counts) + np.arange(starts[-1])
        begins = np.zeros(len(self.ids), dtype=bool)
        begins[self.cuts] = True
        return Tokens(self.ids[kept], starts, np.flatnonzero(begins[kept]))


class Vocabulary:
    """Distinct raw tokens seen, numbered; forgets all when it has grown past `limit`.

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

    def _clear(self) -> None:
        self.generation += 1
        self.index: dict[str, int] = {}
        self.raw: list[str] = []
        self.normals: list[str] = []
        self.short: list[bool] = []  # a full stop after it ends no sentence

    def read(self, texts: Sequence[str]) -> Tokens:
        """Tokenise messages. Numbers stay valid until the next read that finds the vocabulary full."""
        if len(self.raw) > self.limit:
            self._clear()
        index, find = self.index, TOKEN.findall
        ids: list[int] = []
        starts = [0]
        extend, get = ids.extend, index.get
        for text in texts:  # the one loop over messages: the regular expression is the cost
            found = find(text)
            numbers = [get(t, -1) for t in found]
            if -1 in numbers:
                numbers = [self._number(t) for t in found]
            extend(numbers)
            starts.append(len(ids))
        return self._cut(np.asarray(ids, dtype=np.int64), np.asarray(starts, dtype=np.int64))

    def _cut(self, ids: np.ndarray, starts: np.ndarray) -> Tokens:
        """Take the ends of sentences out of the tokens and keep them as cuts."""
        kept = ids >= 0
        position = np.concatenate([[0], np.cumsum(kept)])
        begins = np.zeros(position[-1] + 1, dtype=bool)
        begins[position[starts]] = True
        ends = np.flatnonzero(~kept)
        before = ids[np.maximum(ends - 1, 0)]
        short = np.asarray([*self.short, False], dtype=bool)[np.where(before >= 0, before, -1)]
        begins[position[ends[(ids[ends] == _BREAK) | ~short]]] = True
        words = ids[kept]
        marks = np.isin(words, [self.index.get(m, -9) for m in "?!"])
        begins[1:][marks & ~np.append(marks[1:], False)] = True
        return Tokens(words, position[starts], np.flatnonzero(begins[:-1]))

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
            self.short.append(form in _ABBREVIATED or (len(token) == 1 and token.isalpha()))
        return number


def spans(text: str) -> list[tuple[int, int]]:
    """Start and end of every token of a text, in code points, in the order `Vocabulary.read` gives.

    >>> spans("Hi Ann!")
    [(0, 2), (3, 6), (6, 7)]
    """
    return [m.span() for m in TOKEN.finditer(text) if not ends_sentence(m[0])]


def ends_sentence(found: str) -> bool:
    """Whether what the reading found is the end of a sentence or line, and so no token.

    >>> ends_sentence("."), ends_sentence("\\n\\n"), ends_sentence(".ann@x.io")
    (True, True, False)
    """
    return found[0] in ".…\n" and "@" not in found


def opens_sentence(text: str, start: int) -> bool:
    """Whether a token at `start` opens the text, a line or a sentence.

    >>> opens_sentence("Hi. We sell", 4), opens_sentence("Hi, we sell", 4)
    (True, False)
    """
    i = start - 1
    while i >= 0 and (text[i] in " \t\"'“”‘’«»(-–—*" or not text[i].isprintable()) and text[i] != "\n":
        i -= 1
    return i < 0 or text[i] in _SENTENCE_END or (not text[i].isalnum() and text[i] != ",")


def is_currency(token: str) -> bool:
    """Whether a normal form is a sign or name of money.

    >>> is_currency("$"), is_currency("euros"), is_currency("call")
    (True, True, False)
    """
    return token in _CURRENCY or token in _CURRENCY_WORDS


def clause(text: str, start: int, end: int, most: int = 140) -> tuple[int, int]:
    """The sentence or line around a place, at most about `most` characters, cut at spaces.

    >>> text = "Hello Ann. We help shops rank on Google, cheaply. Bye"
    >>> text[slice(*clause(text, 14, 18))]
    'We help shops rank on Google, cheaply.'
    """
    room = max(most - (end - start), 0)
    first = start
    while first > 0 and start - first < room and text[first - 1] not in ".!?\n":
        first -= 1
    last = end
    while last < len(text) and last - first < most and text[last - 1] not in ".!?\n" and text[last] != "\n":
        last += 1
    if first > 0 and text[first - 1] not in ".!?\n":
        while first < start and not text[first - 1].isspace():
            first += 1
    if last < len(text) and text[last - 1] not in ".!?\n":
        while last > end and not text[last].isspace():
            last -= 1
    while first < start and text[first].isspace():
        first += 1
    while last > end and text[last - 1].isspace():
        last -= 1
    return first, last
