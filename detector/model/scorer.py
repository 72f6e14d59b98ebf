"""The scoring of a batch by running sums."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from detector.model.careful.reader import Careful, CarefulReader
from detector.model.features import Events, block_rows, pattern_events, shape_counts
from detector.model.roles import Pooled, RoleReader, pooled
from detector.model.running import by_message, running
from detector.model.sums import product, summed
from detector.model.text import TokenTable
from detector.model.weights import BLOCKS, TEXTS, N, Weights
from detector.patterns import Searched
from detector.patterns.reading import Reading
from detector.patterns.sentences import Sentences


@dataclass
class Scores:
    """Scores of a batch.

    `after`: (n messages, N) scores of the prefix ending with each message; `text`: the running text
    sums they came from (columns of `Scorer.text_sums`); `sentences` and `pooled`: what they do; `words`: (m, TEXTS
    times N + 1) sums over each sentence's words, pairs left out; `pairs`: positions and numbers of these; `careful`: what
    the careful reading found, if it was asked for.
    """

    after: np.ndarray
    text: np.ndarray
    last: np.ndarray  # (t,) the row of each thread's last message
    sentences: Sentences
    pooled: Pooled
    words: np.ndarray
    pairs: tuple[np.ndarray, np.ndarray]
    careful: Careful | None = None

    @property
    def final(self) -> np.ndarray:
        """(t, N) scores of whole threads."""
        return self.after[self.last]


class Scorer:
    """Scores batches with one set of weights; keeps what it has worked out per distinct word."""

    def __init__(self, weights: Weights, careful: CarefulReader | None = None) -> None:
        self.weights = weights
        self.careful = careful
        self.table = TokenTable(weights.space, list(weights.words), weights.grams, weights.foreign.coefficients)
        self.roles = RoleReader(weights.space, weights.roles, weights.pattern_ids)
        idf = weights.space.pair_idf
        self.pairs = np.column_stack([*(weights.pairs[b] * idf[:, None] for b in range(len(BLOCKS))), idf**2])
        """(pairs, blocks times N + 1) weights of pairs in each block, and squared weights."""
        self.number = {p: i for i, p in enumerate(weights.pattern_ids)}

    def events(self, searched: Searched) -> Events:
        """Pattern features of a batch, each counted once a thread and slot, at its first hit."""
        return pattern_events(searched, self.number)

    def score(self, searched: Searched, events: Events | None = None) -> Scores:
        """Scores after every message of every thread."""
        reading = searched.reading
        sentences = Sentences.of(reading)
        sums, words, pairs = self.text_sums(reading, sentences)
        total = running(sums, reading)
        after = np.tile(self.weights.bias, (len(reading), 1))
        for b in range(TEXTS):
            sums = total[:, b * (N + 1) : b * (N + 1) + N]
            norm = total[:, b * (N + 1) + N]
            after += sums / np.sqrt(np.maximum(norm, 1e-12))[:, None] * (norm > 0)[:, None]
        events = events if events is not None else self.events(searched)
        switched = np.zeros((len(reading), N))
        flat = self.weights.patterns.reshape(-1, N)
        np.add.at(switched, events.row, flat[events.feature] * events.sign[:, None])
        after += running(switched, reading)
        shape = np.log1p(running(shape_counts(searched), reading))
        after += product(shape, self.weights.shape)
        added = pooled(self.roles.probabilities(searched, sentences), sentences, reading)
        after += product(added.features(), self.weights.pooled)
        careful = self.careful.read(reading, sentences) if self.careful else None
        if careful is not None:
            after = careful.blended(after, sentences, reading)
        last = reading.starts + reading.sizes - 1
        return Scores(after, total, last, sentences, added, words, pairs, careful)

    def text_sums(
        self, reading: Reading, sentences: Sentences
    ) -> tuple[np.ndarray, np.ndarray, tuple[np.ndarray, np.ndarray]]:
        """(n, TEXTS times N + 1) sums over each message's tokens, in the block it belongs to; the same over each
        sentence's words without pairs; positions and numbers of the pairs."""
        self.table.update(reading.vocabulary)
        table, said = self.table.rows, reading.said
        words = summed(table, sentences.ids, sentences.bounds)
        sums = by_message(words, sentences, len(reading))
        owners = np.flatnonzero(reading.owners)
        if len(owners):
            ids = said.ids[reading.owners[said.rows]]
            sums[owners] = summed(table, ids, np.concatenate([[0], np.cumsum(said.counts[owners])]))
        pairs = self.weights.space.pair_numbers(reading, self.table.word)
        if len(pairs[0]):
            paired = summed(self.pairs, pairs[1], np.searchsorted(pairs[0], said.starts))
            for b in range(len(BLOCKS)):
                at = b * (N + 1)
                sums[:, at : at + N] += paired[:, b * N : b * N + N]
                sums[:, at + N] += paired[:, -1]
        for flags, blocks in block_rows(reading):
            for b in blocks:
                at = b * (N + 1)
                sums[~flags, at : at + N + 1] = 0
        sums[~reading.theirs, (TEXTS - 1) * (N + 1) :] = 0
        return sums, words, pairs
