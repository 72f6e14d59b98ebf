"""The outside world to one messages table and the recipient's profile.

`read_inbox` takes anything the user can name: LinkedIn's export (ZIP, folder, single files, in
parts), the project's message CSV, other tools' CSVs, Parquet, standard input.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from detector.errors import InputError
from detector.inbox.conversations import gather
from detector.inbox.export import Connections, Export, read_export
from detector.inbox.owner import Owner, find_owner
from detector.inbox.profile import Profile, load_profile
from detector.schema import LABELS

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Inbox", "Owner", "Profile", "load_profile", "read_inbox"]


@dataclass
class Inbox:
    """One person's inbox as read.

    `messages` has the columns of `schema.MESSAGES`; `left_out` the ten reasons of
    `schema.LEFT_OUT`; `connections` and `known` serve the context flags; `notes` are lines for the
    user about rows that were odd; `odd_label` the first row (file and line, text) with a label that is none of ours.
    """

    messages: pd.DataFrame
    owner: Owner
    profile: Profile
    left_out: dict[str, int]
    connections: Connections = field(default_factory=Connections)
    known: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)
    odd_label: tuple[str, str] | None = None

    def refuse_odd_label(self) -> None:
        """Raises InputError, naming the row, if a label is none of the three; only who learns from labels asks."""
        if self.odd_label:
            where, text = self.odd_label
            raise InputError(where, f"has the label {text!r:.40}", f"use {', '.join(LABELS)}")


def read_inbox(
    sources: str | Sequence[str],
    *,
    owner: str | None = None,
    profile: Profile | None = None,
    columns: Mapping[str, str] | None = None,
) -> Inbox:
    """Read one or more inputs of one owner as one inbox, merged and without repeats.

    `sources`: paths (or `-` for standard input); `owner`: a profile URL or a name, where the input
    does not tell; `profile`: wins over the export's own; `columns`: our column name -> theirs.
    Raises InputError for what cannot be read and UsageError for two owners.

    >>> import tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "mail.csv"
    >>> rows = ["thread_id,sent_at,direction,kind,sender,text", "t1,2026-01-05,received,message,Ann Roe,Hello"]
    >>> _ = path.write_text("\\n".join(rows))
    >>> read_inbox(str(path)).messages["text"].tolist()
    ['Hello']
    """
    paths = [sources] if isinstance(sources, str) else list(sources)
    exports = [read_export(path, columns) for path in paths]
    _refuse_nothing(exports)
    found = find_owner(exports, owner)
    gathered = gather(exports, found)
    merged = profile or Profile()
    for export in exports:
        merged = merged.over(export.profile)
    connections, known = Connections(), set()
    for export in exports:
        connections.merge(export.connections)
        known |= export.known
    notes = [note for export in exports for note in export.notes]
    return Inbox(gathered.messages, found, merged, gathered.left_out, connections, known, notes, gathered.odd_label)


def _refuse_nothing(exports: Sequence[Export]) -> None:
    """No row at all in any input is an error; a part without rows beside others is not."""
    if any(len(e.rows) or e.invitations or e.assistant_rows for e in exports):
        return
    export = exports[0]
    if any(e.message_files for e in exports):
        raise InputError(export.name, "has a header but no messages", "export it again with messages included")
    raise InputError(
        export.name,
        "holds no messages.csv or Invitations.csv",
        "ask LinkedIn for a copy with messages and invitations",
    )
