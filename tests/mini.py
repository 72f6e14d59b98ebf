"""A few hundred threads of the corpus as the mail of one user, for tests that learn."""

from __future__ import annotations

import csv
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from detector import paths
from detector.schema import MESSAGE_CSV, MESSAGE_CSV_OPTIONAL

COLUMNS = (*MESSAGE_CSV, *MESSAGE_CSV_OPTIONAL)
Rows = list[dict[str, str]]


@lru_cache(maxsize=1)
def corpus_rows() -> dict[str, Rows]:
    """Message rows by thread of two files of the corpus, labelled threads alone, in their order."""
    found: dict[str, Rows] = {}
    for name in ("recruiting.csv", "french.csv"):
        with (paths.shipped_data("corpus") / name).open(newline="", encoding="utf-8") as stream:
            for row in csv.DictReader(stream):
                if row["split"] in ("", "train"):
                    found.setdefault(row["thread_id"], []).append({c: row.get(c) or "" for c in COLUMNS})
    return {t: rows for t, rows in found.items() if any(r["label"] for r in rows)}


def own_mail(threads: int, relabel: Callable[[str], str] = str, first: int = 0) -> dict[str, Rows]:
    """So many threads, each with a sender of its own, labels changed by `relabel`."""
    chosen = list(corpus_rows().items())[first : first + threads]
    return {
        t: [
            r
            | {
                "label": relabel(r["label"]) if r["label"] else "",
                "sender_url": f"https://www.linkedin.com/in/{t}",
                "pair_id": "",
            }
            for r in rows
        ]
        for t, rows in chosen
    }


def write(path: Path, mail: dict[str, Rows], *, labels: bool = True) -> str:
    """Write a message CSV, with or without the labels; returns the path as text."""
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
        writer.writeheader()
        for rows in mail.values():
            writer.writerows(rows if labels else [{**r, "label": ""} for r in rows])
    return str(path)


def labels_of(mail: dict[str, Rows]) -> dict[str, str]:
    """The label of each thread."""
    return {t: next(r["label"] for r in rows if r["label"]) for t, rows in mail.items()}


def write_labels_csv(path: Path, labels: dict[str, str]) -> str:
    """Write a labels file; returns the path as text."""
    path.write_text("thread_id,label\n" + "".join(f"{t},{label}\n" for t, label in labels.items()), encoding="utf-8")
    return str(path)


def swapped(label: str) -> str:
    """A guide of one's own: what others call generic is a sale to her, and the other way round."""
    return {"generic": "bait-and-sell", "bait-and-sell": "generic"}.get(label, label)
