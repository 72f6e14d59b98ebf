"""Parquet files of messages: the same columns and synonyms as CSV."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, BinaryIO

from detector.errors import InputError
from detector.inbox.columns import Columns
from detector.inbox.rows import RawRows, take_rows

_BATCH = 10_000


def read_parquet_rows(where: str, opened: Callable[[], BinaryIO], asked: Mapping[str, str] | None = None) -> RawRows:
    """Read a Parquet file of messages, a batch of rows at a time. Raises InputError if it cannot be read."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with opened() as stream:
        try:
            file = pq.ParquetFile(pa.PythonFile(stream, mode="r"))
            columns = Columns(where, file.schema_arrow.names, asked)
            if not columns.usable:
                raise columns.refuse()
            return take_rows(columns, _records(file, len(columns.header)))
        except (pa.ArrowException, OSError, ValueError) as error:
            reason = str(error).splitlines()[0][:120]
            raise InputError(where, f"is not a whole Parquet file ({reason})", "write it again") from None


def _records(file: Any, width: int) -> Iterator[tuple[int, list[str]]]:
    line = 0
    for batch in file.iter_batches(batch_size=_BATCH):
        columns = [[text_of(value) for value in batch.column(i).to_pylist()] for i in range(width)]
        for cells in zip(*columns, strict=True):
            line += 1
            yield line, list(cells)


def text_of(value: object) -> str:
    """A value of any type as the text that a CSV would hold for it."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return ";".join(text_of(v) for v in value)
    iso = getattr(value, "isoformat", None)
    return iso() if iso else str(value)
