"""Hostile messages in the page: no script runs, nothing is asked of any network, nothing is hidden."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from tests.attacks import IDS, TEXTS, as_parquet, messages


@pytest.fixture(scope="module", params=["parquet", "python"])
def attacked(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    from detector import Detector, read_inbox
    from detector.report.page import Part, write
    from detector.threads import group, messages_table

    folder = tmp_path_factory.mktemp("attack")
    if request.param == "parquet":
        table = read_inbox(str(as_parquet(folder / "mail.parquet"))).messages
    else:
        raw = messages()
        table = messages_table([(r.thread_id, r.direction, "") for r in raw.itertuples()])
        for column in ("text", "sender", "sender_url", "subject", "recipient", "recipient_headline"):
            table[column] = raw[column].map(lambda cell: cell.encode("utf-8", "replace").decode())
    judged = Detector.load("shipped").judge(group(table))
    path = folder / "page.html"
    hostile = "</script><script>window.hacked=1</script>{{ 7*7 }}"
    write(path, [Part(j.verdicts, j) for j in judged], owner=hostile, inbox=hostile, left_out={"draft": 1})
    return path


def test_no_script_runs_and_no_request_leaves(visit: Any, attacked: Path) -> None:
    here = visit().open(attacked)
    page = here.page
    n = int(here.count.split()[0])
    assert n >= len(TEXTS) - 1
    for _ in range(n):
        page.focus("#list")
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        page.wait_for_selector("#pane h2")
    page.fill("#search", "<script>")
    page.wait_for_timeout(400)
    assert page.evaluate("window.hacked") is None
    assert here.requests == [attacked.as_uri()]
    assert [c for c in here.complaints if c != "dialog"] == []
    assert page.locator("#pane img, #pane iframe, #pane svg, #pane form, #pane style, #rows img").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280


def test_links_lead_to_linkedin_or_ask_first(visit: Any, attacked: Path) -> None:
    here = visit().open(attacked)
    page = here.page
    n = int(here.count.split()[0])
    for _ in range(n):
        page.focus("#list")
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        page.wait_for_timeout(15)
        for href in page.eval_on_selector_all("#pane a", "links => links.map(a => a.href)"):
            assert href.startswith("https://www.linkedin.com/in/")
            assert "<" not in href
            assert "evil?" not in href
    page.fill("#search", "user:pw")
    here.until("1 of")
    page.locator(".item").click()
    page.locator(".message .link", has_text="user:pw").first.click()
    assert page.text_content("#leave-host") == "attack.example"
    assert here.requests == [attacked.as_uri()]


def test_unseen_characters_are_shown(visit: Any, attacked: Path) -> None:
    here = visit().open(attacked)
    here.page.fill("#search", "gnp.exe")
    here.until("1 of")
    here.page.locator(".item").click()
    here.page.wait_for_selector(".message .control")
    shown = here.page.locator(".message .control").all_text_contents()
    assert {"U+202E", "U+202C", "U+2066", "U+2069"} <= set(shown)
    assert "\u202e" not in here.page.text_content("#pane")


def test_labels_of_hostile_ids_open_harmless_and_can_be_read_back(visit: Any, attacked: Path, tmp_path: Path) -> None:
    from detector.report.safe import as_written

    here = visit(accept_downloads=True).open(attacked)
    for _ in range(int(here.count.split()[0])):
        here.page.keyboard.press("j")
        here.page.keyboard.press("1")
    with here.page.expect_download() as waiting:
        here.page.click("#export")
    waiting.value.save_as(tmp_path / "labels.csv")
    ids = [row[0] for row in csv.reader((tmp_path / "labels.csv").open(newline="", encoding="utf-8"))][1:]
    assert not [i for i in ids if i.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert set(IDS) <= {as_written(i) for i in ids}


def test_the_page_shows_every_character_that_the_terminal_shows(visit: Any, tmp_path: Path) -> None:
    from detector import Detector
    from detector.report.page import Part, write
    from detector.report.safe import visible
    from detector.threads import group, messages_table

    unseen = [chr(c) for c in range(0x110000) if not 0xD800 <= c < 0xE000 and visible(chr(c)) != chr(c)]
    judged = Detector.load("shipped").judge(group(messages_table([("t", "received", "Hello " + "x".join(unseen))])))
    write(tmp_path / "page.html", [Part(j.verdicts, j) for j in judged])
    here = visit().open(tmp_path / "page.html")
    here.page.locator(".item").click()
    here.page.wait_for_selector(".message .control")
    assert here.page.locator(".message .control").count() == len(unseen)
    assert not set(unseen) & set(here.page.text_content(".message .text"))


def test_even_a_script_that_got_in_could_ask_for_nothing(visit: Any, attacked: Path) -> None:
    """The policy is the second wall: what is put into the page from outside is refused by the browser."""
    here = visit().open(attacked)
    refused: dict[str, str] = {}
    here.page.on("requestfailed", lambda request: refused.update({request.url: request.failure}))
    tried = here.page.evaluate(
        """async () => {
          const outcome = {};
          const attempt = async (name, act) => { try { await act(); outcome[name] = "done"; } catch { outcome[name] = "refused"; } };
          await attempt("markup", () => { document.body.innerHTML = "<b>x</b>"; });
          await attempt("fetch", () => fetch("https://attack.example/f"));
          await attempt("image", () => new Promise((good, bad) => {
            const image = new Image();
            image.onload = good; image.onerror = bad;
            image.src = "https://attack.example/i.png";
          }));
          return outcome;
        }"""
    )
    assert tried == {"markup": "refused", "fetch": "refused", "image": "refused"}
    assert any("Content Security Policy" in complaint for complaint in here.complaints)
    assert refused == {"https://attack.example/i.png": "csp"}  # the log would have told of one that got out
