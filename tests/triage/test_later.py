"""A later export: only what is new is judged, the rest is kept, and what changed is said."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from tests.exports import DAY, START, Said, Talk, incoming, invitations_csv, messages_csv
from tests.triage.backlogs import run, totals, verdicts

PITCH = "We help shops rank on Google and sell more. Are you free for a 15 minute call next week? calendly.com/x/15"
REAL = "We met at the Leeds fair on Tuesday, you asked for the number of the printer in Hull."


def export(folder: Path, talks: list[Talk], invitations: list[dict[str, str]]) -> str:
    folder.mkdir(exist_ok=True)
    (folder / "messages.csv").write_text(messages_csv(talks), encoding="utf-8")
    (folder / "Invitations.csv").write_text(invitations_csv(invitations), encoding="utf-8")
    return str(folder)


def person(i: int) -> tuple[str, str]:
    return f"Person {i}", f"https://www.linkedin.com/in/person-{i}"


@pytest.fixture
def both(tmp_path: Path) -> tuple[str, str]:
    """An export, and one of some weeks later."""
    start = [Talk(f"2-{i}==", *person(i), [Said(REAL if i % 2 else PITCH, START + i)]) for i in range(8)]
    asked = [incoming(*person(20), START, "Hello, I would like to connect"), incoming(*person(21), START, REAL)]
    first = export(tmp_path / "first", start, asked)
    later = [Talk(t.id, t.name, t.url, list(t.said)) for t in start if t.id != "2-7=="]
    later[0].said.append(Said("Just following up on this, did you see it?", START + DAY))
    later[1].said.append(Said("Here it is", START + DAY, mine=True))
    later[3].said.append(Said(PITCH, START + DAY))
    later.append(Talk("2-new==", *person(9), [Said(PITCH, START + 3 * DAY)]))
    later.append(Talk("2-joined==", *person(20), [Said(PITCH, START + 3 * DAY)]))
    return first, export(tmp_path / "second", later, asked)


def test_only_new_and_changed_threads_are_judged(tmp_path, both, small_parts) -> None:
    first, later = both
    run([first], tmp_path / "out")
    run([later], tmp_path / "out")
    assert totals(tmp_path / "out")["since_last_time"]["judged"] == 5
    run([later], tmp_path / "anew")
    pd.testing.assert_frame_equal(verdicts(tmp_path / "out"), verdicts(tmp_path / "anew"))
    kept = {k: v for k, v in totals(tmp_path / "out").items() if k != "since_last_time"}
    assert kept == {k: v for k, v in totals(tmp_path / "anew").items() if k != "since_last_time"}


def test_it_says_what_is_new_since_last_time(tmp_path, both, small_parts) -> None:
    first, later = both
    run([first], tmp_path / "out")
    old = verdicts(tmp_path / "out").set_index("thread_id")
    run([later], tmp_path / "out")
    new = verdicts(tmp_path / "out").set_index("thread_id")
    changes = pq.read_table(tmp_path / "out" / "changes.parquet").to_pandas().set_index("thread_id")
    assert set(changes.index) == {"2-0==", "2-1==", "2-3==", "2-new==", "2-joined==", "2-7=="}
    words = changes["change"].str.split(";")
    assert words["2-new=="] == ["new"]
    assert words["2-7=="] == ["gone"]
    assert "went-on" in words["2-0=="]
    assert "answered" in words["2-1=="]
    assert "new" not in words["2-joined=="]  # the invitation it came from was there
    assert ("turned" in words["2-3=="]) == (old["label"]["2-3=="] != new["label"]["2-3=="])
    for thread in ("2-0==", "2-1==", "2-3==", "2-7=="):
        assert changes["label_before"][thread] == old["label"][thread]
        assert changes["action_before"][thread] == old["action"][thread]


def test_a_damaged_earlier_part_is_judged_again(tmp_path, both, small_parts) -> None:
    first, later = both
    run([first], tmp_path / "out")
    for path in (tmp_path / "out" / "state").rglob("part-*.parquet"):
        path.write_bytes(path.read_bytes()[:50])
    run([later], tmp_path / "out")
    run([later], tmp_path / "anew")
    pd.testing.assert_frame_equal(verdicts(tmp_path / "out"), verdicts(tmp_path / "anew"))


def test_a_third_run_compares_with_the_second(tmp_path, both, small_parts) -> None:
    first, later = both
    for inputs in (first, later, first):
        run([inputs], tmp_path / "out")
    assert totals(tmp_path / "out")["since_last_time"]["gone"] == 2
    assert [p.name for p in (tmp_path / "out" / "state").glob("run-*")] == ["run-0003"]
