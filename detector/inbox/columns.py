"""Which column of a stranger's file is which: names and synonyms, never positions."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from detector.errors import InputError, UsageError

SYNONYMS: dict[str, tuple[str, ...]] = {
    "thread_id": (
        "conversation id",
        "thread id",
        "chat id",
        "thread url",
        "conversation urn",
        "thread",
        "conversation",
        "kondo url",
    ),
    "sent_at": (
        "sent at",
        "last message date",
        "conversation latest timestamp",
        "date",
        "date sent",
        "sent date",
        "creation time",
        "created at",
        "datetime",
        "time",
        "fired datetime",
        "timestamp",
    ),
    "text": (
        "content",
        "text",
        "message",
        "body",
        "message body",
        "message text",
        "conversation latest content",
        "message content",
    ),
    "direction": ("direction",),
    "kind": ("kind",),
    "sender": ("sender", "from", "from name", "sender name", "author", "sender profile name"),
    "sender_url": (
        "sender url",
        "sender profile url",
        "last message from url",
        "sender profile id",
        "sender urn",
        "sender id",
    ),
    "to": ("to", "to name", "recipient name"),
    "to_urls": ("recipient profile urls", "recipient urls", "recipient profile url", "recipient url"),
    "person": ("contact name", "full name", "name", "lead name"),
    "person_url": (
        "contact linkedin url",
        "linked in urls",
        "profile url",
        "profile link",
        "linkedin url",
        "linkedin profile url",
    ),
    "mine": (
        "is sender",
        "is self",
        "is last message from me",
        "from me",
        "is from me",
        "is mine",
        "is outgoing",
        "sent by me",
    ),
    "theirs": ("is reply", "is received", "is incoming"),
    "status": ("conversation status",),
    "subject": ("subject",),
    "title": ("conversation title",),
    "folder": ("folder",),
    "draft": ("is message draft",),
    "conversation_draft": ("is conversation draft",),
    "attachments": ("attachments",),
    "recipient": ("recipient",),
    "recipient_headline": ("recipient headline",),
    "recipient_services": ("recipient services",),
    "label": ("label",),
    "lang": ("lang", "language"),
    "split": ("split",),
    "source": ("source",),
    "pair_id": ("pair id",),
}
"""Our name for a column -> the names it goes by elsewhere, the surest first."""

_NAME_PARTS = {
    "sender": (("first name from", "last name from"), ("sender first name", "sender last name")),
    "person": (("contact first name", "contact last name"), ("first name", "last name"), ("firstname", "lastname")),
}
_OUTGOING_ONLY = frozenset({"sentat", "name", "role", "profileurl", "message"})


def plain(name: str) -> str:
    """A column or file name for comparing: case, spaces, `_`, `-` and quotes do not count.

    >>> plain(' "CONVERSATION ID" ') == plain("conversationId") == plain("conversation_id")
    True
    """
    return re.sub(r"[\s_\-\"'\ufeff]+", "", name).lower()


_BY_PLAIN = {plain(name): ours for ours, names in SYNONYMS.items() for name in (ours, *names)}


class Columns:
    """Where each of our columns stands in one file's records.

    `at` maps our name to a position; `names` maps `sender` or `person` to the positions of first
    and last name. `is_linkedin`: LinkedIn's own messages.csv of any era; `is_invitations`: its
    Invitations.csv; `is_message_csv`: the project's own format; `outgoing_only`: a tool's file that
    is known to hold nothing but sent messages.
    """

    def __init__(self, where: str, header: Sequence[str], asked: Mapping[str, str] | None = None) -> None:
        self.where, self.header = where, list(header)
        position: dict[str, int] = {}
        for i, cell in enumerate(header):
            position.setdefault(plain(cell), i)
        self.at: dict[str, int] = {}
        for ours, names in SYNONYMS.items():
            for name in (ours, *names):
                if plain(name) in position:
                    self.at[ours] = position[plain(name)]
                    break
        self.names: dict[str, tuple[int, int]] = {}
        for ours, pairs in _NAME_PARTS.items():
            for first, last in pairs:
                if plain(first) in position and plain(last) in position and ours not in self.at:
                    self.names[ours] = (position[plain(first)], position[plain(last)])
                    break
        for ours, theirs in (asked or {}).items():
            if plain(theirs) not in position:
                there = ", ".join(c.strip() for c in header if c.strip())
                raise InputError(where, f"has no column {theirs!r}", f"its columns are: {there:.300}")
            self.at = {k: v for k, v in self.at.items() if v != position[plain(theirs)]}
            self.at[ours] = position[plain(theirs)]
        if "direction" not in self.at and "recipient" in self.at and "to" not in self.at:
            # without a direction a `recipient` is whom each message went to, not the owner
            self.at["to"] = self.at.pop("recipient")
        present = set(position)
        self.outgoing_only = present - {""} == _OUTGOING_ONLY
        self.is_linkedin = {"from", "to", "date", "content"} <= present
        self.is_invitations = {"from", "to", "sentat", "message", "direction"} <= present and "content" not in present
        self.is_message_csv = {"threadid", "direction", "text"} <= present

    @property
    def usable(self) -> bool:
        """Whether messages can be read from this file at all: a text, and whose it is."""
        who = {"thread_id", "sender", "sender_url", "person", "person_url"} & (set(self.at) | set(self.names))
        return "text" in self.at and bool(who)

    def refuse(self) -> InputError:
        """The error for a file in which no messages can be found."""
        there = ", ".join(c.strip() for c in self.header if c.strip())[:200]
        missing = "text" if "text" not in self.at else "sender"
        return InputError(
            self.where,
            f"has no usable columns: nothing that is the {missing} (its first record: {there or 'blank'!s})",
            f"give LinkedIn's messages.csv, or name the column with --column {missing}=NAME",
        )


def looks_like_header(cells: Sequence[str]) -> bool:
    """Whether a record is a header of messages or invitations: it names at least two known columns.

    >>> looks_like_header(["From", "To", "DateSent", "Message"]), looks_like_header(["Notes:"])
    (True, False)
    """
    known = {_BY_PLAIN[plain(c)] for c in cells if plain(c) in _BY_PLAIN}
    return len(known) >= 2


def parse_column_option(pairs: Sequence[str]) -> dict[str, str]:
    """`--column ours=theirs` options as a mapping. Raises UsageError for an unknown name.

    >>> parse_column_option(["text=Body"])
    {'text': 'Body'}
    """
    asked = {}
    for pair in pairs:
        ours, mark, theirs = pair.partition("=")
        if not mark or ours.strip() not in SYNONYMS or not theirs.strip():
            raise UsageError(f"--column {pair}: write OURS=THEIRS, where OURS is one of {', '.join(SYNONYMS)}")
        asked[ours.strip()] = theirs.strip()
    return asked
