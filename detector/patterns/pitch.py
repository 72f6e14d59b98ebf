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
    reading, hits = finding.reading, finding.hits
    ids = reading.tokens.ids
    if not len(ids):
        return
    kinds = reading.vocabulary.token_numbers(_class)[ids]
    some = np.flatnonzero(kinds)
    kind, row = kinds[some], reading.tokens.rows[some]
    place = some - reading.tokens.starts[row]
    theirs = reading.theirs[row]
    for number, pattern in ((1, "pitch.calendar-link"), (2, "pitch.link"), (3, "pitch.mail-address")):
        mine = (kind == number) & theirs
        hits.extend(finding.index(pattern), row[mine], place[mine], place[mine] + 1, in_tokens=True)
    # a sign or name of money with a number behind it, else before it
    at = some[(kind == 4) & theirs]
    row = reading.tokens.rows[at]
    last = len(ids) - 1
    after = (
        (at < last) & (kinds[np.minimum(at + 1, last)] == 5) & (reading.tokens.rows[np.minimum(at + 1, last)] == row)
    )
    before = (at > 0) & (kinds[np.maximum(at - 1, 0)] == 5) & (reading.tokens.rows[np.maximum(at - 1, 0)] == row)
    first = at - reading.tokens.starts[row] - (before & ~after)
    both = before | after
    hits.extend(finding.index("pitch.sum"), row[both], first[both], first[both] + 2, in_tokens=True)


def _class(word: str) -> int:
    return _CLASS.get(word, 4 if is_currency(word) else 0)


_CLASS = {CALENDAR: 1, LINK: 2, MAIL: 3, NUMBER: 5, NUMBER + "k": 5}
