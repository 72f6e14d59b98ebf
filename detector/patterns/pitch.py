"""The pitch: links, sums, calendars. What is said in words stands in data/pitch.toml."""

from __future__ import annotations

import numpy as np

from detector.patterns.finding import Finding
from detector.patterns.record import Pattern
from detector.patterns.tokens import CALENDAR, LINK, MAIL, NUMBER, is_currency

PATTERNS = (
    Pattern(
        "pitch.calendar-link",
        "Sends a link to the sender's calendar.",
        "A link to something else is `pitch.link`.",
        catches=("m: Grab a time here: https://calendly.com/joe-b/30min",),
        leaves=("m: The paper is at https://doi.org/10.1000/182",),
    ),
    Pattern(
        "pitch.link",
        "Sends a link.",
        "Genuine people send links too: alone it decides nothing.",
        catches=("m: See www.growfast.io for our plans", "m: https://example.org/slides"),
        leaves=("m: I will bring the slides.",),
    ),
    Pattern(
        "pitch.sum",
        "Names a sum of money.",
        "Prices between people who know each other count the same here; other words decide what they mean.",
        catches=(
            "m: It is $499 a month",
            "m: Desde 40 € al mes",
            "m: 2.500 Euro im Monat",
            "m: R$ 300 por mês",
            "m: 35 euros",
        ),
        leaves=("m: See you at 8 in room 40.",),
    ),
    Pattern(
        "pitch.mail-address",
        "Gives an e-mail address to write to.",
        "A signature's address counts too, and weighs little.",
        catches=("m: Send your CV to jobs@fastvisa.example.com",),
        leaves=("m: My handle is @ann there.",),
    ),
)


def find(finding: Finding) -> None:
    """Links, sums and addresses, straight from the classes of the tokens."""
    reading = finding.reading
    normals = reading.vocabulary.normals
    ids = reading.tokens.ids
    if not len(ids):
        return
    classes = np.zeros(len(normals), dtype=np.int8)
    for i, word in enumerate(normals):
        classes[i] = _CLASS.get(word, 4 if is_currency(word) else 0)
    kinds = classes[ids]
    rows: np.ndarray = np.repeat(np.arange(len(reading)), reading.tokens.counts)
    place = np.arange(len(ids)) - reading.tokens.starts[rows]
    theirs = reading.theirs[rows]
    calendar, link = finding.index("pitch.calendar-link"), finding.index("pitch.link")
    mail, money = finding.index("pitch.mail-address"), finding.index("pitch.sum")
    for i in np.flatnonzero((kinds > 0) & (kinds < 4) & theirs).tolist():
        pattern = {1: calendar, 2: link, 3: mail}[int(kinds[i])]
        finding.hits.add(pattern, rows[i], place[i], place[i] + 1, in_tokens=True)
    number = kinds == 5
    sign = (kinds == 4) & theirs
    for i in np.flatnonzero(sign).tolist():
        before = i > 0 and number[i - 1] and rows[i - 1] == rows[i]
        after = i + 1 < len(ids) and number[i + 1] and rows[i + 1] == rows[i]
        if after:
            finding.hits.add(money, rows[i], place[i], place[i] + 2, in_tokens=True)
        elif before:
            finding.hits.add(money, rows[i], place[i] - 1, place[i] + 1, in_tokens=True)


_CLASS = {CALENDAR: 1, LINK: 2, MAIL: 3, NUMBER: 5, NUMBER + "k": 5}
