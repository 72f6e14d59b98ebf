"""Templates of the whole backlog: the same masked words from several senders, or sent to several owners.

A pass of its own over the fingerprints of all parts, grouped by Arrow. In a large backlog it is
done for one range of fingerprints after the other, so that memory does not grow with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

_AT_ONCE = 2_000_000
"""Threads whose fingerprints are grouped at a time, about."""

_READ = ["mark", "sender", "sender_url", "inbox", "label", "first_at", "last_at", "thread_id"]


def find_templates(files: Sequence[Path], threads: int) -> pa.Table:
    """The table of templates from the working files of all parts, the most frequent first.

    Columns: template, threads, senders, inboxes, generic, bait_and_sell, genuine, first_at, last_at,
    and inbox and thread_id of one thread that shows its words.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    digits = 0
    while threads > _AT_ONCE << 4 * digits:
        digits += 1
    starts = [f"{i:0{digits}x}" for i in range(16**digits)] if digits else [""]
    found = pa.concat_tables([_grouped(files, start) for start in starts])
    order = pc.sort_indices(found, [("threads", "descending"), ("template", "ascending")])
    return found.take(order).combine_chunks()


def _grouped(files: Sequence[Path], start: str) -> pa.Table:
    import pyarrow as pa
    import pyarrow.compute as pc

    pieces = [_marked(path, start) for path in files]
    table = pa.concat_tables(pieces)
    by = table.group_by("mark", use_threads=False).aggregate(
        [
            ("who", "count_distinct"),
            ("inbox", "count_distinct"),
            ("who", "count"),
            ("generic", "sum"),
            ("bait_and_sell", "sum"),
            ("genuine", "sum"),
            ("first_at", "min"),
            ("last_at", "max"),
            ("where", "min"),
        ]
    )
    by = by.filter(pc.or_(pc.greater(by["who_count_distinct"], 1), pc.greater(by["inbox_count_distinct"], 1)))
    where = pc.split_pattern(by["where_min"], "\0").combine_chunks()
    return pa.table(
        {
            "template": by["mark"],
            "threads": by["who_count"],
            "senders": by["who_count_distinct"],
            "inboxes": by["inbox_count_distinct"],
            "generic": by["generic_sum"],
            "bait_and_sell": by["bait_and_sell_sum"],
            "genuine": by["genuine_sum"],
            "first_at": by["first_at_min"],
            "last_at": by["last_at_max"],
            "inbox": pc.list_element(where, 0),
            "thread_id": pc.list_element(where, 1),
        }
    )


def _marked(path: Path, start: str) -> pa.Table:
    """The threads of a part whose fingerprint begins with `start`."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    from detector.schema import LABELS

    with path.open("rb") as stream:
        table = pq.ParquetFile(stream).read(_READ, use_threads=False)
    table = table.filter(pc.and_(pc.not_equal(table["mark"], ""), pc.starts_with(table["mark"], start)))
    columns = {
        "mark": table["mark"],
        # who wrote: by address, else by name, as one inbox alone has it
        "who": pc.if_else(pc.equal(table["sender_url"], ""), table["sender"], table["sender_url"]),
        "inbox": table["inbox"],
        "first_at": table["first_at"],
        "last_at": table["last_at"],
        "where": pc.binary_join_element_wise(table["inbox"], table["thread_id"], "\0"),
    }
    for label in LABELS:
        columns[label.replace("-", "_")] = pc.equal(table["label"], label).cast(pa.int64())
    return pa.table(columns)
