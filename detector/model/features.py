"""What a batch's messages show, as columns: blocks of text, counts, pattern features switching on and off."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from detector.model.weights import BLOCKS, SHAPE, SLOTS
from detector.patterns import Searched
from detector.patterns.reading import Reading


@dataclass
class Events:
    """Pattern features switching on (sign 1) or off (-1), each at one message, by one hit.

    Arrays of equal length: `row` (message), `feature` (pattern * slots + slot), `hit` (index into
    the batch's hits, -1 for none), `sign`. `share` hits of the same feature that later repeat it.
    """

    row: np.ndarray
    feature: np.ndarray
    hit: np.ndarray
    sign: np.ndarray


def block_rows(reading: Reading) -> list[tuple[np.ndarray, tuple[int, ...]]]:
    """Which messages belong to which text blocks (the last number is that of the n-grams)."""
    return [
        (reading.theirs, (0, len(BLOCKS))),
        (reading.rank > 0, (1,)),
        (reading.owners, (2,)),
    ]


def _count_of(form: str) -> int:
    return 1 if form.startswith("<num>") else 2 if form == "?" else 0


def shape_counts(searched: Searched) -> np.ndarray:
    """(n, len(SHAPE)) counts in each of the sender's messages; 0 for the owner's."""
    reading = searched.reading
    counts = np.zeros((len(reading), len(SHAPE)))
    named = [i for i, p in enumerate(searched.patterns) if p.id == "homework.named-thing"]
    rows = searched.hits.row[np.isin(searched.hits.pattern, named)]
    counts[:, 0] = np.bincount(rows, minlength=len(reading))
    per_token = reading.vocabulary.token_numbers(_count_of)[reading.said.ids]
    row = reading.said.rows
    counts[:, 1] = np.bincount(row[per_token == 1], minlength=len(reading))
    counts[:, 2] = np.bincount(row[per_token == 2], minlength=len(reading))
    counts[:, 3] = reading.said.counts
    counts[~reading.theirs] = 0
    return counts


def pattern_events(searched: Searched, number: dict[str, int]) -> Events:
    """Pattern features of a batch, each counted once a thread and slot, at its first hit."""
    reading, hits = searched.reading, searched.hits
    model = np.array([number.get(p.id, -1) for p in searched.patterns], dtype=np.int64)
    pattern = model[hits.pattern] if len(hits) else np.zeros(0, dtype=np.int64)
    slot = (reading.rank[hits.row] != 0).astype(np.int64) if len(hits) else pattern
    missing = np.array([p.missing for p in searched.patterns], dtype=bool)
    if len(hits):
        slot[missing[hits.pattern]] = 0
    feature = pattern * len(SLOTS) + slot
    known = np.flatnonzero(pattern >= 0)
    order = known[np.lexsort((hits.first[known], hits.row[known], feature[known], reading.thread[hits.row[known]]))]
    key = reading.thread[hits.row[order]] * (len(number) * len(SLOTS) + 1) + feature[order]
    first = order[np.flatnonzero(np.diff(key, prepend=-1))]
    rows, features, index = hits.row[first], feature[first], first
    sign = np.ones(len(first))
    rows, features, index, sign = _without_homework(searched, number, rows, features, index, sign)
    return _until_words(searched, number, Events(rows, features, index, sign))


def _until_words(searched: Searched, number: dict[str, int], events: Events) -> Events:
    """`note.none` holds until the sender's first words: then these are judged, not their lack."""
    none = number.get("note.none")
    if none is None:
        return events
    reading = searched.reading
    on = events.feature == none * len(SLOTS)
    empty = np.zeros(len(reading.starts), dtype=bool)
    empty[reading.thread[events.row[on]]] = True
    spoke = np.flatnonzero(reading.rank == 0)
    ends = spoke[empty[reading.thread[spoke]]]
    return Events(
        np.concatenate([events.row, ends]),
        np.concatenate([events.feature, np.full(len(ends), none * len(SLOTS))]),
        np.concatenate([events.hit, np.full(len(ends), -1)]),
        np.concatenate([events.sign, -np.ones(len(ends))]),
    )


def _without_homework(
    searched: Searched,
    number: dict[str, int],
    rows: np.ndarray,
    features: np.ndarray,
    index: np.ndarray,
    sign: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """`homework.none` holds from the sender's first message until the first sign of homework."""
    none = number.get("homework.none")
    if none is None:
        return rows, features, index, sign
    reading, hits = searched.reading, searched.hits
    feature = none * len(SLOTS)
    family = np.array([p.family == "homework" and not p.missing for p in searched.patterns], dtype=bool)
    keep = features != feature
    spoke = np.flatnonzero(reading.rank == 0)
    by_thread = dict(zip(reading.thread[rows[~keep]].tolist(), index[~keep].tolist(), strict=True))
    on_hit = np.array([by_thread.get(t, -1) for t in reading.thread[spoke].tolist()], dtype=np.int64)
    done = np.full(len(reading.starts), -1, dtype=np.int64)
    found = hits.row[family[hits.pattern]] if len(hits) else np.zeros(0, dtype=np.int64)
    found = found[reading.theirs[found]]
    done[reading.thread[found[::-1]]] = found[::-1]
    ends = done[done >= 0]
    return (
        np.concatenate([rows[keep], spoke, ends]),
        np.concatenate([features[keep], np.full(len(spoke) + len(ends), feature)]),
        np.concatenate([index[keep], on_hit, np.full(len(ends), -1)]),
        np.concatenate([sign[keep], np.ones(len(spoke)), -np.ones(len(ends))]),
    )
