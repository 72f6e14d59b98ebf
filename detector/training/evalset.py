"""Labelled threads to measure on: message CSVs, or JSON lines of threads told with days."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from detector.errors import InputError
from detector.schema import LABELS, MESSAGES, label_of
from detector.threads import group
from detector.training.corpus import read_labelled


def read_evaluation(path: str) -> pd.DataFrame:
    """Labelled threads (columns of `schema.THREADS`) of a message CSV or a `.jsonl` file.

    A JSON line holds `id, label, lang, recipient_headline, recipient_services` (a list), `messages`
    (a list of `by` sender or recipient, `day`, `kind`, `text`) and optionally `scored`; threads with
    `scored` false are left out. Raises InputError for what does not read as that.
    """
    if not path.endswith(".jsonl"):
        return read_labelled([path])
    rows = []
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        raise InputError(path, "cannot be read as UTF-8 text", "check the path") from None
    for number, line in enumerate(lines, 1):
        if line.strip():
            rows += _rows(path, number, line)
    if not rows:
        raise InputError(path, "holds no labelled thread", "give lines with id, label and messages")
    messages = pd.DataFrame(rows)
    for name, dtype in MESSAGES.items():
        if name not in messages:
            messages[name] = "" if dtype == "str" else False
    return group(messages[list(MESSAGES)]).threads


def _rows(path: str, number: int, line: str) -> list[dict]:
    try:
        told = json.loads(line)
        if told.get("scored") is False:
            return []
        label = label_of(told["label"])
        if label is None:
            raise InputError(path, f"line {number} has the label {told['label']!r}", f"use {', '.join(LABELS)}")
        constant = {
            "thread_id": str(told["id"]),
            "label": label,
            "lang": told.get("lang", ""),
            "recipient_headline": told.get("recipient_headline") or "",
            "recipient_services": "; ".join(told.get("recipient_services") or []),
        }
        start = pd.Timestamp("2026-01-05T09:00:00Z").as_unit("us")
        return [
            {
                **constant,
                "number": i + 1,
                "sent_at": start + pd.Timedelta(days=m["day"], minutes=i),
                "direction": "received" if m["by"] == "sender" else "sent",
                "kind": m["kind"],
                "text": m["text"].strip(),
            }
            for i, m in enumerate(told["messages"])
        ]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(path, f"line {number} is no labelled thread ({error})", "see docs/quality.md") from None
