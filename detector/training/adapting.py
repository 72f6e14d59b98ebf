"""Own labels move a prior: penalised maximum likelihood around it, and how far, by grouped folds.

The corpus enters as the prior's coefficients. Minimised over the step d away from them is

    w * sum of the log-losses of the own labels + |d|^2 / 2 + stiffness * |d of the bias|^2 / 2

(a Gaussian prior whose mean is the base model: Chelba and Acero, Adaptation of Maximum Entropy
Capitalizer, 2006). `w` is the weight of an own label; 0 keeps the base. The losses are weighed so that the labels
count alike, as they do in the base: what is rare among one's own, mostly `genuine`, would give way to what is not.
How far to go is not decided but weighed: the steps of all weights and stiffnesses are averaged, each with a share in
proportion to the likelihood of own threads held out, whole groups at a time and the labels counting alike here too (what
a queue asks about says little of shares), times a prior that is one half on the base as it is; more if few
labels contradict a base that is sure, a tenth if it knows few of the words (pseudo-Bayesian model averaging: Geisser and Eddy, A Predictive Approach to Model
Selection, 1979; Yao et al., Using Stacking to Average Bayesian Predictive Distributions, 2018). Few held-out threads, judged by steps that share most of what they learned from, tell less than as many
independent ones: their likelihood is taken to a power under 1 (Gruenwald, The Safe Bayesian, 2012). So few labels move
it a little, and many that agree move it far. A feature, a word that the base does not know
included, may move only if threads of three different senders have it: nobody's words are learned from one person alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from detector.model.weights import N
from detector.training.doubt import strange, surprise
from detector.training.matrix import MIN_SENDERS
from detector.training.prior import Prior, Rows, Step

WEIGHTS = (0.03, 0.1, 0.3, 1.0, 3.0)
"""How much an own label may weigh, weakest first; 0 (the base as it is) is tried as well."""

STIFFNESS = (10.0, 1.0)
"""How much harder than a feature the bias (the shares of the labels) may be moved: labels given in the
order of a queue say little about shares."""

SLOPE_PRIOR = 0.2
"""Standard deviation of the log of the temperature that own held-out scores may ask for."""

FEWEST_TO_MOVE = 20
"""With fewer labels than this the base stays as it is: on slices of the corpus kept for such choices 12 labels made it worse as often
as better (docs/experiments.md)."""

POWER = 0.35
"""What the likelihood of own threads held out is taken to before steps are weighed by it: chosen on slices of the corpus
kept for such choices (docs/experiments.md)."""

CONTRADICTED = 30
"""With so many labels a base that is surprised by them by z standard errors is believed by e^z to one beforehand, with n by
e^(z (CONTRADICTED / n)^3): chosen on slices of the corpus kept for such choices (docs/experiments.md)."""

WHOLE = 0.9
"""A base that has more than this share in the end stays as it is: a small part of a step that few threads speak for is no use."""

BELIEVED_STRANGE = 0.1
"""The share of the base before any label is seen if it knows few of the words: 24 labels of a new language teach more so
(docs/experiments.md)."""

FOLDS = 5
_TINY = 1e-3
_CERTAIN = 30.0  # log odds
_FEWEST_TO_CHOOSE = 4  # groups; with fewer there is nothing to hold out


@dataclass(frozen=True)
class Pace:
    """How far own labels may move the prior."""

    weight: float = 0.0
    stiffness: float = STIFFNESS[0]


PACES = (Pace(), *(Pace(w, s) for w in WEIGHTS for s in STIFFNESS))
"""All that are averaged; the first keeps the base."""


@dataclass
class Learned:
    """A step, the pace it was made at (the mean of those it is an average of), and the temperature of its scores."""

    step: Step
    pace: Pace
    slope: float

    def scores(self, rows: Rows) -> np.ndarray:
        """(n, N) calibrated scores."""
        return self.step.scores(rows) * self.slope


def learn(
    prior: Prior,
    rows: Rows,
    labels: np.ndarray,
    senders: Sequence[str] | np.ndarray,
    group: np.ndarray,
    *,
    seed: int = 0,
    fewest: int = FEWEST_TO_MOVE,
    tick: Callable[[], None] = lambda: None,
) -> Learned:
    """All that is learned from own labels: the paces weighed by cross-validation, the step, the temperature.

    `group`: what folds keep together; `tick` is called once a fold. With fewer labels than `fewest` the base stays
    as it is; with too few groups to hold any out, the most cautious weight is taken.
    """
    who = np.asarray(senders, dtype=object)
    parts = own_folds(group, labels, seed=seed)
    if not parts or len(labels) < fewest:
        pace = Pace(WEIGHTS[0]) if len(labels) >= fewest else Pace()
        tick()
        return Learned(adapt(prior, rows, labels, who, pace, each=evenly(labels)), pace, 1.0)
    held_out = np.zeros((len(PACES), len(rows), N))
    for seen, held in parts:
        inside, outside = rows.take(seen), rows.take(held)
        span = Span(inside, shared_columns(inside, who[seen]))
        for k, pace in enumerate(PACES):
            step = adapt(prior, inside, labels[seen], who[seen], pace, span, each=evenly(labels[seen]))
            held_out[k, held] = step.scores(outside)
        tick()
    each = evenly(labels)
    base = believed(_softmax(rows.scores)[0], labels, rows.unknown)
    share = _shares(np.stack([losses(scores, labels) for scores in held_out]), each, base)
    used = np.flatnonzero(share)
    steps = [adapt(prior, rows, labels, who, PACES[k], each=each) for k in used]
    step = _average(steps, share[used])
    step.values[np.isin(step.columns, prior.against_meaning(step))] = 0
    pace = Pace(*(float(sum(share[k] * getattr(PACES[k], name) for k in used)) for name in ("weight", "stiffness")))
    return Learned(step, pace, _slope(np.tensordot(share, held_out, 1), labels))


def believed(p: np.ndarray, labels: np.ndarray, unknown: np.ndarray) -> float:
    """The share of a base before its steps are compared with it, from its verdicts (n, 3) on the labelled threads, and the share of
    their words that it does not know (n,).

    Labels that contradict a base which is sure teach first that a label is rare in general, and only many of them which
    threads have it: until then the base does less harm.

    >>> sure, known = np.tile([0.02, 0.02, 0.96], (24, 1)), np.zeros(24)
    >>> round(believed(sure, np.full(24, 2), known), 2), round(believed(sure, np.arange(24) % 3, known), 2)
    (0.5, 1.0)
    >>> believed(sure, np.arange(24) % 3, np.full(24, 0.5))
    0.1
    """
    if strange(unknown):
        return BELIEVED_STRANGE
    odds = np.exp(min(surprise(p, labels) * (CONTRADICTED / len(labels)) ** 3, _CERTAIN))
    return float(odds / (1 + odds))


def evenly(labels: np.ndarray) -> np.ndarray:
    """(n,) the weight of each thread that lets all labels there are count alike; 1 in the mean.

    >>> evenly(np.array([0, 0, 0, 2])).round(2).tolist()
    [0.67, 0.67, 0.67, 2.0]
    """
    counts = np.bincount(labels, minlength=N)
    return np.asarray(len(labels) / (np.count_nonzero(counts) * counts[labels]))


def _shares(loss: np.ndarray, weight: np.ndarray, base: float) -> np.ndarray:
    """(paces,) the share of each in the average, from (paces, n) losses on threads held out; tiny ones are none, and so
    are all beside a base that is believed nearly whole.

    `base`: the share of the base before any label is seen, the others' are alike. `weight`: (n,) of each thread. Threads
    weighed unequally tell as much as fewer that are weighed alike do: as sum(weight)^2 / sum(weight^2) of them (Kish,
    Survey Sampling, 1965).
    """
    likelihood = -POWER * (loss @ weight) * weight.sum() / (weight @ weight)
    others = len(loss) - 1
    likelihood += np.log([base, *[(1 - base) / others] * others])
    share = np.exp(likelihood - likelihood.max())
    share /= share.sum()
    if share[0] > WHOLE:
        return np.eye(len(share))[0]
    share[share < _TINY] = 0
    return np.asarray(share / share.sum())


def _average(steps: Sequence[Step], share: np.ndarray) -> Step:
    columns = np.unique(np.concatenate([s.columns for s in steps]))
    values = np.zeros((len(columns), N))
    for s, part in zip(steps, share.tolist(), strict=True):
        values[np.searchsorted(columns, s.columns)] += part * s.values
    bias = np.asarray(sum(part * s.bias for s, part in zip(steps, share.tolist(), strict=True)))
    return Step(columns, values, bias, steps[0].words)


def _slope(scores: np.ndarray, labels: np.ndarray) -> float:
    from scipy.optimize import minimize_scalar

    def loss(a: float) -> float:
        return float(losses(scores * np.exp(a), labels).sum() + (a / SLOPE_PRIOR) ** 2 / 2)

    return round(float(np.exp(minimize_scalar(loss, bounds=(-1.0, 1.0), method="bounded").x)), 4)


def adapt(
    prior: Prior,
    rows: Rows,
    labels: np.ndarray,
    senders: Sequence[str] | np.ndarray,
    pace: Pace,
    span: Span | None = None,
    rounds: int = 3,
    each: np.ndarray | None = None,
) -> Step:
    """The step that own labels call for at this pace.

    `labels`: (n,) indices into LABELS; `senders`: a key a thread; `span` of the columns they share, if
    known; `each`: (n,) how much each label counts beside the others, 1 by default. Patterns that the step would turn
    against their meaning stay as they are.
    """
    if pace.weight == 0 or not len(rows):
        return Step(np.zeros(0, dtype=np.int64), np.zeros((0, N)), np.zeros(N), rows.words)
    span = span or Span(rows, shared_columns(rows, senders))
    weight = pace.weight * (np.ones(len(labels)) if each is None else each)
    for _round in range(rounds):
        step = _minimum(rows, labels, span, weight, pace.stiffness)
        wrong = prior.against_meaning(step)
        if not len(wrong):
            return step
        span = span.without(wrong)
    step.values[np.isin(step.columns, wrong)] = 0
    return step


class Span:
    """Some columns of a matrix in the few dimensions that its rows span.

    The penalty is the same in every direction, so the best step is a mixture of the rows: with
    X = U S V' it is V c, where c has one value a row instead of one a column (`reduced` is U S).
    """

    def __init__(self, rows: Rows, columns: np.ndarray) -> None:
        matrix = rows.matrix[:, columns]
        self._build(columns, matrix, (matrix @ matrix.T).toarray())

    def _build(self, columns: np.ndarray, matrix: Any, products: np.ndarray) -> None:
        self.columns, self._matrix, self._products = columns, matrix, products
        squares, u = np.linalg.eigh(products)
        kept = squares > 1e-9 * max(squares[-1], 1e-300)
        roots = np.sqrt(squares[kept])
        self.reduced = np.ascontiguousarray(u[:, kept] * roots)
        self._mix = u[:, kept] / roots

    def without(self, columns: np.ndarray) -> Span:
        """The same without some of its columns."""
        kept = ~np.isin(self.columns, columns)
        gone = self._matrix[:, ~kept]
        smaller = Span.__new__(Span)
        smaller._build(self.columns[kept], self._matrix[:, kept], self._products - (gone @ gone.T).toarray())
        return smaller

    def values(self, c: np.ndarray) -> np.ndarray:
        """(columns, N) coefficients of reduced ones."""
        return np.asarray(self._matrix.T @ (self._mix @ c))


def shared_columns(rows: Rows, senders: Sequence[str] | np.ndarray, least: int = MIN_SENDERS) -> np.ndarray:
    """The columns that threads of at least `least` different senders have."""
    from scipy import sparse

    number = {s: i for i, s in enumerate(dict.fromkeys(senders))}
    who = np.array([number[s] for s in senders])
    has = (rows.matrix != 0).astype(np.float64)
    by_sender = sparse.csr_matrix((np.ones(len(who)), (who, np.arange(len(who)))), (len(number), len(who))) @ has
    return np.flatnonzero(np.asarray((by_sender > 0).sum(axis=0)).ravel() >= least)


def _minimum(rows: Rows, labels: np.ndarray, span: Span, weight: np.ndarray, stiffness: float) -> Step:
    from scipy.optimize import minimize

    matrix = span.reduced
    k = matrix.shape[1]
    n = np.arange(len(labels))
    pull = np.ones((k + 1) * N)
    pull[k * N :] = stiffness

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        values, bias = flat[: k * N].reshape(k, N), flat[k * N :]
        p, log_p = _softmax(rows.scores + matrix @ values + bias)
        over = p
        over[n, labels] -= 1
        over *= weight[:, None]
        value = -(weight @ log_p[n, labels]) + (flat @ (pull * flat)) / 2
        slope = np.concatenate([(matrix.T @ over).ravel(), over.sum(axis=0)]) + pull * flat
        return float(value), slope

    best = minimize(loss, np.zeros((k + 1) * N), jac=True, method="L-BFGS-B", options={"maxiter": 300}).x
    return Step(span.columns, span.values(best[: k * N].reshape(k, N)), best[k * N :], rows.words)


def _softmax(scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    z = scores - scores.max(axis=1, keepdims=True)
    e = np.exp(z)
    total = e.sum(axis=1, keepdims=True)
    return e / total, z - np.log(total)


def losses(scores: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """(n,) log-loss of each thread."""
    return np.asarray(-_softmax(scores)[1][np.arange(len(labels)), labels])


def own_folds(
    group: np.ndarray, labels: np.ndarray, n: int = FOLDS, seed: int = 0
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Up to `n` (train, test) pairs of whole groups; none if there are too few groups to hold any out."""
    import warnings

    from detector.training.folds import folds

    count = min(n, len(np.unique(group)), int(np.bincount(labels).max()) if len(labels) else 0)
    if len(np.unique(group)) < _FEWEST_TO_CHOOSE or count < 2:
        return []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # "least populated class": few labels are allowed, and called few
        return [(seen, held) for seen, held in folds(group, labels, count, seed) if len(held)]


def single_thread() -> Any:
    """A context in which linear algebra runs on one thread: on small matrices more only stand in their way."""
    from importlib import import_module

    from threadpoolctl import threadpool_limits

    import_module("scipy.optimize")  # its library can be told only once it is loaded
    return threadpool_limits(limits=1)
