"""The verdicts of one part as an Arrow table, and as the bytes of its working file.

A working file is Parquet: the columns of the verdict table, then `key`, `former` and `digest` (what the
next run compares with), `mark` (the fingerprint of the masked words), the three columns of what changed,
and `details` (hits, flags, baseline and rest as JSON) where full hit lists are wanted.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from detector.schema import VERDICTS
from detector.triage.arrow import schema

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import pyarrow as pa

    from detector.model.detector import Judged
    from detector.triage.changes import Before


def verdict_rows(judged: Sequence[Judged], *, hits: bool) -> pa.Table:
    """The verdicts of a part in the order of its threads, `template` left empty, `mark` and `details` beside them."""
    import pandas as pd
    import pyarrow as pa

    verdicts = pd.concat([j.verdicts for j in judged], ignore_index=True)
    verdicts["template"] = ""
    verdicts["mark"] = [mark for j in judged for mark in j.marks]
    columns = [*VERDICTS, "mark"]
    if hits:
        verdicts["details"] = _details(verdicts, judged)
        columns.append("details")
    return pa.Table.from_pandas(verdicts, schema(columns), preserve_index=False).replace_schema_metadata(None)


def no_verdicts(*, hits: bool) -> pa.Table:
    """A table like that of `verdict_rows`, without rows."""
    return schema([*VERDICTS, "mark", *(["details"] if hits else [])]).empty_table()


def _details(verdicts: pd.DataFrame, judged: Sequence[Judged]) -> list[str]:
    from detector.report.tables import records

    found = []
    for record in records(verdicts, judged):
        record["flags"].pop("template.shared", None)  # joined in from the table of templates
        found.append(json.dumps({k: record[k] for k in ("hits", "flags", "baseline", "rest")}, ensure_ascii=True))
    return found


Keys = tuple["np.ndarray", "np.ndarray", "np.ndarray"]
"""Key, key of the former id and digest of each thread."""


def part_bytes(table: pa.Table, keys: Keys, old: Before | None) -> bytes:
    """The working file of a part: fresh verdicts and those kept from before, in the order of every list."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    if old is None:
        nothing = pa.array([""] * len(keys[0]), pa.string())
        table = _with(table, keys, nothing, nothing, nothing)
    else:
        stale = (keys[0][old.stale], keys[1][old.stale], keys[2][old.stale])
        table = old.joined(_with(table, stale, *old.changes(table)))
    table = table.take(pa.array(_order(table))) if len(table) else table
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    return sink.getvalue().to_pybytes()


def _with(table: pa.Table, keys: Keys, change: pa.Array, label: pa.Array, action: pa.Array) -> pa.Table:
    import pyarrow as pa

    for name, values in (
        ("key", pa.array(keys[0], pa.uint64())),
        ("former", pa.array(keys[1], pa.uint64())),
        ("digest", pa.array(keys[2], pa.uint64())),
        ("change", change),
        ("label_before", label),
        ("action_before", action),
    ):
        table = table.append_column(name, values)
    return table


def _order(table: pa.Table) -> np.ndarray:
    """Positions of rows as every list has them: by action, then the latest first."""
    import numpy as np
    import pyarrow.compute as pc

    from detector.schema import ACTIONS

    rank = pc.index_in(table["action"], value_set=_array(ACTIONS)).to_numpy()
    last = pc.fill_null(table["last_at"].cast("int64"), np.iinfo("int64").min + 1).to_numpy()
    ids = table["thread_id"].to_numpy().astype(str)
    # the id as Python sorts it, the latest first, then the action: least important first
    return np.lexsort((ids, -last, rank))


def _array(values: Sequence[str]) -> pa.Array:
    import pyarrow as pa

    return pa.array(list(values), pa.string())
