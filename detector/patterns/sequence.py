"""The sequence: what only the order of messages shows. Phrases: data/sequence.toml."""

from __future__ import annotations

import numpy as np

from detector.patterns.finding import Finding
from detector.patterns.record import Pattern
from detector.schema import UNKNOWN_TIME

PATTERNS = (
    Pattern(
        "sequence.unanswered",
        "Went on writing without an answer.",
        "A real person may chase three times about one matter: it counts from the third message on.",
        catches=("m: Hi, we met in Leeds\nm: Did you see it?\nm: Any news?",),
        leaves=("m: Hi\no: Hello\nm: How are you?\no: Fine\nm: Good",),
    ),
    Pattern(
        "sequence.regular-cadence",
        "Follow-ups come at a machine's regular distance.",
        "Needs three gaps of the same whole number of days, two or more.",
        catches=("m 0: One\nm 4: Two\nm 8: Three\nm 12: Four",),
        leaves=("m 0: One\nm 1: Two\nm 9: Three\nm 10: Four",),
    ),
    Pattern(
        "sequence.friendly-first",
        "Opened without a pitch; the pitch came later.",
        "A pitch in answer to the owner's own question about it is not meant.",
        catches=("m: Lovely garden photos!\nm: By the way, we help coaches get more clients.",),
        leaves=("m: We help coaches get more clients.", "m: Lovely garden photos!\nm: Is that a Bramley?"),
    ),
    Pattern(
        "sequence.said-no-and-went-on",
        "You said no, and the sender went on.",
        "Thanks or a goodbye after a no is not going on.",
        catches=(
            "m: We offer payroll.\no: Not interested, thanks.\nm: I understand, but what would change your mind?",
        ),
        leaves=("m: We offer payroll.\no: Not interested, thanks.\nm: Thanks for letting me know!",),
    ),
    Pattern(
        "sequence.ignored-question",
        "You asked something and got a pitch instead of an answer.",
        "An answer that takes up your words is not meant.",
        catches=(
            "m: Hi Ann!\no: Hello, do I know you from Leeds?\nm: We help coaches get more clients. Free for a call?",
        ),
        leaves=("m: Hi Ann!\no: Do I know you from Leeds?\nm: Yes, from the Leeds fair!",),
    ),
)

_PITCHING = frozenset(
    [
        "pitch.offer",
        "pitch.results-promised",
        "pitch.price",
        "pitch.free-bait",
        "pitch.call-to-call",
        "pitch.calendar-words",
        "pitch.calendar-link",
        "pitch.qualifying-question",
        "pitch.off-platform",
        "pitch.investment",
        "pitch.recruitment-fee",
        "pitch.paid-slot",
        "pitch.opportunity",
        "pitch.partnership",
        "pitch.product-launch",
        "pitch.follow-subscribe",
        "pitch.donate",
    ]
)
_DAY = 86_400_000_000
_FUNCTION_WORDS = 4  # shorter words do not show that a question was taken up


def find(finding: Finding) -> None:
    """Works on what the other families found, message by message in order."""
    reading, hits = finding.reading, finding.hits
    pitching = np.zeros(len(reading), dtype=bool)
    pitching[hits.rows_of(i for i, p in enumerate(finding.patterns) if p.id in _PITCHING)] = True
    refused = np.zeros(len(reading), dtype=bool)
    refusals = finding.maybe_index("sequence.refusal")
    if refusals is not None:
        refused[hits.rows_of([refusals])] = True
        refused &= reading.owners
    _unanswered(finding)
    _cadence(finding)
    _friendly_first(finding, pitching)
    _went_on(finding, refused)
    _ignored(finding, pitching)


def _unanswered(finding: Finding) -> None:
    pattern = finding.index("sequence.unanswered")
    reading = finding.reading
    for row in np.flatnonzero(reading.streak >= 3).tolist():
        finding.hits.add(pattern, row, 0, len(reading.texts[row]))


def _cadence(finding: Finding) -> None:
    reading = finding.reading
    pattern = finding.index("sequence.regular-cadence")
    long = np.flatnonzero(reading.streak >= 4)
    last = long[:, None] - np.arange(3, -1, -1)
    whole = reading.theirs[last].all(axis=1) & (reading.times[last] != UNKNOWN_TIME).all(axis=1)
    gaps = np.diff(np.round(reading.times[last] / _DAY), axis=1)
    regular = (gaps.min(axis=1) == gaps.max(axis=1)) & (gaps[:, 0] >= 2) if len(long) else whole
    for row in long[whole & regular].tolist():
        finding.hits.add(pattern, row, 0, len(reading.texts[row]))


def _friendly_first(finding: Finding, pitching: np.ndarray) -> None:
    reading = finding.reading
    pattern = finding.index("sequence.friendly-first")
    before = reading.before(pitching & reading.theirs)
    later = pitching & (reading.rank > 0) & (before == 0)
    asked = np.zeros(len(reading), dtype=bool)
    asked[1:] = reading.owners[:-1] & np.array(["?" in t for t in reading.texts[:-1]], dtype=bool)
    for row in np.flatnonzero(later & ~asked).tolist():
        finding.hits.add(pattern, row, 0, len(reading.texts[row]))


def _went_on(finding: Finding, refused: np.ndarray) -> None:
    reading = finding.reading
    pattern = finding.index("sequence.said-no-and-went-on")
    after = reading.theirs & (reading.before(refused) > 0)
    for row in np.flatnonzero(after).tolist():
        # a short goodbye is manners, not pressure
        text = reading.texts[row]
        if reading.tokens.counts[row] > 8 or "?" in text:
            finding.hits.add(pattern, row, 0, len(text))


def _ignored(finding: Finding, pitching: np.ndarray) -> None:
    reading = finding.reading
    pattern = finding.index("sequence.ignored-question")
    normals, tokens = reading.vocabulary.normals, reading.tokens
    for row in np.flatnonzero(pitching & (reading.rank > 0)).tolist():
        if row == 0 or not reading.owners[row - 1] or "?" not in reading.texts[row - 1]:
            continue

        def words(r: int) -> set[str]:
            ids = tokens.ids[tokens.starts[r] : tokens.starts[r + 1]].tolist()
            return {normals[i] for i in ids if len(normals[i]) > _FUNCTION_WORDS}

        if not words(row - 1) & words(row):
            finding.hits.add(pattern, row, 0, len(reading.texts[row]))
