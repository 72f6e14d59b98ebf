"""What a token is, and what it means: normal forms, classes, the ends of sentences."""

from __future__ import annotations

import re
import unicodedata

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
ABBREVIATED = frozenset(
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
_CLAUSE_END = re.compile(r"[.!?\n]")
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
    if token.isalpha():
        return fold(token)[:_WORD_LIMIT]
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
    low = max(start - max(most - (end - start), 0), 0)
    first = max(low, *(text.rfind(mark, low, start) + 1 for mark in ".!?\n"))
    last = max(end, min(len(text), first + most))
    if stop := _CLAUSE_END.search(text, max(end - 1, 0), last):
        # the mark belongs to the clause, a line break behind it does not
        last = stop.start() if stop[0] == "\n" and stop.start() >= end else stop.end()
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
