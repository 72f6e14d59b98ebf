"""How far a figure may be off by chance: bootstrap intervals over whole groups, and paired comparison.

Groups (one sender's threads, near-copies) are drawn, not threads: what was written together is not
counted as independent. Every figure is a function of sums over threads, so a draw is a matrix product.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from detector.model.decision import (
    COST_GENUINE_SET_ASIDE,
    COST_LOOK,
    COST_SALE_ANSWERED,
    GENUINE,
    CutOffs,
    label_indices,
)
from detector.schema import LABELS

DRAWS = 2000
LEVEL = 0.95
N = len(LABELS)
_BINS = 15


def costs(p: np.ndarray, labels: np.ndarray, cuts: CutOffs) -> np.ndarray:
    """(n,) cost of the action that the cut-offs give each thread, by the named costs.

    >>> p = np.array([[1.0, 0.0, 0.0], [0.0, 0.1, 0.9], [0.3, 0.3, 0.4]])
    >>> costs(p, np.array([2, 0, 2]), CutOffs(0.03, 0.7)).tolist()
    [10.0, 1.0, 0.3]
    """
    genuine = labels == GENUINE
    aside, answer = p[:, GENUINE] < cuts.set_aside, p[:, GENUINE] >= cuts.answer
    cost = np.full(len(p), COST_LOOK)
    cost[aside] = np.where(genuine[aside], COST_GENUINE_SET_ASIDE, 0.0)
    cost[answer] = np.where(genuine[answer], 0.0, COST_SALE_ANSWERED)
    return cost


@dataclass
class Sums:
    """(groups, k) sums over each group's threads from which all figures follow."""

    confusion: np.ndarray
    brier: np.ndarray
    bins: np.ndarray  # count, top probability and right ones of each of the 15 bins
    cost: np.ndarray
    aside: np.ndarray  # genuine threads set aside, other threads set aside


def sums(p: np.ndarray, labels: np.ndarray, group: np.ndarray, cuts: CutOffs) -> Sums:
    """The sums of rounded probabilities (n, 3) and true labels (n,), by group number (n,)."""
    _, g = np.unique(group, return_inverse=True)
    count = int(g.max()) + 1 if len(g) else 0
    found = label_indices(p)

    def by_group(values: np.ndarray, slots: np.ndarray | None = None, width: int = 1) -> np.ndarray:
        at = g * width + (slots if slots is not None else 0)
        return np.bincount(at, values, count * width).reshape(count, width)

    top, right = p.max(axis=1), (found == labels).astype(float)
    b = np.minimum((top * _BINS).astype(int), _BINS - 1)
    bins = np.hstack([by_group(v, b, _BINS) for v in (np.ones(len(p)), top, right)])
    genuine = labels == GENUINE
    aside = p[:, GENUINE] < cuts.set_aside
    return Sums(
        by_group(np.ones(len(p)), labels * N + found, N * N),
        by_group(((p - np.eye(N)[labels]) ** 2).sum(axis=1)),
        bins,
        by_group(costs(p, labels, cuts)),
        np.hstack([by_group((aside & genuine).astype(float)), by_group((aside & ~genuine).astype(float))]),
    )


def drawn(groups: int, draws: int = DRAWS, seed: int = 0) -> np.ndarray:
    """(draws, groups) how often each group is drawn."""
    rng = np.random.default_rng(seed)
    return rng.multinomial(groups, np.full(groups, 1 / groups), size=draws).astype(float)


def figures_of(weights: np.ndarray, of: Sums) -> dict[str, np.ndarray]:
    """Each figure, (draws,) values, when groups count as often as `weights` (draws, groups) say."""
    with np.errstate(invalid="ignore", divide="ignore"):
        table = (weights @ of.confusion).reshape(-1, N, N)
        n = table.sum(axis=(1, 2))
        hit = table[:, range(N), range(N)]
        truth, said = table.sum(axis=2), table.sum(axis=1)
        found: dict[str, np.ndarray] = {}
        f1 = np.where(truth + said > 0, 2 * hit / (truth + said), 0.0)
        found["macro_f1"] = f1.mean(axis=1)
        found["accuracy"] = hit.sum(axis=1) / n
        for k, label in enumerate(LABELS):
            found[f"{label}.precision"] = np.where(said[:, k] > 0, hit[:, k] / said[:, k], 0.0)
            found[f"{label}.recall"] = np.where(truth[:, k] > 0, hit[:, k] / truth[:, k], np.nan)
            found[f"{label}.f1"] = f1[:, k]
        found["brier"] = (weights @ of.brier)[:, 0] / n
        count, top, right = np.split(weights @ of.bins, 3, axis=1)
        found["ece"] = np.abs(top - right).sum(axis=1) / np.maximum(count.sum(axis=1), 1)
        found["cost"] = (weights @ of.cost)[:, 0] / n
        aside = weights @ of.aside
        found["genuine_set_aside"] = aside[:, 0] / truth[:, GENUINE]
        found["others_set_aside"] = aside[:, 1] / (n - truth[:, GENUINE])
    return found


def _range(values: np.ndarray, level: float = LEVEL) -> list[float] | None:
    known = values[np.isfinite(values)]
    if not len(known):
        return None
    return [round(float(q), 4) for q in np.quantile(known, [(1 - level) / 2, (1 + level) / 2])]


def intervals(
    p: np.ndarray, labels: np.ndarray, group: np.ndarray, cuts: CutOffs, seed: int = 0
) -> dict[str, dict[str, Any]]:
    """Each figure's `value` and 95 % `interval` (None where it cannot be told).

    >>> p = np.array([[0.9, 0.1, 0.0], [0.0, 0.1, 0.9], [0.1, 0.8, 0.1], [0.9, 0.1, 0.0]])
    >>> found = intervals(p, np.array([0, 2, 1, 1]), np.arange(4), CutOffs(0.03, 0.7))
    >>> found["accuracy"]["value"], len(found["accuracy"]["interval"])
    (0.75, 2)
    """
    of = sums(p, labels, group, cuts)
    count = len(of.cost)
    value = figures_of(np.ones((1, count)), of)
    spread = figures_of(drawn(count, seed=seed), of)
    found = {name: {"value": _value(value[name][0]), "interval": _range(spread[name])} for name in value}
    genuine = len(np.unique(group[labels == GENUINE]))
    if found["genuine_set_aside"]["value"] == 0:
        # none seen is not none at all: the largest share that still shows none in one of twenty such samples
        found["genuine_set_aside"]["interval"] = [0.0, round(1 - (1 - LEVEL) ** (1 / genuine), 4)]
    return found


def _value(x: float) -> float | None:
    return round(float(x), 4) if np.isfinite(x) else None


def paired(
    before: np.ndarray,
    after: np.ndarray,
    labels: np.ndarray,
    group: np.ndarray,
    cuts: tuple[CutOffs, CutOffs],
    seed: int = 0,
) -> dict[str, Any]:
    """Two models on the same threads: won, tied, lost, the differences with 95 % intervals, a verdict.

    `before`, `after`: (n, 3) rounded probabilities; `cuts`: those of each. `verdict` is `better`,
    `worse` or `unclear`, by whether the interval of the macro-F1's difference leaves out 0.
    `sign_test` is the exact two-sided probability of so uneven a split of won and lost threads by chance.
    """
    from scipy.stats import binomtest

    old, new = sums(before, labels, group, cuts[0]), sums(after, labels, group, cuts[1])
    count = len(old.cost)
    weights = drawn(count, seed=seed)
    a, b = figures_of(weights, old), figures_of(weights, new)
    one = np.ones((1, count))
    a1, b1 = figures_of(one, old), figures_of(one, new)
    change = {
        name: {"value": _value(b1[name][0] - a1[name][0]), "interval": _range(b[name] - a[name])}
        for name in ("macro_f1", "accuracy", "brier", "ece", "cost", "genuine_set_aside")
    }
    was, now = label_indices(before) == labels, label_indices(after) == labels
    won, lost = int((now & ~was).sum()), int((was & ~now).sum())
    low, high = _range(b["macro_f1"] - a["macro_f1"]) or [0.0, 0.0]
    return {
        "won": won,
        "tied": len(labels) - won - lost,
        "lost": lost,
        "change": change,
        "sign_test": round(float(binomtest(won, won + lost).pvalue), 4) if won + lost else 1.0,
        "verdict": "better" if low > 0 else "worse" if high < 0 else "unclear",
    }
