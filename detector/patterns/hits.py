"""Hits: patterns found, with the place of their evidence, as columns."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from detector.patterns.reading import Reading

NOWHERE = -1


class HitList:
    """Hits being gathered. A place is tokens (from the phrase book), code points, or nowhere."""

    def __init__(self) -> None:
        self._blocks: list[tuple[np.ndarray, ...]] = []
        self._single: tuple[list[int], ...] = ([], [], [], [], [])

    def add(self, pattern: int, row: int, first: int = NOWHERE, end: int = NOWHERE, in_tokens: bool = False) -> None:
        """Add one hit; without a place it says that something is missing, or concerns the whole message."""
        for column, value in zip(self._single, (pattern, row, first, end, in_tokens), strict=True):
            column.append(int(value))

    def extend(
        self,
        pattern: int | np.ndarray,
        rows: np.ndarray,
        firsts: int | np.ndarray = NOWHERE,
        ends: int | np.ndarray = NOWHERE,
        in_tokens: bool = False,
    ) -> None:
        """Add many hits, a value for all of them or one each."""
        self._close()
        columns = (pattern, rows, firsts, ends, in_tokens)
        self._blocks.append(tuple(np.broadcast_to(np.asarray(c, dtype=np.int64), len(rows)) for c in columns))

    def _close(self) -> None:
        if self._single[0]:
            self._blocks.append(tuple(np.asarray(c, dtype=np.int64) for c in self._single))
            self._single = ([], [], [], [], [])

    def _columns(self) -> tuple[np.ndarray, ...]:
        self._close()
        if not self._blocks:
            return tuple(np.zeros(0, dtype=np.int64) for _ in range(5))
        if len(self._blocks) > 1:
            self._blocks = [tuple(np.concatenate(parts) for parts in zip(*self._blocks, strict=True))]
        return self._blocks[0]

    def rows_of(self, patterns: Iterable[int]) -> np.ndarray:
        """Message indices in which one of these patterns was hit."""
        pattern, row, *_ = self._columns()
        return row[np.isin(pattern, list(patterns))]

    def freeze(self) -> Hits:
        """As arrays, ordered by message and place."""
        pattern, row, first, end, in_tokens = self._columns()
        order = np.lexsort((end, pattern, first, row))
        return Hits(pattern, row, first, end, in_tokens.astype(bool)).take(order)


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
        tokens = reading.tokens
        start = int(tokens.starts[self.row[i]])
        return int(tokens.begins[start + first]), int(tokens.ends[start + end - 1])
