"""Invitations placed: each goes to the conversation with its inviter, becomes a thread of its own, or is left out."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from detector.inbox.export import Connections, Export
from detector.inbox.owner import Owner
from detector.inbox.people import name_count, name_key, slugs
from detector.inbox.rows import RAW, Invitation, strings


@dataclass
class _Conversation:
    """What joining an invitation needs to know of a conversation."""

    id: str
    first: int
    last: int
    texts: dict[str, int]  # text key of the other's messages -> row index, earliest first


def _text_key(text: str) -> str:
    return " ".join(text.casefold().split())


def _concerned(rows: pd.DataFrame, people: set[str]) -> pd.DataFrame:
    """All rows of conversations in which one of these people (slugs and name keys) may stand, by time."""
    names = {key[5:] for key in people if key.startswith("name:")}
    columns = (rows[c].tolist() for c in ("conversation", "other", "person", "name", "to", "to_urls"))
    theirs = {
        conversation
        for conversation, other, person, name, to, to_urls in zip(*columns, strict=True)
        if other in people
        or person in people
        or name in names
        or name_key(to) in names
        or not people.isdisjoint(slugs(to_urls))
    }
    return rows[rows["conversation"].isin(theirs)].sort_values("at", kind="stable")


def _conversations(rows: pd.DataFrame, invited: set[str]) -> dict[str, list[_Conversation]]:
    """The conversations of each other person, by slug and by name key; all those of `invited` people are there."""
    found: dict[str, _Conversation] = {}
    owners: dict[str, set[str]] = defaultdict(set)
    ordered = _concerned(rows, invited)
    columns = ("conversation", "at", "direction", "text", "other", "name", "person", "to", "to_urls")
    for index, values in zip(ordered.index, zip(*(ordered[c].tolist() for c in columns), strict=True), strict=True):
        conversation, at, direction, text, other, name, person, to, to_urls = values
        entry = found.setdefault(conversation, _Conversation(conversation, at, at, {}))
        entry.last = at
        if direction == "received":
            if text:
                entry.texts.setdefault(_text_key(text), index)
            owners[conversation] |= {k for k in (other, person, f"name:{name}" if name else "") if k}
        else:
            owners[conversation] |= {k for k in (other, *slugs(to_urls)) if k}
            if to and name_count(to) == 1:
                owners[conversation].add(f"name:{name_key(to)}")
    people: dict[str, list[_Conversation]] = defaultdict(list)
    for conversation, keys in owners.items():
        for key in keys:
            people[key].append(found[conversation])
    return people


def place_invitations(
    rows: pd.DataFrame, exports: Sequence[Export], owner: Owner, left_out: dict[str, int]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Place every invitation; returns the rows (kinds mended) and the rows that invitations add."""
    connections = Connections()
    for export in exports:
        connections.merge(export.connections)
    incoming: list[Invitation] = []
    seen: set[tuple] = set()
    for invitation in sorted((i for e in exports for i in e.invitations), key=lambda i: (i.at, i.sender, i.text)):
        key = (
            invitation.sender_slug or name_key(invitation.sender),
            invitation.receiver_slug or name_key(invitation.receiver),
            invitation.at,
            _text_key(invitation.text),
            invitation.direction,
        )
        if key in seen:
            left_out["duplicate"] += 1
            continue
        seen.add(key)
        if _is_outgoing(invitation, owner):
            left_out["outgoing"] += 1
        else:
            incoming.append(invitation)
    if not incoming:
        return rows, rows.iloc[:0]
    invited = {key for i in incoming for key in (i.sender_slug, f"name:{name_key(i.sender)}")} - {"", "name:"}
    people = _conversations(rows, invited)
    added: list[dict] = []
    used: dict[str, int] = {}
    kinds = rows["kind"].to_numpy(dtype=object).copy()
    former: dict[str, str] = {}
    for invitation in incoming:
        person = invitation.sender_slug
        name = f"name:{name_key(invitation.sender)}"
        theirs = (people.get(person) if person else None) or (
            people.get(name) if name != "name:" and not _other_slug(people, name, person) else None
        )
        base = _invitation_id(invitation)
        if theirs:
            left_out["joined"] += 1
            same = [c for c in theirs if invitation.text and _text_key(invitation.text) in c.texts]
            if same:
                index = same[0].texts[_text_key(invitation.text)]
                kinds[index] = "invitation"
                former.setdefault(same[0].id, base)
            else:
                home = _home(theirs, invitation.at)
                added.append(_invitation_row(invitation, home.id, owner))
                former.setdefault(home.id, base)
        elif not invitation.text and connections.has(person, invitation.sender):
            left_out["accepted"] += 1
        else:
            used[base] = used.get(base, 0) + 1
            thread = base if used[base] == 1 else f"{base}~{used[base]}"
            added.append(_invitation_row(invitation, thread, owner))
    rows = rows.assign(kind=strings(kinds, rows.index))
    if former:
        rows["former_id"] = strings((former.get(c, "") for c in rows["conversation"]), rows.index)
    columns = {name: pd.Series([row[name] for row in added], dtype=kind) for name, kind in rows.dtypes.items()}
    return rows, pd.DataFrame(columns)


def _other_slug(people: dict[str, list[_Conversation]], name: str, person: str) -> bool:
    """Whether the conversations under this name are known to be another person's (another slug)."""
    if not person:
        return False
    mine = {id(c) for c in people.get(name, ())}
    return bool(mine) and any(
        id(c) in mine for key, theirs in people.items() if not key.startswith("name:") and key != person for c in theirs
    )


def _is_outgoing(invitation: Invitation, owner: Owner) -> bool:
    if invitation.direction in ("OUTGOING", "INCOMING"):
        return invitation.direction == "OUTGOING"
    if invitation.sender_slug and owner.slug:
        return invitation.sender_slug == owner.slug
    return name_key(invitation.sender) in owner.names


def _invitation_id(invitation: Invitation) -> str:
    if invitation.sender_slug:
        return f"invitation:{invitation.sender_slug}"
    token = f"{name_key(invitation.sender)}\0{invitation.at}"
    return "invitation:" + hashlib.sha256(token.encode()).hexdigest()[:12]


def _home(theirs: list[_Conversation], at: int) -> _Conversation:
    """The earliest conversation after the invitation; else the latest one before it."""
    after = [c for c in theirs if c.first >= at]
    if after:
        return min(after, key=lambda c: (c.first, c.id))
    running = [c for c in theirs if c.last >= at]
    if running:
        return min(running, key=lambda c: (c.first, c.id))
    return max(theirs, key=lambda c: (c.last, c.id))


def _invitation_row(invitation: Invitation, thread: str, owner: Owner) -> dict:
    row: dict[str, Any] = dict.fromkeys(RAW, "")
    row |= {
        "where": invitation.where,
        "conversation": thread,
        "sender": invitation.sender,
        "sender_url": invitation.sender_url,
        "to": invitation.receiver,
        "to_urls": invitation.receiver_url,
        "at": invitation.at,
        "raw_text": invitation.text,
        "text": invitation.text,
        "draft": False,
        "attachments": False,
        "direction": "received",
        "kind": "invitation",
        "own_format": False,
        "row": -1,
        "former_id": "" if thread.startswith("invitation:") else _invitation_id(invitation),
        "person": invitation.sender_slug,
        "name": name_key(invitation.sender),
        "other": invitation.sender_slug or f"name:{name_key(invitation.sender)}",
        "others": 1,
    }
    return row
