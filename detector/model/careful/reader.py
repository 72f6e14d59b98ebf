"""What the careful reading adds to a thread's score: a share a sentence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from detector.model.careful.encoder import Encoder
from detector.model.careful.passage import messages_of, passage, profiles_of
from detector.model.careful.pieces import Pieces
from detector.model.decision import CutOffs
from detector.model.roles import softmax
from detector.model.running import by_message, running
from detector.model.weights import N
from detector.patterns.reading import Reading
from detector.patterns.sentences import Sentences

_DIGITS = 4  # of a share: what another machine's arithmetic changes is less


@dataclass
class CarefulWeights:
    """The encoder with its `pieces`; `label` (H, N) and `role` (H, R) with `role_bias` (R,) read a sentence's mean state.

    Where both readings have something to say, `fast` is what the quick one's score is multiplied by and `shift` (N,) what
    is added once; `cuts` are the cut-offs of both together.
    """

    encoder: Encoder
    pieces: Pieces
    label: np.ndarray
    role: np.ndarray
    role_bias: np.ndarray
    fast: float
    shift: np.ndarray
    cuts: CutOffs


@dataclass
class Careful:
    """What a batch's sentences are found to say: `shares` (m, N), added up over a thread and divided by the root of the
    number `read`, up to each message (n messages,); `roles` (m, R) probabilities.

    `fast` (n messages,) is what the quick reading's score after each message counts for, `shift` (n messages, N) what is
    added to it: 1 and nothing where no sentence was read, so that an invitation without a note is judged as always.
    """

    shares: np.ndarray
    read: np.ndarray
    roles: np.ndarray
    fast: np.ndarray
    shift: np.ndarray

    def blended(self, quick: np.ndarray, sentences: Sentences, reading: Reading) -> np.ndarray:
        """(n messages, N) scores of both readings after each message."""
        return quick * self.fast[:, None] + self.shift + self.after(sentences, reading)

    def after(self, sentences: Sentences, reading: Reading) -> np.ndarray:
        """(n messages, N) what the sentences add to the score after each message."""
        by_row = by_message(self.shares, sentences, len(reading))
        return running(by_row, reading) * self.each[:, None]

    @property
    def each(self) -> np.ndarray:
        """(n messages,) what a share counts for in the score after each message."""
        return np.asarray(1 / np.sqrt(np.maximum(self.read, 1)))


class CarefulReader:
    """Reads the threads of a batch one by one; `after_each` is called after each, for whoever waits."""

    def __init__(self, weights: CarefulWeights) -> None:
        self.weights = weights
        self.after_each: Callable[[], None] = lambda: None

    def read(self, reading: Reading, sentences: Sentences) -> Careful:
        """Read every thread as a whole. A sentence that found no room in its passage has no share."""
        w, m = self.weights, len(sentences)
        shares, roles = np.zeros((m, N)), np.zeros((m, w.role.shape[1]))
        seen = np.zeros(m, dtype=bool)
        for messages, profile in zip(messages_of(reading, sentences), profiles_of(reading), strict=True):
            told = passage(messages, profile, w.pieces)
            inside = np.flatnonzero(told.sentence >= 0)
            self.after_each()
            if not len(inside):
                continue
            states = w.encoder.states(told)[inside]
            at, first = np.unique(told.sentence[inside], return_index=True)
            size = np.diff(np.append(first, len(inside)))
            mean = np.add.reduceat(states, first, axis=0) / size[:, None].astype(np.float32)
            shares[at] = np.round(mean @ w.label, _DIGITS)
            roles[at] = mean @ w.role + w.role_bias
            seen[at] = True
        count = np.zeros((len(reading), 1))
        np.add.at(count[:, 0], sentences.row[seen], 1)
        read = running(count, reading)[:, 0]
        some = read > 0
        return Careful(shares, read, softmax(roles), np.where(some, w.fast, 1.0), some[:, None] * w.shift)
