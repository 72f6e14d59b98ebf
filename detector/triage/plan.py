"""From inputs to parts: whole threads only, each part a file of rows that one process judges by itself.

Two or three passes over each input, all in bounded memory: who owns it, what is tied together (only
where there are invitations, or rows without a conversation), and the rows to their parts.
"""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from detector.errors import InputError
from detector.files import write_whole
from detector.inbox.export import Connections, Export
from detector.inbox.profile import Profile
from detector.triage.inboxes import Inbox, Surveyed, Tick, group_sources, survey
from detector.triage.kinship import Kinship
from detector.triage.layout import Generation, private_folder
from detector.triage.reading import SLIM, MessageFile, batches, people, used
from detector.triage.sources import Source
from detector.triage.spill import Spill, beside

if TYPE_CHECKING:
    import pyarrow as pa

PART = 24_000
"""Messages a part, at most about: enough to keep a process busy for seconds, few enough for its memory."""

_HELD = 16

_ROOM = 64 << 20
"""Bytes of messages that are held from the first pass, so that a small input is read but once."""


@dataclass(frozen=True)
class Plan:
    """What is to be judged: `parts` (the inbox, file size and checksum of each) and the inboxes' files."""

    parts: list[dict[str, int]]
    inboxes: int
    messages: int
    notes: list[str]


def digests(sources: Sequence[Source]) -> list[str]:
    """SHA-256 of every source, two at a time."""
    stop = threading.Event()
    with ThreadPoolExecutor(2) as pool:
        try:
            return list(pool.map(lambda source: source.digest(stop), sources))
        except BaseException:
            stop.set()  # else Ctrl-C would wait for files of many GiB
            raise


def load_plan(generation: Generation) -> Plan | None:
    """The plan of a run if it is complete, else None."""
    try:
        return Plan(**json.loads(generation.plan.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def make_plan(
    generation: Generation,
    sources: Sequence[Source],
    *,
    owner: str | None,
    profile: Profile | None,
    known: set[str],
    columns: Mapping[str, str],
    tick: Tick,
) -> Plan:
    """Read the inputs, find the inboxes, and write the parts; the plan is valid once it is written.

    `profile` wins over the exports' own; `known`: people never set aside, for every inbox.
    """
    generation.plan.unlink(missing_ok=True)
    for name in ("spill", "inboxes"):
        shutil.rmtree(generation.root / name, ignore_errors=True)
    private_folder(generation.root / "spill")
    private_folder(generation.root / "inboxes")
    private_folder(generation.root / "parts")
    # a few sources are held; of many, each is read again when its inbox's turn comes
    held = {i: source.read(columns) for i, source in enumerate(sources)} if len(sources) <= _HELD else {}
    surveyed: list[Surveyed] = []
    room = _ROOM
    for i, source in enumerate(sources):
        seen = survey(held.get(i) or source.read(columns), tick, keep=owner is not None, room=room)
        room -= sum(table.nbytes for tables in seen.tables for table in tables or ())
        surveyed.append(seen)
    _refuse_nothing(sources, surveyed)
    inboxes = group_sources(surveyed, sources, owner)
    spill = Spill(generation)
    of_part: list[int] = []
    for number, inbox in enumerate(inboxes):
        parts = _spill_inbox(
            generation, spill, number, inbox, sources, held, surveyed, profile, known, columns, len(of_part), tick
        )
        of_part += [number] * parts
    plan = Plan(
        [
            {"inbox": inbox, "size": spill.sizes.get(p, 0), "check": spill.checks.get(p, 0)}
            for p, inbox in enumerate(of_part)
        ],
        len(inboxes),
        sum(s.messages for s in surveyed),
        [note for s in surveyed for note in s.notes][:200],
    )
    write_whole(generation.plan, _json(asdict(plan)))
    return plan


def _refuse_nothing(sources: Sequence[Source], surveyed: Sequence[Surveyed]) -> None:
    if any(s.holds == "rows" for s in surveyed):
        return
    for source, seen in zip(sources, surveyed, strict=True):
        if seen.holds == "header":
            raise InputError(source.name, "has a header but no messages", "export it again with messages included")
    raise InputError(
        sources[0].name,
        "holds no messages.csv or Invitations.csv",
        "ask LinkedIn for a copy with messages and invitations",
    )


def _spill_inbox(
    generation: Generation,
    spill: Spill,
    number: int,
    inbox: Inbox,
    sources: Sequence[Source],
    held: Mapping[int, tuple[Export, list[MessageFile]]],
    surveyed: Sequence[Surveyed],
    profile: Profile | None,
    known: set[str],
    columns: Mapping[str, str],
    first: int,
    tick: Tick,
) -> int:
    """Write one inbox's description and parts; returns how many parts."""
    merged, connections, known = profile or Profile(), Connections(), set(known)
    invitations: list = []
    files: list[MessageFile] = []
    exports: list[int] = []
    read: list[list[pa.Table] | None] = []
    for place, s in enumerate(inbox.sources):
        export, found = held.get(s) or sources[s].read(columns)
        for file, reader in zip(found, surveyed[s].readers, strict=True):
            file.reader = reader
        files += found
        exports += [place] * len(found)
        read += surveyed[s].tables
        surveyed[s].tables = []
        merged = merged.over(export.profile)
        connections.merge(export.connections)
        known |= export.known
        invitations += export.invitations
    messages = sum(surveyed[s].messages for s in inbox.sources)
    # a power of two: when an inbox grows, each part of the later run holds threads of one earlier part
    parts = 1 << max(0, (messages + len(invitations) - 1) // PART).bit_length()
    kinship = Kinship(inbox.owner, invitations)
    if parts > 1 and not (kinship.idle and all(surveyed[s].all_ids for s in inbox.sources)):
        for file, tables in zip(files, read, strict=True):
            _learn(kinship, file, tables, tick)
    for f, (file, tables) in enumerate(zip(files, read, strict=True)):
        spill.add_file(file, f, kinship, first, parts, tick, tables)
    for p, values in enumerate(beside(kinship, invitations, connections, parts)):
        write_whole(generation.beside(first + p), _json(values))
    about = {
        "owner": {"name": inbox.owner.name, "slug": inbox.owner.slug, "names": sorted(inbox.owner.names)},
        "profile": asdict(merged),
        "known": sorted(known),
        "files": [{**file.about(), "export": export} for file, export in zip(files, exports, strict=True)],
        "exports": len(inbox.sources),
        "assistant": sum(surveyed[s].assistant_rows for s in inbox.sources),
        "parts": [first, first + parts],
    }
    write_whole(generation.inbox(number), _json(about))
    return parts


def _learn(kinship: Kinship, file: MessageFile, tables: list[pa.Table] | None, tick: Tick) -> None:
    """The pass over one file (or over its `tables`) that finds what is tied together."""
    import pyarrow as pa

    columns = file.columns
    # together, so that a cell is asked about once
    together = [pa.concat_tables(tables)] if tables else []
    for table in batches(file, used(columns, SLIM)) if tables is None else together:
        kinship.learn(people(table, columns, kinship.concerns))
        tick(file.where, 0)


def _json(value: Any) -> bytes:
    return (json.dumps(value, ensure_ascii=True, indent=1) + "\n").encode()
