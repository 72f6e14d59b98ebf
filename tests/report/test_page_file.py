"""The page as a file: what it may do, what it counts, who may read it. No browser needed."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import stat
import zlib
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from detector import Detector, paths, read_inbox
from detector.cli import app
from detector.report.page import Part, write
from detector.report.page.figures import Tally
from detector.threads import group
from tests.attacks import as_parquet

SAMPLE = str(paths.shipped_data("sample") / "Basic_LinkedInDataExport_10-26-2026.zip")


class Read(HTMLParser):
    """Elements with their attributes; scripts and styles with their text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.inline: list[tuple[str, dict[str, str | None], list[str]]] = []
        self._inside = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._inside = tag in ("script", "style")
        if self._inside:
            self.inline.append((tag, dict(attrs), []))

    def handle_endtag(self, tag: str) -> None:
        self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.inline[-1][2].append(data)


@pytest.fixture(scope="module")
def verdicts() -> list:
    inbox = read_inbox(SAMPLE)
    return Detector.load("shipped").judge(group(inbox.messages), inbox.profile, inbox.known)


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("attack")
    mail = as_parquet(folder / "mail.parquet")
    ran = CliRunner().invoke(app, ["score", str(mail), "--report", str(folder / "p.html"), "-o", str(folder / "v.csv")])
    assert ran.exit_code == 0, ran.exception
    return folder / "p.html", folder / "v.csv"


def test_the_policy_allows_this_script_and_style_alone(attacked: tuple[Path, Path]) -> None:
    read = Read(attacked[0].read_text(encoding="utf-8"))
    policy = next(a["content"] for t, a in read.elements if a.get("http-equiv") == "Content-Security-Policy") or ""
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    run = [(tag, "".join(text)) for tag, attributes, text in read.inline if attributes.get("type") != "text/plain"]
    assert [tag for tag, _ in run] == ["style", "script"]
    for tag, text in run:
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy


def test_nothing_in_the_page_loads_anything_or_holds_a_handler(attacked: tuple[Path, Path]) -> None:
    read = Read(attacked[0].read_text(encoding="utf-8"))
    for tag, attributes in read.elements:
        assert tag not in ("img", "iframe", "link", "base", "object", "embed", "video", "audio", "source")
        assert not {"src", "srcset", "action", "style", "background", "poster"} & set(attributes)
        assert not [name for name in attributes if name.startswith("on")]
        assert (attributes.get("href") or "#").startswith("#")


def test_no_cell_of_the_csv_runs_and_all_can_be_read_back(attacked: tuple[Path, Path]) -> None:
    from detector.report.safe import as_written

    table = pd.read_csv(attacked[1], dtype=str, keep_default_na=False)
    runs = re.compile(r"^ *[=+\-@\t\r\n＝＋－＠]")
    text = ["thread_id", "sender", "sender_url", "evidence", "sells", "patterns", "inbox"]
    assert not [cell for column in text for cell in table[column] if runs.match(cell)]
    assert "=1+1" in {as_written(cell) for cell in table["thread_id"]}


def test_only_the_owner_may_read_it_and_it_is_the_same_each_time(tmp_path: Path, verdicts: list) -> None:
    for name in ("a.html", "b.html"):
        write(tmp_path / name, [Part(j.verdicts, j) for j in verdicts], owner="Ann", inbox="ann")
    assert stat.S_IMODE((tmp_path / "a.html").stat().st_mode) == 0o600
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()


def test_figures_do_not_depend_on_the_parts(verdicts: list) -> None:
    whole = pd.concat([j.verdicts for j in verdicts], ignore_index=True)
    one, many = Tally(), Tally()
    one.add(whole)
    for start in range(0, len(whole), 7):
        many.add(whole.iloc[start : start + 7])
    assert one.figures(()) == many.figures(())
    assert dict(one.figures(())["labels"]) == whole["label"].value_counts().to_dict()
    assert one.figures(())["total"] == len(whole)


@pytest.mark.parametrize(
    ("arguments", "status"),
    [(["--report", "page.pdf"], 2), (["--report", "/proc/page.html"], 5), (["--report", "page.html"], 0)],
)
def test_the_report_option(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], status: int) -> None:
    monkeypatch.chdir(tmp_path)
    ran = CliRunner().invoke(app, ["score", "--sample", *arguments])
    assert (ran.exit_code if ran.exit_code != 1 else ran.exception.exit_status) == status  # type: ignore[union-attr]
    assert ran.stdout == ""
    assert (tmp_path / "page.html").exists() is (status == 0)


def test_an_empty_inbox_gives_an_empty_page(tmp_path: Path) -> None:
    mail = "thread_id,sent_at,direction,kind,sender,text\nt,2026-01-01,sent,message,Ann,Hello\n"
    (tmp_path / "mail.csv").write_text(mail)
    ran = CliRunner().invoke(app, ["score", str(tmp_path / "mail.csv"), "--report", str(tmp_path / "page.html")])
    assert ran.exit_code == 0, ran.exception
    assert "0 threads" in (tmp_path / "page.html").read_text()


def test_a_backlog_of_verdict_files_lists_the_first_whatever_the_parts(tmp_path: Path, verdicts: list) -> None:
    """As a triage has them: read back from Parquet, without messages, more than the page lists."""
    from detector.model.detector import listed

    whole = pd.concat([j.verdicts for j in verdicts], ignore_index=True)
    many = pd.concat([whole.assign(thread_id=whole["thread_id"] + f"~{k}") for k in range(9)], ignore_index=True)
    many = many.sample(frac=1, random_state=3).reset_index(drop=True)
    pages = []
    for size in (20, 100, len(many)):
        parts = []
        for start in range(0, len(many), size):
            many.iloc[start : start + size].to_parquet(tmp_path / "part.parquet")
            parts.append(Part(pd.read_parquet(tmp_path / "part.parquet").replace({"sells": {"": None}})))
        assert write(tmp_path / "page.html", parts, most=40) == 40
        pages.append(index_of(tmp_path / "page.html"))
    assert pages[0]["id"] == pages[1]["id"] == pages[2]["id"] == listed(many)["thread_id"].head(40).tolist()


def index_of(page: Path) -> dict:
    block = re.search(r'id="index">([^<]+)<', page.read_text(encoding="utf-8"))[1]  # type: ignore[index]
    return json.loads(zlib.decompress(base64.b64decode(block), -15))
