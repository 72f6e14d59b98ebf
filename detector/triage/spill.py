"""Message rows to parts on disk: one pass over a file, appended to a file a part.

Written by Arrow (docs/dependencies.md says why): a block of rows is sorted by part and each run of
it appended to that part's file as an Arrow stream of its own, so that only one block is in memory
and only one file open.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from detector.errors import OutputError
from detector.inbox.people import name_key
from detector.triage.inboxes import Tick
from detector.triage.kinship import Kinship, conversation
from detector.triage.layout import Generation, private_opener
from detector.triage.reading import MessageFile, batches, raw_rows, used

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

FLUSH = 48 << 20
"""Bytes of rows gathered before they are sorted into parts."""


_BLOCK = 8_192


class SpillDamaged(OutputError):
    """A part's rows on disk are not what was written; they must be read from the input again."""


class Spill:
    """Appends rows to parts, and keeps a checksum of each part's file."""

    def __init__(self, generation: Generation) -> None:
        self.generation = generation
        self.checks: dict[int, int] = {}
        self.sizes: dict[int, int] = {}

    def add_file(
        self,
        file: MessageFile,
        number: int,
        kinship: Kinship,
        first: int,
        parts: int,
        tick: Tick,
        tables: list[pa.Table] | None = None,
    ) -> None:
        """Spill one file's rows into the parts `first` to `first + parts` - 1 of its inbox.

        `number`: the file's place in the inbox's list of files; `tables`: its batches, where they are at hand.
        """
        columns = file.columns
        waiting: list[pa.Table] = []
        size = 0
        for table in batches(file, used(columns)) if tables is None else tables:
            waiting.append(table)
            size += table.nbytes
            tick(file.where, len(table))
            if size >= FLUSH:
                self._flush(waiting, file, number, kinship, first, parts)
                waiting, size = [], 0
        if waiting:
            self._flush(waiting, file, number, kinship, first, parts)

    def _flush(
        self, waiting: list[pa.Table], file: MessageFile, number: int, kinship: Kinship, first: int, parts: int
    ) -> None:
        import numpy as np
        import pyarrow as pa

        table = pa.concat_tables(waiting).replace_schema_metadata({b"file": str(number).encode()})
        if parts == 1:
            self._append(first, table)
            return
        part = _parts_of(table, file, kinship, parts)
        runs: list[list[pa.Table]] = [[] for _ in range(parts)]
        # block by block: memory just given back is quicker to write to than new memory
        for at in range(0, len(table), _BLOCK):
            mine = part[at : at + _BLOCK]
            order = np.argsort(mine, kind="stable")
            bounds = np.searchsorted(mine[order], np.arange(parts + 1))
            block = table.slice(at, _BLOCK).combine_chunks().take(pa.array(order))
            for p in np.flatnonzero(np.diff(bounds)).tolist():
                runs[p].append(block.slice(bounds[p], bounds[p + 1] - bounds[p]))
        for p, run in enumerate(runs):
            if run:
                self._append(first + p, pa.concat_tables(run).combine_chunks())

    def _append(self, part: int, table: pa.Table) -> None:
        import pyarrow as pa

        sink = pa.BufferOutputStream()
        options = pa.ipc.IpcWriteOptions(compression="lz4", use_threads=False)
        with pa.ipc.new_stream(sink, table.schema, options=options) as writer:
            writer.write_table(table)
        data = sink.getvalue()
        path = self.generation.rows(part)
        try:
            with open(path, "ab", opener=private_opener) as out:
                out.write(data)
        except OSError as error:
            raise cannot_write(path, error) from None
        self.checks[part] = zlib.crc32(data, self.checks.get(part, 0))
        self.sizes[part] = self.sizes.get(part, 0) + len(data)


def cannot_write(path: Path, error: OSError) -> OutputError:
    """The error for a working file that cannot be written."""
    return OutputError(
        f"{path}: cannot be written ({error.strerror or error}); make room and give the same command again"
    )


def _parts_of(table: pa.Table, file: MessageFile, kinship: Kinship, parts: int) -> np.ndarray:
    """The part of each row, by its conversation, or by its people where it has no conversation."""
    import numpy as np
    import pyarrow.compute as pc

    at = file.columns.at.get("thread_id")
    ties = kinship.ties
    if at is None:
        ids = np.zeros(len(table), dtype=np.int64)
        found = np.zeros(len(table), dtype=np.int64)
        empty = np.ones(len(table), dtype=bool)
    else:
        column = pc.dictionary_encode(table[f"c{at}"]).combine_chunks()
        names = [name.strip() for name in column.dictionary.to_pylist()]
        of_name = np.array([ties.part(conversation(name), parts) for name in names], dtype=np.int64)
        ids = column.indices.to_numpy()
        found = of_name[ids]
        empty = np.array([not name for name in names], dtype=bool)[ids]
    if empty.any():
        import pyarrow as pa

        places = np.flatnonzero(empty)
        some = table.take(pa.array(places)).set_column(0, "line", pa.array(places))
        c = _with_lines(some, file)
        found[c["place"]] = [
            ties.part(kinship.name_of("", *row), parts)
            for row in zip(c["sender"], c["sender_url"], c["to"], c["to_urls"], strict=True)
        ]
    return found


def _with_lines(table: pa.Table, file: MessageFile) -> dict[str, list]:
    """Raw rows of a table whose `line` is a place, with that place beside them."""
    import pyarrow.compute as pc

    full = None
    for name in table.column_names[1:]:
        some = pc.not_equal(table[name], "")
        full = some if full is None else pc.or_(full, some)
    kept = table.filter(full)
    return {**raw_rows(kept, file.columns).columns, "place": kept["line"].to_pylist()}


def read_part(path: Path, size: int, check: int) -> Iterator[tuple[int, pa.Table]]:
    """The (file number, rows) runs of a part. Raises SpillDamaged if the file is not as it was written."""
    import pyarrow as pa

    try:
        data = path.read_bytes() if size else b""
    except OSError:
        raise SpillDamaged(f"{path}: cannot be read; check the disk") from None
    if len(data) != size or zlib.crc32(data) != check:
        raise SpillDamaged(f"{path}: is not as it was written; check the disk")
    source = pa.BufferReader(data)
    while source.tell() < size:
        reader = pa.ipc.open_stream(source)
        table = reader.read_all()
        yield int(table.schema.metadata[b"file"]), table


def beside(kinship: Kinship, invitations: list, connections: object, parts: int) -> list[dict]:
    """For each part its invitations, and which of the inviters are connections, as JSON values."""
    found: list[dict] = [{"invitations": [], "by_slug": {"": 0}, "by_name": {}} for _ in range(parts)]
    for invitation in invitations:
        here = found[kinship.ties.part(kinship.inviter(invitation)[0], parts)]
        here["invitations"].append(dict(vars(invitation)))
        # by_slug is never empty, so that a name alone counts only for those without a URL
        if connections.has(invitation.sender_slug, invitation.sender):  # type: ignore[attr-defined]
            if invitation.sender_slug:
                here["by_slug"][invitation.sender_slug] = 0
            else:
                here["by_name"][name_key(invitation.sender)] = 0
    return found
