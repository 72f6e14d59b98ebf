"""The sentences of a batch: where each begins and ends, and which patterns were found in it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from detector.patterns.hits import Hits
from detector.patterns.reading import Reading


@dataclass
class Sentences:
    """Sentences with words, in reading order; arrays of one entry a sentence (m).

    `row`: the message; `first`, `end`: positions in `Reading.said` (end exclusive); `opens`, `closes`:
    first and last of its message. `ids`: the tokens of all of them, flat; `bounds` (m + 1): where each begins there.
    """

    row: np.ndarray
    first: np.ndarray
    end: np.ndarray
    opens: np.ndarray
    closes: np.ndarray
    ids: np.ndarray
    bounds: np.ndarray

    def __len__(self) -> int:
        return len(self.row)

    @classmethod
    def of(cls, reading: Reading) -> Sentences:
        """All sentences of the sender's messages.

        >>> from detector.threads import group, messages_table
        >>> from detector.patterns.tokens import Vocabulary
        >>> rows = [("t", "received", "Hi Ann. We sell maps!"), ("t", "sent", "No."), ("t", "received", "Why")]
        >>> found = Sentences.of(Reading.of(group(messages_table(rows)).threads, Vocabulary()))
        >>> found.row.tolist(), found.first.tolist(), found.end.tolist()
        ([0, 0, 2], [0, 2, 7], [2, 6, 8])
        """
        tokens = reading.said
        first = tokens.cuts
        end = np.append(first[1:], len(tokens.ids))
        row = np.searchsorted(tokens.starts, first, side="right") - 1
        kept = reading.theirs[row] if len(row) else np.zeros(0, dtype=bool)
        row, first, end = row[kept], first[kept], end[kept]
        opens = tokens.starts[row] == first
        closes = np.append(row[1:] != row[:-1], True)[: len(row)]
        ids = tokens.ids[reading.theirs[tokens.rows]]
        return cls(row, first, end, opens, closes, ids, np.concatenate([[0], np.cumsum(end - first)]))

    def of_tokens(self, positions: np.ndarray) -> np.ndarray:
        """The sentence that holds each position in `Reading.said`, -1 for none (the owner's words)."""
        at = np.searchsorted(self.first, positions, side="right") - 1
        inside = (at >= 0) & (positions < self.end[np.maximum(at, 0)]) if len(self) else np.zeros(len(positions), bool)
        return np.where(inside, at, -1)

    def of_hits(self, hits: Hits, reading: Reading) -> np.ndarray:
        """The sentence in which each hit begins, -1 for hits without a place."""
        tokens = reading.tokens
        first = tokens.starts[hits.row] + hits.first
        known = hits.first >= 0
        written = np.flatnonzero(known & ~hits.in_tokens)
        if len(written):  # places in code points: the last token that begins at or before them
            row = np.repeat(np.arange(len(reading)), tokens.counts)
            wide = int(tokens.begins.max(initial=0)) + int(hits.first.max()) + 2
            at = (
                np.searchsorted(
                    row * wide + tokens.begins, hits.row[written] * wide + hits.first[written], side="right"
                )
                - 1
            )
            first[written] = np.maximum(at, tokens.starts[hits.row[written]])
        known &= first < tokens.starts[hits.row + 1]
        said = np.full(len(first), -1)
        said[known] = reading.said_at[first[known]]
        return np.where(said >= 0, self.of_tokens(said), -1)

    def spans(self, reading: Reading, i: int) -> tuple[int, int]:
        """Start and end of a sentence in its message, in code points, from its first to its last token."""
        tokens = reading.said
        return int(tokens.begins[self.first[i]]), int(tokens.ends[self.end[i] - 1])
