"""One thread as lines of styled text for the labelling screen, wrapped to its width."""

from __future__ import annotations

from typing import Any

import pandas as pd
from prompt_toolkit.utils import get_cwidth

from detector.model.detector import Judged
from detector.model.explain import WORDING
from detector.report.safe import one_line, visible

Line = list[tuple[str, str]]
"""(style, text) pieces of one line on the screen."""

_MARKED = 5


def page(judged: Judged, index: int, width: int, says: dict[str, str]) -> list[Line]:
    """The thread as a person reads it, with the present verdict and its evidence.

    `says`: what each pattern means, by id. Text of messages is shown and never obeyed.
    """
    row: Any = judged.verdicts.iloc[index]
    thread: Any = judged.threads.iloc[index]
    hits = [h for h in judged.evidence(index) if h["contribution"] > 0]
    marks = [h for h in hits if h["text"]][:_MARKED]
    pieces: list[list[tuple[str, str]]] = [
        [("bold", visible(str(row["sender"])) or "(no name)"), ("dim", f"  {visible(str(row['sender_url']))}")]
    ]
    if about := " · ".join(str(thread[c]) for c in ("recipient_headline", "recipient_services") if thread[c]):
        pieces.append([("dim", f"to you: {one_line(about, 300)}")])
    pieces += [
        [
            ("", "now: "),
            (f"class:{row['label']}", str(row["label"])),
            ("", f" {row['confidence']:.0%} → {row['action']}"),
        ],
    ]
    for hit in [h for h in hits if h["pattern"] != WORDING][:4]:
        quote = f" “{one_line(hit['text'], 60)}”" if hit["text"] else ""
        pieces.append([("dim", f"  {says.get(hit['pattern'], hit['pattern'])}{quote}")])
    reading = judged.searched.reading
    start = int(reading.starts[index])
    for k in range(int(reading.sizes[index])):
        who = "them" if reading.received[start + k] else "you"
        time = judged.threads["times"].iat[index][k]
        when = pd.Timestamp(time, unit="us").strftime("%d %b %Y") if time > -(2**62) else "no date"
        pieces += [[], [("bold", f"{k + 1} {who}"), ("dim", f", {when}")]]
        pieces += _marked(reading.texts[start + k], [h for h in marks if h["message"] == k + 1])
    return [line for piece in pieces for line in wrapped(piece, width)]


def _marked(text: str, hits: list[dict[str, Any]]) -> list[Line]:
    """The paragraphs of a message with its evidence reversed."""
    if not text:
        return [[("dim", "  (no note)")]]
    at, found = 0, []
    for hit in sorted(hits, key=lambda h: h["start"]):
        if hit["start"] >= at:
            found += [("", text[at : hit["start"]]), ("reverse", text[hit["start"] : hit["end"]])]
            at = hit["end"]
    found.append(("", text[at:]))
    lines: list[Line] = [[]]
    for style, part in found:
        for n, paragraph in enumerate(part.split("\n")):
            if n:
                lines.append([])
            lines[-1].append((style, visible(paragraph.replace("\t", " "))))
    return lines


def wrapped(piece: Line, width: int) -> list[Line]:
    """A paragraph broken at spaces (inside words where it must be) to lines of at most `width` columns.

    >>> wrapped([("", "one two "), ("bold", "three")], 9)
    [[('', 'one '), ('', 'two ')], [('bold', 'three')]]
    """
    lines: list[Line] = [[]]
    used = 0
    for style, text in piece:
        for word in _words(text):
            size = get_cwidth(word)
            if used and used + get_cwidth(word.rstrip()) > width:
                lines.append([])
                used = 0
            while size > width:  # a link longer than the screen
                head = word[: max(width // max(size // len(word), 1), 1)]
                lines[-1].append((style, head))
                lines.append([])
                word = word[len(head) :]
                size = get_cwidth(word)
                used = 0
            if word and (used or word.strip() or not lines[-1]):
                lines[-1].append((style, word))
                used += size
    return lines


def _words(text: str) -> list[str]:
    found, word = [], ""
    for char in text:
        word += char
        if char == " ":
            found.append(word)
            word = ""
    return [*found, word] if word else found
