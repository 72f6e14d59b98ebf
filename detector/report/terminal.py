"""The inbox at a glance, on a terminal: totals, then who to answer, to look at, and the rest by label."""

from __future__ import annotations

import pandas as pd
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from detector.report.console import SIGN, STYLE
from detector.report.safe import one_line
from detector.schema import LABELS

_SHOWN = 12
_TITLES = {
    "answer": "To answer",
    "look": "To look at (not sure enough)",
    "done": "Answered by you already",
}
_NAME = 22  # characters of a sender's name
_QUOTE = 400  # more than any terminal is wide: the table cuts to its width


def overview(
    console: Console, verdicts: pd.DataFrame, left_out: dict[str, int], says: dict[str, str], *, full: bool = False
) -> None:
    """Totals, then the threads to answer, to look at, done, and the rest by label and kind."""
    total = len(verdicts)
    counts = "  ".join(f"[{STYLE[n]}]{n} {int((verdicts['label'] == n).sum()):,}[/]" for n in reversed(LABELS))
    console.print(f"[bold]{total:,} thread{'' if total == 1 else 's'}[/bold] {counts}")
    if left := left_out_line(left_out):
        console.print(f"[dim]left out: {left.replace('_', ' ')}[/dim]")
    for action, title in _TITLES.items():
        part = verdicts[verdicts["action"] == action]
        if len(part):
            console.print(f"\n[bold]{title} ({len(part):,})[/bold]")
            _lines(console, part, says, None if full else _SHOWN if action != "answer" else 2 * _SHOWN)
    aside = verdicts[verdicts["action"] == "set-aside"]
    if len(aside):
        console.print(f"\n[bold]Set aside ({len(aside):,})[/bold]")
        for label in LABELS[::-1]:
            part = aside[aside["label"] == label]
            if len(part):
                kinds = part.loc[part["sells"] != "", "sells"].value_counts()
                about = ", ".join(f"{name} {n}" for name, n in kinds.head(4).items())
                console.print(
                    f" [{STYLE[label]}]{label}[/] {len(part):,}" + (f" [dim]({escape(about)})[/dim]" if about else "")
                )
                _lines(console, part, says, None if full else _SHOWN // 2)


def _lines(console: Console, part: pd.DataFrame, says: dict[str, str], most: int | None) -> None:
    table = Table.grid(padding=(0, 1))
    table.add_column(no_wrap=True, width=3)
    table.add_column(no_wrap=True, width=_NAME, overflow="ellipsis")
    table.add_column(no_wrap=True, width=9, justify="right")
    table.add_column(no_wrap=True, width=4, justify="right")
    table.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
    table.expand = True
    for row in (part if most is None else part.head(most)).itertuples():
        label = str(row.label)
        reason = str(row.evidence)
        table.add_row(
            Text("  " + SIGN[label], style=STYLE[label]),
            Text(one_line(str(row.sender) or "(no name)", _QUOTE)),
            "" if pd.isna(row.last_at) else f"{row.last_at:%d %b %y}",
            f"{row.messages}×" if row.messages > 1 else "",
            Text(f"“{one_line(reason, _QUOTE)}”" if reason else says.get(str(row.patterns).split(";")[0], "")),
        )
    console.print(table)
    if most is not None and len(part) > most:
        console.print(f"    [dim]… and {len(part) - most:,} more (all: --full, -o verdicts.csv, --report page.html)[/]")


def left_out_line(left_out: dict[str, int]) -> str:
    """The left-out counts as one line.

    >>> left_out_line({"draft": 2, "group": 0, "owner_only": 1})
    '2 draft, 1 owner_only'
    """
    return ", ".join(f"{n:,} {reason}" for reason, n in left_out.items() if n)
