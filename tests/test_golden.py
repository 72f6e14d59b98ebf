"""Whole inboxes read to the same threads and counts as written down. Not the verdicts: those change with the model.

To renew after a deliberate change: `python -m tests.test_golden` and read the difference.
"""

from __future__ import annotations

from pathlib import Path

from detector import paths
from detector.inbox import read_inbox
from detector.threads import group

GOLDEN = Path(__file__).parent / "golden" / "sample.csv"
COLUMNS = [
    "thread_id",
    "sender",
    "sender_url",
    "messages",
    "follow_ups",
    "unanswered",
    "replies",
    "first_at",
    "last_at",
]


def now() -> str:
    inbox = read_inbox(str(paths.shipped_data("sample") / "Basic_LinkedInDataExport_10-26-2026.zip"))
    grouped = group(inbox.messages)
    left = ", ".join(f"{k} {v}" for k, v in (inbox.left_out | grouped.left_out).items())
    table = grouped.threads[COLUMNS].assign(kinds=grouped.threads["kinds"].map(" ".join))
    return f"# left out: {left}\n" + table.to_csv(index=False, lineterminator="\n")


def test_the_sample_reads_as_written_down() -> None:
    assert now() == GOLDEN.read_text(encoding="utf-8")


if __name__ == "__main__":
    GOLDEN.write_text(now(), encoding="utf-8")
