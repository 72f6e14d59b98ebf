"""The scoring of a batch by running sums."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from detector.model.features import Events, block_rows, pattern_events, shape_counts
from detector.model.roles import Pooled, RoleReader, pooled
from detector.model.running import running
from detector.model.text import TokenTable
from detector.model.weights import BLOCKS, SHAPE, N, Weights
from detector.patterns import Searched
from detector.patterns.reading import Reading
from detector.patterns.sentences import Sentences


class _ScoreTable(TokenTable):
    """Per distinct token: scores and squared weights of its word in each block, and of its n-grams."""

    # columns: for each block N scores and 1 norm (words), then N scores and 1 norm (n-grams)
    def __init__(self, weights: Weights) -> None:
        super().__init__(weights.space, (len(BLOCKS) + 1) * (N + 1))
        self.weights = weights
        self.grams = weights.space.gram_weights(weights.grams)

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
        rows[:, at : at + N + 1] = space.gram_sums(words, self.grams)
        return rows


@dataclass
class Scores:
    """Scores of a batch.

    `after`: (n messages, N) scores of the prefix ending with each message; `text`: the running text
    sums they came from (columns of `Scorer.text_sums`); `sentences` and `pooled`: what they do.
    """

    after: np.ndarray
    text: np.ndarray
    last: np.ndarray  # (t,) the row of each thread's last message
    sentences: Sentences
    pooled: Pooled

    @property
    def final(self) -> np.ndarray:
        """(t, N) scores of whole threads."""
        return self.after[self.last]


class Scorer:
    """Scores batches with one set of weights; keeps what it has worked out per distinct word."""

    def __init__(self, weights: Weights) -> None:
        self.weights = weights
        self.table = _ScoreTable(weights)
        self.roles = RoleReader(weights.space, weights.roles, weights.pattern_ids)
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
        sentences = Sentences.of(reading)
        added = pooled(self.roles.probabilities(searched, sentences), sentences, reading)
        features = added.features()
        for k in range(features.shape[1]):
            after += features[:, k, None] * self.weights.pooled[k]
        last = reading.starts + reading.sizes - 1
        return Scores(after, total, last, sentences, added)

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
