"""How sure verdicts are, and whether a model knows the mail it is asked about.

Verdicts on mail that a model knows badly (a language that it has not seen) are unsure ones, and there is less reason to hold on
to what it says; a model that is sure of most mail and wrong for one user is wrong where it is sure.
"""

from __future__ import annotations

import numpy as np

MUCH = 0.36
"""A mean uncertainty that is much. Slices of the corpus kept for such choices had 0.40 to 0.56 in a language that the base
was not trained on, others 0.24 to 0.32, before unknown words were read by their pieces; 0.34 (Spanish) to 0.49 since
(docs/experiments.md)."""


def uncertainty(p: np.ndarray) -> np.ndarray:
    """(n,) entropy of (n, 3) probabilities, 1 for all alike.

    >>> uncertainty(np.array([[1 / 3, 1 / 3, 1 / 3], [1.0, 0.0, 0.0]])).round(2).tolist()
    [1.0, 0.0]
    """
    safe = np.clip(p, 1e-12, 1)
    return np.asarray(np.maximum(-(safe * np.log(safe)).sum(axis=1) / np.log(p.shape[1]), 0.0))


def unsure_of_much(p: np.ndarray) -> bool:
    """Whether (n, 3) verdicts are those of a model that knows this mail badly; False for none.

    >>> unsure_of_much(np.array([[0.5, 0.3, 0.2], [0.97, 0.02, 0.01]])), unsure_of_much(np.zeros((0, 3)))
    (True, False)
    """
    return bool(len(p)) and float(uncertainty(p).mean()) > MUCH
