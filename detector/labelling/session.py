"""A labelling session without its screen: what is asked, what was said, saved after every key."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from detector.labelling.queue import Queue
from detector.schema import LABELS
from detector.training.labels import Row, matched, read_labels, write_labels

ENOUGH = (
    (20, "enough for a first `detector train`"),
    (50, "a share measured on them is right to about 0.11"),
    (100, "a share measured on them is right to about 0.08; weak spots by label begin to show"),
    (200, "a share measured on them is right to about 0.06; about enough genuine ones to hold your own 1 in 100"),
)
"""How many labels are enough for what (half widths of 95 % intervals of a share near 0.8)."""


def enough(n: int) -> str:
    """What the next step in the number of labels is good for.

    >>> enough(10)
    'at 20 labels: enough for a first `detector train`'
    """
    for count, use in ENOUGH:
        if n < count:
            return f"at {count} labels: {use}"
    return f"{n} are plenty: `detector evaluate` tells how good the verdicts are"


class Session:
    """Asks about threads and keeps the labels file.

    `threads`: columns of `schema.THREADS`; `path`: the labels file, made if it is not there. Every answer
    is on disk before the next question; rows that other programs wrote meanwhile are kept.
    """

    def __init__(self, threads: pd.DataFrame, queue: Queue, path: str | Path, *, review: bool = False) -> None:
        self.threads, self.queue, self.path, self.reviewing = threads, queue, Path(path), review
        self._rows: dict[str, Row] = {}
        self._undo: list[tuple[str, Row | None]] = []
        self._load()
        self.history = self._done()
        self.cursor = 0 if review else len(self.history)
        self._ask()

    def _load(self) -> None:
        self._rows = read_labels(self.path, allow_empty=True) if self.path.exists() else {}

    def _done(self) -> list[int]:
        """Positions of the threads that the file has a row for, in the order of the file."""
        order = {row.thread_id: n for n, row in enumerate(self._rows.values())}
        found = [(order[row.thread_id], i) for i, row in enumerate(matched(self._rows, self.threads)) if row]
        return [i for _n, i in sorted(found)]

    def _ask(self) -> None:
        """Find the question: the thread under the cursor, else the queue's next."""
        self.picked = ""
        if self.cursor < len(self.history):
            self.position: int | None = self.history[self.cursor]
            return
        found = None if self.reviewing else self.queue.next(self.history, self._said(self.history))
        self.position, self.picked = found if found else (None, "")

    @property
    def row(self) -> Row | None:
        """What the file says of the thread shown, None if nothing."""
        return self._row(self.position) if self.position is not None else None

    def _row(self, position: int) -> Row | None:
        return matched(self._rows, self.threads.iloc[[position]])[0]

    def _said(self, positions: list[int]) -> list[int]:
        """What the file says of these threads: an index into `LABELS`, -1 for one that was skipped."""
        rows = matched(self._rows, self.threads.iloc[positions])
        return [LABELS.index(row.label) if row and row.label else -1 for row in rows]

    def counts(self) -> dict[str, int]:
        """Labels given, by label, and threads skipped."""
        rows = list(self._rows.values())
        return {name: sum(row.label == name for row in rows) for name in LABELS} | {
            "skipped": sum(not row.label for row in rows)
        }

    def left(self) -> int:
        """Threads that can still be asked about, near-copies counted once."""
        gone = set(self.queue.group[self.history].tolist())
        return int(np.sum([self.queue.group[i] not in gone for i in self.queue.candidates]))

    def label(self, label: str) -> None:
        """Label the thread shown; an empty label skips it."""
        if self.position is None:
            return
        old = self.row
        thread = self.threads.iloc[self.position]
        picked = old.picked if old else self.picked
        name = old.thread_id if old else thread["thread_id"]
        self._change(lambda rows: rows.__setitem__(name, Row(name, label, picked, " ".join(thread["sender"].split()))))
        self._undo.append((name, old))
        if self.cursor == len(self.history):
            self.history.append(self.position)
        self.cursor += 1
        self._ask()

    def skip(self) -> None:
        """Leave the thread shown; one that has a label keeps it."""
        if self.row is not None and self.row.label:
            self.cursor += 1
            self._ask()
        else:
            self.label("")

    def undo(self) -> bool:
        """Take the last answer back and ask again; answers of earlier sessions too. False if there is none."""
        if self._undo:
            name, old = self._undo.pop()
        elif self.history and not self.reviewing and (last := self._row(self.history[-1])):
            name, old = last.thread_id, None
        else:
            return False
        at = next((k for k, i in enumerate(self.history) if (r := self._row(i)) and r.thread_id == name), None)
        self._change(lambda rows: rows.__setitem__(name, old) if old else rows.pop(name, None))
        if at is None:
            return False
        self.cursor = at
        position, picked = self.history[at], ""
        if old is None:
            picked = self._picked_of(at)
            self.history.pop(at)
            self.cursor = len(self.history)
        self._ask()
        if old is None:
            self.position, self.picked = position, picked or self.picked
        return True

    def _picked_of(self, at: int) -> str:
        before = self.history[:at]
        found = self.queue.next(before, self._said(before))
        return found[1] if found and found[0] == self.history[at] else ""

    def back(self) -> None:
        """Show the thread asked about before this one, to look at it or to label it anew."""
        if self.cursor > 0:
            self.cursor -= 1
            self._ask()

    def _change(self, change: Callable[[dict[str, Row]], object]) -> None:
        self._load()
        change(self._rows)
        write_labels(self.path, self._rows.values())


__all__ = ["ENOUGH", "Session", "enough"]
