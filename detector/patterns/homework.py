"""Homework: signs that the sender read or met the recipient. Phrases: data/homework.toml."""

from __future__ import annotations

import re
from functools import lru_cache

import numpy as np

from detector.patterns.finding import Finding
from detector.patterns.record import Pattern
from detector.patterns.tokens import fold

PATTERNS = (
    Pattern(
        "homework.named-thing",
        "Names a person, place, work or day that your profile does not.",
        "Names out of your own headline, the sender's greeting and common short forms do not count.",
        catches=("m: Hello, the bench you built for the chapel in Orvieto came up at dinner with Chiara.",),
        leaves=("m: Hi Ann, I saw your profile on LinkedIn and would like to connect.", "m: Great post on leadership!"),
    ),
    Pattern(
        "homework.quotes-you",
        "Quotes words, a page, a chapter or a figure.",
        "Quotation marks around a single buzz word weigh little.",
        catches=("m: You wrote “never on a Friday”, why?", "m: On page 14 you give 3.2 kN, should it be 2.3?"),
        leaves=("m: Love what you do!",),
    ),
    Pattern(
        "homework.none",
        "Nothing in it is about you.",
        "Named only when no sign of homework is found in any message.",
        catches=("m: Hi, I would like to add you to my network.",),
        leaves=("m: We met at the Leeds fair in March, you had the stand beside ours.",),
        missing=True,
    ),
)

_NAMED = re.compile(
    r"(?<=[a-zß-öø-ÿ,;] )(?!I\b|I['’])[A-ZÀ-ÖØ-Þ][a-zß-öø-ÿ][\w'’&-]*(?: (?:(?:of|de|du|del|da|van|der|the) )?[A-ZÀ-ÖØ-Þ][\w'’&-]*)*"
)
_PART_OF_A_WORK = (
    r"\b(?:page|p\.|chapter|slide|table|figure|fig\.|minute|episode|section|página|capítulo|"
    r"diapositiva|chapitre|Seite|Kapitel|Folie|Abbildung|Tabelle|tabela|figura|Folge|épisode|episodio|episódio)"
)
_QUOTE = re.compile(rf"[\"“„«][^\"“”„«»\n]{{6,120}}[\"”“»]|{_PART_OF_A_WORK} ?\d+")
# what a piece of text holds where one of these can begin; see `Pieces`
_NAME = re.compile(r"[A-ZÀ-ÖØ-Þ][a-zß-öø-ÿ][\w'’&-]*")
_GOES_ON = re.compile(r"[A-ZÀ-ÖØ-Þ]|(?:of|de|du|del|da|van|der|the)\Z")
_CAPITAL = re.compile(r"[A-ZÀ-ÖØ-Þ][a-zß-öø-ÿ]")
_BEFORE_NAME = re.compile(r"[a-zß-öø-ÿ,;]\Z")
_QUOTES = re.compile(rf"[\"“„«]|{_PART_OF_A_WORK}\d")
_PART_LAST = re.compile(rf"{_PART_OF_A_WORK}\Z")
_NUMBER_FIRST = re.compile(r"\d")
_COMMON = frozenset(
    fold(w)
    for w in [
        "linkedin",
        "google",
        "facebook",
        "instagram",
        "whatsapp",
        "telegram",
        "zoom",
        "teams",
        "youtube",
        "amazon",
        "microsoft",
        "excel",
        "ceo",
        "cto",
        "cfo",
        "coo",
        "english",
        "spanish",
        "french",
        "german",
        "portuguese",
        "european",
        "american",
        "india",
        "usa",
        "uk",
        "london",
        "regards",
        "best",
        "kind",
        "thanks",
        "thank",
        "hi",
        "hello",
        "dear",
        "mr",
        "mrs",
        "ms",
        "dr",
        "prof",
        "sir",
        "madam",
        "herr",
        "frau",
        "monsieur",
        "madame",
        "sr",
        "sra",
        "senor",
        "senora",
        "usted",
        "sie",
        "ihnen",
        "ihr",
        "ihre",
        "ihren",
        "christmas",
        "god",
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
        "january",
        "february",
        "march",
        "april",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
        "cheers",
        "hope",
        "looking",
    ]
)


def find(finding: Finding) -> None:
    """Named things, quotations, and the lack of any homework."""
    _named(finding)
    _quoted(finding)


def _named(finding: Finding) -> None:
    """Where a piece with a capital follows one that ends no sentence, the expression decides."""
    reading, pieces = finding.reading, finding.pieces
    follows = finding.neighbours(_BEFORE_NAME.search, _CAPITAL.match) + 1
    rows = pieces.row_of(follows)
    german = np.array([lang == "de" for lang in finding.languages], dtype=bool)  # every noun has a capital
    good = reading.theirs[rows] & ~german[reading.thread[rows]]
    good &= pieces.begins[follows] < reading.signed_at[rows]  # a signature is no homework
    follows, rows = follows[good], rows[good]
    begins = pieces.begins[follows]
    who = reading.who[reading.thread[rows]]
    # a name that ends before its piece does, or with no capital behind it, is of this piece alone
    numbers = pieces.numbers[follows]
    behind = pieces.numbers[np.minimum(follows + 1, len(pieces.numbers) - 1)]
    length = reading.vocabulary.piece_numbers(_name_length)[numbers]
    ended = (length < reading.vocabulary.piece_numbers(len)[numbers]) | ~finding.piece_flags(_GOES_ON.match)[behind]
    alone = np.where(ended, length, 0)
    own_words = [
        frozenset(fold(w) for part in recipient for w in re.findall(r"[^\W\d_]+", part))
        for recipient in reading.recipients
    ]
    ends = begins + alone
    telling = finding.piece_flags(_tells)[numbers]
    # names of several pieces: the expression says how far they go, and what lies within one is no other name
    long = np.flatnonzero(alone == 0)
    good = telling & (alone > 0)
    within = np.zeros(len(rows), dtype=bool)
    last_row, last_end = -1, 0
    for i, row, begin, mine in zip(*(c.tolist() for c in (long, rows[long], begins[long], who[long])), strict=True):
        if row == last_row and begin < last_end:
            continue
        found = _NAMED.match(reading.texts[row], begin)
        name = found[0] if found else ""
        last_row, last_end = row, begin + len(name)
        words = _telling(name)
        good[i] = bool(words) and not words <= own_words[mine]
        ends[i] = last_end
        k = i + 1
        while k < len(rows) and rows[k] == row and begins[k] < last_end:
            within[k] = True
            k += 1
    good &= ~within
    # a name of one piece that the recipient's own profile has
    every = frozenset().union(*own_words)
    at = np.flatnonzero(good & (alone > 0))
    distinct, back = np.unique(numbers[at], return_inverse=True)
    names = [_telling(_name(reading.vocabulary.pieces[n])) for n in distinct.tolist()]
    shared = np.array([not words.isdisjoint(every) for words in names], dtype=bool)[back]
    for i, which in zip(at[shared].tolist(), back[shared].tolist(), strict=True):
        good[i] = not names[which] <= own_words[who[i]]
    greeted = np.flatnonzero(good & finding.greets[rows] & (begins < 80))
    for i in greeted.tolist():
        good[i] = begins[i] >= finding.greeting_end(int(rows[i]))
    finding.hits.extend(finding.index("homework.named-thing"), rows[good], begins[good], ends[good])


def _name(piece: str) -> str:
    return piece[: _name_length(piece)]


def _tells(piece: str) -> object:
    """Something, if the name at the beginning of a piece has words that are not common ones."""
    return _telling(_name(piece)) or None


def _name_length(piece: str) -> int:
    """How much of a piece is a name at its beginning."""
    found = _NAME.match(piece)
    return found.end() if found else 0


@lru_cache(maxsize=50_000)
def _telling(name: str) -> frozenset[str]:
    """The words of a name that are not common ones."""
    return frozenset(fold(w) for w in re.findall(r"[^\W\d_]+", name)) - _COMMON


def _quoted(finding: Finding) -> None:
    reading = finding.reading
    quoted = finding.index("homework.quotes-you")
    likely = finding.pieces.rows_with(finding.piece_flags(_QUOTES.search))
    likely |= finding.pieces.rows_at(finding.neighbours(_PART_LAST.search, _NUMBER_FIRST.match))
    for row in np.flatnonzero(likely & reading.theirs).tolist():
        for found in _QUOTE.finditer(reading.texts[row]):
            finding.hits.add(quoted, row, *found.span())


def find_missing(finding: Finding) -> None:
    """`homework.none`: threads with sender text in which no pattern of this family was found."""
    reading = finding.reading
    done = finding.threads_with(p.id for p in finding.patterns if p.family == "homework")
    spoke = np.zeros(len(reading.starts), dtype=bool)
    spoke[reading.thread[reading.theirs]] = True
    none = finding.index("homework.none")
    for thread in np.flatnonzero(spoke & ~done).tolist():
        finding.hits.add(none, int(reading.starts[thread]))
