"""How sure verdicts are, and whether a model knows the mail it is asked about.

Where a model knows few of the words (a language that it has not seen), there is less reason to hold on to what it says; a model that
knows them, is sure of most mail and wrong for one user is wrong where it is sure.
"""

from __future__ import annotations

import numpy as np

STRANGE = 0.3
"""A mean share of unknown words that is much: slices of the corpus kept for such choices had 0.44 to 0.84 in a language that the
base was not trained on, others 0.06 to 0.15 (docs/experiments.md)."""


def uncertainty(p: np.ndarray) -> np.ndarray:
    """(n,) entropy of (n, 3) probabilities, 1 for all alike.

    >>> uncertainty(np.array([[1 / 3, 1 / 3, 1 / 3], [1.0, 0.0, 0.0]])).round(2).tolist()
    [1.0, 0.0]
    """
    safe = np.clip(p, 1e-12, 1)
    return np.asarray(np.maximum(-(safe * np.log(safe)).sum(axis=1) / np.log(p.shape[1]), 0.0))


def strange(unknown: np.ndarray) -> bool:
    """Whether mail is in words that a model knows badly, given the share of unknown ones in each thread (n,).

    >>> strange(np.array([0.5, 0.4, 0.1])), strange(np.zeros(0))
    (True, False)
    """
    return bool(len(unknown)) and float(unknown.mean()) > STRANGE


def surprise(p: np.ndarray, labels: np.ndarray) -> float:
    """By how many standard errors the log-loss of (n, 3) verdicts lies above what they expect of themselves; 0 if it does not.

    A model whose probabilities hold on these threads is surprised by one or two at most.

    >>> p = np.array([[0.8, 0.1, 0.1]] * 10)
    >>> surprise(p, np.zeros(10, dtype=int)), round(surprise(p, np.array([0] * 5 + [1] * 5)), 2)
    (0.0, 2.37)
    """
    log_p = np.log(np.clip(p, 1e-12, 1))
    expected = -(p * log_p).sum(axis=1)
    spread = (p * log_p**2).sum(axis=1) - expected**2
    over = -log_p[np.arange(len(labels)), labels] - expected
    return max(float(over.sum() / np.sqrt(max(spread.sum(), 1e-12))), 0.0)
