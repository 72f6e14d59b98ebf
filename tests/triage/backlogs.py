"""Runs triage on made-up inboxes in small parts, and reads its results back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from detector import Detector, paths, read_inbox
from detector.model.detector import listed
from detector.threads import group
from detector.triage import Options, Progress, triage

MODEL = str(paths.shipped_model())


def run(inputs: list[str], out: Path, **options: Any) -> dict[str, Any]:
    settings = {"model": MODEL, "jobs": 1, **options}
    return triage(inputs, str(out), Options(**settings), Progress(quiet=True))


def verdicts(out: Path) -> pd.DataFrame:
    parts = [pq.read_table(path).to_pandas() for path in sorted((out / "verdicts").glob("*.parquet"))]
    table = listed(pd.concat(parts, ignore_index=True))
    table["turned_at"] = table["turned_at"].astype("Int64")
    return table


def scored(inputs: list[str], detector: Detector, owner: str | None = None) -> pd.DataFrame:
    """What `detector score` gives for the same inputs."""
    inbox = read_inbox(inputs, owner=owner)
    judged = detector.judge(group(inbox.messages), inbox.profile, inbox.known)
    return listed(pd.concat([j.verdicts for j in judged], ignore_index=True)) if judged else pd.DataFrame()


def tree(out: Path) -> dict[str, bytes]:
    """Every file of a folder but the lock."""
    return {str(p.relative_to(out)): p.read_bytes() for p in sorted(out.rglob("*")) if p.is_file() and p.name != "lock"}


def totals(out: Path) -> dict[str, Any]:
    return json.loads((out / "totals.json").read_text(encoding="utf-8"))
