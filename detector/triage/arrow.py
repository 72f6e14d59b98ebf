"""The Arrow types of verdict columns, the same in every file that triage writes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from detector.schema import VERDICTS

if TYPE_CHECKING:
    import pyarrow as pa

_TIMES = ("first_at", "last_at")
_PROBABILITIES = ("confidence", "p_generic", "p_bait_and_sell", "p_genuine")
_COUNTS = ("messages", "follow_ups", "unanswered", "replies", "turned_at")


def schema(columns: Sequence[str] = VERDICTS) -> pa.Schema:
    """The Arrow schema of verdict columns: that of every Parquet output."""
    import pyarrow as pa

    kinds = {
        **dict.fromkeys(_TIMES, pa.timestamp("us", tz="UTC")),
        **dict.fromkeys(_PROBABILITIES, pa.float64()),
        **dict.fromkeys(_COUNTS, pa.int64()),
        **dict.fromkeys(("key", "former", "digest"), pa.uint64()),
    }
    return pa.schema([pa.field(name, kinds.get(name, pa.string())) for name in columns])
