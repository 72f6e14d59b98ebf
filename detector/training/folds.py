"""Folds that keep together what must not be told apart: pairs, senders, templates and near-copies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from detector.schema import LABELS
from detector.training.senders import people

SHINGLE = 4  # words
_BANDS, _ROWS = 16, 4  # pairs of texts that share about half of their shingles meet with 64 hashes
_FIFTHS, _HELD = 5, 1


def groups(threads: pd.DataFrame, keys: Sequence[str]) -> np.ndarray:
    """A group number a thread: one for threads with the same key or nearly the same words.

    `keys`: one a thread (see `senders.people`). Returns (n,) int64.

    >>> from detector.threads import group, messages_table
    >>> texts = ["we help firms like yours grow faster every single day", "something else altogether about bees here"]
    >>> rows = [(f"t{i}", "received", t) for i, t in enumerate([texts[0], texts[1], texts[0] + " now"])]
    >>> groups(group(messages_table(rows)).threads, ["a", "b", "c"]).tolist()
    [0, 1, 0]
    """
    parent = list(range(len(threads)))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    first: dict[object, int] = {}
    for i, key in enumerate(keys):
        parent[root(i)] = root(first.setdefault(key, i))
    for i, signature in enumerate(_signatures(threads)):
        for band in signature:
            parent[root(i)] = root(first.setdefault(band, i))
    numbers: dict[int, int] = {}
    return np.array([numbers.setdefault(root(i), len(numbers)) for i in range(len(threads))], dtype=np.int64)


def _signatures(threads: pd.DataFrame) -> Iterator[list[tuple]]:
    """MinHash bands of each thread's word shingles; none for texts too short to compare."""
    import zlib

    rng = np.random.default_rng(0)
    prime = (1 << 31) - 1
    a = rng.integers(1, prime, _BANDS * _ROWS)
    b = rng.integers(0, prime, _BANDS * _ROWS)
    for texts, directions in zip(threads["texts"], threads["directions"], strict=True):
        words = " ".join(t for t, d in zip(texts, directions, strict=True) if d == "received").lower().split()
        shingles = {" ".join(words[i : i + SHINGLE]) for i in range(len(words) - SHINGLE + 1)}
        if len(shingles) < 4:
            yield []
            continue
        hashes = np.array([zlib.crc32(s.encode()) for s in shingles], dtype=np.int64) % prime
        minima = ((hashes[:, None] * a + b) % prime).min(axis=0).reshape(_BANDS, _ROWS)
        yield [(band, *row) for band, row in enumerate(minima.tolist())]


def folds(groups: np.ndarray, labels: np.ndarray, n: int = 5, seed: int = 0) -> list[tuple[np.ndarray, np.ndarray]]:
    """`n` (train, test) index pairs with whole groups, labels spread evenly."""
    from sklearn.model_selection import StratifiedGroupKFold

    splitter = StratifiedGroupKFold(n_splits=n, shuffle=True, random_state=seed)
    return list(splitter.split(np.zeros(len(labels)), labels, groups))


def apart(
    groups: np.ndarray, sources: Sequence[str], labels: np.ndarray, n: int = 5, seed: int = 0
) -> list[tuple[np.ndarray, np.ndarray]]:
    """`n` (train, test) index pairs with whole sources held out, so far as whole groups allow it.

    A user's mail is by other hands than any that was learned from; threads of a source that was seen would look surer
    than it is. A group that stands in several sources goes with its first thread. Without enough sources: `folds`.

    >>> sources = list("aabbccdd")
    >>> held = apart(np.arange(8), sources, np.array([0, 1] * 4), 2)
    >>> [len({sources[i] for i in test}) for _train, test in held]
    [2, 2]
    """
    names = {name: i for i, name in enumerate(dict.fromkeys(sources))}
    if len(names) < 2 * n:
        return folds(groups, labels, n, seed)
    of_source = np.zeros(len(labels), dtype=np.int64)
    for i, (_seen, held) in enumerate(folds(np.array([names[s] for s in sources]), labels, n, seed)):
        of_source[held] = i
    _group, first, member = np.unique(groups, return_index=True, return_inverse=True)
    fold = of_source[first][member]
    return [(np.flatnonzero(fold != i), np.flatnonzero(fold == i)) for i in range(n)]


def fifths(threads: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """(seen, held out) positions of labelled threads for the careful reading: one fifth, of whole files, is held out."""
    labels = np.array([LABELS.index(label) for label in threads["label"]])
    return apart(groups(threads, people(threads)), threads["source"].tolist(), labels, _FIFTHS)[_HELD]
