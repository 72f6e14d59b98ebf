"""The page over a finished backlog, from its verdict files part by part."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from detector.report.page.pack import Part

_TIMES = ("first_at", "last_at")
_COUNTS = ("messages", "follow_ups", "unanswered", "replies", "turned_at")


def write_page(path: str | Path, folder: str | Path, totals: Mapping[str, Any]) -> int:
    """Write the page of the backlog in `folder` (what `--out` named); returns how many threads it lists.

    It shows verdicts with their strongest quotation, without the messages. Raises OutputError.
    """
    from detector.report.page import write

    owners = [str(inbox.get("inbox") or "") for inbox in totals["inboxes"]]
    name = owners[0] if len(owners) == 1 else f"{len(owners):,} inboxes"
    return write(
        Path(path), _parts(Path(folder)), left_out=totals["left_out"], owner=name, inbox=";".join(sorted(owners))
    )


def _parts(folder: Path) -> Iterator[Part]:
    from detector.report.page.pack import Part
    from detector.triage.layout import Layout

    for file in sorted(Layout(folder).verdicts.iterdir()):
        yield Part(_read(file))


def _read(file: Path) -> pd.DataFrame:
    import pandas as pd

    from detector.report.safe import as_written
    from detector.schema import VERDICTS

    if file.suffix == ".parquet":
        return pd.read_parquet(file, columns=list(VERDICTS))
    if file.suffix == ".csv":
        table = pd.read_csv(file, dtype=str, keep_default_na=False, usecols=list(VERDICTS))
        for column in table.columns:
            table[column] = table[column].map(as_written)
    else:
        table = pd.read_json(file, lines=True, dtype=False, convert_dates=False)
    table = table.reindex(columns=list(VERDICTS))
    for column in _TIMES:
        table[column] = pd.to_datetime(table[column].replace("", None), utc=True)
    for column in _COUNTS:
        table[column] = pd.to_numeric(table[column], errors="coerce").astype("Int64")
    for column in ("confidence", "p_generic", "p_bait_and_sell", "p_genuine"):
        table[column] = pd.to_numeric(table[column])
    return table
