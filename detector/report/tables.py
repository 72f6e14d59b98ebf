"""The verdict table as CSV, JSON, JSON lines and Parquet: the contracts of docs/output.md."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from detector.errors import UsageError
from detector.inbox import Inbox
from detector.model.detector import Judged
from detector.report.replies import polite_no
from detector.report.safe import defused
from detector.schema import ACTIONS, LABELS, LEFT_OUT, VERDICTS

FORMATS = ("csv", "json", "jsonl", "parquet")
_TIMES = ("first_at", "last_at")
_PROBABILITIES = ("confidence", "p_generic", "p_bait_and_sell", "p_genuine")
_COUNTS = ("messages", "follow_ups", "unanswered", "replies", "turned_at")


def format_of(output: str | None, asked: str | None) -> str:
    """The output format by `--format`, else by the file's ending, else CSV. Raises UsageError.

    >>> format_of("verdicts.parquet", None), format_of(None, None)
    ('parquet', 'csv')
    """
    if asked:
        if asked.lower() not in FORMATS:
            raise UsageError(f"--format {asked}: use one of {', '.join(FORMATS)}")
        return asked.lower()
    if output in (None, "-"):
        return "csv"
    ending = Path(str(output)).suffix.lower().lstrip(".")
    if ending not in FORMATS:
        raise UsageError(f"-o {output}: the ending must be one of .{', .'.join(FORMATS)} (or give --format)")
    return ending


def to_csv(verdicts: pd.DataFrame, *, raw: bool = False) -> bytes:
    """UTF-8, LF, times as YYYY-MM-DDTHH:MM:SSZ, empty for unknown; formulas defused unless `raw`."""
    table = verdicts.copy()
    for column in _TIMES:
        table[column] = table[column].dt.strftime("%Y-%m-%dT%H:%M:%SZ").fillna("")
    for column in _PROBABILITIES:
        table[column] = table[column].map("{:.4f}".format)
    for column in _COUNTS:
        table[column] = table[column].map(lambda v: "" if pd.isna(v) else str(int(v))).astype(object)
    if not raw:
        for column in table.columns.difference([*_TIMES, *_PROBABILITIES, *_COUNTS]):
            table[column] = table[column].map(defused)
    return table.to_csv(index=False, lineterminator="\n").encode("utf-8", "surrogatepass")


def to_parquet(verdicts: pd.DataFrame) -> bytes:
    """Timestamps in microseconds UTC, nullable integers, text never defused."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    fields = []
    for column in verdicts.columns:
        kind = (
            pa.timestamp("us", tz="UTC")
            if column in _TIMES
            else pa.float64()
            if column in _PROBABILITIES
            else pa.int64()
            if column in _COUNTS
            else pa.string()
        )
        fields.append(pa.field(column, kind))
    table = pa.Table.from_pandas(verdicts, schema=pa.schema(fields), preserve_index=False)
    sink = io.BytesIO()
    pq.write_table(table.replace_schema_metadata(None), sink)
    return sink.getvalue()


def records(
    verdicts: pd.DataFrame, parts: Iterable[Judged], *, with_text: bool = False, with_reply: bool = False
) -> list[dict[str, Any]]:
    """One JSON object a verdict, in the order of `verdicts`: its columns, then hits, flags, baseline, rest."""
    details: dict[str, dict[str, Any]] = {}
    wanted = set(verdicts["thread_id"])
    for judged in parts:
        for i, thread in enumerate(judged.threads["thread_id"]):
            if thread in wanted:
                e = judged.explained
                hits = list(judged.evidence(i))
                entry: dict[str, Any] = {
                    "hits": hits,
                    "flags": judged.flags[i],
                    "baseline": round(float(e.baseline[i]), 6),
                }
                entry["rest"] = round(float(e.score[i]) - entry["baseline"] - sum(h["contribution"] for h in hits), 6)
                if with_text:
                    entry["text"] = judged.threads["texts"].iat[i]
                details[thread] = entry
    found = []
    for row in verdicts[list(VERDICTS)].to_dict("records"):
        for column in _TIMES:
            row[column] = None if pd.isna(row[column]) else row[column].strftime("%Y-%m-%dT%H:%M:%SZ")
        for column in _COUNTS:
            row[column] = None if pd.isna(row[column]) else int(row[column])
        for column in _PROBABILITIES:
            row[column] = round(float(row[column]), 4)
        reply = {"reply": polite_no(row["label"], row["lang"], row["action"])} if with_reply else {}
        found.append({**row, **details[row["thread_id"]], **reply})
    return found


def left_out_of(inbox: Inbox, by_conversation: dict[str, int]) -> dict[str, int]:
    """The ten counts, those of conversations included."""
    return {key: inbox.left_out.get(key, 0) + by_conversation.get(key, 0) for key in LEFT_OUT}


def totals_of(verdicts: pd.DataFrame) -> dict[str, dict[str, int]]:
    """How many threads of each label and of each action."""
    return {
        "label": {label: int((verdicts["label"] == label).sum()) for label in LABELS},
        "action": {action: int((verdicts["action"] == action).sum()) for action in ACTIONS},
    }


def to_json(inbox: Inbox, left_out: dict[str, int], verdicts: pd.DataFrame, found: list[dict[str, Any]]) -> bytes:
    """The whole report as one JSON object."""
    report = {
        "owner": {"name": inbox.owner.name or None, "slug": inbox.owner.slug or None},
        "profile": {
            "headline": inbox.profile.headline,
            "services": list(inbox.profile.services),
            "skills": list(inbox.profile.skills),
        },
        "left_out": left_out,
        "totals": totals_of(verdicts),
        "verdicts": found,
    }
    return (_dump(report, indent=1) + "\n").encode()


def to_jsonl(found: list[dict[str, Any]]) -> bytes:
    """One verdict a line."""
    return "".join(_dump(record) + "\n" for record in found).encode()


def _dump(value: Any, indent: int | None = None) -> str:
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    # lone surrogates cannot be written as UTF-8: only a text that has them is escaped
    return text if text.isascii() or _encodable(text) else json.dumps(value, indent=indent)


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
