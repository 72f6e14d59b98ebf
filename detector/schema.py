"""Labels, actions, and the columns of every table that passes between rooms.

Ground floor: imports nothing of the project, and nothing heavy.

Two tables pass between the rooms. **messages** has a row a message, ordered by thread and
message number; **threads** a row a thread, with the texts of the thread as a list column. Every
verdict is a row of the **verdicts** table, in every output format.
"""

from __future__ import annotations

LABELS = ("generic", "bait-and-sell", "genuine")
"""The three labels, in the order of every probability vector."""

ACTIONS = ("answer", "look", "done", "set-aside")
"""What to do with a thread, in the order in which verdicts are listed."""

KINDS = ("invitation", "message", "inmail")
DIRECTIONS = ("received", "sent")

MESSAGE_CSV = ("thread_id", "sent_at", "direction", "kind", "sender", "text")
"""Columns of the message CSV; `MESSAGE_CSV_OPTIONAL` may stand beside them."""

MESSAGE_CSV_OPTIONAL = (
    "sender_url",
    "subject",
    "recipient",
    "recipient_headline",
    "recipient_services",
    "label",
    "lang",
    "split",
    "source",
    "pair_id",
)

THREAD_CONSTANTS = (
    "recipient",
    "recipient_headline",
    "recipient_services",
    "label",
    "lang",
    "split",
    "source",
    "pair_id",
)
"""Message columns that hold one value a thread (the same on every row, or on one and empty elsewhere)."""

MESSAGES = {
    "thread_id": "str",
    "number": "int64",  # 1.. within the thread, replies and empty notes included
    "sent_at": "datetime64[us, UTC]",  # NaT: unknown
    "direction": "str",
    "kind": "str",
    "sender": "str",
    "sender_url": "str",
    "text": "str",  # cleaned: plain text, LF line ends
    "subject": "str",
    "attachments": "bool",
    "former_id": "str",  # the invitation's id, where an invitation became this conversation
    "inbox": "str",
    **dict.fromkeys(THREAD_CONSTANTS, "str"),
}
"""The messages table: column -> dtype (`str` columns hold Python strings, empty for unknown)."""

THREADS = {
    "thread_id": "str",
    "sender": "str",
    "sender_url": "str",
    "former_id": "str",
    "inbox": "str",
    "messages": "int64",
    "follow_ups": "int64",
    "unanswered": "int64",
    "replies": "int64",
    "first_at": "datetime64[us, UTC]",
    "last_at": "datetime64[us, UTC]",
    "owner_last": "bool",  # the owner wrote last
    "attachments": "bool",
    "texts": "list",  # str a message
    "directions": "list",
    "kinds": "list",
    "times": "list",  # int64 microseconds since 1970, or the smallest int64 for unknown
    **dict.fromkeys(THREAD_CONSTANTS, "str"),
}
"""The threads table: column -> dtype."""

VERDICTS = (
    "thread_id",
    "sender",
    "sender_url",
    "label",
    "action",
    "confidence",
    "p_generic",
    "p_bait_and_sell",
    "p_genuine",
    "messages",
    "follow_ups",
    "unanswered",
    "replies",
    "first_at",
    "last_at",
    "turned_at",
    "sells",
    "patterns",
    "evidence",
    "lang",
    "template",
    "inbox",
)
"""Columns of the verdict table, in their order in every output."""

LEFT_OUT = (
    "draft",
    "group",
    "sponsored",
    "assistant",
    "duplicate",
    "owner_only",
    "no_text",
    "outgoing",
    "accepted",
    "joined",
)
"""Why something is not a received thread. The first five count rows, the next two conversations,
the last three invitations."""

UNKNOWN_TIME = -(2**63)
"""Microsecond value of a message whose time is not known (numpy's NaT)."""


def label_of(text: str) -> str | None:
    """The label a user's word means, or None; case, spaces and `_` do not count.

    >>> label_of("Bait_and_Sell"), label_of("spam")
    ('bait-and-sell', None)
    """
    word = text.strip().lower().replace("_", "-").replace(" ", "-")
    return word if word in LABELS else None
