"""Which thread to ask about next: where a label teaches most, with some plain random ones between.

`teach` picks the thread that stands for most of the uncertainty not yet covered: with s(i, j) the
cosine of two threads' features, u(j) the entropy of a verdict and c(j) the likeness of j to the nearest
thread that was asked about, it maximises sum over j of u(j) * max(0, s(i, j) - c(j)). That is a facility
location (Wei, Iyer and Bilmes, Submodularity in Data Subset Selection and Active Learning, 2015):
uncertain, typical of many others, and unlike what was asked already, in whatever language. The verdicts
are those of a `committee` that has heard the labels given so far: a user may see things otherwise than the
model, and is then asked where. To begin with nothing has been heard, and no order is better than chance for all kinds of
mail (docs/experiments.md): the first threads are random ones, which measure without a slant as well.

What comes next follows from the inbox, the model, the seed, the threads done and what was said of them alone, so
that a session that was killed goes on with the very thread it showed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from detector.labelling.committee import Committee
from detector.training.doubt import uncertainty

STRATEGIES = ("teach", "random", "uncertain", "latest")

RANDOM_EVERY = 4
"""Under `teach` and `uncertain` every fourth thread is picked at random: those measure without a slant."""

EARLY = 24
"""Under `teach` all of so many first threads are random ones: until the labels are heard (`committee.FEWEST`)."""

POOL = 2000
"""Threads weighed against each other; from larger inboxes so many are drawn."""

_FLOOR = 0.3  # of a verdict that is quite sure: for a user who sees things otherwise it may be surely wrong


def random_every(n: int) -> int:
    """Under `teach`, one in how many threads is a random one, `n` threads after the first.

    >>> random_every(0), random_every(EARLY)
    (1, 4)
    """
    return 1 if n < EARLY else RANDOM_EVERY


def copies(threads: pd.DataFrame) -> np.ndarray:
    """(n,) a number that near-copies share: the same words (names and figures aside), or most of them.

    >>> from detector.threads import group, messages_table
    >>> texts = ["Hi Ann, let's connect", "Hi Bob, let's connect", "Hi Bob, where is the key?"]
    >>> copies(group(messages_table([(f"t{i}", "received", t) for i, t in enumerate(texts)])).threads).tolist()
    [0, 0, 1]
    """
    from detector.training.folds import groups

    keys = []
    for texts, directions in zip(threads["texts"], threads["directions"], strict=True):
        words = " ".join(t for t, d in zip(texts, directions, strict=True) if d == "received").split()
        keys.append(" ".join(w.lower() if w[:1].islower() else "*" for w in words))
    return groups(threads, keys)


def _rank(seed: int, thread: str) -> bytes:
    return hashlib.sha256(f"{seed}\n{thread}".encode("utf-8", "surrogatepass")).digest()


class Queue:
    """Picks one thread after another.

    `ids` and `group` (near-copies) one a thread; `p`: (n, 3) verdicts; `features`: (n, width) sparse;
    `latest`: (n,) numbers, larger for later threads; `committee`: hears the labels under `teach`, if there is one.
    """

    def __init__(
        self,
        ids: Sequence[str],
        group: np.ndarray,
        p: np.ndarray,
        features: Any,
        latest: np.ndarray,
        strategy: str = "teach",
        seed: int = 0,
        committee: Committee | None = None,
    ) -> None:
        self.strategy, self.group, self._committee = strategy, group, committee
        order = np.lexsort((np.arange(len(ids)), -latest))
        _, first = np.unique(group[order], return_index=True)
        self.candidates = np.sort(order[first])  # the latest of each set of near-copies
        self.shuffled = sorted(self.candidates.tolist(), key=lambda i: _rank(seed, ids[i]))
        self.sure = np.maximum(uncertainty(p), _FLOOR)
        self._recency = order
        self._features = features
        self._pool: np.ndarray | None = None

    def next(self, done: Sequence[int], labels: Sequence[int] = ()) -> tuple[int, str] | None:
        """The next thread's position and why it was picked, None if all are done.

        `done`: positions of the threads asked about so far; neither they nor their near-copies come again.
        `labels`: what was said of each, an index into `LABELS`, -1 if nothing; none are known by default.
        """
        gone = set(self.group[list(done)].tolist()) if len(done) else set()
        left = [i for i in self.shuffled if self.group[i] not in gone]
        if not left:
            return None
        strategy = self.strategy
        if strategy in ("teach", "uncertain"):
            every = random_every(len(done)) if strategy == "teach" else RANDOM_EVERY
            strategy = "random" if len(done) % every == every - 1 else strategy
        if strategy == "random":
            return left[0], "random"
        if strategy == "latest":
            rest = set(left)
            return next(i for i in self._recency.tolist() if i in rest), "latest"
        if strategy == "uncertain":
            return max(left, key=lambda i: (self.sure[i], -i)), "uncertain"
        return self._teaches(left, done, labels), "teach"

    def _teaches(self, left: list[int], done: Sequence[int], labels: Sequence[int]) -> int:
        pool, likeness, unit = self._likeness()
        covered = np.zeros(len(pool), dtype=np.float32)
        if len(done):
            covered = np.asarray((unit[list(done)] @ unit[pool].T).max(axis=0).todense()).ravel().astype(np.float32)
        inside = {int(i): k for k, i in enumerate(pool)}
        open_ = [i for i in left if i in inside] or left
        if open_[0] not in inside:
            return open_[0]
        at = [inside[i] for i in open_]
        gain = np.maximum(likeness[at] - covered, 0) @ self._unsure(pool, done, labels).astype(np.float32)
        return open_[int(gain.argmax())]

    def _unsure(self, pool: np.ndarray, done: Sequence[int], labels: Sequence[int]) -> np.ndarray:
        """(pool,) uncertainty of the verdicts, once the committee has heard the labels."""
        said = np.asarray(labels, dtype=np.int64)
        if self._committee is None or not (said >= 0).any():
            return self.sure[pool]
        heard = np.asarray(done)[said >= 0]
        return np.maximum(uncertainty(self._committee.verdicts(pool, heard, said[said >= 0])), _FLOOR)

    def _likeness(self) -> tuple[np.ndarray, np.ndarray, Any]:
        """The pool, (pool, pool) cosines, and all features at unit length; worked out once."""
        if self._pool is None:
            from sklearn.preprocessing import normalize

            self._unit = normalize(self._features).astype(np.float32).tocsr()
            self._pool = np.array(self.shuffled[:POOL], dtype=np.int64)
            inside = self._unit[self._pool]
            self._cosines = (inside @ inside.T).toarray()
        return self._pool, self._cosines, self._unit
