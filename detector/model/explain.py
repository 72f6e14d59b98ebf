"""Why a verdict: contributions of every hit and of every sentence, that add up to the score.

The score of a verdict is the log-odds of its label, ln(p / (1 - p)). With scores z of the three
labels and k the label shown, it equals z_k - sum_j q_j z_j - H(q) exactly, where q is the softmax of
the other two scores and H its entropy. Each part of the model adds to z, so its contribution is its
part of z_k less the q-weighted parts of the others; the bias and -H(q) are the baseline.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from detector.model.features import Events, block_rows, shape_counts
from detector.model.roles import POOLS, ROLES, SAYS, R
from detector.model.roles import SLOTS as ROLE_SLOTS
from detector.model.running import running
from detector.model.scorer import Scorer, Scores
from detector.model.sums import bounds_of, summed
from detector.model.weights import BLOCKS, SHAPE, TEXTS, N, Weights
from detector.patterns import Pattern, Searched
from detector.schema import LABELS

WORDING = "text.wording"
"""Id under which a sentence is shown whose words speak, whatever it does."""

_ACCORD = {
    "generic": ("pretence", "networking", "courtesy"),
    "bait-and-sell": ("selling", "asking", "pretence"),
    "genuine": ("homework", "talk"),
}
"""Which roles a reader accepts as a reason for a label."""

_LIKELY = 0.25  # a role less likely than that is not named
_FEWEST = 0.05  # log-odds; a contribution below it would show as nothing

SHOWN = 5
"""Pieces of evidence that a reader is shown first."""

Pieces = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def piece_id(code: int, patterns: Sequence[Pattern]) -> str:
    """The id of a piece of evidence: a pattern's own, `sentence.` and a role, or `text.wording`.

    >>> piece_id(-1, ()), piece_id(-2, ())
    ('text.wording', 'sentence.selling')
    """
    return patterns[code].id if code >= 0 else WORDING if code == -1 else f"sentence.{ROLES[-2 - code]}"


def meanings(patterns: Sequence[Pattern]) -> dict[str, tuple[str, str]]:
    """What every id of a piece of evidence means, and what it spares.

    >>> meanings(())["sentence.selling"][0]
    'This sentence offers or praises what is sold.'
    """
    return {
        **{p.id: (p.says, p.spares) for p in patterns},
        **{f"sentence.{role}": (said, "") for role, said in SAYS.items()},
        WORDING: ("The words of this sentence are typical of the label.", ""),
    }


def plainly(patterns: Sequence[Pattern]) -> dict[str, str]:
    """What every id of a piece of evidence means, in a sentence."""
    return {key: said for key, (said, _spares) in meanings(patterns).items()}


def shown(hits: Sequence[dict[str, Any]], most: int = SHOWN) -> list[dict[str, Any]]:
    """The pieces to show first: those that speak for the label and are quoted, strongest first; no lone name or hello."""
    told = [h for h in hits if h["contribution"] >= _FEWEST and h["text"]]
    return [h for h in told if h["pattern"] != "sentence.courtesy" or " " in h["text"].strip()][:most]


@dataclass
class Explained:
    """Contributions of a batch, one entry a piece of evidence, strongest first within each thread.

    `thread`, `pattern` (index into the catalogue; -1 for wording, -2 - k for a sentence of role k), `row` (message), `first`, `end`
    (a place in code points, -1 where nothing is quoted), `contribution` (log-odds towards the
    thread's label). `baseline`, `rest` and `score` have one value a thread:
    score = baseline + its contributions + rest.
    """

    thread: np.ndarray
    pattern: np.ndarray
    row: np.ndarray
    hit: np.ndarray
    first: np.ndarray
    end: np.ndarray
    contribution: np.ndarray
    baseline: np.ndarray
    rest: np.ndarray
    score: np.ndarray
    bounds: np.ndarray  # (t + 1,) where each thread's evidence begins

    def place(self, i: int, searched: Searched) -> tuple[int, int] | None:
        """Start and end of one piece in its message, in code points, end exclusive; None if nothing is quoted."""
        if self.hit[i] >= 0:
            return searched.hits.place(int(self.hit[i]), searched.reading)
        first, end = int(self.first[i]), int(self.end[i])
        if first < 0:
            return None
        tokens = searched.reading.said
        start = int(tokens.starts[self.row[i]])
        return int(tokens.begins[start + first]), int(tokens.ends[start + end - 1])


def contrast(scores: np.ndarray, label: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(t, N) weights that turn parts of the scores into log-odds of the label, and (t,) entropies.

    >>> c, h = contrast(np.array([[0.0, 1.0, 3.0]]), np.array([2]))
    >>> z = np.array([0.0, 1.0, 3.0])
    >>> p = np.exp(z) / np.exp(z).sum()
    >>> bool(np.isclose((c[0] * z).sum() - h[0], np.log(p[2] / (1 - p[2]))))
    True
    """
    rows = np.arange(len(scores))
    others = scores.copy()
    others[rows, label] = -np.inf
    q = np.exp(others - others.max(axis=1, keepdims=True))
    q /= q.sum(axis=1, keepdims=True)
    entropy = -(q * np.log(np.where(q > 0, q, 1))).sum(axis=1)
    weights = -q
    weights[rows, label] = 1.0
    return weights, entropy


def explain(searched: Searched, scorer: Scorer, events: Events, scores: Scores, label: np.ndarray) -> Explained:
    """Contributions towards each thread's label (`label`: (t,) label indices)."""
    reading, weights, final = searched.reading, scorer.weights, scores.final
    c, entropy = contrast(final, label)
    score = (c * final).sum(axis=1) - entropy
    quick = c  # what a part of the quick reading's score counts for
    baseline = -entropy
    if scores.careful is not None:
        quick = c * scores.careful.fast[scores.last][:, None]
        baseline = baseline + (c * scores.careful.shift[scores.last]).sum(axis=1)
    baseline = baseline + (quick * weights.bias).sum(axis=1)
    flat = weights.patterns.reshape(-1, N)
    value = (flat[events.feature] * quick[reading.thread[events.row]]).sum(axis=1) * events.sign
    by_hit, hit_at, row_at = _by_hit(searched, events, value, weights.shape, quick)
    sentence = _by_sentence(searched, scorer, scores, (c, quick), label)
    nowhere = np.full(len(hit_at), -1)
    thread = np.concatenate([reading.thread[row_at], sentence[0]])
    pattern = np.concatenate([searched.hits.pattern[hit_at], sentence[1]])
    row = np.concatenate([row_at, sentence[2]])
    hit = np.concatenate([hit_at, np.full(len(sentence[0]), -1)])
    first = np.concatenate([nowhere, sentence[3]])
    end = np.concatenate([nowhere, sentence[4]])
    contribution = np.concatenate([by_hit, sentence[5]])
    order = np.lexsort((first, row, -contribution, thread))
    total = np.bincount(thread, contribution, len(label))
    return Explained(
        thread[order],
        pattern[order],
        row[order],
        hit[order],
        first[order],
        end[order],
        contribution[order],
        baseline,
        score - baseline - total,
        score,
        np.searchsorted(thread[order], np.arange(len(label) + 1)),
    )


def _by_hit(
    searched: Searched, events: Events, value: np.ndarray, shape: np.ndarray, c: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Contributions per hit: those of its events, and for named things their share of the count's weight."""
    hits, reading = searched.hits, searched.reading
    total = np.zeros(len(hits))
    counted = np.zeros(len(hits), dtype=bool)
    on_hit = events.hit >= 0
    np.add.at(total, events.hit[on_hit], value[on_hit])
    counted[events.hit[on_hit]] = True
    # what switches a missing thing off takes its contribution with it
    width = int(events.feature.max()) + 1 if len(events.feature) else 1
    key = reading.thread[events.row] * width + events.feature
    ended = np.isin(key, key[events.sign < 0])
    counted[events.hit[on_hit & ended]] = False
    named = [i for i, p in enumerate(searched.patterns) if p.id == "homework.named-thing"]
    is_named = np.isin(hits.pattern, named)
    if is_named.any():
        last = reading.starts + reading.sizes - 1
        count = running(shape_counts(searched)[:, :1], reading)[last, 0]
        weight = (c * shape[SHAPE.index("named")]).sum(axis=1) * np.log1p(count) / np.maximum(count, 1)
        total[is_named] += weight[reading.thread[hits.row[is_named]]]
        counted |= is_named
    kept = np.flatnonzero(counted & (total != 0))
    return total[kept], kept, hits.row[kept]


def _by_sentence(
    searched: Searched, scorer: Scorer, scores: Scores, towards: tuple[np.ndarray, np.ndarray], label: np.ndarray
) -> Pieces:
    """One piece a sentence: its share of what the sentences add up to, and of the words' weights.

    `towards`: (t, N) each, what the scores count for and what the quick reading's parts of them count for.
    """
    c, quick = towards
    sentences, reading = scores.sentences, searched.reading
    if not len(sentences):
        none = np.zeros(0, dtype=np.int64)
        return none, none, none, none, none, np.zeros(0)
    by_role = _role_shares(scores, scorer.weights, quick, reading.thread[sentences.row])
    q = scores.pooled.q
    if scores.careful is not None:  # what it thinks a sentence does gives the sentence its name
        of = reading.thread[sentences.row]
        each = scores.careful.each[scores.last][of]
        share = (scores.careful.shares * c[of]).sum(axis=1) * each
        q = scores.careful.roles
        by_role = by_role + share[:, None] * q
    total = by_role.sum(axis=1) + _word_shares(searched, scorer, scores, quick)
    kept = np.flatnonzero(np.abs(total) >= _FEWEST)
    thread = reading.thread[sentences.row[kept]]
    start = reading.said.starts[sentences.row[kept]]
    code = _named(by_role[kept], q[kept], label[thread], total[kept] > 0)
    first, end = sentences.first[kept] - start, sentences.end[kept] - start
    return thread, code, sentences.row[kept], first, end, total[kept]


def _role_shares(scores: Scores, weights: Weights, c: np.ndarray, thread: np.ndarray) -> np.ndarray:
    """(m, R) what each role of each sentence adds to its thread's score.

    A sum of probabilities is shared out in proportion to them; the largest one belongs to the first
    sentence that reaches it.
    """
    added, q = scores.pooled, scores.pooled.q
    towards = (weights.pooled @ c.T).T.reshape(len(c), len(POOLS), len(ROLE_SLOTS), R)[thread]
    sums, most = added.sums[scores.last][thread], added.most[scores.last][thread]
    each = np.where(sums > 0, np.log1p(sums) / np.maximum(sums, 1e-12), 1.0)
    shares = np.zeros_like(q)
    for slot, inside in ((0, ~added.later), (1, added.later), (2, np.ones(len(q), dtype=bool))):
        shares += inside[:, None] * q * towards[:, 0, slot] * each[:, slot]
        top = np.flatnonzero((inside[:, None] & (q == most[:, slot]) & (q > 0)).ravel())
        reached = np.full(len(c) * R, -1)
        reached[(thread[top // R] * R + top % R)[::-1]] = top[::-1]  # of several the first stays
        at = reached[reached >= 0]
        shares.ravel()[at] += (most[:, slot] * towards[:, 1, slot]).ravel()[at]
    return shares


def _named(by_role: np.ndarray, q: np.ndarray, label: np.ndarray, speaks_for: np.ndarray) -> np.ndarray:
    """What a sentence is shown as: a role that a reader would accept as the reason, else words alone (-1)."""
    allowed = np.array([[role in _ACCORD[name] for role in ROLES] for name in LABELS])[label]
    towards = np.where(speaks_for[:, None], np.where(allowed, by_role, 0.0), -by_role)
    best = towards.argmax(axis=1)
    rows = np.arange(len(best))
    clear = (towards[rows, best] > 0) & (q[rows, best] >= _LIKELY)
    return np.where(clear, -2 - best, -1)


def _word_shares(searched: Searched, scorer: Scorer, scores: Scores, c: np.ndarray) -> np.ndarray:
    """(m,) what each sentence's words add to its thread's score, a pair's share split between both its words."""
    reading, sentences = searched.reading, scores.sentences
    total, last = scores.text, scores.last
    norms = np.stack([total[last, b * (N + 1) + N] for b in range(TEXTS)], axis=1)
    scale = np.where(norms > 0, 1 / np.sqrt(np.maximum(norms, 1e-12)), 0.0)
    places, pairs = scores.pairs
    at = sentences.of_tokens(places)
    theirs = at >= 0  # the owner's words are no evidence to quote
    places, pairs, m = places[theirs], pairs[theirs], len(sentences)
    paired = np.zeros((m, scorer.pairs.shape[1]))
    for side in (at[theirs], sentences.of_tokens(places + 1)):
        paired += summed(scorer.pairs, pairs, bounds_of(side, m)) / 2
    row = sentences.row
    value = np.zeros(m)
    within = {b: flags for flags, blocks in block_rows(reading) for b in blocks}
    for b in (0, 1, len(BLOCKS), TEXTS - 1):  # all words, later ones, n-grams, unknown words
        weight = (c * scale[:, b, None])[reading.thread[row]]
        sums = scores.words[:, b * (N + 1) : b * (N + 1) + N]
        if b < len(BLOCKS):
            sums = sums + paired[:, b * N : b * N + N]
        value += (sums * weight).sum(axis=1) * within.get(b, reading.theirs)[row]
    return value
