"""Context flags: what needs more of the inbox than the thread. Shown beside the score, never part of it."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import pandas as pd

from detector.patterns.reading import Reading

_FEWEST_WORDS = 8  # shorter texts are alike by chance


def masked_words(reading: Reading) -> list[str]:
    """Per thread the sender's words with names, numbers and addresses masked; empty if too few.

    Every word with a capital is masked, so that the name, company and city a machine filled in do
    not matter; a sentence's first word goes with them and does no harm.
    """
    vocabulary = reading.vocabulary
    words = [
        "*" if normal.startswith("<") or raw[:1].isupper() else normal
        for raw, normal in zip(vocabulary.raw, vocabulary.normals, strict=True)
    ]
    ids, starts = reading.tokens.ids.tolist(), reading.tokens.starts.tolist()
    found: list[list[str]] = [[] for _ in range(len(reading.starts))]
    for row in np.flatnonzero(reading.theirs).tolist():
        found[reading.thread[row]] += [words[i] for i in ids[starts[row] : starts[row + 1]]]
    masked = []
    for sequence in found:  # a name of two words is one mask, as a name of one is
        kept = [w for w, before in zip(sequence, ["", *sequence], strict=False) if not w == before == "*"]
        masked.append(" ".join(kept) if sum(w != "*" for w in kept) >= _FEWEST_WORDS else "")
    return masked


def fingerprint(masked: str) -> str:
    """A short id of masked words.

    >>> fingerprint("") == "", len(fingerprint("i help * grow"))
    (True, 12)
    """
    return hashlib.sha256(masked.encode()).hexdigest()[:12] if masked else ""


def templates(fingerprints: Sequence[str], senders: Sequence[str]) -> list[str]:
    """The fingerprint where two different senders share it, else empty."""
    by: dict[str, set[str]] = defaultdict(set)
    for mark, sender in zip(fingerprints, senders, strict=True):
        if mark:
            by[mark].add(sender)
    return [mark if mark and len(by[mark]) > 1 else "" for mark in fingerprints]


def days_to_pitch(reading: Reading, pitching: np.ndarray) -> list[int | None]:
    """Whole days from a thread's first message to the first one that pitches, None without one.

    `pitching`: a flag a message.
    """
    days: list[int | None] = [None] * len(reading.starts)
    for row in np.flatnonzero(pitching)[::-1].tolist():
        thread = reading.thread[row]
        first = reading.times[reading.starts[thread]]
        if first > 0 and reading.times[row] > 0:
            days[thread] = int((reading.times[row] - first) // 86_400_000_000)
    return days


def known_people(threads: pd.DataFrame, known: set[str]) -> np.ndarray:
    """A flag a thread: the sender's slug or name is among people with a written history."""
    from detector.inbox.people import name_key, slug

    if not known:
        return np.zeros(len(threads), dtype=bool)
    pairs = zip(threads["sender_url"], threads["sender"], strict=True)
    return np.array([(slug(u) or "\0") in known or (name_key(n) or "\0") in known for u, n in pairs], dtype=bool)
