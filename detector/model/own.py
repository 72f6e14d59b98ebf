"""Words of a user's own mail that the text space does not know: a block with a norm of its own.

A thread's features are the counts of these words in the sender's messages, divided by the root of the number of all
words there that the text space does not know, whichever of them have a coefficient. So the norm depends on the text
space alone: words may be added without moving the score of any other, and no other block is touched.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from detector.model.sums import summed
from detector.model.text import TextSpace
from detector.patterns.reading import Reading
from detector.patterns.sentences import Sentences
from detector.schema import LABELS

N = len(LABELS)


@dataclass
class OwnWords:
    """`words`: normal forms, none of them in the text space; `weights`: (words, N) coefficients."""

    words: list[str]
    weights: np.ndarray

    @classmethod
    def none(cls) -> OwnWords:
        """What a model has that was trained on the corpus alone."""
        return cls([], np.zeros((0, N)))


def is_foreign(form: str, space: TextSpace) -> bool:
    """Whether a normal form is a word that the text space does not know; classes such as <num> and signs are none."""
    return form[0].isalpha() and form not in space.word_index


class OwnReader:
    """Adds up own words; keeps which row of its table each distinct token has."""

    def __init__(self, space: TextSpace, own: OwnWords) -> None:
        self.space = space
        self.index = {word: i + 2 for i, word in enumerate(own.words)}
        known, foreign = np.zeros((1, N + 1)), np.append(np.zeros(N), 1.0)[None]
        self.table = np.vstack([known, foreign, np.column_stack([own.weights, np.ones(len(own.words))])])

    def _row(self, form: str) -> int:
        return self.index.get(form, 1) if is_foreign(form, self.space) else 0

    def sentence_sums(self, reading: Reading, sentences: Sentences) -> np.ndarray:
        """(m, N + 1) sums of each sentence's coefficients, and how many of its words the text space does not know."""
        rows = reading.vocabulary.token_numbers(self._row)
        return summed(self.table, rows[sentences.ids], sentences.bounds)
