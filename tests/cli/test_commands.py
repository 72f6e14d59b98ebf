"""The commands at their doors: columns, formats, statuses, what goes where."""

from __future__ import annotations

import csv
import io
import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from detector.schema import ACTIONS, LABELS, LEFT_OUT, VERDICTS
from tests.exports import messages_csv, some_talks


def run(*arguments: str, cwd: Path | None = None, stdin: bytes = b"", **environment: str):
    code = "from detector.cli import run; run()"
    env = {**os.environ, "DETECTOR_HOME": str((cwd or Path.cwd()) / "home"), **environment}
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        input=stdin,
        capture_output=True,
        cwd=cwd,
        env=env,
        timeout=60,
        check=False,
    )


@pytest.fixture(scope="module")
def inbox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("inbox")
    (folder / "messages.csv").write_text(messages_csv(some_talks()))
    return folder


def test_csv_has_the_columns_in_their_order_and_goes_to_stdout_without_a_terminal(inbox: Path) -> None:
    done = run("score", "messages.csv", cwd=inbox)
    assert done.returncode == 0
    rows = list(csv.DictReader(io.StringIO(done.stdout.decode())))
    assert tuple(rows[0]) == VERDICTS
    assert not done.stdout.startswith(b"\xef\xbb\xbf")
    assert b"\r" not in done.stdout
    assert {r["thread_id"] for r in rows} == {"2-a==", "2-b=="}
    assert all(r["first_at"].endswith("Z") for r in rows)
    assert b"2 threads" in done.stderr


def test_json_is_one_object_with_the_contracts_keys(inbox: Path) -> None:
    done = run("score", "messages.csv", "--format", "json", "--with-text", "-q", cwd=inbox)
    report = json.loads(done.stdout)
    assert list(report) == ["owner", "profile", "left_out", "totals", "verdicts"]
    assert list(report["left_out"]) == list(LEFT_OUT)
    assert report["left_out"]["owner_only"] == 1
    assert report["owner"] == {"name": "Ann Roe", "slug": "ann-roe"}
    assert set(report["totals"]["label"]) == set(LABELS)
    assert set(report["totals"]["action"]) == set(ACTIONS)
    assert done.stderr == b""
    for verdict in report["verdicts"]:
        assert list(verdict)[: len(VERDICTS)] == list(VERDICTS)
        for hit in verdict["hits"]:
            if hit["text"] is not None:
                assert verdict["text"][hit["message"] - 1][hit["start"] : hit["end"]] == hit["text"]


def test_every_format_tells_the_same(inbox: Path) -> None:
    import pandas as pd

    for ending in ("csv", "json", "jsonl", "parquet"):
        assert run("score", "messages.csv", "-o", f"v.{ending}", cwd=inbox).returncode == 0
        assert stat.S_IMODE((inbox / f"v.{ending}").stat().st_mode) == 0o600
    by_csv = pd.read_csv(inbox / "v.csv", keep_default_na=False)
    by_parquet = pd.read_parquet(inbox / "v.parquet")
    by_lines = [json.loads(line) for line in (inbox / "v.jsonl").read_text().splitlines()]
    assert by_csv["thread_id"].tolist() == by_parquet["thread_id"].tolist() == [v["thread_id"] for v in by_lines]
    assert by_csv["p_genuine"].tolist() == by_parquet["p_genuine"].tolist() == [v["p_genuine"] for v in by_lines]
    assert str(by_parquet["first_at"].dtype) == "datetime64[us, UTC]"


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (["score"], 2, "give an export"),
        (["score", "messages.csv", "-o", "v.xlsx"], 2, ".csv"),
        (["score", "messages.csv", "--format", "xml"], 2, "csv"),
        (["score", "messages.csv", "--only", "maybe"], 2, "set-aside"),
        (["score", "messages.csv", "--since", "soon"], 2, "date"),
        (["score", "messages.csv", "--column", "body"], 2, "OURS=THEIRS"),
        (["score", "messages.csv", "--owner", "Nobody Here"], 2, "nobody"),
        (["score", "--nonsense"], 2, ""),
        (["explain", "messages.csv", "--thread", "2-zzz"], 2, "no received thread"),
        (["patterns", "colours"], 2, "family"),
        (["score", "nowhere.zip"], 3, "does not exist"),
        (["score", "messages.csv", "--profile", "none.toml"], 3, "none.toml"),
        (["score", "messages.csv", "--patterns", "none.toml"], 3, "none.toml"),
        (["score", "messages.csv", "--model", "none.npz"], 4, "does not exist"),
        (["score", "messages.csv", "--model", "messages.csv"], 4, "not a model"),
        (["score", "messages.csv", "-o", "/proc/v.csv"], 5, "written"),
    ],
)
def test_exit_statuses(inbox: Path, arguments: list[str], status: int, says: str) -> None:
    done = run(*arguments, cwd=inbox)
    assert done.returncode == status, done.stderr
    assert says in done.stderr.decode()
    assert b"Traceback" not in done.stderr


def test_standard_input_is_a_message_csv(inbox: Path) -> None:
    mail = b"thread_id,sent_at,direction,kind,sender,text\nt,2026-01-01,received,message,Bo,Hello\n"
    done = run("score", "-", "-q", stdin=mail, cwd=inbox)
    assert done.returncode == 0
    assert done.stdout.decode().splitlines()[1].startswith("t,Bo,")


def test_an_inbox_in_which_all_is_left_out_is_an_empty_table(inbox: Path) -> None:
    mail = b"thread_id,sent_at,direction,kind,sender,text\nt,2026-01-01,sent,message,Ann,Hello\n"
    done = run("score", "-", stdin=mail, cwd=inbox)
    assert done.returncode == 0
    assert done.stdout.decode().strip() == ",".join(VERDICTS)
    assert b"1 owner_only" in done.stderr


def test_cells_that_a_spreadsheet_would_run_are_defused(inbox: Path) -> None:
    mail = b"thread_id,sent_at,direction,kind,sender,text\n=t,2026-01-01,received,message,@Bo,=cmd|' /C calc'!A0 please answer\n"
    safe = next(csv.DictReader(io.StringIO(run("score", "-", "-q", stdin=mail, cwd=inbox).stdout.decode())))
    assert safe["thread_id"] == "'=t"
    assert safe["sender"] == "'@Bo"
    assert not safe["evidence"].startswith("=")
    raw = next(csv.DictReader(io.StringIO(run("score", "-", "-q", "--raw", stdin=mail, cwd=inbox).stdout.decode())))
    assert raw["thread_id"] == "=t"


def test_only_and_since_choose_rows(inbox: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(run("score", "messages.csv", "-q", cwd=inbox).stdout.decode())))
    some = rows[0]["action"]
    chosen = list(
        csv.DictReader(io.StringIO(run("score", "messages.csv", "-q", "--only", some, cwd=inbox).stdout.decode()))
    )
    assert [r["thread_id"] for r in chosen] == [r["thread_id"] for r in rows if r["action"] == some]
    assert run("score", "messages.csv", "-q", "--since", "2030-01-01", cwd=inbox).stdout.decode().count("\n") == 1


def test_explain_shows_the_thread_the_sum_and_the_course(inbox: Path) -> None:
    done = run("explain", "messages.csv", "--thread", "2-a==", cwd=inbox, NO_COLOR="1")
    text = done.stdout.decode()
    assert done.returncode == 0
    for part in ("Bo Lind", "rank", "No thanks", "log-odds", "all other words", "after 1"):
        assert part in text
    assert "\x1b" not in text
    as_json = json.loads(run("explain", "messages.csv", "--thread", "Bo Lind", "--format", "json", cwd=inbox).stdout)
    assert as_json["thread_id"] == "2-a=="


def test_control_characters_never_reach_the_terminal(inbox: Path) -> None:
    mail = "thread_id,sent_at,direction,kind,sender,text\nt,2026-01-01,received,message,\x1b[31mBo,Hi \x1b]0;x\x07 \u202eevil\n"
    done = run("explain", "-", "--thread", "t", stdin=mail.encode(), cwd=inbox)
    assert b"\x1b]0" not in done.stdout
    assert "<U+202E>" in done.stdout.decode()


def test_the_users_own_model_is_the_default_and_says_so(inbox: Path) -> None:
    from detector import paths

    home = inbox / "own"
    home.mkdir()
    (home / "model.npz").write_bytes(paths.shipped_model().read_bytes())
    done = run("score", "messages.csv", cwd=inbox, DETECTOR_HOME=str(home))
    assert b"your own model" in done.stderr
    assert (
        b"your own model"
        not in run("score", "messages.csv", "--model", "shipped", cwd=inbox, DETECTOR_HOME=str(home)).stderr
    )


def test_own_phrases_and_people_to_keep(inbox: Path) -> None:
    (inbox / "mine.toml").write_text(
        '["pitch.offer"]\nen = ["zorgle your widgets"]\n["pitch.my-own"]\nsays = "Mine."\nen = ["blue llama"]\n'
    )
    listed = json.loads(run("patterns", "--patterns", "mine.toml", "--json", cwd=inbox).stdout)
    by_id = {p["id"]: p for p in listed}
    assert "zorgle your widgets" in by_id["pitch.offer"]["phrases"]["en"]
    assert "pitch.my-own" in by_id
    (inbox / "keep.txt").write_text("Bo Lind\n")
    mail = b"thread_id,sent_at,direction,kind,sender,text\nt,2026-01-01,received,invitation,Bo Lind,I'd like to add you to my professional network.\n"
    assert b",set-aside," in run("score", "-", "-q", stdin=mail, cwd=inbox).stdout
    assert b",look," in run("score", "-", "-q", "--keep", "keep.txt", stdin=mail, cwd=inbox).stdout


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; sys.argv=['detector','--help']\n"
        "from detector.cli import app\n"
        "try: app()\nexcept SystemExit: pass\n"
        "heavy={'pandas','numpy','sklearn','pyarrow','scipy'} & set(sys.modules)\nassert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_a_closed_pipe_is_no_error(inbox: Path) -> None:
    command = f"{sys.executable} -c 'from detector.cli import run; run()' patterns | head -1"
    done = subprocess.run(command, shell=True, capture_output=True, cwd=inbox, check=False)
    assert done.stderr == b""


def test_model_show_names_its_figures(inbox: Path) -> None:
    text = run("model", "show", cwd=inbox).stdout.decode()
    assert "macro-F1" in text
    assert "set aside below" in text


def test_the_careful_reading_keeps_the_contract_and_changes_the_probabilities(inbox: Path) -> None:
    quick, careful = (
        list(csv.DictReader(io.StringIO(run("score", "messages.csv", *extra, cwd=inbox).stdout.decode())))
        for extra in ([], ["--careful"])
    )
    assert tuple(careful[0]) == VERDICTS
    assert {r["thread_id"] for r in careful} == {r["thread_id"] for r in quick}
    assert {r["thread_id"]: r["p_genuine"] for r in careful} != {r["thread_id"]: r["p_genuine"] for r in quick}


def test_triage_reads_carefully_too_and_says_the_same(inbox: Path) -> None:
    scored = list(csv.DictReader(io.StringIO(run("score", "messages.csv", "--careful", cwd=inbox).stdout.decode())))
    done = run("triage", "messages.csv", "--out", "careful", "--format", "csv", "--careful", "--jobs", "1", cwd=inbox)
    assert done.returncode == 0, done.stderr
    rows = [r for p in sorted((inbox / "careful" / "verdicts").glob("*.csv")) for r in csv.DictReader(p.open())]
    assert {r["thread_id"]: r["p_genuine"] for r in rows} == {r["thread_id"]: r["p_genuine"] for r in scored}
