"""Message files of any size as Arrow tables of raw cells, block by block.

Three readers give the same cells: Arrow's CSV reader for clean UTF-8 files, the inbox's own for
whatever that one refuses (other encodings, ragged rows, an open quotation mark, notes before the
header), and Parquet.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from detector.errors import InputError
from detector.inbox.columns import Columns, looks_like_header, plain
from detector.inbox.csvtext import CELL_LIMIT, Records, read_records
from detector.inbox.parquet import text_of
from detector.inbox.rows import RawRows, regular, take_columns

if TYPE_CHECKING:
    import pyarrow as pa

_BLOCK = 4 << 20
_SLOW_BATCH = 8_192
_PARQUET_BATCH = 16_384
_DELIMITER_LIMIT = 1

SLIM = ("thread_id", "direction", "sender", "sender_url", "to", "to_urls", "person", "person_url", "mine", "theirs",
        "status", "recipient")  # fmt: skip
"""Our names of the columns that tell who wrote to whom in which conversation."""


@dataclass
class MessageFile:
    """One file of messages: where it is, how to open it, and its header.

    `reader` is arrow, csv or parquet; a first pass (`batches(check=True)`) settles it.
    """

    where: str
    opened: Callable[[], BinaryIO]
    header: list[str]
    asked: Mapping[str, str]
    reader: str
    delimiter: str = ","
    notes: list[str] = field(default_factory=list)  # rows that could not be placed, from the first pass

    @property
    def columns(self) -> Columns:
        """Which column is which."""
        return Columns(self.where, self.header, self.asked)

    def about(self) -> dict[str, Any]:
        """What `raw_rows` needs to know of the file, as JSON."""
        return {"where": self.where, "header": self.header, "asked": dict(self.asked)}


def message_file(
    where: str, opened: Callable[[], BinaryIO], head: Records | None, asked: Mapping[str, str]
) -> MessageFile:
    """What `read_export` set aside, ready to be read. Raises InputError if it has no usable columns."""
    if head is None:
        header = _parquet_header(where, opened)
        file = MessageFile(where, opened, header, asked, "parquet")
    else:
        if asked:
            wanted = {plain(theirs) for theirs in asked.values()}
            head = read_records(where, opened, lambda c: looks_like_header(c) or bool(wanted & set(map(plain, c))))
            cast(Any, head.rows).close() if hasattr(head.rows, "close") else None
        file = MessageFile(where, opened, head.header, asked, _csv_reader(opened, head), head.delimiter)
    if not file.columns.usable:
        raise file.columns.refuse()
    return file


def _csv_reader(opened: Callable[[], BinaryIO], head: Records) -> str:
    """`arrow` if the header is the first line of a UTF-8 file, else `csv`."""
    if head.encoding not in ("utf-8", "utf-8-sig"):
        return "csv"
    with opened() as stream:
        line = (
            io.BufferedReader(cast(Any, stream)).readline(_BLOCK) if not hasattr(stream, "peek") else stream.readline()
        )
    text = line.decode("utf-8-sig", "replace")
    try:
        first = next(csv.reader(io.StringIO(text, newline=""), delimiter=head.delimiter), [])
    except csv.Error:
        return "csv"
    return "arrow" if first == head.header and len(first) > _DELIMITER_LIMIT else "csv"


def used(columns: Columns, ours: tuple[str, ...] | None = None) -> list[int]:
    """Positions of the columns that are read (of those named in `ours` only), ascending."""
    at = {i for name, i in columns.at.items() if ours is None or name in ours}
    pairs = {i for name, pair in columns.names.items() if ours is None or name in ours for i in pair}
    return sorted(at | pairs)


def batches(file: MessageFile, positions: list[int], *, check: bool = False) -> Iterator[pa.Table]:
    """The file's records as tables: `line` (int64) and a string column `c<position>` each.

    `check`: the first pass, over all positions that will be read: it raises `NotPlain` if the file
    is not one that Arrow reads as the inbox's own reader would; then set `reader` to csv and begin
    again. Rows that cannot be placed are left out and noted in `file.notes`.
    """
    try:
        if file.reader == "arrow":
            yield from _arrow_batches(file, positions, check)
        elif file.reader == "csv":
            yield from _csv_batches(file, positions, file.notes if check else [])
        else:
            yield from _parquet_batches(file, positions)
    except FileNotFoundError:
        raise InputError(file.where, "is no longer there", "put it back and give the same command again") from None
    except OSError as error:
        raise InputError(file.where, f"cannot be read ({error.strerror or error})", "check the disk") from None


class NotPlain(Exception):
    """The file needs the inbox's own reader."""


class _Watched(io.RawIOBase):
    """A stream that counts the quotation marks passing through it."""

    def __init__(self, stream: BinaryIO) -> None:
        super().__init__()
        self.stream, self.quotes = stream, 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        data = self.stream.read(size)
        self.quotes += data.count(b'"')
        return data


def _arrow_batches(file: MessageFile, positions: list[int], check: bool) -> Iterator[pa.Table]:
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.csv as pacsv

    names = [f"c{i}" for i in range(len(file.header))]
    kept = [names[i] for i in positions]
    text = names[file.columns.at["text"]]
    with file.opened() as raw:
        watched = _Watched(raw)
        try:
            reader = pacsv.open_csv(
                pa.PythonFile(watched, mode="r") if check else _native(raw),
                pacsv.ReadOptions(block_size=_BLOCK, column_names=names, skip_rows=1),
                pacsv.ParseOptions(delimiter=file.delimiter, newlines_in_values=True),
                pacsv.ConvertOptions(
                    column_types=dict.fromkeys(names, pa.string()), include_columns=kept, strings_can_be_null=False
                ),
            )
            line = 2
            for batch in reader:
                table = pa.Table.from_batches([batch])
                if check and any(
                    (pc.max(pc.binary_length(column)).as_py() or 0) > CELL_LIMIT for column in table.itercolumns()
                ):
                    raise NotPlain
                lines, line = _lines(table, text, line)
                yield table.add_column(0, "line", pa.array(lines))
        except pa.ArrowInvalid as error:
            if check and "Empty CSV" in str(error):
                return  # a header alone
            raise NotPlain from error
        if check and watched.quotes % 2:
            raise NotPlain  # a quotation mark is never closed


def _native(raw: BinaryIO) -> Any:
    """A plain file opened by Arrow itself, anything else as it is."""
    import pyarrow as pa

    plain_file = isinstance(raw, io.BufferedReader) and isinstance(raw.raw, io.FileIO) and isinstance(raw.name, str)
    return pa.OSFile(raw.name) if plain_file else raw


def _lines(table: pa.Table, text: str, first: int) -> tuple[Any, int]:
    """The line each record begins in, line breaks inside its text counted; and the line after them all.

    Without the text column it is the number of the record.
    """
    import numpy as np
    import pyarrow.compute as pc

    lines = first + np.arange(len(table))
    if text not in table.column_names:
        return lines, first + len(table)
    breaks = np.cumsum(pc.count_substring(table[text], "\n").to_numpy().astype(np.int64))
    lines[1:] += breaks[:-1]
    return lines, first + len(table) + int(breaks[-1] if len(breaks) else 0)


def _csv_batches(file: MessageFile, positions: list[int], notes: list[str]) -> Iterator[pa.Table]:
    import pyarrow as pa

    wanted = {plain(theirs) for theirs in file.asked.values()}
    records = read_records(file.where, file.opened, lambda c: looks_like_header(c) or bool(wanted & set(map(plain, c))))
    lines: list[int] = []
    kept: list[list[str]] = []
    names = ["line", *(f"c{i}" for i in positions)]

    def table() -> pa.Table:
        cells = list(zip(*kept, strict=True))
        return pa.table([pa.array(lines, pa.int64()), *(pa.array(cells[i], pa.string()) for i in positions)], names)

    for line, cells in regular(file.columns, records.rows, notes):
        lines.append(line)
        kept.append(cells)
        if len(kept) == _SLOW_BATCH:
            yield table()
            lines, kept = [], []
    if kept:
        yield table()


def _parquet_header(where: str, opened: Callable[[], BinaryIO]) -> list[str]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    with opened() as stream:
        try:
            return list(pq.ParquetFile(pa.PythonFile(stream, mode="r")).schema_arrow.names)
        except (pa.ArrowException, OSError, ValueError) as error:
            raise _not_parquet(where, error) from None


def _not_parquet(where: str, error: Exception) -> InputError:
    return InputError(where, f"is not a whole Parquet file ({str(error).splitlines()[0][:120]})", "write it again")


def _parquet_batches(file: MessageFile, positions: list[int]) -> Iterator[pa.Table]:
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    with file.opened() as stream:
        try:
            source = pq.ParquetFile(pa.PythonFile(stream, mode="r"))
            line = 1
            for batch in source.iter_batches(batch_size=_PARQUET_BATCH, use_threads=False):
                arrays = [_strings(batch.column(i)) for i in positions]
                lines = pa.array(np.arange(line, line + len(batch)))
                line += len(batch)
                yield pa.table([lines, *arrays], ["line", *(f"c{i}" for i in positions)])
        except (pa.ArrowException, ValueError) as error:
            raise _not_parquet(file.where, error) from None


def _strings(column: pa.Array) -> pa.Array:
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return pc.fill_null(column.cast(pa.string()), "")
    return pa.array([text_of(value) for value in column.to_pylist()], pa.string())


def raw_rows(table: pa.Table, columns: Columns) -> RawRows:
    """Cells as the inbox's raw rows; columns that were not read count as empty.

    `table`: `line` and some of `c<position>`. Raises InputError for a row that the format forbids.
    """
    import pyarrow.compute as pc

    there = [n for n in table.column_names if n != "line"]
    full = None
    for name in there:
        some = pc.not_equal(table[name], "")
        full = some if full is None else pc.or_(full, some)
    if full is not None and not pc.all(full).as_py():
        table = table.filter(full)
    nothing = [""] * len(table)
    data = [nothing] * len(columns.header)
    for name in there:
        data[int(name[1:])] = table[name].to_pylist()
    lines = table["line"].to_pylist() if "line" in table.column_names else [0] * len(table)
    return take_columns(columns, lines, data)


def who_wrote(table: pa.Table, columns: Columns) -> pa.Table:
    """The different (conversation, people, direction) of a table, each with the first line where it stands."""
    names = [f"c{i}" for i in used(columns, SLIM)]
    different = table.select(["line", *names]).group_by(names, use_threads=False).aggregate([("line", "min")])
    return different.rename_columns([*names, "line"])


def without_id(table: pa.Table, columns: Columns) -> bool:
    """Whether a row of the table has no conversation id."""
    import pyarrow.compute as pc

    return "thread_id" not in columns.at or bool(pc.any(_no_id(table, columns)).as_py())


def _no_id(table: pa.Table, columns: Columns) -> pa.ChunkedArray:
    import pyarrow.compute as pc

    return pc.equal(pc.utf8_trim_whitespace(table[f"c{columns.at['thread_id']}"]), "")


def people(
    table: pa.Table, columns: Columns, concerns: Callable[[list[str], bool], list[bool]]
) -> Iterator[tuple[str, str, str, str, str]]:
    """The (conversation, sender, sender's URL, to, URLs of to) of rows without an id or with a cell that concerns.

    `concerns`: asked once about the different cells of a column, and whether they are URLs.
    """
    ours = ("thread_id", "sender", "sender_url", "to", "to_urls")
    if not columns.names and not {"person", "person_url"} & set(columns.at) and "thread_id" in columns.at:
        table = table.filter(_concerned(table, columns, concerns))
    found = raw_rows(who_wrote(table, columns), columns).columns
    yield from zip(*(found[n] for n in ("conversation", *ours[1:])), strict=True)


def _concerned(table: pa.Table, columns: Columns, concerns: Callable[[list[str], bool], list[bool]]) -> pa.Array:
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    mask = _no_id(table, columns).to_numpy().copy()
    for name in ("sender", "sender_url", "to", "to_urls"):
        if (at := columns.at.get(name)) is not None:
            column = pc.dictionary_encode(table[f"c{at}"].combine_chunks())
            cells = [cell.strip() for cell in column.dictionary.to_pylist()]
            of_cell = np.array(concerns(cells, name.endswith(("url", "urls"))), dtype=bool)
            mask |= of_cell[column.indices.to_numpy()]
    return pa.array(mask)
