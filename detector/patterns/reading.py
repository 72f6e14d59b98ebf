"""A batch of threads laid flat: one entry a message, the tokens of all of them, who receives them.

Everything the patterns and the features ask of a batch is worked out here once, in columns.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import chain

import numpy as np
import pandas as pd

from detector.patterns.signature import spoken
from detector.patterns.tokens import Tokens, Vocabulary
from detector.schema import KINDS

_RECEIVED = "received".__eq__
_KIND_CODES = {kind: i for i, kind in enumerate(KINDS)}.__getitem__


def _has_letter(token: str) -> bool:
    return token.isalpha() or any(c.isalpha() for c in token)


@dataclass
class Reading:
    """Messages of a batch of threads, flat.

    Arrays have one entry a message (n) unless said: `texts` (list of n str), `thread` (which of the
    t threads), `starts` and `sizes` (t entries: where a thread's messages begin, how many), `number`
    (1-based), `received` (flag), `kind` (index into `schema.KINDS`), `times` (microseconds). `who`
    (t entries) indexes `recipients`, the distinct (name, headline, services) of the batch.
    """

    texts: list[str]
    thread: np.ndarray
    starts: np.ndarray
    sizes: np.ndarray
    received: np.ndarray
    kind: np.ndarray
    times: np.ndarray
    who: np.ndarray
    recipients: list[tuple[str, str, str]]
    vocabulary: Vocabulary
    tokens: Tokens

    @classmethod
    def of(cls, threads: pd.DataFrame, vocabulary: Vocabulary) -> Reading:
        """Lay a threads table (columns of `schema.THREADS`) flat."""
        listed = threads["texts"].tolist()
        sizes = np.fromiter(map(len, listed), np.int64, len(listed))
        starts = np.cumsum(sizes) - sizes
        texts = list(chain.from_iterable(listed))
        n = len(texts)
        received = np.fromiter(map(_RECEIVED, chain.from_iterable(threads["directions"].tolist())), bool, n)
        kind = np.fromiter(map(_KIND_CODES, chain.from_iterable(threads["kinds"].tolist())), np.int8, n)
        times = np.fromiter(chain.from_iterable(threads["times"].tolist()), np.int64, n)
        who: dict[tuple[str, str, str], int] = {}
        columns = (threads[c].tolist() for c in ("recipient", "recipient_headline", "recipient_services"))
        index = [who.setdefault(key, len(who)) for key in zip(*columns, strict=True)]
        return cls(
            texts=texts,
            thread=np.repeat(np.arange(len(threads)), sizes),
            starts=starts,
            sizes=sizes,
            received=received,
            kind=kind,
            times=times,
            who=np.asarray(index, dtype=np.int64),
            recipients=list(who),
            vocabulary=vocabulary,
            tokens=vocabulary.read(texts),
        )

    def spans(self, row: int) -> list[tuple[int, int]]:
        """Start and end of every token of a message, in code points."""
        tokens = self.tokens
        mine = slice(int(tokens.starts[row]), int(tokens.starts[row + 1]))
        return list(zip(tokens.begins[mine].tolist(), tokens.ends[mine].tolist(), strict=True))

    def __len__(self) -> int:
        return len(self.texts)

    @cached_property
    def _spoken(self) -> tuple[np.ndarray, np.ndarray]:
        return spoken(self.tokens, self.vocabulary)

    @cached_property
    def said(self) -> Tokens:
        """The tokens that the model reads: all but emoji and signatures."""
        return self.tokens.keep(self._spoken[0])

    @cached_property
    def said_at(self) -> np.ndarray:
        """For each token its position in `said`, -1 for those left out."""
        flags = self._spoken[0]
        return np.where(flags, np.cumsum(flags) - 1, -1)

    @cached_property
    def signed_at(self) -> np.ndarray:
        """Where each message's signature begins, in code points; far behind its end without one."""
        begins = self._spoken[1]
        signed = begins < self.tokens.starts[1:]
        at = np.full(len(self), np.iinfo(np.int32).max, dtype=np.int64)
        at[signed] = self.tokens.begins[begins[signed]]
        return at

    @cached_property
    def number(self) -> np.ndarray:
        """1-based message numbers within the thread."""
        return np.arange(len(self.texts)) - np.repeat(self.starts, self.sizes) + 1

    @cached_property
    def filled(self) -> np.ndarray:
        """Messages with text."""
        return np.fromiter(map(bool, self.texts), bool, len(self.texts))

    @cached_property
    def worded(self) -> np.ndarray:
        """Messages with a letter in them."""
        lettered = np.zeros(len(self.texts), dtype=bool)
        lettered[self.tokens.rows[self.vocabulary.raw_numbers(_has_letter)[self.tokens.ids] > 0]] = True
        return lettered

    @cached_property
    def theirs(self) -> np.ndarray:
        """The sender's messages with text."""
        return self.received & self.filled

    @cached_property
    def owners(self) -> np.ndarray:
        """The owner's messages with text."""
        return ~self.received & self.filled

    def before(self, flags: np.ndarray) -> np.ndarray:
        """How many flagged messages stand before each message in its own thread."""
        total = np.cumsum(flags) - flags
        return total - np.repeat(total[self.starts], self.sizes)

    @cached_property
    def rank(self) -> np.ndarray:
        """0 for the sender's first message with text, 1 for the second, …; -1 for all other messages."""
        return np.where(self.theirs, self.before(self.theirs), -1)

    @cached_property
    def replies_before(self) -> np.ndarray:
        """The owner's messages with text before each message."""
        return self.before(self.owners)

    @cached_property
    def streak(self) -> np.ndarray:
        """For each of the sender's messages with text, how many of them stand in a row since the
        owner last wrote, itself included; 0 for other messages."""
        theirs = self.theirs.astype(np.int64)
        running = np.cumsum(theirs)
        position = np.arange(len(theirs))
        first = np.repeat(self.starts, self.sizes)
        barrier = np.maximum.accumulate(np.where(~self.received, position, -1)) if len(theirs) else position
        base = np.where(barrier >= first, running[np.maximum(barrier, 0)], running[first] - theirs[first])
        return np.where(self.theirs, running - base, 0)
