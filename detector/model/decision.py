"""From probabilities to label and action, with every cost a named number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from detector.patterns.language import SUPPORTED
from detector.schema import LABELS

COST_GENUINE_SET_ASIDE = 10.0
COST_SALE_ANSWERED = 1.0
COST_LOOK = 0.3
RISK_LIMIT = 0.01
"""Share of genuine threads that may be set aside."""

DIGITS = 4
"""Probabilities are rounded to this many digits before the label is chosen."""

GENERIC, BAIT, GENUINE = range(len(LABELS))


@dataclass(frozen=True)
class CutOffs:
    """`set_aside`: p_genuine below it is set aside; `answer`: from it on is to be answered; between: look.

    >>> CutOffs.from_costs(risk_cut=0.02)
    CutOffs(set_aside=0.02, answer=0.7)
    """

    set_aside: float
    answer: float

    @classmethod
    def from_costs(cls, risk_cut: float = 1.0) -> CutOffs:
        """The cheapest action by the named costs, set-aside held under the stated risk as well.

        Setting aside costs 10 p, looking 0.3, answering 1 - p, with p the probability of genuine.
        """
        return cls(
            set_aside=min(COST_LOOK / COST_GENUINE_SET_ASIDE, risk_cut),
            answer=1 - COST_LOOK / COST_SALE_ANSWERED,
        )

    def to_dict(self) -> dict[str, float]:
        """For the manifest."""
        return asdict(self)


def risk_cut(p_genuine: np.ndarray, limit: float = RISK_LIMIT) -> float:
    """The largest cut-off under which at most `limit` of genuine threads fall, for a new one like these.

    `p_genuine`: held-out probabilities of genuine threads (n values). The k-th smallest with
    k = floor(limit * (n + 1)): by exchangeability a further genuine thread falls below it with
    probability at most k / (n + 1) <= limit (split conformal prediction; Vovk, Gammerman and
    Shafer, Algorithmic Learning in a Random World, 2005, ch. 2).

    >>> risk_cut(np.arange(1, 200) / 200)
    0.01
    """
    k = int(np.floor(limit * (len(p_genuine) + 1)))
    return float(np.sort(p_genuine)[k - 1]) if k >= 1 else 0.0


def probabilities(scores: np.ndarray) -> np.ndarray:
    """Softmax of (n, 3) scores, rounded to `DIGITS`."""
    shifted = scores - scores.max(axis=1, keepdims=True)
    e = np.exp(shifted)
    total = e[:, 0] + e[:, 1] + e[:, 2]
    return np.round(e / total[:, None], DIGITS)


def label_indices(p: np.ndarray) -> np.ndarray:
    """The largest of rounded probabilities; ties to genuine, then generic.

    >>> label_indices(np.array([[0.4, 0.2, 0.4], [0.45, 0.45, 0.1]])).tolist()
    [2, 0]
    """
    top = p.max(axis=1)
    return np.where(p[:, GENUINE] == top, GENUINE, np.where(p[:, GENERIC] == top, GENERIC, BAIT))


def actions(
    p: np.ndarray,
    cuts: CutOffs,
    owner_last: np.ndarray,
    languages: Sequence[str],
    unreadable: np.ndarray,
    known: np.ndarray,
) -> np.ndarray:
    """The action of each thread.

    `unreadable`: nothing to read but attachments; `known`: people who are never set aside unseen.
    """
    genuine = p[:, GENUINE]
    action = np.full(len(p), "look", dtype=object)
    action[genuine < cuts.set_aside] = "set-aside"
    answer = genuine >= cuts.answer
    action[answer] = "answer"
    action[answer & owner_last] = "done"
    foreign = np.array([bool(lang) and lang not in SUPPORTED for lang in languages], dtype=bool)
    action[foreign | unreadable] = "look"
    action[known & (action == "set-aside")] = "look"
    return action


def turned_at(is_bait: np.ndarray, starts: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """The first message number from which every prefix is bait-and-sell, 0 for none.

    `is_bait`: a flag a message, the verdict of the prefix ending there.

    >>> turned_at(np.array([True, False, True, True]), np.array([0]), np.array([4])).tolist()
    [3]
    """
    if not len(starts):
        return np.zeros(0, dtype=np.int64)
    number = np.arange(len(is_bait)) - np.repeat(starts, sizes) + 1
    last_other = np.maximum.reduceat(np.where(is_bait, 0, number), starts)
    return np.where(last_other < sizes, last_other + 1, 0)
