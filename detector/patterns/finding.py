"""What the families share while a batch is searched."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from detector.patterns.hits import HitList
from detector.patterns.phrases import Finds
from detector.patterns.reading import Reading
from detector.patterns.record import Pattern
from detector.patterns.tokens import Pieces

_GREETS = re.compile(
    r"(?i)\W{0,3}(?:hi|hello|hey|dear|good|greetings|hola|buen|querid|bonjour|bonsoir|salut|ch[eè]r|hallo|guten|moin|servus|liebe|ol[áa]|oi|bom|boa|car[oa]|prezad|estimad|ciao)"
)
_GREETS_WITHIN = 8
"""The piece of a text in which a greeting begins: three marks may stand before it, and each may be a line break."""
GREETING = re.compile(
    r"^\W{0,3}(?:(?i:hi|hello|hey|dear|hiya|good (?:morning|afternoon|evening|day)|greetings|hola|buenos d[ií]as|"
    r"buenas tardes|buenas|querid[oa]|bonjour|bonsoir|salut|ch[eè]re?|hallo|guten (?:tag|morgen|abend)|moin|servus|"
    r"liebe[rs]?|ol[áa]|oi|bom dia|boa tarde|boa noite|car[oa]|prezad[oa]|estimad[oa]|ciao|buongiorno))\s+"
    r"([^\W\d_][\w'’.-]+)(?:\s+([^\W\d_][\w'’-]+))?"
)


@dataclass
class Finding:
    """One batch being searched: the reading, the catalogue, the hits so far, the services named."""

    reading: Reading
    patterns: tuple[Pattern, ...]
    indices: dict[str, int]
    languages: list[str]  # one a thread
    services: Finds  # places at which a kind of service is named, the kind as pattern
    own_kinds: np.ndarray  # (recipients, kinds) flags
    hits: HitList = field(default_factory=HitList)
    _greetings: dict[int, re.Match[str] | None] = field(default_factory=dict)

    @property
    def pieces(self) -> Pieces:
        """The pieces between spaces of all messages."""
        pieces = self.reading.tokens.pieces
        assert pieces is not None, "the reading has been searched already"
        return pieces

    def piece_flags(self, test: Callable[[str], object]) -> np.ndarray:
        """A flag a distinct piece: whether the test gives a match. `test` must be one that lasts."""
        return self.reading.vocabulary.piece_flags(test)

    def neighbours(self, test: Callable[[str], object], next_test: Callable[[str], object]) -> np.ndarray:
        """Places of pieces that pass the first test, with the next piece of the message passing the other."""
        pieces = self.pieces
        passes = self.piece_flags(test)[pieces.numbers]
        passes[:-1] &= self.piece_flags(next_test)[pieces.numbers[1:]]
        passes[pieces.starts[1:][np.diff(pieces.starts) > 0] - 1] = False  # a message's last piece has no next
        return np.flatnonzero(passes)

    @cached_property
    def greets(self) -> np.ndarray:
        """A flag a message: whether it may begin with a greeting."""
        pieces = self.pieces
        places = np.flatnonzero(self.piece_flags(_GREETS.match)[pieces.numbers])
        rows = pieces.row_of(places)
        flags = np.zeros(len(self.reading), dtype=bool)
        flags[rows[places - pieces.starts[rows] < _GREETS_WITHIN]] = True
        return flags

    def greeting(self, row: int) -> re.Match[str] | None:
        """The greeting at the head of a message with the name in it, if there is one."""
        if not self.greets[row]:
            return None
        if row not in self._greetings:
            self._greetings[row] = GREETING.match(self.reading.texts[row][:80])
        return self._greetings[row]

    def greeting_end(self, row: int) -> int:
        """Where the greeting ends, 0 without one."""
        found = self.greeting(row)
        return found.end() if found else 0

    def index(self, pattern: str) -> int:
        """Index of a pattern that the code relies on."""
        return self.indices[pattern]

    def maybe_index(self, pattern: str) -> int | None:
        """Index of a pattern, None if the catalogue lacks it."""
        return self.indices.get(pattern)

    def threads_with(self, ids: Iterable[str]) -> np.ndarray:
        """A flag a thread: whether one of these patterns was hit in it."""
        flags = np.zeros(len(self.reading.starts), dtype=bool)
        rows = self.hits.rows_of(self.indices[i] for i in ids if i in self.indices)
        flags[self.reading.thread[rows]] = True
        return flags
