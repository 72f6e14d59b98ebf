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
    r"|[\U0001F000-\U0001FAFF\u2600-\u27BF]",
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
    """The tokens of many messages, flat: `ids` (one a token, into the vocabulary) and `starts`.

    `starts` has one offset a message and a last one for the end (n messages + 1 values).
    """

    ids: np.ndarray
    starts: np.ndarray

    @property
    def counts(self) -> np.ndarray:
        """Tokens a message."""
        return np.diff(self.starts)


class Vocabulary:
    """Distinct raw tokens seen, numbered; forgets all when it has grown past `limit`.

    >>> v = Vocabulary()
    >>> v.read(["Hi Ann", "hi"]).ids.tolist(), v.normals
    ([0, 1, 2], ['hi', 'ann', 'hi'])
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
        return Tokens(np.asarray(ids, dtype=np.int64), np.asarray(starts, dtype=np.int64))

    def _number(self, token: str) -> int:
        number = self.index.get(token)
        if number is None:
            number = len(self.raw)
            self.index[token] = number
            self.raw.append(token)
            self.normals.append(normal(token))
        return number


def spans(text: str) -> list[tuple[int, int]]:
    """Start and end of every token of a text, in code points, in the order `Vocabulary.read` gives.

    >>> spans("Hi Ann!")
    [(0, 2), (3, 6), (6, 7)]
    """
    return [m.span() for m in TOKEN.finditer(text)]


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
