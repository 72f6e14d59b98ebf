"""A user's labels as a file that a person can read and edit: `thread_id,label`, one thread a row.

Two more columns are written and neither is needed: `picked` (how the queue came to ask: `teach`,
`random`, `uncertain` or `latest`; the random ones measure without a slant) and `sender` (so that a
reader knows whom a row is about). A row without a label is a thread that was skipped.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from detector.errors import InputError
from detector.files import write_whole
from detector.report.safe import defused
from detector.schema import LABELS, label_of

COLUMNS = ("thread_id", "label", "picked", "sender")
_USE = f"use {', '.join(LABELS)}"


@dataclass(frozen=True)
class Row:
    """One thread's label; an empty label is a thread that was skipped."""

    thread_id: str
    label: str
    picked: str = ""
    sender: str = ""


def read_labels(path: str | Path, *, allow_empty: bool = False) -> dict[str, Row]:
    """The rows of a labels file by thread id, in the order of the file.

    Raises InputError, naming the row by its line in the file, for a label that is none of the three,
    two labels on one thread, a row without an id, missing columns, or (unless `allow_empty`) no rows.

    >>> import tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "labels.csv"
    >>> _ = path.write_text("thread_id,label\\n2-a==,Bait_and_sell\\n2-b==,\\n")
    >>> [(row.thread_id, row.label) for row in read_labels(path).values()]
    [('2-a==', 'bait-and-sell'), ('2-b==', '')]
    """
    where = str(path)
    try:
        text = Path(path).read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise InputError(where, "does not exist", "make one with `detector label` or check the path") from None
    except UnicodeDecodeError:
        raise InputError(where, "is not UTF-8 text", "save it as CSV in UTF-8") from None
    except OSError as error:
        raise InputError(where, f"cannot be read ({error.strerror or error})", "check the path") from None
    if allow_empty and not text.strip():
        return {}
    if not text.strip():
        raise InputError(where, "is empty", "label some threads with `detector label` first")
    rows: dict[str, Row] = {}
    lines: dict[str, int] = {}
    try:
        reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        names = {(name or "").strip().lower(): name for name in reader.fieldnames or ()}
        for column in COLUMNS[:2]:
            if column not in names:
                found = ", ".join(n for n in names if n) or "none"
                raise InputError(where, f"row 1 has no column {column} (it has {found:.80})", "name it in the header")
        for cells in reader:
            row = _row(where, reader.line_num, {key: cells.get(name) or "" for key, name in names.items()})
            before = rows.get(row.thread_id)
            if before and before.label and row.label and before.label != row.label:
                raise InputError(
                    where,
                    f"row {reader.line_num} labels thread {row.thread_id} {row.label}, "
                    f"row {lines[row.thread_id]} {before.label}",
                    "keep one of the two",
                )
            if not before or row.label:
                rows[row.thread_id], lines[row.thread_id] = row, reader.line_num
    except csv.Error as error:
        raise InputError(where, f"is not a CSV file ({error})", "save it as CSV with commas") from None
    if not rows and not allow_empty:
        raise InputError(where, "has a header but no labels", "label some threads with `detector label` first")
    return rows


def _row(where: str, line: int, cells: Mapping[str, str]) -> Row:
    thread = cells["thread_id"].strip()
    if not thread:
        raise InputError(where, f"row {line} has no thread_id", "fill it in or delete the row")
    label = label_of(cells["label"]) if cells["label"].strip() else ""
    if label is None:
        raise InputError(where, f"row {line} has the label {cells['label'].strip()!r:.40}", _USE)
    return Row(_plain(thread), label, cells.get("picked", "").strip(), _plain(cells.get("sender", "").strip()))


def _plain(cell: str) -> str:
    """A cell without the apostrophe that keeps spreadsheets from running it."""
    return cell[1:] if cell.startswith("'") and defused(cell[1:]) == cell else cell


def write_labels(path: str | Path, rows: Iterable[Row]) -> None:
    """Write a labels file whole or not at all; readable by its owner alone. Raises OutputError."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows((defused(r.thread_id), r.label, r.picked, defused(r.sender)) for r in rows)
    write_whole(Path(path), out.getvalue().encode("utf-8", "replace"))


def matched(rows: Mapping[str, Row], threads: pd.DataFrame) -> list[Row | None]:
    """The row of each thread, by its id or the one it had as an invitation."""
    pairs = zip(threads["thread_id"], threads["former_id"], strict=True)
    return [rows.get(thread) or (rows.get(former) if former else None) for thread, former in pairs]


def with_labels(threads: pd.DataFrame, rows: Mapping[str, Row], where: str) -> tuple[pd.DataFrame, int]:
    """The threads with the labels of a file in place of their own, and how many rows matched no thread.

    `threads`: columns of `schema.THREADS`. Raises InputError if no row matches.
    """
    found = matched(rows, threads)
    hit = {row.thread_id for row in found if row is not None}
    if not hit:
        first = next(iter(rows))
        raise InputError(
            where,
            f"none of its {len(rows)} ids (row 2: {first:.60}) is a received thread of the input",
            "give the export that was labelled",
        )
    labelled = threads.copy()
    labelled["label"] = [
        row.label if row is not None else label for row, label in zip(found, threads["label"], strict=True)
    ]
    return labelled, len(rows) - len(hit)
