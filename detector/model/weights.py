"""The fitted model as plain arrays, and the scoring of a batch by running sums."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from detector.model.text import TextSpace, TokenTable, grams
from detector.patterns import Searched
from detector.patterns.reading import Reading
from detector.schema import LABELS

N = len(LABELS)
BLOCKS = ("all", "later", "replies")
"""Text blocks: all of the sender's messages; those after the first; the owner's replies."""

SHAPE = ("named", "numbers", "questions", "words")
"""Counts of the sender's text that enter as log(1 + count): named things, figures, questions, words."""

SLOTS = ("opening", "later")
"""Where a pattern was found: in the sender's first message, or in one after it (or by the owner)."""


@dataclass
class Weights:
    """All coefficients, towards each of the three labels (last axis N).

    `words`: (blocks, words, N); `pairs`: (blocks, pairs, N); `grams`: (grams, N) for block all;
    `patterns`: (patterns, slots, N) under `pattern_ids`; `shape`: (len(SHAPE), N); `bias`: (N,).
    """

    space: TextSpace
    words: np.ndarray
    pairs: np.ndarray
    grams: np.ndarray
    pattern_ids: tuple[str, ...]
    patterns: np.ndarray
    shape: np.ndarray
    bias: np.ndarray


class _ScoreTable(TokenTable):
    """Per distinct token: scores and squared weights of its word in each block, and of its n-grams."""

    # columns: for each block N scores and 1 norm (words), then N scores and 1 norm (n-grams)
    def __init__(self, weights: Weights) -> None:
        super().__init__(weights.space, (len(BLOCKS) + 1) * (N + 1))
        self.weights = weights

    def of_words(self, words: Sequence[str], numbers: np.ndarray) -> np.ndarray:
        rows = np.zeros((len(words), self.width))
        space, weights = self.space, self.weights
        known = numbers >= 0
        number = numbers[known]
        idf = space.word_idf[number]
        for b in range(len(BLOCKS)):
            rows[known, b * (N + 1) : b * (N + 1) + N] = weights.words[b, number] * idf[:, None]
            rows[known, b * (N + 1) + N] = idf**2
        at = len(BLOCKS) * (N + 1)
        index, gram_idf = space.gram_index, space.gram_idf
        for i, word in enumerate(words):
            found = [index[g] for g in grams(word) if g in index]
            if found:
                rows[i, at : at + N] = gram_idf[found] @ weights.grams[found]
                rows[i, at + N] = (gram_idf[found] ** 2).sum()
        return rows


@dataclass
class Scores:
    """Scores of a batch.

    `after`: (n messages, N) scores of the prefix ending with each message; `text`: the running text
    sums they came from (columns of `Scorer.text_sums`).
    """

    after: np.ndarray
    text: np.ndarray
    last: np.ndarray  # (t,) the row of each thread's last message

    @property
    def final(self) -> np.ndarray:
        """(t, N) scores of whole threads."""
        return self.after[self.last]


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


class Scorer:
    """Scores batches with one set of weights; keeps what it has worked out per distinct word."""

    def __init__(self, weights: Weights) -> None:
        self.weights = weights
        self.table = _ScoreTable(weights)
        self.number = {p: i for i, p in enumerate(weights.pattern_ids)}

    def events(self, searched: Searched) -> Events:
        """Pattern features of a batch, each counted once a thread and slot, at its first hit."""
        return pattern_events(searched, self.number)

    def score(self, searched: Searched, events: Events | None = None) -> Scores:
        """Scores after every message of every thread."""
        reading = searched.reading
        total = running(self.text_sums(reading), reading)
        after = np.tile(self.weights.bias, (len(reading), 1))
        for b in range(len(BLOCKS) + 1):
            sums = total[:, b * (N + 1) : b * (N + 1) + N]
            norm = total[:, b * (N + 1) + N]
            after += sums / np.sqrt(np.maximum(norm, 1e-12))[:, None] * (norm > 0)[:, None]
        events = events if events is not None else self.events(searched)
        switched = np.zeros((len(reading), N))
        flat = self.weights.patterns.reshape(-1, N)
        np.add.at(switched, events.row, flat[events.feature] * events.sign[:, None])
        after += running(switched, reading)
        shape = np.log1p(running(shape_counts(searched), reading))
        for k in range(len(SHAPE)):  # not a matrix product: its rounding depends on the batch
            after += shape[:, k, None] * self.weights.shape[k]
        last = reading.starts + reading.sizes - 1
        return Scores(after, total, last)

    def text_sums(self, reading: Reading) -> np.ndarray:
        """(n, blocks + 1 times N + 1) sums over each message's tokens, in the block it belongs to."""
        self.table.update(reading.vocabulary)
        ids = reading.tokens.ids
        sums = _sum_rows(self.table.rows, ids, reading.tokens.starts)
        places, pairs = self.weights.space.pair_numbers(reading, self.table.word[ids])
        if len(places):
            rows = np.searchsorted(reading.tokens.starts, places, side="right") - 1
            idf = self.weights.space.pair_idf[pairs]
            for b in range(len(BLOCKS)):
                at = b * (N + 1)
                for k in range(N):
                    sums[:, at + k] += np.bincount(rows, self.weights.pairs[b, pairs, k] * idf, len(reading))
                sums[:, at + N] += np.bincount(rows, idf**2, len(reading))
        for flags, blocks in block_rows(reading):
            for b in blocks:
                at = b * (N + 1)
                sums[~flags, at : at + N + 1] = 0
        return sums


def block_rows(reading: Reading) -> list[tuple[np.ndarray, tuple[int, ...]]]:
    """Which messages belong to which text blocks (the last number is that of the n-grams)."""
    return [
        (reading.theirs, (0, len(BLOCKS))),
        (reading.rank > 0, (1,)),
        (reading.owners, (2,)),
    ]


def _sum_rows(table: np.ndarray, ids: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Sum of the table's rows over each message's tokens, chunk by chunk to bound memory."""
    n = len(starts) - 1
    out = np.zeros((n, table.shape[1]))
    chunk = 4096
    for a in range(0, n, chunk):
        bounds = starts[a : min(n, a + chunk) + 1]
        filled = np.flatnonzero(np.diff(bounds) > 0)
        if len(filled):
            rows = table[ids[bounds[0] : bounds[-1]]]
            # summed within each message alone, so that the bits do not depend on the batch
            out[a + filled] = np.add.reduceat(rows, bounds[filled] - bounds[0], axis=0)
    return out


def running(values: np.ndarray, reading: Reading) -> np.ndarray:
    """Sums from each thread's first message up to and with each message."""
    out = values.copy()
    longest = int(reading.sizes.max()) if len(reading.sizes) else 0
    # by message number, not by a cumulative sum over the batch: the same bits in any batch
    for k in range(1, longest):
        rows = reading.starts[reading.sizes > k] + k
        out[rows] += out[rows - 1]
    return out


def shape_counts(searched: Searched) -> np.ndarray:
    """(n, len(SHAPE)) counts in each of the sender's messages; 0 for the owner's."""
    reading = searched.reading
    counts = np.zeros((len(reading), len(SHAPE)))
    named = [i for i, p in enumerate(searched.patterns) if p.id == "homework.named-thing"]
    rows = searched.hits.row[np.isin(searched.hits.pattern, named)]
    counts[:, 0] = np.bincount(rows, minlength=len(reading))
    normals = reading.vocabulary.normals
    kinds = np.fromiter((1 if w.startswith("<num>") else 2 if w == "?" else 0 for w in normals), np.int8, len(normals))
    per_token = kinds[reading.tokens.ids]
    row = np.repeat(np.arange(len(reading)), reading.tokens.counts)
    counts[:, 1] = np.bincount(row[per_token == 1], minlength=len(reading))
    counts[:, 2] = np.bincount(row[per_token == 2], minlength=len(reading))
    counts[:, 3] = reading.tokens.counts
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
