"""How good verdicts are: figures with what they mean, from probabilities and true labels."""

from __future__ import annotations

from typing import Any

import numpy as np

from detector.model.decision import GENUINE, CutOffs, label_indices
from detector.schema import LABELS

BINS = 15


def figures(p: np.ndarray, labels: np.ndarray, cuts: CutOffs, weight: np.ndarray | None = None) -> dict[str, Any]:
    """Macro-F1, precision and recall a label, calibration, and what the cut-offs do.

    `p`: (n, 3) rounded probabilities; `labels`: (n,) label indices; `weight`: (n,) how often each thread counts, so
    that figures can assume other shares of the labels than the threads have.

    >>> p = np.array([[0.9, 0.1, 0.0], [0.0, 0.1, 0.9], [0.1, 0.8, 0.1]])
    >>> figures(p, np.array([0, 2, 1]), CutOffs(0.03, 0.7))["macro_f1"]
    1.0
    """
    from sklearn.metrics import f1_score, precision_recall_fscore_support

    found = label_indices(p)
    every = list(range(len(LABELS)))
    precision, recall, f1, _ = precision_recall_fscore_support(
        labels, found, labels=every, sample_weight=weight, zero_division=0
    )
    genuine = labels == GENUINE
    aside = p[:, GENUINE] < cuts.set_aside
    return {
        "threads": len(labels),
        "macro_f1": _r(f1_score(labels, found, labels=every, average="macro", sample_weight=weight, zero_division=0)),
        "by_label": {
            label: {"precision": _r(precision[k]), "recall": _r(recall[k]), "f1": _r(f1[k])}
            for k, label in enumerate(LABELS)
        },
        "brier": _r(brier(p, labels, weight)),
        "ece": _r(ece(p, labels, weight)),
        "genuine_set_aside": _r(aside[genuine].mean() if genuine.any() else 0.0),
        "others_set_aside": _r(aside[~genuine].mean() if (~genuine).any() else 0.0),
    }


def _r(value: float) -> float:
    return round(float(value), 4)


def brier(p: np.ndarray, labels: np.ndarray, weight: np.ndarray | None = None) -> float:
    """Mean squared distance between probabilities and the true label's unit vector (0 to 2)."""
    if not len(labels):
        return 0.0
    return float(np.average(((p - np.eye(len(LABELS))[labels]) ** 2).sum(axis=1), weights=weight))


def ece(p: np.ndarray, labels: np.ndarray, weight: np.ndarray | None = None) -> float:
    """Expected calibration error of the top label over 15 equal bins (Naeini et al., 2015).

    >>> ece(np.array([[1.0, 0.0, 0.0]]), np.array([0]))
    0.0
    """
    if not len(labels):
        return 0.0
    top, right = p.max(axis=1), label_indices(p) == labels
    each = np.ones(len(labels)) if weight is None else weight
    bins = np.minimum((top * BINS).astype(int), BINS - 1)
    gap = np.abs(np.bincount(bins, (top - right) * each, BINS)).sum()
    return float(gap / each.sum())
