"""The page in a browser, used as a person uses it."""

from __future__ import annotations

import csv
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from detector import paths
from tests.browser.conftest import Visit


def labels_of(visit: Visit, folder: Path) -> dict[str, str]:
    with visit.page.expect_download() as waiting:
        visit.page.click("#export")
    assert waiting.value.suggested_filename == "labels.csv"
    path = folder / "labels.csv"
    waiting.value.save_as(path)
    rows = list(csv.reader(path.open(newline="", encoding="utf-8")))
    assert rows[0] == ["thread_id", "label"]
    return dict(rows[1:])


def test_filter_open_correct_undo_and_save(visit: Any, sample_page: Path, tmp_path: Path) -> None:
    here = visit(accept_downloads=True).open(sample_page)
    page = here.page
    assert here.count == "88 of 88 threads"
    page.click(".chip[data-action=set-aside]")
    assert re.fullmatch(r"\d+ of 88 threads", here.count)
    assert here.count != "88 of 88 threads"
    page.focus("#list")
    for key in ("j", "Enter"):
        page.keyboard.press(key)
    page.wait_for_selector(".sum .total")
    assert here.selected == page.text_content("#pane h2")
    page.keyboard.press("3")
    page.keyboard.press("j")
    second = here.selected
    page.keyboard.press("1")
    page.keyboard.press("j")
    page.keyboard.press("2")
    assert "(3)" in page.text_content("#export")
    page.keyboard.press("u")
    assert "(2)" in page.text_content("#export")
    page.locator("#more-filters > summary").click()
    page.select_option("#by-corrected", "yes")
    assert page.locator(".item").count() == 2
    assert second in page.locator(".item .who").all_text_contents()
    labels = labels_of(here, tmp_path)
    assert sorted(labels.values()) == ["generic", "genuine"]
    page.click("#clear")
    page.focus("#list")
    for key in ("End", "2"):
        page.keyboard.press(key)
    labels = labels_of(here, tmp_path)
    assert sorted(labels.values()) == ["bait-and-sell", "generic", "genuine"]
    assert here.requests == [sample_page.as_uri(), *[r for r in here.requests if r.startswith("blob:")]]
    assert here.complaints == []
    export = paths.shipped_data("sample") / "Basic_LinkedInDataExport_10-26-2026.zip"
    code = "from detector.cli import run; run()"
    done = subprocess.run(
        [sys.executable, "-c", code, "train", str(export), "--labels", "labels.csv", "-o", "own.npz", "--force"],
        cwd=tmp_path,
        env={**os.environ, "DETECTOR_HOME": str(tmp_path)},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()


def test_corrections_outlive_the_page_and_belong_to_their_inbox(visit: Any, sample_page: Path, tmp_path: Path) -> None:
    here = visit().open(sample_page)
    here.page.locator(".item").first.click()
    here.page.get_by_role("button", name="generic 1").click()
    here.page.reload()
    here.page.wait_for_selector(".item")
    assert "(1)" in here.page.text_content("#export")
    assert "generic" in here.page.locator(".item .own").first.text_content()
    other = tmp_path / "other.html"
    write_small(other, [("t", "received", "Hello Ann")], inbox="somebody-else")
    here.open(other)
    assert here.page.is_disabled("#export")


def write_small(path: Path, rows: list[tuple], inbox: str = "ann", with_messages: bool = True, **more: Any) -> int:
    from detector import Detector
    from detector.report.page import Part, write
    from detector.threads import group, messages_table

    judged = Detector.load("shipped").judge(group(messages_table(rows)))
    parts = [Part(j.verdicts, j if with_messages else None) for j in judged]
    return write(path, parts, owner="Ann", inbox=inbox, **more)


def test_search_finds_words_in_the_messages(visit: Any, tmp_path: Path) -> None:
    rows = [
        ("t1", "received", "Lovely to meet you in Ghent. " * 9 + "The heron was a surprise."),
        ("t2", "received", "We sell leads to firms like yours."),
    ]
    write_small(tmp_path / "page.html", rows)
    here = visit().open(tmp_path / "page.html")
    here.page.fill("#search", "HERON surprise")
    here.until("1 of 2 threads")
    here.page.locator(".item").click()
    here.page.wait_for_selector(".message")
    assert "heron" in here.page.text_content(".message")


def test_filters_narrow_and_clear(visit: Any, sample_page: Path) -> None:
    here = visit().open(sample_page)
    page = here.page
    page.locator("#more-filters > summary").click()
    page.select_option("#by-label", label=page.locator("#by-label option").nth(1).text_content())
    n = int(here.count.split()[0])
    assert 0 < n < 88
    page.fill("#by-from", "2026-01-01")
    assert int(here.count.split()[0]) < n
    page.fill("#by-sender", "zzz")
    assert here.count == "0 of 88 threads"
    page.click("#clear")
    assert here.count == "88 of 88 threads"
    page.select_option("#order", "oldest")
    first = page.locator(".item .when").first.text_content()
    page.select_option("#order", "")
    assert page.locator(".item .when").first.text_content() != first
    page.locator(".pick").first.click()
    assert int(here.count.split()[0]) < 88


def test_the_contributions_add_up_and_the_evidence_is_where_it_says(visit: Any, sample_page: Path) -> None:
    here = visit().open(sample_page)
    page = here.page
    page.click(".chip[data-action=set-aside]")
    for k in range(6):
        page.locator(f"#row-{k}").click()
        page.wait_for_function(
            "i => document.querySelector('#pane h2')?.textContent === document.querySelector(`#row-${i} .who`)?.textContent",
            arg=k,
        )
        values = [float(v.replace("−", "-")) for v in page.locator(".sum td.value").all_text_contents()]
        assert sum(values[:-1]) == pytest.approx(values[-1], abs=0.006 * len(values))
        quotes = page.locator(".sum .quote").all_text_contents()
        marked = page.text_content(".pane section") or ""
        plain = re.sub(r" reason [\d,]+", "", marked)
        assert all(quote.strip("“”").rstrip("…") in plain for quote in quotes)


def test_without_messages_the_page_still_gives_reasons(visit: Any, tmp_path: Path) -> None:
    rows = [("t1", "received", "We sell leads to firms like yours. Book a call at https://calendly.com/x today.")]
    write_small(tmp_path / "page.html", rows, with_messages=False)
    here = visit().open(tmp_path / "page.html")
    here.page.locator(".item").click()
    here.page.wait_for_selector(".pane code")
    assert "without the messages" in here.page.text_content("#pane")
    assert "We sell leads" in here.page.text_content("#pane")


def test_more_threads_than_fit_are_counted_and_the_page_says_so(visit: Any, tmp_path: Path) -> None:
    rows = [(f"t{i}", "received", f"Hello number {i}") for i in range(30)]
    assert write_small(tmp_path / "page.html", rows, most=10) == 10
    here = visit().open(tmp_path / "page.html")
    assert here.count == "10 of 10 threads"
    assert "10 of 30" in here.page.text_content(".title")


def test_single_key_shortcuts_can_be_switched_off(visit: Any, sample_page: Path) -> None:
    here = visit().open(sample_page)
    here.page.locator(".item").first.click()
    here.page.keyboard.press("?")
    here.page.uncheck("#keys")
    here.page.get_by_role("button", name="Close").click()
    here.page.keyboard.press("3")
    assert here.page.is_disabled("#export")


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_and_nothing_is_cut_off(
    visit: Any, sample_page: Path, width: int, scheme: str
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    here = visit(viewport={"width": width, "height": 844}, color_scheme=scheme, bypass_csp=True).open(sample_page)
    page = here.page
    states = [
        lambda: page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)"),
        lambda: (
            page.click(".chip[data-action=set-aside]"),
            page.locator("#row-1").click(),
            page.wait_for_selector(".sum"),
        ),
        lambda: page.evaluate("document.getElementById('help').showModal()"),
    ]
    for step in states:
        step()
        response = axe.run(page).response
        assert len(response["passes"]) > 15
        found = response["violations"]
        serious = [(v["id"], v["nodes"][0]["html"]) for v in found if v["impact"] in ("serious", "critical")]
        assert serious == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_on_paper_the_list_follows_on(visit: Any, sample_page: Path) -> None:
    here = visit().open(sample_page)
    here.page.emulate_media(media="print")
    here.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert here.page.locator(".item").count() == 88
    assert not here.page.is_visible("#filters")
    here.page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert here.page.locator(".item").count() < 88


def test_the_page_reads_without_javascript(visit: Any, sample_page: Path) -> None:
    page = visit(java_script_enabled=False).page
    page.goto(sample_page.as_uri())
    text = page.text_content("body")
    assert "to answer" in text
    assert "needs JavaScript" in text


def test_the_phone_shows_one_thread_at_a_time(visit: Any, sample_page: Path) -> None:
    here = visit(viewport={"width": 390, "height": 844}, has_touch=True).open(sample_page)
    here.page.locator(".item").first.click()
    here.page.wait_for_selector(".sum")
    here.page.get_by_role("button", name="Back to the list").click()
    assert not here.page.is_visible("#pane")


def test_evidence_is_marked_in_place_behind_letters_of_two_halves(visit: Any, tmp_path: Path) -> None:
    write_small(
        tmp_path / "page.html",
        [
            (
                "t",
                "received",
                "😀🎉 Hello 👩‍👩‍👧 there. We help firms like yours win clients: book a call with us today 😀.",
            )
        ],
    )
    here = visit().open(tmp_path / "page.html")
    here.page.locator(".item").click()
    here.page.wait_for_selector("mark")
    marks = here.page.locator("mark").evaluate_all("all => all.map(m => m.firstChild.textContent)")
    assert "book a call" in "".join(marks)
    assert any(mark.startswith("We help firms") for mark in marks)
    assert here.page.text_content(".message .text").startswith("😀🎉 Hello 👩‍👩‍👧 there")


def test_one_id_in_two_inboxes_is_two_threads(visit: Any, tmp_path: Path) -> None:
    from detector import Detector
    from detector.report.page import Part, write
    from detector.threads import group, messages_table

    detector = Detector.load("shipped")
    inboxes = [detector.judge(group(messages_table([("invitation:bo", "received", "Hello")], inbox=i))) for i in "ab"]
    write(tmp_path / "page.html", [Part(j.verdicts, j) for judged in inboxes for j in judged], inbox="team")
    here = visit(accept_downloads=True).open(tmp_path / "page.html")
    here.page.locator(".item").first.click()
    here.page.keyboard.press("1")
    assert here.page.locator(".item .own").count() == 1
    with here.page.expect_download() as waiting:
        here.page.click("#export")
    assert Path(waiting.value.path()).read_text().splitlines()[0] == "thread_id,label,inbox"
