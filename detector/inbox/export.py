"""One input of the user's, read file by file: messages, invitations, connections, profile."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO

from detector.errors import InputError
from detector.inbox.columns import Columns, looks_like_header, plain
from detector.inbox.containers import Container, Member, open_container
from detector.inbox.csvtext import Records, read_records
from detector.inbox.parquet import read_parquet_rows
from detector.inbox.people import name_key, slug
from detector.inbox.profile import Profile, split_list
from detector.inbox.rows import Invitation, RawRows, read_invitations, read_rows
from detector.inbox.times import microseconds

ASSISTANT_FILES = frozenset({"guidemessages", "learningcoachmessages", "learningroleplaymessages", "coachmessages"})
"""Chats with LinkedIn's assistants: the messages header, but no people; told by file name alone."""

_COPY = re.compile(r"(?:[-_]\d+|\s*\(\d+\)|\.csv)+$", re.IGNORECASE)


@dataclass
class Connections:
    """Who the owner is connected with: slug -> connected at (microseconds), and names where URLs lack."""

    by_slug: dict[str, int] = field(default_factory=dict)
    by_name: dict[str, int] = field(default_factory=dict)

    def has(self, person_slug: str, name: str) -> bool:
        """Whether this person is a connection; by name only where the file has no URLs."""
        if person_slug and person_slug in self.by_slug:
            return True
        return bool(name) and name_key(name) in self.by_name and (not person_slug or not self.by_slug)

    def merge(self, other: Connections) -> None:
        """Add another file's connections."""
        self.by_slug.update(other.by_slug)
        self.by_name.update(other.by_name)


@dataclass
class Export:
    """What one input holds."""

    name: str
    rows: RawRows = field(default_factory=RawRows)
    invitations: list[Invitation] = field(default_factory=list)
    connections: Connections = field(default_factory=Connections)
    profile: Profile = field(default_factory=Profile)
    known: set[str] = field(default_factory=set)  # slugs and name keys of people with a written history
    assistant_rows: int = 0
    message_files: int = 0  # files of messages or invitations seen, with or without rows
    notes: list[str] = field(default_factory=list)


Aside = Callable[[str, Callable[[], BinaryIO], "Records | None"], None]
"""Takes a file of messages: where it is, how to open it, its head if it is a CSV (None: Parquet)."""


def family(file_name: str) -> str:
    """What a member of an export is, by its name: case, spaces, `_`, copy numbers do not count.

    >>> family("Comments_34875879.csv"), family("messages (1).csv"), family("Profile Summary.csv")
    ('comments', 'messages', 'profilesummary')
    """
    return plain(_COPY.sub("", file_name))


def read_export(source: str | Container, asked: Mapping[str, str] | None = None, aside: Aside | None = None) -> Export:
    """Read one input, whatever it is. Raises InputError if nothing in it can be read.

    `aside`: what to call with each file of messages instead of reading its rows.
    """
    container = open_container(source) if isinstance(source, str) else source
    export = Export(container.name)
    alone = container.kind in ("file", "stdin")
    others: list[Member] = []
    for member in container.members:
        _read_member(export, container, member, others, alone, asked or {}, aside)
    if not export.message_files:
        # no file of LinkedIn's names: any CSV that has a message's columns will do
        for member in others:
            _read_other(export, _where(container, member), member, asked or {}, aside, must=alone)
    export.notes += export.rows.notes
    return export


def _where(container: Container, member: Member) -> str:
    return container.name if container.kind in ("file", "stdin") else f"{container.name}, {member.path}"


def _read_member(
    export: Export,
    container: Container,
    member: Member,
    others: list[Member],
    alone: bool,
    asked: Mapping[str, str],
    aside: Aside | None,
) -> None:
    where = _where(container, member)
    kind = family(member.base)
    if kind in ASSISTANT_FILES:
        export.message_files += 1
        export.assistant_rows += _count_rows(where, member)
    elif alone or (kind == "messages" and member.base.lower().endswith(".csv")):
        _read_other(export, where, member, asked, aside, must=True)
    elif kind == "invitations":
        export.message_files += 1
        export.invitations += read_invitations(where, member.open)
    elif kind in _PROFILE_FILES:
        try:
            _PROFILE_FILES[kind](export, where, member.open)
        except InputError as error:
            if "damaged" in error.what:
                raise
            export.notes.append(f"{error} (read without it)")
    else:
        others.append(member)


def _read_other(
    export: Export, where: str, member: Member, asked: Mapping[str, str], aside: Aside | None, *, must: bool
) -> None:
    """A file of messages or invitations by its columns; `must`: an error if it is neither."""
    with member.open() as stream:
        parquet = stream.read(4) == b"PAR1"
    if parquet:
        if aside is None:
            export.rows.extend(read_parquet_rows(where, member.open, asked))
        else:
            aside(where, member.open, None)
        export.message_files += 1
        return
    head = read_records(where, member.open, lambda cells: looks_like_header(cells) or bool(asked))
    columns = Columns(where, head.header, None)
    getattr(head.rows, "close", lambda: None)()
    if columns.is_invitations and not asked:
        export.message_files += 1
        export.invitations += read_invitations(where, member.open)
    elif columns.usable or asked:
        export.message_files += 1
        if aside is None:
            export.rows.extend(read_rows(where, member.open, asked))
        else:
            aside(where, member.open, head)
    elif must:
        raise columns.refuse()


def _count_rows(where: str, member: Member) -> int:
    try:
        records = read_records(where, member.open, lambda cells: plain(cells[0]) == "conversationid")
        return sum(1 for _line, cells in records.rows if any(c.strip() for c in cells))
    except InputError:
        return 0


def _dicts(where: str, opened: Callable[[], BinaryIO], *needed: str) -> Iterator[dict[str, str]]:
    """Records of a small export file as {plain column name: cell}; header found by what it must hold."""
    records = read_records(where, opened, lambda cells: set(needed) <= set(map(plain, cells)))
    names = [plain(name) for name in records.header]
    for _line, cells in records.rows:
        yield {name: cell.strip() for name, cell in zip(names, cells, strict=False) if name}


def _connections(export: Export, where: str, opened: Callable[[], BinaryIO]) -> None:
    for row in _dicts(where, opened, "firstname", "connectedon"):
        name = f"{row.get('firstname', '')} {row.get('lastname', '')}".strip()
        when = microseconds(row.get("connectedon", ""))
        person = slug(row.get("url", ""))
        if person:
            export.connections.by_slug[person] = when
        if name:  # rows of hidden members hold a date alone: not people
            export.connections.by_name[name_key(name)] = when


def _profile(export: Export, where: str, opened: Callable[[], BinaryIO]) -> None:
    for row in _dicts(where, opened, "firstname", "lastname"):
        export.profile = Profile(
            name=f"{row.get('firstname', '')} {row.get('lastname', '')}".strip(),
            headline=row.get("headline", ""),
            summary=row.get("summary", ""),
            industry=row.get("industry", ""),
        ).over(export.profile)
        return


def _summary(export: Export, where: str, opened: Callable[[], BinaryIO]) -> None:
    for row in _dicts(where, opened, "profilesummary"):
        export.profile = export.profile.over(Profile(summary=row.get("profilesummary", "")))
        return


def _positions(export: Export, where: str, opened: Callable[[], BinaryIO]) -> None:
    found = []
    for row in _dicts(where, opened, "companyname", "title"):
        title, company = row.get("title", ""), row.get("companyname", "")
        found.append(" at ".join(part for part in (title, company) if part))
    export.profile = export.profile.over(Profile(positions=tuple(filter(None, found))))


def _skills(export: Export, where: str, opened: Callable[[], BinaryIO]) -> None:
    found = tuple(row["name"] for row in _dicts(where, opened, "name") if row.get("name"))
    export.profile = export.profile.over(Profile(skills=found))


def _providers(export: Export, where: str, opened: Callable[[], BinaryIO]) -> None:
    found: list[str] = []
    for row in _dicts(where, opened, "marketplacetype"):
        if row.get("status", "ACTIVE").upper() in ("ACTIVE", ""):
            for column in ("secondaryservicecategory", "profinderservicecategory", "servicecategory"):
                found += split_list(row.get(column, "").replace(",", ";"))
    export.profile = export.profile.over(Profile(services=tuple(dict.fromkeys(found))))


def _known_people(export: Export, where: str, opened: Callable[[], BinaryIO]) -> None:
    """Recommendations, endorsements and the owner's notes: people with a history beside the inbox."""
    for row in _dicts(where, opened):
        for prefix in ("", "endorser", "endorsee", "connection"):
            name = f"{row.get(prefix + 'firstname', '')} {row.get(prefix + 'lastname', '')}".strip()
            url = row.get(prefix + "publicurl", "") or row.get(prefix + "profileurl", "")
            export.known |= {value for value in (slug(url), name_key(name)) if value}


_PROFILE_FILES: dict[str, Callable[[Export, str, Callable[[], BinaryIO]], None]] = {
    "connections": _connections,
    "profile": _profile,
    "profilesummary": _summary,
    "positions": _positions,
    "skills": _skills,
    "providers": _providers,
    "recommendationsgiven": _known_people,
    "recommendationsreceived": _known_people,
    "endorsementgiveninfo": _known_people,
    "endorsementreceivedinfo": _known_people,
    "notes": _known_people,
}
