"""Hits: patterns found, with the place of their evidence, as columns."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from detector.patterns.reading import Reading

NOWHERE = -1


@dataclass
class HitList:
    """Hits being gathered. A place is tokens (from the phrase book), code points, or nowhere."""

    pattern: list[int] = field(default_factory=list)
    row: list[int] = field(default_factory=list)  # flat message index
    first: list[int] = field(default_factory=list)  # token or code point
    end: list[int] = field(default_factory=list)
    in_tokens: list[bool] = field(default_factory=list)

    def add(self, pattern: int, row: int, first: int = NOWHERE, end: int = NOWHERE, in_tokens: bool = False) -> None:
        """Add one hit; without a place it says that something is missing, or concerns the whole message."""
        self.pattern.append(pattern)
        self.row.append(int(row))
        self.first.append(int(first))
        self.end.append(int(end))
        self.in_tokens.append(in_tokens)

    def rows_of(self, patterns: Iterable[int]) -> np.ndarray:
        """Message indices in which one of these patterns was hit."""
        wanted = set(patterns)
        return np.array([r for p, r in zip(self.pattern, self.row, strict=True) if p in wanted], dtype=np.int64)

    def freeze(self) -> Hits:
        """As arrays, ordered by message and place."""
        hits = Hits(
            np.asarray(self.pattern, dtype=np.int64),
            np.asarray(self.row, dtype=np.int64),
            np.asarray(self.first, dtype=np.int64),
            np.asarray(self.end, dtype=np.int64),
            np.asarray(self.in_tokens, dtype=bool),
        )
        order = np.lexsort((hits.pattern, hits.first, hits.row))
        return hits.take(order)


@dataclass
class Hits:
    """All hits of a batch, one array a column (see `HitList`)."""

    pattern: np.ndarray
    row: np.ndarray
    first: np.ndarray
    end: np.ndarray
    in_tokens: np.ndarray

    def __len__(self) -> int:
        return len(self.pattern)

    def take(self, index: np.ndarray) -> Hits:
        """The hits at these positions."""
        return Hits(self.pattern[index], self.row[index], self.first[index], self.end[index], self.in_tokens[index])

    def place(self, i: int, reading: Reading) -> tuple[int, int] | None:
        """Start and end of a hit in its message, in code points, end exclusive; None if it has no place."""
        first, end = int(self.first[i]), int(self.end[i])
        if first < 0:
            return None
        if not self.in_tokens[i]:
            return first, end
        places = reading.spans(int(self.row[i]))
        return places[first][0], places[end - 1][1]
