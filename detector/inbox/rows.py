"""Message-like records of any file, as one raw table: what was read, before anything is decided."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import compress
from typing import BinaryIO

import pandas as pd

from detector.errors import InputError
from detector.inbox import times
from detector.inbox.cleaning import clean
from detector.inbox.columns import Columns, looks_like_header, plain
from detector.inbox.csvtext import CELL_LIMIT, read_records
from detector.inbox.people import slug
from detector.schema import KINDS, THREAD_CONSTANTS, UNKNOWN_TIME

RAW = (
    "where",  # file and line, for error messages
    "conversation",
    "title",
    "sender",
    "sender_url",
    "to",
    "to_urls",
    "at",  # microseconds since 1970, UTC
    "subject",
    "raw_text",
    "text",  # cleaned
    "draft",
    "attachments",
    "direction",  # received, sent, or empty: to be found out
    "kind",
    *THREAD_CONSTANTS,
)
"""Columns of the raw table."""

_SENT = frozenset(["sent", "outgoing", "outbound", "out", "me", "self", "true"])
_RECEIVED = frozenset(["received", "incoming", "inbound", "in", "them", "false"])
_TRUE = frozenset(["true", "yes", "1", "y", "t"])


@dataclass
class RawRows:
    """Raw message rows as columns (lists of equal length) and what was odd about the file."""

    columns: dict[str, list] = field(default_factory=lambda: {name: [] for name in RAW})
    notes: list[str] = field(default_factory=list)
    files: int = 0
    own_format: bool = False  # the project's message CSV: order within the file means something

    def __len__(self) -> int:
        return len(self.columns["where"])

    def extend(self, other: RawRows) -> None:
        """Add another file's rows."""
        for name in RAW:
            self.columns[name] += other.columns[name]
        self.notes += other.notes
        self.files += other.files
        self.own_format |= other.own_format


def read_rows(where: str, opened: Callable[[], BinaryIO], asked: Mapping[str, str] | None = None) -> RawRows:
    """Read one CSV of messages: LinkedIn's, the message CSV, or another tool's by its column names."""
    wanted = {plain(theirs) for theirs in (asked or {}).values()}

    def is_header(cells: list[str]) -> bool:
        return looks_like_header(cells) or bool(wanted & set(map(plain, cells)))

    records = read_records(where, opened, is_header)
    columns = Columns(where, records.header, asked)
    if not columns.usable:
        raise columns.refuse()
    return take_rows(columns, records.rows)


def take_rows(columns: Columns, records: Iterable[tuple[int, list[str]]]) -> RawRows:
    """Records under known columns, as raw rows. Rows that cannot be placed are left out and noted."""
    notes: list[str] = []
    kept = list(regular(columns, records, notes))
    if not kept:
        return RawRows(notes=notes, files=1, own_format=columns.is_message_csv)
    cells = zip(*(cells for _line, cells in kept), strict=True)
    raw = take_columns(columns, [line for line, _cells in kept], [list(column) for column in cells])
    raw.notes = notes + raw.notes
    return raw


def regular(
    columns: Columns, records: Iterable[tuple[int, list[str]]], notes: list[str]
) -> Iterator[tuple[int, list[str]]]:
    """The records that hold something, each as wide as the header; what does not fit goes into `notes`."""
    where, width = columns.where, len(columns.header)
    needed = max(columns.at["text"], columns.at.get("thread_id", 0), columns.at.get("sender", 0))
    for line, cells in records:
        n = len(cells)
        if n != width:
            if not any(c.strip() for c in cells):
                continue
            if n <= needed or (n > width and any(c.strip() for c in cells[width:])):
                notes.append(f"{where}: line {line} has {n} cells where the header has {width}; left out")
                continue
            cells = cells[:width] + [""] * (width - n)
        elif not any(cells):
            continue
        yield line, cells


def take_columns(columns: Columns, lines: list[int], data: list[list[str]]) -> RawRows:
    """A list of cells for each column of the header, all of one length, as raw rows.

    `lines`: the line each record stands in. Raises InputError for a row that the format forbids.
    """
    table = _Table(columns, lines, data)
    raw = RawRows(table.values(), files=1, own_format=columns.is_message_csv)
    unknown = [a == UNKNOWN_TIME for a in raw.columns["at"]]
    bad = sum(1 for cell in compress(table.cells("sent_at"), unknown) if cell) if any(unknown) else 0
    if bad:
        raw.notes.append(f"{columns.where}: {bad} of {len(raw)} times could not be read and count as unknown")
    return raw


class _Table:
    """The records of one file, a list a column, under its known columns."""

    def __init__(self, columns: Columns, lines: list[int], data: list[list[str]]) -> None:
        self.columns, self.lines, self.data = columns, lines, data
        self.empty = [""] * len(lines)

    def cells(self, name: str) -> list[str]:
        at = self.columns.at.get(name)
        # most exports have columns in which nothing stands
        return self.empty if at is None or not any(self.data[at]) else [c.strip() for c in self.data[at]]

    def names(self, which: str) -> list[str]:
        if which in self.columns.names:
            first, last = (self.data[i] for i in self.columns.names[which])
            return [f"{a.strip()} {b.strip()}".strip() for a, b in zip(first, last, strict=True)]
        return self.cells(which)

    def error(self, row: int, what: str, then: str) -> InputError:
        return InputError(self.columns.where, f"line {self.lines[row]}: {what}", then)

    def directions(self) -> list[str]:
        """received, sent, or empty where the file does not say."""
        if self.columns.outgoing_only:
            return ["sent"] * len(self.lines)
        if "direction" in self.columns.at:
            words = [w.lower() for w in self.cells("direction")]
            found = ["sent" if w in _SENT else "received" if w in _RECEIVED else "" for w in words]
            if self.columns.is_message_csv and "" in found:
                row = found.index("")
                raise self.error(row, f"direction is {words[row]!r:.40}", "write received or sent")
            return found
        if "mine" in self.columns.at:
            return ["sent" if w.lower() in _TRUE else "received" if w else "" for w in self.cells("mine")]
        if "theirs" in self.columns.at:
            return ["received" if w.lower() in _TRUE else "sent" if w else "" for w in self.cells("theirs")]
        if "status" in self.columns.at:
            waiting = [w.lower().replace(" ", "_") for w in self.cells("status")]
            return ["sent" if "their_reply" in w else "received" if w else "" for w in waiting]
        return self.empty

    def kinds(self) -> list[str]:
        words = [w.lower() for w in self.cells("kind")]
        if self.columns.is_message_csv:
            for row, word in enumerate(words):
                if word and word not in KINDS:
                    raise self.error(row, f"kind is {word!r:.40}", "write invitation, message or inmail")
        if self.columns.is_linkedin:
            return ["inmail" if subject else "message" for subject in self.cells("subject")]
        return [w if w in KINDS else "message" for w in words]

    def texts(self) -> list[str]:
        texts = self.data[self.columns.at["text"]]
        if not any(texts):
            return self.empty
        for row, text in enumerate(texts):
            if len(text) > CELL_LIMIT:
                raise self.error(row, "a cell holds more than 1 MiB", "take the row out")
            if "\0" in text:
                raise self.error(row, "the text holds a NUL character", "export the file again")
        return texts

    def drafts(self) -> list[bool]:
        cells, of_talk = self.cells("draft"), self.cells("conversation_draft")
        true = {word for word in {*cells, *of_talk} if word.lower() in _TRUE}
        return [a in true or b in true for a, b in zip(cells, of_talk, strict=True)]

    def values(self) -> dict[str, list]:
        directions, texts = self.directions(), self.texts()
        sent = [d == "sent" for d in directions]
        person, person_url = self.names("person"), self.cells("person_url")

        def either(first: list[str], other: list[str], mine: bool) -> list[str]:
            if other is self.empty:
                return first
            return [a or (b if s is mine else "") for a, b, s in zip(first, other, sent, strict=True)]

        where = self.columns.where
        return {
            "where": [f"{where}, line {line}" for line in self.lines],
            "conversation": self.cells("thread_id"),
            "title": self.cells("title"),
            "sender": either(self.names("sender"), person, False),
            "sender_url": either(self.cells("sender_url"), person_url, False),
            "to": either(self.cells("to"), person, True),
            "to_urls": either(self.cells("to_urls"), person_url, True),
            "at": times.column(self.cells("sent_at")),
            "subject": self.cells("subject"),
            "raw_text": texts,
            "text": texts if texts is self.empty else list(map(clean, texts)),
            "draft": self.drafts(),
            "attachments": [bool(cell) for cell in self.cells("attachments")],
            "direction": directions,
            "kind": self.kinds(),
            **{name: self.cells(name) for name in THREAD_CONSTANTS},
        }


@dataclass(frozen=True)
class Invitation:
    """One row of Invitations.csv. `at` in microseconds since 1970 UTC; slugs empty before 2023."""

    where: str
    sender: str
    sender_url: str
    receiver: str
    receiver_url: str
    at: int
    text: str
    direction: str  # INCOMING, OUTGOING or what stood there

    @property
    def sender_slug(self) -> str:
        """The inviter's slug, empty if unknown."""
        return slug(self.sender_url)

    @property
    def receiver_slug(self) -> str:
        """The invitee's slug, empty if unknown."""
        return slug(self.receiver_url)


def read_invitations(where: str, opened: Callable[[], BinaryIO]) -> list[Invitation]:
    """Read LinkedIn's Invitations.csv of any era."""

    def is_header(cells: list[str]) -> bool:
        return {"from", "to", "direction"} <= set(map(plain, cells))

    records = read_records(where, opened, is_header)
    at = {plain(name): i for i, name in reversed(list(enumerate(records.header)))}
    if not {"from", "to", "direction"} <= set(at):
        raise InputError(where, "has no From, To and Direction columns", "give LinkedIn's own Invitations.csv")
    found = []
    for line, cells in records.rows:
        if not any(c.strip() for c in cells):
            continue

        def cell(name: str, cells: list[str] = cells) -> str:
            i = at.get(name)
            return cells[i].strip() if i is not None and i < len(cells) else ""

        found.append(
            Invitation(
                where=f"{where}, line {line}",
                sender=cell("from"),
                sender_url=cell("inviterprofileurl"),
                receiver=cell("to"),
                receiver_url=cell("inviteeprofileurl"),
                at=times.microseconds(cell("sentat")),
                text=clean(cell("message")),
                direction=cell("direction").upper(),
            )
        )
    return found


def strings(values: Iterable[str], index: pd.Index) -> pd.Series:
    """A column of Python strings: left to itself pandas 3 makes an Arrow column, which is slow to go through."""
    return pd.Series(list(values), index=index, dtype=object)
