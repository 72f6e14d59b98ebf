"""The fitted model as plain arrays."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from detector.model.foreign import ForeignWords, PieceWeights
from detector.model.roles import RoleWeights
from detector.model.text import TextSpace
from detector.schema import LABELS

N = len(LABELS)
BLOCKS = ("all", "later", "replies")
"""Text blocks: all of the sender's messages; those after the first; the owner's replies."""

TEXTS = len(BLOCKS) + 2
"""Sums over a thread's words, each divided by the root of a sum beside it: the blocks, n-grams, and (over the root of how many
words there are) the words that the space does not know."""

SHAPE = ("named", "numbers", "questions", "words")
"""Counts of the sender's text that enter as log(1 + count): named things, figures, questions, words."""

SLOTS = ("opening", "later")
"""Where a pattern was found: in the sender's first message, or in one after it (or by the owner)."""


@dataclass
class Weights:
    """All coefficients, towards each of the three labels (last axis N).

    `words`: (blocks, words, N); `pairs`: (blocks, pairs, N); `grams`: (grams, N) for block all;
    `patterns`: (patterns, slots, N) under `pattern_ids`; `shape`: (len(SHAPE), N); `bias`: (N,).
    `roles`: the sentence model; `pooled`: (POOLED, N) for what the sentences do, added up (`model.roles`).
    `foreign`: words that the space does not know (`model.foreign`).
    """

    space: TextSpace
    words: np.ndarray
    pairs: np.ndarray
    grams: np.ndarray
    pattern_ids: tuple[str, ...]
    patterns: np.ndarray
    shape: np.ndarray
    bias: np.ndarray
    roles: RoleWeights
    pooled: np.ndarray
    foreign: ForeignWords = field(default_factory=lambda: ForeignWords.of(PieceWeights.none(N)))

    def scaled(self, slope: float, shift: np.ndarray) -> Weights:
        """Weights whose scores are these scores times `slope`, plus `shift` (N,)."""
        names = ("words", "pairs", "grams", "patterns", "shape", "pooled")
        parts = {name: getattr(self, name) * slope for name in names}
        return replace(self, **parts, bias=self.bias * slope + shift, foreign=self.foreign.scaled(slope))
