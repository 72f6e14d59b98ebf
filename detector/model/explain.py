"""Why a verdict: contributions of every hit and of the strongest wording, that add up to the score.

The score of a verdict is the log-odds of its label, ln(p / (1 - p)). With scores z of the three
labels and k the label shown, it equals z_k - sum_j q_j z_j - H(q) exactly, where q is the softmax of
the other two scores and H its entropy. Each part of the model adds to z, so its contribution is its
part of z_k less the q-weighted parts of the others; the bias and -H(q) are the baseline.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from detector.model.features import Events, block_rows, running, shape_counts
from detector.model.scorer import Scorer, Scores
from detector.model.weights import BLOCKS, SHAPE, N
from detector.patterns import Searched

WORDING = "text.wording"
"""Id under which words outside every pattern are shown as evidence."""

_WINDOW = 8  # tokens
_WORDINGS = 3  # a thread
_FEWEST = 0.05  # log-odds; a contribution below it would show as nothing


@dataclass
class Explained:
    """Contributions of a batch, one entry a piece of evidence, strongest first within each thread.

    `thread`, `pattern` (index into the catalogue, -1 for wording), `row` (message), `first`, `end`
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
        places = searched.reading.spans(int(self.row[i]))
        return places[first][0], places[end - 1][1]


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
    baseline = (c * weights.bias).sum(axis=1) - entropy
    flat = weights.patterns.reshape(-1, N)
    value = (flat[events.feature] * c[reading.thread[events.row]]).sum(axis=1) * events.sign
    by_hit, hit_at, row_at = _by_hit(searched, events, value, weights.shape, c)
    pieces = [(reading.thread[row_at], searched.hits.pattern[hit_at], row_at, hit_at, by_hit)]
    wording = _wordings(searched, scorer, scores, c)
    thread = np.concatenate([pieces[0][0], wording[0]])
    pattern = np.concatenate([pieces[0][1], np.full(len(wording[0]), -1)])
    row = np.concatenate([row_at, wording[1]])
    hit = np.concatenate([hit_at, np.full(len(wording[0]), -1)])
    first = np.concatenate([np.full(len(hit_at), -1), wording[2]])
    end = np.concatenate([np.full(len(hit_at), -1), wording[3]])
    contribution = np.concatenate([by_hit, wording[4]])
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


def _wordings(searched: Searched, scorer: Scorer, scores: Scores, c: np.ndarray) -> tuple[np.ndarray, ...]:
    """The runs of words that speak strongest for the label: (thread, row, first, end, contribution).

    Each token's share of the text scores, with that of its neighbours' pairs split between both; the
    best run of up to eight tokens of each message, at most three messages a thread.
    """
    reading = searched.reading
    tokens, table = reading.tokens, scorer.table
    ids = tokens.ids
    if not len(ids):
        return (*(np.zeros(0, dtype=np.int64) for _ in range(4)), np.zeros(0))
    total, last = scores.text, scores.last
    norms = np.stack([total[last, b * (N + 1) + N] for b in range(len(BLOCKS) + 1)], axis=1)
    scale = np.where(norms > 0, 1 / np.sqrt(np.maximum(norms, 1e-12)), 0.0)
    row = np.repeat(np.arange(len(reading)), tokens.counts)
    thread = reading.thread[row]
    value = np.zeros(len(ids))
    within = {b: flags for flags, blocks in block_rows(reading) for b in blocks}
    places, pairs = scorer.weights.space.pair_numbers(reading, table.word[ids])
    idf = scorer.weights.space.pair_idf[pairs]
    for b in range(len(BLOCKS) + 1):
        if b == 2:  # the owner's words are no evidence to quote
            continue
        weight = c * scale[:, b, None]
        values = table.rows[:, b * (N + 1) : b * (N + 1) + N]
        part = np.zeros(len(ids))
        for k in range(N):
            part += values[ids, k] * weight[thread, k]
        if b < len(BLOCKS) and len(places):
            paired = np.zeros(len(places))
            for k in range(N):
                paired += scorer.weights.pairs[b, pairs, k] * idf * weight[thread[places], k]
            np.add.at(part, places, paired / 2)
            np.add.at(part, places + 1, paired / 2)
        value += part * within[b][row]
    return _best_runs(value, searched)


def _best_runs(value: np.ndarray, searched: Searched) -> tuple[np.ndarray, ...]:
    reading = searched.reading
    tokens = reading.tokens
    total = np.concatenate([[0.0], np.cumsum(value)])
    starts, counts = tokens.starts[:-1], tokens.counts
    best = np.full(len(reading), -np.inf)
    at = np.zeros(len(reading), dtype=np.int64)
    filled = np.flatnonzero(counts > 0)
    if len(filled):
        place = np.arange(len(value))
        row = np.repeat(np.arange(len(reading)), counts)
        run = total[np.minimum(place + _WINDOW, tokens.starts[row + 1])] - total[place]
        run[~reading.theirs[row]] = -np.inf
        best[filled] = np.maximum.reduceat(run, starts[filled])
        first = np.flatnonzero(run == best[row])[::-1]
        at[row[first]] = first
    rows = np.flatnonzero(np.isfinite(best) & (best > _FEWEST))
    order = rows[np.lexsort((rows, -best[rows], reading.thread[rows]))]
    thread = reading.thread[order]
    rank = np.arange(len(order)) - np.searchsorted(thread, thread)
    kept = order[rank < _WORDINGS]
    firsts, ends, values = [], [], []
    for r in kept.tolist():  # a few a thread: trim the ends that speak against
        a = int(at[r])
        b = int(min(a + _WINDOW, tokens.starts[r + 1]))
        while b - a > 1 and value[b - 1] <= 0:
            b -= 1
        while b - a > 1 and value[a] <= 0:
            a += 1
        firsts.append(a - int(tokens.starts[r]))
        ends.append(b - int(tokens.starts[r]))
        values.append(float(value[a:b].sum()))
    return (
        reading.thread[kept],
        kept,
        np.asarray(firsts, dtype=np.int64),
        np.asarray(ends, dtype=np.int64),
        np.asarray(values, dtype=float),
    )
