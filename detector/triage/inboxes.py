"""Which inputs belong to which inbox: an owner is found for each, and one owner's inputs are one inbox."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from detector.errors import InputError
from detector.inbox.export import Export
from detector.inbox.owner import Owner, find_owner, joined, owner_of
from detector.inbox.rows import RawRows
from detector.triage.reading import MessageFile, NotPlain, batches, raw_rows, used, who_wrote, without_id
from detector.triage.sources import Source

if TYPE_CHECKING:
    import pyarrow as pa

SAMPLE = 60_000
"""Different (conversation, people) rows at the head of a file from which its owner is found, about."""

Tick = Callable[[str, int], None]
"""Told of progress: what was read, and how many messages more."""


@dataclass
class Inbox:
    """The inputs of one owner: positions in the list of sources."""

    owner: Owner
    sources: list[int]


@dataclass
class Surveyed:
    """What the first pass learns of one source. `slim` (people, no texts) is kept only while it is needed.

    `tables`: for each message file all its batches, None if that is too much to hold.
    """

    owner: Owner
    profile_name: str
    slim: Export | None
    messages: int = 0
    readers: list[str] = field(default_factory=list)  # a reader for each of the source's message files
    notes: list[str] = field(default_factory=list)
    assistant_rows: int = 0
    all_ids: bool = True  # every message has a conversation id
    tables: list[list[pa.Table] | None] = field(default_factory=list)
    holds: str = "rows"  # or `header`: files without rows; or `nothing`: no file of messages


def survey(read: tuple[Export, list[MessageFile]], tick: Tick, *, keep: bool, room: int = 0) -> Surveyed:
    """The first pass over one source (as `Source.read` gives it): settles how its files are read, counts, and looks for the owner.

    `keep`: hold the people in any case, not only where the owner is not found. `room`: how many
    bytes of `Surveyed.tables` may be held.
    """
    export, files = read
    rows, messages, all_ids = RawRows(), 0, True
    tables: list[list[pa.Table] | None] = []
    for file in files:
        seen = _sample(file, tick, room)
        rows.extend(seen.rows)
        messages += seen.messages
        all_ids &= seen.all_ids
        tables.append(seen.tables)
        room -= sum(table.nbytes for table in seen.tables or ())
    slim = Export(export.name, rows, export.invitations, profile=export.profile, message_files=export.message_files)
    owner = owner_of(slim)
    something = messages or export.invitations or export.assistant_rows
    return Surveyed(
        owner,
        export.profile.name,
        slim if keep or not owner.known else None,
        messages,
        [file.reader for file in files],
        [*export.notes, *(note for file in files for note in file.notes)],
        export.assistant_rows,
        all_ids,
        tables,
        "rows" if something else "header" if export.message_files else "nothing",
    )


@dataclass
class _Seen:
    """Of one file: raw rows without text of the first `SAMPLE` different ones, counts, and all of it if there is room."""

    rows: RawRows = field(default_factory=RawRows)
    messages: int = 0
    all_ids: bool = True
    tables: list[pa.Table] | None = field(default_factory=list)


def _sample(file: MessageFile, tick: Tick, room: int) -> _Seen:
    try:
        return _first_rows(file, tick, room)
    except NotPlain:
        file.reader = "csv"
        file.notes.clear()
        return _first_rows(file, tick, room)


def _first_rows(file: MessageFile, tick: Tick, room: int) -> _Seen:
    columns, seen = file.columns, _Seen()
    for table in batches(file, used(columns), check=True):
        seen.messages += len(table)
        tick(file.where, len(table))
        seen.all_ids = seen.all_ids and not without_id(table, columns)
        if len(seen.rows) < SAMPLE:
            seen.rows.extend(raw_rows(who_wrote(table, columns), columns))
        room -= table.nbytes
        if room < 0:
            seen.tables = None
        elif seen.tables is not None:
            seen.tables.append(table)
    return seen


def group_sources(surveyed: Sequence[Surveyed], sources: Sequence[Source], asked: str | None) -> list[Inbox]:
    """One inbox an owner. Inputs that do not tell join the only owner there is, or are one inbox together.

    `asked`: the owner named by the user; then all inputs are one inbox. Raises InputError for an
    input without directions whose owner cannot be told, UsageError for an asked owner who is nowhere.
    """
    slims = [s.slim or Export(sources[i].name) for i, s in enumerate(surveyed)]
    if asked:
        return [Inbox(find_owner(slims, asked), list(range(len(slims))))]
    groups: list[Inbox] = []
    unknown: list[int] = []
    for i, seen in enumerate(surveyed):
        if not seen.owner.known:
            unknown.append(i)
            continue
        for group in groups:
            if group.owner.same(seen.owner):
                group.owner = joined([group.owner, seen.owner], ())
                group.sources.append(i)
                break
        else:
            groups.append(Inbox(seen.owner, [i]))
    if len(groups) == 1:
        groups[0].sources = sorted([*groups[0].sources, *unknown])
        unknown = []
    for group in groups:
        group.owner = joined([group.owner], [surveyed[i].profile_name for i in group.sources])
    for i in unknown if groups else ():
        if any(not d for d in slims[i].rows.columns["direction"]):
            raise InputError(
                sources[i].name, "does not show which of several owners it belongs to", "triage it alone with --owner"
            )
    if unknown:
        groups.append(Inbox(find_owner([slims[i] for i in unknown]), unknown))
    return groups
