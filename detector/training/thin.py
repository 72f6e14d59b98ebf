"""What a set of labels is too small to tell, in plain sentences."""

from __future__ import annotations

import numpy as np

from detector.model.decision import GENUINE, RISK_LIMIT
from detector.schema import LABELS
from detector.training.adapting import FEWEST_TO_MOVE
from detector.training.reading import Labelled

FEW_OF_A_LABEL = 10
FEW_OF_A_LANGUAGE = 10
FEW_RANDOM = 30


def may_be_off(n: int, share: float = 0.8) -> float:
    """Half of the 95 % interval of a share measured on n threads (normal approximation).

    >>> round(may_be_off(100), 2)
    0.08
    """
    return float(1.96 * np.sqrt(share * (1 - share) / max(n, 1)))


def thin(own: Labelled) -> list[str]:
    """What these labels are too thin to say; empty if nothing.

    Sentences name labels, languages and numbers alone: they go into the model's card.
    """
    said = []
    n = len(own)
    if n < FEWEST_TO_MOVE:
        said.append(f"fewer than {FEWEST_TO_MOVE} labels ({n}): they measure, the model stays as it is")
    if n < 50:
        said.append(f"few labels ({n}): a share measured on them may be off by {may_be_off(n):.0%}")
    for label, count in own.counts().items():
        if count < FEW_OF_A_LABEL:
            said.append(f"{count} labelled {label}: precision and recall of it say little")
    languages = own.threads["lang"][own.threads["lang"] != ""].value_counts()
    small = [f"{lang} {count}" for lang, count in languages.items() if count < FEW_OF_A_LANGUAGE]
    if small:
        said.append(f"languages with few labels: {', '.join(small)}")
    genuine = len(np.unique(own.group[own.labels == GENUINE]))
    needed = round(1 / RISK_LIMIT) - 1
    if genuine < needed:
        said.append(
            f"{genuine} independent {LABELS[GENUINE]} threads: the limit of {RISK_LIMIT:.0%} set aside stays "
            f"that of the base (your own takes {needed})"
        )
    random = sum(mark == "random" for mark in own.picked)
    if any(own.picked) and random < FEW_RANDOM:
        said.append(
            f"{random} picked at random: the rest were chosen because they are hard, and look worse than all mail"
        )
    return said
