"""A part of a searched batch, as if only those threads had been searched."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from detector.patterns import Searched
from detector.patterns.reading import Reading


def subset(searched: Searched, threads: np.ndarray) -> Searched:
    """The threads at these positions, in ascending order."""
    reading = searched.reading
    keep = np.zeros(len(reading.starts), dtype=bool)
    keep[threads] = True
    rows = np.flatnonzero(keep[reading.thread])
    sizes = reading.sizes[keep]
    smaller = Reading(
        texts=[reading.texts[r] for r in rows],
        thread=np.repeat(np.arange(len(sizes)), sizes),
        starts=np.cumsum(sizes) - sizes,
        sizes=sizes,
        received=reading.received[rows],
        kind=reading.kind[rows],
        times=reading.times[rows],
        who=reading.who[keep],
        recipients=reading.recipients,
        vocabulary=reading.vocabulary,
        tokens=reading.tokens.take(rows),
    )
    new_row = np.full(len(reading), -1, dtype=np.int64)
    new_row[rows] = np.arange(len(rows))
    hits = searched.hits.take(np.flatnonzero(new_row[searched.hits.row] >= 0))
    return replace(
        searched,
        reading=smaller,
        hits=replace(hits, row=new_row[hits.row]),
        languages=[lang for lang, k in zip(searched.languages, keep, strict=True) if k],
        sells=searched.sells[keep],
    )
