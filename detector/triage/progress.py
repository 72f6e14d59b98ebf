"""Progress of a long run: bars with rate and time left on a terminal, plain lines now and then elsewhere."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import rich.progress

_EVERY = 10.0
"""Seconds between two plain lines, at least."""


class Progress:
    """Shows one stage after the other. A context manager; `quiet` shows nothing."""

    def __init__(self, *, quiet: bool = False) -> None:
        self.quiet = quiet
        self._bars: rich.progress.Progress | None = None
        self._task: rich.progress.TaskID | None = None
        self._name, self._unit, self._total, self._done = "", "", 0, 0
        self._before = 0
        self._said = self._began = 0.0

    def __enter__(self) -> Progress:
        if not self.quiet and sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
            from rich.progress import Progress as Bars

            self._bars = Bars(
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("{task.fields[rate]}"),
                TimeRemainingColumn(),
                console=Console(stderr=True),
                transient=True,
            )
            self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bars:
            self._bars.stop()

    def stage(self, name: str, unit: str, total: int | None = None, done: int = 0) -> None:
        """A new stage of `total` units (None: not known), of which `done` are done already."""
        self._name, self._unit, self._total, self._done = name, unit, total or 0, done
        self._before = done
        self._began = self._said = time.monotonic()
        if self._bars:
            if self._task is not None:
                self._bars.remove_task(self._task)
            self._task = self._bars.add_task(name, total=total, completed=done, rate="")
        else:
            left = f" ({done:,} done before)" if done else ""
            self.say(f"{name}: {total:,} {unit}{left}" if total else f"{name} …")

    def advance(self, count: int) -> None:
        """`count` units more are done."""
        self._done += count
        now = time.monotonic()
        rate = f"{(self._done - self._before) / max(now - self._began, 0.001):,.0f} {self._unit}/s"
        if self._bars and self._task is not None:
            self._bars.update(self._task, advance=count, rate=rate)
        elif now - self._said >= _EVERY:
            self._said = now
            of = f" of {self._total:,}" if self._total else ""
            self.say(f"{self._name}: {self._done:,}{of} {self._unit}, {rate}")

    def say(self, text: str) -> None:
        """A line for the user, above the bars."""
        from detector.report.safe import visible

        if self.quiet:
            return
        if self._bars:
            self._bars.console.print(visible(text), markup=False, highlight=False, soft_wrap=True)
        else:
            print(visible(text), file=sys.stderr, flush=True)
