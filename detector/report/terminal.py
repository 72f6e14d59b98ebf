"""What a person sees on a terminal: the inbox at a glance, and one thread in full."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console
from rich.markup import escape
from rich.text import Text

from detector.model.decision import label_indices
from detector.model.detector import Judged
from detector.model.explain import says as says_of
from detector.patterns import Pattern
from detector.report.safe import one_line, visible
from detector.schema import LABELS

_STYLE = {"genuine": "green", "generic": "yellow", "bait-and-sell": "red"}
_SHOWN = 12
_TITLES = {
    "answer": "To answer",
    "look": "To look at (not sure enough)",
    "done": "Answered by you already",
}


def overview(
    console: Console, verdicts: pd.DataFrame, left_out: dict[str, int], says: dict[str, str], *, full: bool = False
) -> None:
    """Totals, then the threads to answer, to look at, done, and the rest by label and kind."""
    total = len(verdicts)
    console.print(f"[bold]{total:,} threads[/bold] " + _counts(verdicts["label"], LABELS, _STYLE))
    left = ", ".join(f"{n:,} {reason.replace('_', ' ')}" for reason, n in left_out.items() if n)
    if left:
        console.print(f"[dim]left out: {left}[/dim]")
    for action, title in _TITLES.items():
        part = verdicts[verdicts["action"] == action]
        if not len(part):
            continue
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
                    f" [{_STYLE[label]}]{label}[/] {len(part):,}" + (f" [dim]({escape(about)})[/dim]" if about else "")
                )
                _lines(console, part, says, None if full else _SHOWN // 2)


def _counts(column: pd.Series, names: tuple[str, ...], style: dict[str, str]) -> str:
    return "  ".join(f"[{style[n]}]{n} {int((column == n).sum()):,}[/]" for n in reversed(names))


def _lines(console: Console, part: pd.DataFrame, says: dict[str, str], most: int | None) -> None:
    width = console.width
    shown = part if most is None else part.head(most)
    for row in shown.itertuples():
        when = "" if pd.isna(row.last_at) else f"{row.last_at:%d %b %y}"
        name = one_line(str(row.sender) or "(no name)", 22)
        reason = str(row.evidence)
        quoted = f"“{one_line(reason, width)}”" if reason else _missing(str(row.patterns), says)
        sign = {"genuine": "+", "generic": "·", "bait-and-sell": "−"}[str(row.label)]
        head = f"  {sign} {name:<22} {when:>9}  "
        if row.messages > 1:
            head += f"{row.messages}× "
        console.print(Text(one_line_keep(head + quoted, width), style=""))
    if most is not None and len(part) > most:
        console.print(f"    [dim]… and {len(part) - most:,} more (all of them: -o verdicts.csv, or --full)[/dim]")


def one_line_keep(text: str, width: int) -> str:
    """Cut at the width, keeping the columns' spaces.

    >>> one_line_keep("a  b  c", 5)
    'a  b…'
    """
    return text if len(text) <= width else text[: width - 1].rstrip() + "…"


def _missing(patterns: str, says: dict[str, str]) -> str:
    first = patterns.split(";")[0] if patterns else ""
    return says.get(first, "")


def thread(console: Console, judged: Judged, index: int, patterns: dict[str, Pattern]) -> None:
    """One thread whole: messages with the evidence marked, what is missing, the sum, the course."""
    row: Any = judged.verdicts.iloc[index]
    style = _STYLE[row["label"]]
    console.print(
        Text.assemble((visible(str(row["sender"])) or "(no name)", "bold"), f"  {visible(str(row['sender_url']))}")
    )
    console.print(
        f"[{style} bold]{row['label']}[/] {row['confidence']:.0%} → [bold]{row['action']}[/]"
        f"   [dim]generic {row['p_generic']:.0%}, bait-and-sell {row['p_bait_and_sell']:.0%}, genuine {row['p_genuine']:.0%}[/]"
    )
    hits = list(judged.evidence(index))
    marks = _messages(console, judged, index, hits)
    _missing_ones(console, hits, patterns)
    _sum(console, judged, index, hits, marks, patterns)
    _course(console, judged, index)
    flags = judged.flags[index]
    if flags:
        console.print("\n[bold]Beside the score[/bold]")
        for key, value in flags.items():
            console.print(f"  {_FLAGS.get(key, key)}: {value}")


_FLAGS = {
    "days.to-pitch": "days from the first message to the pitch",
    "known.contact": "a person you have a written history with",
    "template.shared": "threads in this inbox with the same words (names and numbers aside)",
}


def _top(hits: list[dict[str, Any]], most: int = 5) -> list[dict[str, Any]]:
    return [h for h in hits if h["contribution"] > 0 and h["text"]][:most]


def _messages(console: Console, judged: Judged, index: int, hits: list[dict[str, Any]]) -> dict[int, int]:
    """Print the messages; returns the mark (1..) of each shown piece of evidence by its position in `hits`."""
    reading = judged.searched.reading
    top = _top(hits)
    marks = {id(h): n for n, h in enumerate(top, 1)}
    start = int(reading.starts[index])
    for k in range(int(reading.sizes[index])):
        row = start + k
        mine = "you" if not reading.received[row] else "them"
        time = judged.threads["times"].iat[index][k]
        when = pd.Timestamp(time, unit="us").strftime("%d %b %Y") if time > -(2**62) else "no date"
        console.print(f"\n[bold]{k + 1}[/] [dim]{mine}, {when}[/]")
        text = reading.texts[row]
        if not text:
            console.print("  [dim](no note)[/]")
            continue
        shown = Text()
        at = 0
        for hit in sorted((h for h in top if h["message"] == k + 1), key=lambda h: h["start"]):
            if hit["start"] < at:
                continue
            shown.append(visible(text[at : hit["start"]]))
            shown.append("[" + visible(text[hit["start"] : hit["end"]]) + "]", style="bold reverse")
            shown.append(f"({marks[id(hit)]})", style="dim")
            at = hit["end"]
        shown.append(visible(text[at:]))
        console.print(_indented(shown))
    return {i: marks[id(h)] for i, h in enumerate(hits) if id(h) in marks}


def _indented(text: Text) -> Any:
    from rich.padding import Padding

    return Padding(text, (0, 0, 0, 2))


def _missing_ones(console: Console, hits: list[dict[str, Any]], patterns: dict[str, Pattern]) -> None:
    absent = [h for h in hits if h["text"] is None and h["contribution"] > 0]
    if absent:
        console.print("\n[bold]What is missing[/bold]")
        for hit in absent:
            console.print(f"  {patterns[hit['pattern']].says} ({hit['contribution']:+.2f})")


def _sum(
    console: Console,
    judged: Judged,
    index: int,
    hits: list[dict[str, Any]],
    marks: dict[int, int],
    patterns: dict[str, Pattern],
) -> None:
    e = judged.explained
    label = judged.verdicts["label"].iat[index]
    console.print(f"\n[bold]Why {label}[/bold] [dim](log-odds: above 0 speaks for it)[/]")
    console.print(f"  {e.baseline[index]:+6.2f}  where every thread starts")
    for i, hit in enumerate(hits):
        mark = f"({marks[i]}) " if i in marks else ""
        says = says_of(hit["pattern"]) or patterns[hit["pattern"]].says
        quote = f" “{one_line(hit['text'], 40)}”" if hit["text"] else ""
        line = f"  {hit['contribution']:+6.2f}  {mark}{hit['pattern']}: {says}{quote}"
        console.print(Text(one_line_keep(line, max(console.width, 60))))
    console.print(f"  {e.rest[index]:+6.2f}  all other words")
    console.print(f"  {e.score[index]:+6.2f}  = {1 / (1 + np.exp(-e.score[index])):.0%} {label}")


def _course(console: Console, judged: Judged, index: int) -> None:
    reading = judged.searched.reading
    start, size = int(reading.starts[index]), int(reading.sizes[index])
    if size < 2:
        return
    console.print("\n[bold]Message by message[/bold]")
    labels = label_indices(judged.p_after[start : start + size])
    for k in range(size):
        if judged.valid[start + k]:
            label = LABELS[labels[k]]
            p = judged.p_after[start + k]
            console.print(f"  after {k + 1}: [{_STYLE[label]}]{label}[/] {p.max():.0%}")
    turned = judged.verdicts["turned_at"].iat[index]
    if not pd.isna(turned):
        console.print(f"  turned at message {int(turned)}")


def left_out_line(left_out: dict[str, int]) -> str:
    """The left-out counts as one line.

    >>> left_out_line({"draft": 2, "group": 0})
    '2 draft'
    """
    return ", ".join(f"{n:,} {reason}" for reason, n in left_out.items() if n)
