"""What the families share while a batch is searched."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from detector.patterns.hits import HitList
from detector.patterns.phrases import Finds
from detector.patterns.reading import Reading
from detector.patterns.record import Pattern


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
