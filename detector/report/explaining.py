"""One thread in full, on a terminal: what the page's thread view shows, in the same order."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from detector.model.decision import label_indices
from detector.model.detector import Judged
from detector.model.explain import plainly, shown
from detector.patterns import Pattern
from detector.report.console import STYLE, bar
from detector.report.links import conversation_link, profile_link
from detector.report.replies import polite_no
from detector.report.safe import one_line, visible
from detector.schema import LABELS

_QUOTE = 90
_BAR = 12
_FLAGS = {
    "days.to-pitch": "the pitch came {} days after the first message",
    "known.contact": "you have a written history with this person",
    "template.shared": "{} threads in this inbox have the same words, names and numbers aside",
}


def thread(
    console: Console, judged: Judged, index: int, patterns: dict[str, Pattern], *, with_reply: bool = False
) -> None:
    """Messages with the evidence marked, what is missing, the sum, the verdict's course, a reply if asked for."""
    hits = list(judged.evidence(index))
    numbers = _numbered(hits)
    row: Any = judged.verdicts.iloc[index]
    says = plainly(tuple(patterns.values()))
    _head(console, row)
    _messages(console, judged, index, hits, numbers)
    absent = [h for h in hits if h["text"] is None and h["contribution"] > 0]
    if absent:
        _title(console, "What is missing")
        for hit in absent:
            console.print(Padding(Text("· " + says[hit["pattern"]]), (0, 0, 0, 2)))
    _sum(console, judged, index, hits, numbers, says)
    _course(console, judged, index)
    if flags := judged.flags[index]:
        _title(console, "Beside the score")
        for key, value in flags.items():
            console.print(Padding(Text("· " + _FLAGS.get(key, key + ": {}").format(value)), (0, 0, 0, 2)))
    if with_reply and (reply := polite_no(row["label"], row["lang"], row["action"])):
        _title(console, "A polite no, to copy (nothing is sent)")
        console.print(Padding(Text(reply), (0, 0, 0, 2)))


def _title(console: Console, text: str, note: str = "") -> None:
    console.print()
    console.print(Text.assemble((text, "bold"), (f"  {note}" if note else "", "dim")))


def _numbered(hits: list[dict[str, Any]]) -> list[int]:
    """Numbers for the evidence marked in the text, strongest first; 0 for all other."""
    marked = {id(hit): n for n, hit in enumerate(shown(hits), 1)}
    return [marked.get(id(hit), 0) for hit in hits]


def _head(console: Console, row: Any) -> None:
    style = STYLE[row["label"]]
    console.print(Text(visible(str(row["sender"])) or "(no name)", style="bold"))
    console.print(
        Text.assemble(
            (row["label"], f"bold {style}"),
            f" {row['confidence']:.0%} → ",
            (row["action"], "bold"),
            (
                f"   genuine {row['p_genuine']:.0%}, generic {row['p_generic']:.0%}, "
                f"bait-and-sell {row['p_bait_and_sell']:.0%}",
                "dim",
            ),
        )
    )
    facts = [f"{row['messages']} message{'' if row['messages'] == 1 else 's'} from them, {row['replies']} from you"]
    if row["unanswered"] > 1:
        facts.append(f"{row['unanswered']} since your last")
    if row["sells"]:
        facts.append(f"sells {row['sells']}")
    console.print(Text(", ".join(facts), style="dim"))
    for link in (conversation_link(str(row["thread_id"])), profile_link(str(row["sender_url"]))):
        if link:
            console.print(Text(link, style="dim"), soft_wrap=True)


def _messages(console: Console, judged: Judged, index: int, hits: list[dict[str, Any]], numbers: list[int]) -> None:
    reading = judged.searched.reading
    start, size = int(reading.starts[index]), int(reading.sizes[index])
    turned = judged.verdicts["turned_at"].iat[index]
    for k in range(size):
        console.print()
        if not pd.isna(turned) and turned == k + 1 and size > 1:
            console.print(Text("▼ from here on it reads as bait-and-sell", style=STYLE["bait-and-sell"]))
        received = reading.received[start + k]
        time = judged.threads["times"].iat[index][k]
        when = f"{pd.Timestamp(time, unit='us'):%d %b %Y}" if time > -(2**62) else "no date"
        kind = {"invitation": ", invitation", "inmail": ", InMail"}.get(judged.threads["kinds"].iat[index][k], "")
        console.print(Text.assemble((str(k + 1), "bold"), (f"  {'them' if received else 'you'}{kind}, {when}", "dim")))
        text = str(reading.texts[start + k])
        here = [(h, n) for h, n in zip(hits, numbers, strict=True) if n and h["message"] == k + 1]
        said = _marked(text, here) if text else Text("(no note)", style="dim")
        console.print(Padding(said, (0, 0, 0, 3 if received else 8)))


def _marked(text: str, hits: list[tuple[dict[str, Any], int]]) -> Text:
    """The text with each piece of evidence in brackets and its number behind it; places may overlap."""
    cuts = sorted({0, len(text), *(h[side] for h, _ in hits for side in ("start", "end"))})
    drawn = Text()
    for a, b in pairwise(cuts):
        over = [(h, n) for h, n in hits if h["start"] <= a and h["end"] >= b]
        style = ""
        if over:
            strongest = max(over, key=lambda pair: abs(pair[0]["contribution"]))[0]
            style = "bold black on yellow" if strongest["contribution"] > 0 else "bold black on cyan"
        drawn.append("[" * sum(h["start"] == a for h, _ in over), style="dim")
        drawn.append(visible(text[a:b]), style=style)
        ends = [n for h, n in over if h["end"] == b]
        drawn.append("".join(f"]({n})" for n in ends), style="dim")
    return drawn


def _sum(
    console: Console,
    judged: Judged,
    index: int,
    hits: list[dict[str, Any]],
    numbers: list[int],
    says: dict[str, str],
) -> None:
    e = judged.explained
    label = str(judged.verdicts["label"].iat[index])
    _title(console, f"Why {label}", "log-odds: above 0 speaks for it, below 0 against it")
    most = max((abs(h["contribution"]) for h in hits), default=1.0)
    table = Table.grid(padding=(0, 1))
    table.add_column(width=7, justify="right", no_wrap=True)
    table.add_column(width=4, justify="right", no_wrap=True)
    table.add_column(ratio=1)
    table.add_column(width=_BAR, no_wrap=True)
    table.expand = True
    table.add_row(f"{e.baseline[index]:+.2f}", "", "where every thread starts", "")
    for hit, number in zip(hits, numbers, strict=True):
        value = hit["contribution"]
        what = Text.assemble((hit["pattern"] + "  ", "dim"), says[hit["pattern"]])
        if hit["text"]:
            what.append(f" “{one_line(hit['text'], _QUOTE)}”", style="italic")
        drawn = Text(bar(abs(value) / most, _BAR, console), style=STYLE[label] if value > 0 else "cyan")
        table.add_row(f"{value:+.2f}", f"({number})" if number else "", what, drawn)
    table.add_row(f"{e.rest[index]:+.2f}", "", "all other words, yours among them, and small shares", "")
    table.add_row(
        Text(f"{e.score[index]:+.2f}", style="bold"),
        "",
        Text(f"together: {1 / (1 + np.exp(-e.score[index])):.0%} {label}", style="bold"),
        "",
    )
    console.print(table)


def _course(console: Console, judged: Judged, index: int) -> None:
    reading = judged.searched.reading
    start, size = int(reading.starts[index]), int(reading.sizes[index])
    if size < 2:
        return
    _title(console, "Message by message")
    labels = label_indices(judged.p_after[start : start + size])
    for k in range(size):
        if judged.valid[start + k]:
            label = LABELS[labels[k]]
            share = float(judged.p_after[start + k].max())
            drawn = Text(bar(share, 20, console), style=STYLE[label])
            console.print(
                Text.assemble(f"  after {k + 1:<3} ", (f"{label:<14}", STYLE[label]), f"{share:>5.0%}  ", drawn)
            )
