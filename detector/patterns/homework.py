"""Homework: signs that the sender read or met the recipient. Phrases: data/homework.toml."""

from __future__ import annotations

import re

import numpy as np

from detector.patterns.finding import Finding
from detector.patterns.note import GREETING
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
_QUOTE = re.compile(
    r"[\"“„«][^\"“”„«»\n]{6,120}[\"”“»]|\b(?:page|p\.|chapter|slide|table|figure|fig\.|minute|episode|section|página|capítulo|"
    r"diapositiva|chapitre|Seite|Kapitel|Folie|Abbildung|Tabelle|tabela|figura|Folge|épisode|episodio|episódio) ?\d+"
)
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
    reading = finding.reading
    named, quoted = finding.index("homework.named-thing"), finding.index("homework.quotes-you")
    german = np.array([lang == "de" for lang in finding.languages], dtype=bool)
    own_words = [
        frozenset(fold(w) for part in recipient for w in re.findall(r"[^\W\d_]+", part))
        for recipient in reading.recipients
    ]
    for row in np.flatnonzero(reading.theirs).tolist():
        text = reading.texts[row]
        thread = reading.thread[row]
        if not german[thread]:  # every German noun has a capital
            mine = own_words[reading.who[thread]]
            greeted = GREETING.match(text[:80])
            for found in _NAMED.finditer(text):
                words = [fold(w) for w in re.findall(r"[^\W\d_]+", found[0])]
                if greeted and found.start() < greeted.end():
                    continue
                if any(w not in mine and w not in _COMMON for w in words):
                    finding.hits.add(named, row, *found.span())
        for found in _QUOTE.finditer(text):
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
