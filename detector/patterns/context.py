"""Context flags: what needs more of the inbox than the thread. Shown beside the score, never part of it."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import pandas as pd

from detector.patterns.grown import Grown
from detector.patterns.reading import Reading

_FEWEST_WORDS = 8  # shorter texts are alike by chance
_BASE, _MASKED, _STIR = np.uint64(0x9E3779B97F4A7C15), np.uint64(0x5851F42D4C957F2D), np.uint64(0xFF51AFD7ED558CCD)
_DAY = 86_400_000_000  # microseconds


def _word_mark(raw: str, form: str) -> int:
    """A number for an unmasked word, 0 for a masked one."""
    if form.startswith("<") or raw[:1].isupper():
        return 0
    return int.from_bytes(hashlib.blake2b(form.encode("utf-8", "replace"), digest_size=8).digest(), "little") | 1


class Fingerprints:
    """Short ids of what a sender wrote with names, numbers and addresses masked.

    Every word with a capital is masked, so that the name, company and city a machine filled in do
    not matter; a sentence's first word goes with them and does no harm. A name of two words is one
    mask, as a name of one is. The id depends on the masked words alone, on any machine.

    >>> from detector.patterns.tokens import Vocabulary
    >>> from detector.threads import group, messages_table
    >>> text = "Hi {}, we help small shops to sell more maps every week"
    >>> rows = [("a", "received", text.format("Ann")), ("b", "received", text.format("Bo Hale")), ("c", "received", "Hi")]
    >>> marks = Fingerprints().of(Reading.of(group(messages_table(rows)).threads, Vocabulary()))
    >>> marks[0] == marks[1], len(marks[0]), marks[2]
    (True, 12, '')
    """

    def __init__(self) -> None:
        self._words: list[str] | None = None
        self._marks = Grown(np.uint64)

    def of(self, reading: Reading) -> list[str]:
        """The id of each thread, empty for few words."""
        raw, forms = reading.vocabulary.raw, reading.vocabulary.normals
        if self._words is not raw:
            self._words, self._marks = raw, Grown(np.uint64)
        known = len(self._marks)
        self._marks.extend([_word_mark(r, f) for r, f in zip(raw[known:], forms[known:], strict=True)])
        tokens = reading.tokens
        theirs = np.flatnonzero(reading.theirs[tokens.rows])
        mark, thread = self._marks.values[tokens.ids[theirs]], reading.thread[tokens.rows[theirs]]
        again = np.zeros(len(mark), dtype=bool)
        again[1:] = (mark[1:] == 0) & (mark[:-1] == 0) & (thread[1:] == thread[:-1])
        mark, thread = mark[~again], thread[~again]
        found = [""] * len(reading.starts)
        if not len(mark):
            return found
        first = np.flatnonzero(np.diff(thread, prepend=-1))
        size = np.diff(np.append(first, len(mark)))
        place = np.arange(len(mark)) - np.repeat(first, size)
        # a polynomial in the words' numbers, modulo 2 ** 64, then stirred
        powers = np.multiply.accumulate(np.full(int(size.max()), _BASE))
        total: np.ndarray = np.add.reduceat((mark + _MASKED) * powers[place], first) ^ size.astype(np.uint64)
        total = (total ^ (total >> np.uint64(33))) * _STIR
        total ^= total >> np.uint64(29)
        words = np.add.reduceat((mark != 0).astype(np.int64), first)
        for which, number, many in zip(thread[first].tolist(), total.tolist(), words.tolist(), strict=True):
            if many >= _FEWEST_WORDS:
                found[which] = f"{number >> 16:012x}"
        return found


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
    rows = np.flatnonzero(pitching)
    thread, at = np.unique(reading.thread[rows], return_index=True)
    begun, pitched = reading.times[reading.starts[thread]], reading.times[rows[at]]
    known = (begun > 0) & (pitched > 0)
    for which, day in zip(thread[known].tolist(), ((pitched - begun) // _DAY)[known].tolist(), strict=True):
        days[which] = day
    return days


def known_people(threads: pd.DataFrame, known: set[str]) -> np.ndarray:
    """A flag a thread: the sender's slug or name is among people with a written history."""
    from detector.inbox.people import name_key, slug

    if not known:
        return np.zeros(len(threads), dtype=bool)
    pairs = zip(threads["sender_url"], threads["sender"], strict=True)
    return np.array([(slug(u) or "\0") in known or (name_key(n) or "\0") in known for u, n in pairs], dtype=bool)
