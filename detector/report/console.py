"""The terminal as results are written to it: width, colour and characters as it can take them."""

from __future__ import annotations

import sys

from rich.console import Console

STYLE = {"genuine": "green", "generic": "yellow", "bait-and-sell": "red"}
SIGN = {"genuine": "+", "generic": "·", "bait-and-sell": "−"}
"""What tells the labels apart without colour."""


def result_console() -> Console:
    """A console on standard output: no colour with NO_COLOR or in a pipe, 80 columns unless told otherwise.

    Characters that the terminal's encoding lacks are replaced, so that a stranger's text cannot stop a report.
    """
    encoding = (getattr(sys.stdout, "encoding", None) or "utf-8").lower().replace("-", "")
    if encoding != "utf8" and hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")
    return Console(highlight=False)


def bar(share: float, width: int, console: Console) -> str:
    """A bar of at most `width` characters for a share from 0 to 1; at least one where there is anything.

    >>> bar(0.5, 8, Console()) in ("████", "####")
    True
    """
    block = "█" if (console.encoding or "utf-8").lower().startswith("utf") else "#"
    return block * max(round(share * width), 1 if share > 0 else 0)
