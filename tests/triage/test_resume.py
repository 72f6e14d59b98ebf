"""A run that is killed, starved or tampered with loses nothing and ends as an undisturbed one does."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from detector.errors import InputError, OutputError
from detector.triage.part import judge_part
from tests.exports import DAY, START, Said, Talk, messages_csv
from tests.triage.backlogs import run, totals, tree, verdicts

LINES = (
    "We help shops rank on Google. Free for a call next week?",
    "We met at the Leeds fair, you asked for the number of the printer.",
    "Hello, I came across your profile and would love to connect with you and hear what you do.",
)


def talks(count: int) -> list[Talk]:
    return [
        Talk(
            f"2-{i:03d}==", f"Person {i}", f"https://www.linkedin.com/in/person-{i}",
            [Said(LINES[(i + k) % 3], START + i * 60 + k * DAY) for k in range(1 + i % 3)],
        )
        for i in range(count)
    ]  # fmt: skip


@pytest.fixture
def export(tmp_path: Path) -> Path:
    path = tmp_path / "messages.csv"
    path.write_text(messages_csv(talks(24)), encoding="utf-8")
    return path


# what `detector` does, in parts of a few messages; the process may kill itself at its n-th finished file
SCRIPT = """
import os, signal, sys
import detector.triage.plan
detector.triage.plan.PART = 8
at, replace, seen = int(sys.argv.pop(1)), os.replace, [0]
def counted(*paths):
    seen[0] += 1
    if seen[0] == at:
        os.kill(os.getpid(), signal.SIGKILL)
    replace(*paths)
os.replace = counted
from detector.cli import run
run()
"""


def command(export: Path, out: Path, kill_at: int = 0, **options: object) -> subprocess.Popen[str]:
    words = [sys.executable, "-c", SCRIPT, str(kill_at), "triage", str(export), "--out", str(out), "--model", "shipped"]
    for name, value in options.items():
        words += [f"--{name}", str(value)]
    return subprocess.Popen(words, stderr=subprocess.PIPE, text=True, start_new_session=True)


def test_killed_again_and_again_it_ends_the_same(tmp_path, export) -> None:
    whole = command(export, tmp_path / "whole", jobs=1)
    assert whole.wait() == 0, whole.stderr
    expected = tree(tmp_path / "whole")
    dice = random.Random(5)
    # while planning, while judging, after a resumption, while writing the results
    for at in (dice.randint(1, 10), dice.randint(14, 20), dice.randint(2, 6), 22):
        killed = command(export, tmp_path / "out", kill_at=at, jobs=1)
        assert killed.wait() == -signal.SIGKILL, at
    last = command(export, tmp_path / "out", jobs=2)
    assert last.wait() == 0, last.stderr
    assert tree(tmp_path / "out") == expected


def test_ctrl_c_says_how_to_go_on_and_leaves_no_worker(tmp_path, export) -> None:
    stopped = command(export, tmp_path / "other", jobs=2)
    assert stopped.stderr is not None
    for line in iter(stopped.stderr.readline, ""):
        if line.startswith("judging"):
            break
    os.kill(stopped.pid, signal.SIGINT)
    rest = stopped.stderr.read()
    assert stopped.wait() == 130
    assert "give the same command again" in rest
    with pytest.raises(ProcessLookupError):
        os.killpg(stopped.pid, 0)
    run([str(export)], tmp_path / "other")
    assert len(verdicts(tmp_path / "other")) == 24


def stopped_after(parts: int, monkeypatch: pytest.MonkeyPatch, export: Path, out: Path) -> None:
    """A run stopped when so many parts are done."""
    left = [parts]

    def some(task: object) -> object:
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        return judge_part(task)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr("detector.triage.local.judge_part", some)
        with pytest.raises(KeyboardInterrupt):
            run([str(export)], out)


def test_finished_parts_are_not_done_twice_and_damaged_ones_are(tmp_path, export, small_parts, monkeypatch) -> None:
    run([str(export)], tmp_path / "whole")
    stopped_after(3, monkeypatch, export, tmp_path / "out")
    parts = sorted((tmp_path / "out" / "state" / "run-0001" / "parts").glob("*.parquet"))
    assert len(parts) == 3
    parts[1].write_bytes(parts[1].read_bytes()[:-100])
    parts[2].with_suffix(".json").unlink()
    judged = []
    monkeypatch.setattr("detector.triage.local.judge_part", lambda task: judged.append(task.part) or judge_part(task))
    run([str(export)], tmp_path / "out")
    assert judged[:2] == [1, 2]
    assert 0 not in judged
    assert tree(tmp_path / "out") == tree(tmp_path / "whole")


def test_damaged_rows_are_read_again_from_the_input(tmp_path, export, small_parts, monkeypatch) -> None:
    run([str(export)], tmp_path / "whole")
    stopped_after(1, monkeypatch, export, tmp_path / "out")
    rows = sorted((tmp_path / "out" / "state" / "run-0001" / "spill").glob("*.arrow"))
    rows[-1].write_bytes(b"x" + rows[-1].read_bytes()[1:])
    run([str(export)], tmp_path / "out")
    assert tree(tmp_path / "out") == tree(tmp_path / "whole")


@pytest.mark.parametrize("damage", ["verdicts", "templates.parquet", "totals.json"])
def test_results_that_are_damaged_or_gone_are_written_anew(tmp_path, export, small_parts, damage: str) -> None:
    run([str(export)], tmp_path / "out")
    before = tree(tmp_path / "out")
    path = tmp_path / "out" / damage
    path = sorted(path.iterdir())[0] if path.is_dir() else path
    path.write_bytes(path.read_bytes()[:20])
    run([str(export)], tmp_path / "out")
    assert tree(tmp_path / "out") == before
    path.unlink()
    run([str(export)], tmp_path / "out")
    assert tree(tmp_path / "out") == before


def test_an_unfinished_run_wants_the_same_input_and_options(tmp_path, export, small_parts, monkeypatch) -> None:
    stopped_after(2, monkeypatch, export, tmp_path / "out")
    with pytest.raises(OutputError, match=r"--format.*--fresh"):
        run([str(export)], tmp_path / "out", format="csv")
    export.write_text(messages_csv(talks(25)), encoding="utf-8")
    with pytest.raises(OutputError, match=r"unfinished.*--fresh") as refused:
        run([str(export)], tmp_path / "out")
    assert refused.value.exit_status == 5
    run([str(export)], tmp_path / "out", fresh=True)
    assert len(verdicts(tmp_path / "out")) == 25


def test_a_run_whose_input_is_gone_says_so_and_goes_on_when_it_is_back(
    tmp_path, export, small_parts, monkeypatch
) -> None:
    stopped_after(2, monkeypatch, export, tmp_path / "out")
    away = export.rename(tmp_path / "elsewhere.csv")
    with pytest.raises(InputError, match="does not exist"):
        run([str(export)], tmp_path / "out")
    away.rename(export)
    run([str(export)], tmp_path / "out")
    assert len(verdicts(tmp_path / "out")) == 24


def test_what_is_held_from_the_first_pass_is_what_the_file_holds(tmp_path, export, small_parts, monkeypatch) -> None:
    run([str(export)], tmp_path / "again")
    monkeypatch.setattr("detector.triage.plan._ROOM", 1 << 20)
    run([str(export)], tmp_path / "held")
    for path in sorted((tmp_path / "again" / "verdicts").iterdir()):
        assert path.read_bytes() == (tmp_path / "held" / "verdicts" / path.name).read_bytes()


def test_an_input_that_goes_while_it_is_read_is_a_clear_line(tmp_path, export, small_parts, monkeypatch) -> None:
    from detector.triage import inboxes

    def group(*given: object) -> object:
        export.unlink()
        return inboxes.group_sources(*given)  # type: ignore[arg-type]

    monkeypatch.setattr("detector.triage.plan.group_sources", group)
    with pytest.raises(InputError, match=r"messages\.csv.*is no longer there"):
        run([str(export)], tmp_path / "out")


def test_two_runs_in_one_folder_do_not_meet(tmp_path, export) -> None:
    from filelock import FileLock

    run([str(export)], tmp_path / "out")
    with FileLock(tmp_path / "out" / "state" / "lock"), pytest.raises(OutputError, match="another run"):
        run([str(export)], tmp_path / "out")


def test_folders_that_cannot_be_used_are_refused_in_a_line(tmp_path, export) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError, match="choose another --out"):
        run([str(export)], tmp_path / "file")
    (tmp_path / "theirs" / "verdicts").mkdir(parents=True)
    with pytest.raises(OutputError, match="choose another --out"):
        run([str(export)], tmp_path / "theirs")
    run([str(export)], tmp_path / "out")
    (tmp_path / "out" / "state" / "run.json").write_text("{")
    with pytest.raises(OutputError, match="--fresh"):
        run([str(export)], tmp_path / "out")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="everything is writable for root")
def test_a_read_only_folder_is_refused_in_a_line(tmp_path, export) -> None:
    (tmp_path / "out").mkdir(mode=0o500)
    with pytest.raises(OutputError, match="cannot be written"):
        run([str(export)], tmp_path / "out")


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit on the size of files")
def test_a_full_disk_is_a_clear_line_and_the_run_goes_on_later(tmp_path, export) -> None:
    import resource

    words = [
        sys.executable,
        "-c",
        SCRIPT,
        "0",
        "triage",
        str(export),
        "--out",
        str(tmp_path / "out"),
        "--model",
        "shipped",
    ]
    full = subprocess.run(
        words, capture_output=True, text=True, check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000)),
    )  # fmt: skip
    assert full.returncode == 5, full.stderr
    assert "cannot be written" in full.stderr.splitlines()[-1]
    assert not list((tmp_path / "out").rglob(".*"))
    run([str(export)], tmp_path / "out")
    assert len(verdicts(tmp_path / "out")) == 24


def test_results_are_readable_by_their_owner_alone(tmp_path, export, small_parts, monkeypatch) -> None:
    stopped_after(2, monkeypatch, export, tmp_path / "out")
    for path in (tmp_path / "out").rglob("*"):
        if path.is_file():
            assert path.stat().st_mode & 0o077 == 0, path


def test_a_second_run_over_the_same_input_changes_nothing(tmp_path, export, small_parts) -> None:
    first = run([str(export)], tmp_path / "out")
    before = tree(tmp_path / "out")
    assert run([str(export)], tmp_path / "out") == first == json.loads((tmp_path / "out" / "totals.json").read_text())
    assert tree(tmp_path / "out") == before
    assert totals(tmp_path / "out")["since_last_time"] is None
