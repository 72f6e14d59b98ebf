"""Labelled threads as a sparse matrix, in the very features that `model.weights` scores."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from scipy import sparse

from detector.model.features import block_rows, pattern_events, shape_counts
from detector.model.foreign import is_foreign
from detector.model.roles import POOLED, RoleWeights
from detector.model.running import running
from detector.model.text import TextSpace, grams, is_word
from detector.model.weights import BLOCKS, SHAPE, SLOTS, Weights
from detector.patterns import Searched
from detector.patterns.tokens import fold

MIN_SENDERS = 3
"""A word, pair or n-gram must stem from this many different senders to enter a model."""


@dataclass
class Columns:
    """Where each kind of feature stands in the matrix."""

    space: TextSpace
    pattern_ids: tuple[str, ...]

    @property
    def sizes(self) -> list[int]:
        """Columns a kind: words and pairs of each block, n-grams, patterns, shape, sentences added up."""
        words, pairs = len(self.space.words), len(self.space.pairs)
        text = [*(words + pairs for _ in BLOCKS), len(self.space.grams)]
        return [*text, len(self.pattern_ids) * len(SLOTS), len(SHAPE), POOLED]

    @property
    def width(self) -> int:
        """All columns."""
        return sum(self.sizes)

    @property
    def words(self) -> list[slice]:
        """Those of single words, a block each."""
        begin = np.cumsum([0, *self.sizes])[: len(BLOCKS)].tolist()
        return [slice(at, at + len(self.space.words)) for at in begin]


@dataclass(frozen=True)
class Scales:
    """What each kind of feature is multiplied by before the regression: a larger scale is a weaker penalty."""

    words: float = 1.0
    later: float = 0.5
    replies: float = 0.3
    grams: float = 1.0
    patterns: float = 0.5
    shape: float = 0.03
    pooled: float = 0.5

    def of_kinds(self) -> list[float]:
        """In the order of `Columns.sizes`."""
        return [self.words, self.later, self.replies, self.grams, self.patterns, self.shape, self.pooled]


def text_space(searched: Searched, senders: Sequence[str]) -> TextSpace:
    """The words, pairs and n-grams of the sender's and owner's messages that enough senders used.

    `senders`: one key a thread; threads with one key (a minimal pair, one person's threads) count
    once. Weights are 1 + log((1 + n) / (1 + df)) with df the number of senders.
    """
    reading = searched.reading
    key = {s: i for i, s in enumerate(dict.fromkeys(senders))}
    owner = np.array([key[s] for s in senders], dtype=np.int64)[reading.thread]
    normals, ids, starts = reading.vocabulary.normals, reading.said.ids.tolist(), reading.said.starts.tolist()
    words: dict[str, set[int]] = defaultdict(set)
    pairs: dict[tuple[str, str], set[int]] = defaultdict(set)
    for row, who in enumerate(owner.tolist()):
        seen = [normals[i] for i in ids[starts[row] : starts[row + 1]]]
        for word in seen:
            words[word].add(who)
        for pair in pairwise(seen):
            pairs[pair].add(who)
    kept = sorted(w for w, who in words.items() if len(who) >= MIN_SENDERS)
    index = {w: i for i, w in enumerate(kept)}
    kept_pairs = sorted(
        (index[a], index[b]) for (a, b), who in pairs.items() if len(who) >= MIN_SENDERS and a in index and b in index
    )
    by_gram: dict[str, set[int]] = defaultdict(set)
    for word, who in words.items():
        for gram in set(grams(word)):
            by_gram[gram] |= who
    kept_grams = sorted(g for g, who in by_gram.items() if len(who) >= MIN_SENDERS)
    n = len(key)

    def idf(counts: list[int]) -> np.ndarray:
        return 1.0 + np.log((1 + n) / (1 + np.asarray(counts, dtype=float)))

    return TextSpace(
        words=kept,
        pairs=np.asarray(kept_pairs, dtype=np.int32).reshape(-1, 2),
        grams=kept_grams,
        word_idf=idf([len(words[w]) for w in kept]),
        pair_idf=idf([len(pairs[kept[a], kept[b]]) for a, b in kept_pairs]),
        gram_idf=idf([len(by_gram[g]) for g in kept_grams]),
    )


def design(searched: Searched, columns: Columns, scales: Scales) -> sparse.csr_matrix:
    """(threads, columns.width - POOLED) feature matrix of whole threads, all but what the sentences do."""
    reading, space = searched.reading, columns.space
    n = len(reading)
    normals = reading.vocabulary.normals
    word_of = np.array([space.word_index.get(w, -1) for w in normals], dtype=np.int64)
    ids = reading.said.ids
    row = np.repeat(np.arange(n), reading.said.counts)
    word = word_of[ids]
    known = word >= 0
    places, pair = space.pair_numbers(reading, word_of)
    in_words = sparse.csr_matrix((np.ones(known.sum()), (row[known], word[known])), (n, len(space.words)))
    in_pairs = sparse.csr_matrix((np.ones(len(pair)), (row[places], pair)), (n, len(space.pairs)))
    text = sparse.hstack([in_words, in_pairs]).tocsr()
    idf = np.concatenate([space.word_idf, space.pair_idf])
    used: np.ndarray = np.unique(ids[np.isin(row, np.flatnonzero(reading.theirs))]) if len(ids) else ids
    data, at_row, at_column = [], [], []
    for i in used:
        for gram in grams(normals[i]):
            g = space.gram_index.get(gram)
            if g is not None:
                data.append(1.0)
                at_row.append(i)
                at_column.append(g)
    spelled = sparse.csr_matrix((data, (at_row, at_column)), (len(normals), len(space.grams)))
    tokens = sparse.csr_matrix((np.ones(len(ids)), (row, ids)), (n, len(normals)))
    to_thread = sparse.csr_matrix((np.ones(n), (reading.thread, np.arange(n))), (len(reading.starts), n))
    parts = []
    scale = scales.of_kinds()
    blocks = {b: flags for flags, bs in block_rows(reading) for b in bs}
    for b in range(len(BLOCKS)):
        parts.append(_normed(to_thread @ sparse.diags(blocks[b].astype(float)) @ text, idf) * scale[b])
    letters = to_thread @ sparse.diags(blocks[len(BLOCKS)].astype(float)) @ (tokens @ spelled)
    parts.append(_normed(letters, space.gram_idf) * scale[len(BLOCKS)])
    events = pattern_events(searched, {p: i for i, p in enumerate(columns.pattern_ids)})
    found = sparse.csr_matrix(
        (events.sign, (reading.thread[events.row], events.feature)),
        (len(reading.starts), len(columns.pattern_ids) * len(SLOTS)),
    )
    parts.append(found * scale[len(BLOCKS) + 1])
    last = reading.starts + reading.sizes - 1
    shape = np.log1p(running(shape_counts(searched), reading)[last])
    parts.append(sparse.csr_matrix(shape) * scale[len(BLOCKS) + 2])
    return sparse.hstack(parts).tocsr()


def with_pooled(matrix: sparse.csr_matrix, features: np.ndarray, scales: Scales) -> sparse.csr_matrix:
    """The design matrix with what the sentences do beside it."""
    return sparse.hstack([matrix, sparse.csr_matrix(features * scales.pooled)]).tocsr().astype("float32")


def foreign_words(searched: Searched, space: TextSpace, senders: Sequence[str]) -> list[str]:
    """The words that `MIN_SENDERS` senders wrote and the text space does not know, sorted.

    `senders`: one key a thread. Names of recipients are left out: everybody writes them, they tell who the user is.
    """
    reading, normals = searched.reading, searched.reading.vocabulary.normals
    key = {s: i for i, s in enumerate(dict.fromkeys(senders))}
    owner = np.array([key[s] for s in senders], dtype=np.int64)[reading.thread[reading.said.rows]]
    theirs = reading.theirs[reading.said.rows]
    words: dict[str, set[int]] = defaultdict(set)
    for i, who in np.unique(np.column_stack([reading.said.ids[theirs], owner[theirs]]), axis=0).tolist():
        if is_foreign(normals[i], space):
            words[normals[i]].add(who)
    names = {part for name, _line, _services in reading.recipients for part in re.findall(r"[^\W\d_]+", fold(name))}
    return sorted(w for w, who in words.items() if len(who) >= MIN_SENDERS and fold(w) not in names)


class Foreign(NamedTuple):
    """Words that the text space does not know, in each of n texts (`model.foreign`).

    `words`: their normal forms; `features`: (n, words) how often each stands in a text, divided by the root of how many words
    that has; `share`: (n,) which share of its words they are, 0 where there is no word.
    """

    words: list[str]
    features: sparse.csr_matrix
    share: np.ndarray


def foreign_design(searched: Searched, space: TextSpace) -> Foreign:
    """Those of whole threads, in what the sender wrote."""
    reading = searched.reading
    thread = np.where(reading.theirs, reading.thread, -1)[reading.said.rows]
    return foreign_in(searched, space, thread, len(reading.starts))


def foreign_in(searched: Searched, space: TextSpace, of_token: np.ndarray, n: int) -> Foreign:
    """Those of n texts. `of_token`: (tokens,) the text that each token of `Reading.said` belongs to, -1 for none."""
    normals, inside = searched.reading.vocabulary.normals, of_token >= 0
    ids, text = searched.reading.said.ids[inside], of_token[inside]
    used, at = np.unique(ids, return_inverse=True)
    forms = [normals[i] for i in used.tolist()]
    words = sorted({form for form in forms if is_foreign(form, space)})
    index = {word: i for i, word in enumerate(words)}
    word = np.array([index.get(form, -1) for form in forms], dtype=np.int64)[at]
    spelled = np.array([is_word(form) for form in forms], dtype=bool)[at]
    foreign = word >= 0
    counts = sparse.csr_matrix((np.ones(foreign.sum()), (text[foreign], word[foreign])), (n, len(words)))
    size = np.maximum(np.bincount(text[spelled], minlength=n), 1)
    share = np.bincount(text[foreign], minlength=n) / size
    return Foreign(words, (sparse.diags(1 / np.sqrt(size)) @ counts).tocsr(), share)


def _normed(counts: sparse.csr_matrix, idf: np.ndarray) -> sparse.csr_matrix:
    """Counts times idf, divided by the root of the summed squares of every occurrence's weight."""
    norm = counts @ (idf**2)
    return sparse.diags(1.0 / np.sqrt(np.maximum(norm, 1e-12)) * (norm > 0)) @ counts @ sparse.diags(idf)


def to_weights(
    coefficients: np.ndarray, bias: np.ndarray, columns: Columns, scales: Scales, roles: RoleWeights
) -> Weights:
    """Coefficients of the regression, (labels, width) in the matrix's columns, as `Weights`."""
    space = columns.space
    bounds = np.cumsum([0, *columns.sizes])
    scaled = [coefficients[:, bounds[i] : bounds[i + 1]].T * scale for i, scale in enumerate(scales.of_kinds())]
    words = len(space.words)
    return Weights(
        space=space,
        words=np.stack([scaled[b][:words] for b in range(len(BLOCKS))]),
        pairs=np.stack([scaled[b][words:] for b in range(len(BLOCKS))]),
        grams=scaled[len(BLOCKS)],
        pattern_ids=columns.pattern_ids,
        patterns=scaled[len(BLOCKS) + 1].reshape(len(columns.pattern_ids), len(SLOTS), -1),
        shape=scaled[len(BLOCKS) + 2],
        bias=bias,
        roles=roles,
        pooled=scaled[len(BLOCKS) + 3],
    )
