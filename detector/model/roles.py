"""What each sentence does: selling, asking, homework, talk, pretence, networking or courtesy.

A small multinomial model reads every sentence of the sender by its words, the patterns found in it and
where it stands. The thread model then adds up what the sentences do, so that one sentence of
selling among ten of small talk is not drowned, and so that each sentence can be shown with its share of the score.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from detector.model.foreign import PieceWeights
from detector.model.running import running
from detector.model.sums import bounds_of, product, summed
from detector.model.text import TextSpace, TokenTable
from detector.patterns import Searched
from detector.patterns.reading import Reading
from detector.patterns.sentences import Sentences
from detector.patterns.tokens import fold

ROLES = ("selling", "asking", "homework", "talk", "pretence", "networking", "courtesy")
"""The roles, in the order of every probability vector."""

R = len(ROLES)

SAYS = {
    "selling": "This sentence offers or praises what is sold.",
    "asking": "This sentence asks for the next step of a sale.",
    "homework": "This sentence shows reading, meeting or shared history.",
    "talk": "This sentence talks about a matter at hand.",
    "pretence": "This sentence sounds personal and fits anybody.",
    "networking": "This sentence wants contact or help from anybody.",
    "courtesy": "This sentence is courtesy.",
}

PLACE = (
    "opening",
    "later",
    "third",
    "first",
    "first_of_opening",
    "last",
    "answered",
    "length",
    "opening_length",
    "invitation",
    "profile_words",
    "short",
)
"""Where a sentence stands: in the sender's first message, in a later one, in the third or a later one; first in
its message, first of all, last in its message; after an answer of the owner; log(1 + tokens), the same in the first
message; in an invitation; shares a word with the recipient's profile; two tokens or fewer."""

POOLS = ("sum", "most")
"""How sentences are added up over a thread: log(1 + sum of probabilities), and the largest probability."""


@dataclass
class RoleWeights:
    """Coefficients towards each role. First look: `words` (words, R), `pairs` (pairs, R), `grams` (grams, R),
    `patterns` (patterns, R), `place` (len(PLACE), R), `bias` (R,), all of one text space and one catalogue; `foreign`: of
    words that the space does not know, R columns. Second look, with what stands around: `context` (len(CONTEXT) * R, R),
    `context_bias` (R,)."""

    words: np.ndarray
    pairs: np.ndarray
    grams: np.ndarray
    patterns: np.ndarray
    place: np.ndarray
    bias: np.ndarray
    context: np.ndarray
    context_bias: np.ndarray
    foreign: PieceWeights


def place_features(sentences: Sentences, reading: Reading) -> np.ndarray:
    """(m, len(PLACE)) features of where each sentence stands."""
    rank = reading.rank[sentences.row]
    length = np.log1p(sentences.end - sentences.first)
    opening = rank == 0
    columns = [
        opening,
        rank > 0,
        rank > 1,
        sentences.opens,
        sentences.opens & opening,
        sentences.closes,
        reading.replies_before[sentences.row] > 0,
        length,
        length * opening,
        reading.kind[sentences.row] == 0,
        _shares_words(sentences, reading),
        sentences.end - sentences.first <= 2,
    ]
    return np.stack([np.asarray(c, dtype=float) for c in columns], axis=1)


_STEM = 5


def _shares_words(sentences: Sentences, reading: Reading) -> np.ndarray:
    """Whether a sentence has a word of four letters or more whose beginning stands in the recipient's profile."""
    stems: dict[str, int] = {}
    own: list[tuple[int, int]] = []
    for who, (_name, headline, services) in enumerate(reading.recipients):
        for word in {fold(w)[:_STEM] for w in re.findall(r"[^\W\d_]{4,}", f"{headline} {services}")}:
            own.append((who, stems.setdefault(word, len(stems))))
    if not own or not len(sentences):
        return np.zeros(len(sentences), dtype=bool)
    get = stems.get
    ids, normals = reading.said.ids, reading.vocabulary.normals
    of_token = np.full(len(normals), -1, dtype=np.int64)
    used = np.flatnonzero(np.bincount(ids, minlength=len(normals)))
    of_token[used] = [get(w[:_STEM], -1) if len(w) > 3 else -1 for w in map(normals.__getitem__, used.tolist())]
    stem = of_token[ids]
    place = np.flatnonzero(stem >= 0)
    row = np.searchsorted(reading.said.starts, place, side="right") - 1
    width = len(stems)
    key = reading.who[reading.thread[row]] * width + stem[place]
    known = np.isin(key, np.array([w * width + s for w, s in own], dtype=np.int64))
    flags = np.zeros(len(sentences), dtype=bool)
    at = sentences.of_tokens(place[known])
    flags[at[at >= 0]] = True
    return flags


def sentence_patterns(
    searched: Searched, sentences: Sentences, number: dict[str, int]
) -> tuple[np.ndarray, np.ndarray]:
    """(sentence, pattern number) of every pattern of `number` found in a sentence, each once.

    What concerns a whole message (the sequence) has no sentence and is left to the thread.
    """
    hits, reading = searched.hits, searched.reading
    none = np.zeros(0, dtype=np.int64)
    if not len(hits):
        return none, none
    model = np.array([number.get(p.id, -1) for p in searched.patterns], dtype=np.int64)
    whole = np.array([p.family == "sequence" and not p.phrases for p in searched.patterns], dtype=bool)
    kept = np.flatnonzero((model[hits.pattern] >= 0) & ~whole[hits.pattern] & (hits.first >= 0))
    taken = hits.take(kept)
    at = sentences.of_hits(taken, reading)
    inside = at >= 0
    width = max(len(number), 1)
    keys = np.unique(at[inside] * width + model[taken.pattern[inside]])
    return keys // width, keys % width


class RoleReader:
    """Gives each sentence of a batch its role probabilities; keeps what it has worked out per distinct word."""

    def __init__(self, space: TextSpace, weights: RoleWeights, pattern_ids: Sequence[str]) -> None:
        self.weights = weights
        self.space = space
        self.table = TokenTable(space, [weights.words], weights.grams, weights.foreign.coefficients)
        self.number = {p: i for i, p in enumerate(pattern_ids)}
        idf = space.pair_idf
        self.pairs = np.column_stack([weights.pairs * idf[:, None], idf**2])

    def probabilities(self, searched: Searched, sentences: Sentences) -> np.ndarray:
        """(m, R) probabilities after both looks, rounded so that they are the same in any batch."""
        return second_look(self.first_look(searched, sentences), sentences, searched.reading, self.weights)

    def first_look(self, searched: Searched, sentences: Sentences) -> np.ndarray:
        """(m, R) probabilities of each sentence by itself."""
        reading = searched.reading
        self.table.update(reading.vocabulary)
        sums = summed(self.table.rows, sentences.ids, sentences.bounds)
        places, pairs = self.space.pair_numbers(reading, self.table.word)
        at = sentences.of_tokens(places)
        inside = (at >= 0) & (at == sentences.of_tokens(places + 1))
        if inside.any():
            sums[:, : R + 1] += summed(self.pairs, pairs[inside], bounds_of(at[inside], len(sentences)))
        scores = np.tile(self.weights.bias, (len(sentences), 1))
        for a in (0, R + 1, 2 * (R + 1)):  # known words, n-grams, other words
            scores += sums[:, a : a + R] * inverse_root(sums[:, a + R])[:, None]
        sentence, pattern = sentence_patterns(searched, sentences, self.number)
        scores += summed(self.weights.patterns, pattern, bounds_of(sentence, len(sentences)))
        scores += product(place_features(sentences, reading), self.weights.place)
        return softmax(scores)


def softmax(scores: np.ndarray) -> np.ndarray:
    """(m, R) probabilities of scores, rounded to six digits."""
    e = np.exp(scores - scores.max(axis=1, keepdims=True)) if len(scores) else scores
    total = np.zeros(len(scores))
    for k in range(R):
        total += e[:, k]
    return np.round(e / np.maximum(total, 1e-300)[:, None], 6)


def inverse_root(norm: np.ndarray) -> np.ndarray:
    """1 / sqrt of positive values, 0 for others."""
    return np.where(norm > 0, 1 / np.sqrt(np.maximum(norm, 1e-12)), 0.0)


SLOTS = ("opening", "later", "whole")
"""Where the sentences are added up: over the sender's first message, over later ones, over all."""


@dataclass
class Pooled:
    """What the sentences of a batch do, added up.

    `q`: (m, R) role probabilities; `later`: (m,) whether a sentence stands after the sender's first message; `sums`,
    `most`: (n messages, slots, R) sum and largest probability from the thread's beginning up to each message.
    """

    q: np.ndarray
    later: np.ndarray
    sums: np.ndarray
    most: np.ndarray

    def features(self, rows: np.ndarray | slice = slice(None)) -> np.ndarray:
        """(rows, pools * slots * R) features of the prefixes that end with these messages."""
        parts = [np.log1p(self.sums[rows]), self.most[rows]]
        return np.stack(parts, axis=1).reshape(len(parts[0]), -1)


POOLED = len(POOLS) * len(SLOTS) * R


def pooled(q: np.ndarray, sentences: Sentences, reading: Reading) -> Pooled:
    """Role probabilities of sentences added up message by message."""
    later = reading.rank[sentences.row] > 0
    n = len(reading)
    sums, most = np.zeros((n, len(SLOTS), R)), np.zeros((n, len(SLOTS), R))
    first = np.flatnonzero(sentences.opens)
    if len(first):
        row, slot = sentences.row[first], later[first].astype(np.int64)
        sums[row, slot] = sums[row, 2] = np.add.reduceat(q, first, axis=0)
        most[row, slot] = most[row, 2] = np.maximum.reduceat(q, first, axis=0)
    return Pooled(q, later, running(sums, reading), running(most, reading, np.maximum))


CONTEXT = ("own", "chance", "before", "after", "around", "earlier", "strongest")
"""What the second look at a sentence takes in, R values each: the logarithms of its own probabilities and
themselves, those of the sentence before and after it in the message, the means of the message's other sentences and
of all in earlier messages, and the message's largest."""

_LEAST = 1e-3


def context(q: np.ndarray, sentences: Sentences, reading: Reading) -> np.ndarray:
    """(m, len(CONTEXT) * R) role probabilities of a sentence and of what stands around it; nothing later than its
    message, so that a prefix of a thread reads as it did then."""
    m = len(q)
    if not m:
        return np.zeros((0, len(CONTEXT) * R))
    row = sentences.row
    thread = reading.thread[row]
    same = row[1:] == row[:-1]
    before, after = np.zeros_like(q), np.zeros_like(q)
    before[1:][same] = q[:-1][same]
    after[:-1][same] = q[1:][same]
    first = np.flatnonzero(sentences.opens)
    size = np.diff(np.append(first, m))
    total = np.add.reduceat(q, first, axis=0)
    most = np.repeat(np.maximum.reduceat(q, first, axis=0), size, axis=0)
    around = (np.repeat(total, size, axis=0) - q) / np.maximum(np.repeat(size, size) - 1, 1)[:, None]
    # sums and counts of earlier messages of the thread, message by message
    by_row, count = np.zeros((len(reading), R)), np.zeros((len(reading), 1))
    by_row[row[first]] = total
    count[row[first], 0] = size
    so_far, counted = running(by_row, reading), running(count, reading)
    opening = row == reading.starts[thread]
    previous = np.maximum(row - 1, 0)
    earlier = np.where(opening[:, None], 0.0, so_far[previous] / np.maximum(counted[previous], 1))
    return np.hstack([np.log(np.maximum(q, _LEAST)), q, before, after, around, earlier, most])


def second_look(q: np.ndarray, sentences: Sentences, reading: Reading, weights: RoleWeights) -> np.ndarray:
    """(m, R) probabilities of sentences, with what stands around them taken in."""
    return softmax(weights.context_bias + product(context(q, sentences, reading), weights.context))
