"""What a person reads on a terminal: within its width, without colour, in any encoding."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from typer.testing import CliRunner

from detector.cli import app
from detector.report.replies import all_replies, polite_no
from detector.report.safe import as_written, defused, visible
from detector.schema import LABELS


def run(*arguments: str, home: Path, **environment: str) -> subprocess.CompletedProcess[bytes]:
    code = "from detector.cli import run; run()"
    kept = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "NO_COLOR", "FORCE_COLOR")}
    env = {**kept, "DETECTOR_HOME": str(home), **environment}
    return subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, env=env, check=False)


@pytest.mark.parametrize(
    "arguments",
    [
        ["score", "--sample", "--full", "-q"],
        ["explain", "--sample", "--thread", "Verity Lockhart-Bass", "--with-reply"],
    ],
)
def test_fits_80_columns_and_says_the_same_without_colour(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("COLUMNS", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DETECTOR_HOME", str(tmp_path))

    def printed(**environment: str) -> str:
        ran = CliRunner().invoke(app, arguments, env=environment, color=True)
        assert ran.exit_code == 0, ran.exception
        return ran.stdout

    piped = printed()
    assert "\x1b" not in piped
    assert [row for row in piped.splitlines() if cell_len(row) > 80 and not row.startswith("https://")] == []
    assert "\x1b[" in printed(FORCE_COLOR="1", COLUMNS="80")
    plain = printed(FORCE_COLOR="1", NO_COLOR="1", COLUMNS="80")
    assert not re.search(r"\x1b\[(?:\d+;)*(?:3[0-7]|4[0-7]|9[0-7])", plain)
    assert re.sub(r"\x1b\[[\d;]*m", "", plain) == piped


def test_a_terminal_without_unicode_gets_what_it_can_show(tmp_path: Path) -> None:
    done = run("explain", "--sample", "--thread", "Inês Vasconcelos Prado", home=tmp_path, PYTHONIOENCODING="ascii")
    assert done.returncode == 0, done.stderr
    assert b"together:" in done.stdout


def test_a_polite_no_comes_in_the_threads_language_for_what_is_set_aside(tmp_path: Path) -> None:
    done = run("score", "--sample", "--format", "jsonl", "--with-reply", "-q", home=tmp_path)
    rows = [json.loads(line) for line in done.stdout.decode().splitlines()]
    assert {bool(r["reply"]) for r in rows if r["action"] == "set-aside" and r["label"] != "genuine"} == {True}
    assert {r["reply"] for r in rows if r["action"] != "set-aside"} == {""}
    german = next(r for r in rows if r["lang"] == "de" and r["action"] == "set-aside")
    assert german["reply"] == polite_no(german["label"], "de")


def test_every_language_has_a_reply_for_what_may_be_set_aside() -> None:
    assert {"en", "es", "fr", "de", "pt", "it", "nl"} <= set(all_replies())
    for replies in all_replies().values():
        assert set(replies) == set(LABELS) - {"genuine"}
        assert all(20 < len(text) < 220 for text in replies.values())


@given(st.text())
def test_defused_cells_can_be_read_back(cell: str) -> None:
    assert as_written(defused(cell)) == cell
    assert not defused(cell).lstrip(" ").startswith(("=", "+", "-", "@"))


@given(st.text())
def test_visible_text_steers_nothing(text: str) -> None:
    assert visible(visible(text)) == visible(text)
    assert not {"\x1b", "\u202e", "\u2066", "\x9b", "\u200f", "\x00"} & set(visible(text))
