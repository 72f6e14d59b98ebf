"""Running totals within each thread: what makes every prefix cost no second reading."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from detector.patterns.reading import Reading
from detector.patterns.sentences import Sentences


def running(values: np.ndarray, reading: Reading, join: Callable = np.add) -> np.ndarray:
    """Sums (or what `join` makes of two rows) from each thread's first message up to and with each message."""
    out = values.copy()
    longest = int(reading.sizes.max()) if len(reading.sizes) else 0
    # by message number, not by a cumulative sum over the batch: the same bits in any batch
    for k in range(1, longest):
        rows = reading.starts[reading.sizes > k] + k
        out[rows] = join(out[rows], out[rows - 1])
    return out


def by_message(sums: np.ndarray, sentences: Sentences, n: int) -> np.ndarray:
    """(n messages, k) sums of sentences added up by message."""
    out = np.zeros((n, sums.shape[1]))
    first = np.flatnonzero(sentences.opens)
    if len(first):
        out[sentences.row[first]] = np.add.reduceat(sums, first, axis=0)
    return out
