"""A headless Chromium for the page's tests; without one they are skipped, and say so."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")  # its event loop runs while it is open: other modules start their own
def browser() -> Iterator[Any]:
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (pip install '.[dev]')")
    if not CHROMIUM:
        pytest.skip("no Chromium here (on Debian: apt-get install chromium): the page is not tested in a browser")
    with api.sync_playwright() as play:
        opened = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        opened.close()


@dataclass
class Visit:
    """A page opened as a user would, with a log of all it asked for and complained of."""

    page: Any
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def open(self, path: Path) -> Visit:
        self.page.goto(path.as_uri())
        self.page.wait_for_selector(".item")
        return self

    @property
    def count(self) -> str:
        return self.page.text_content("#count")

    def until(self, count: str) -> None:
        """Wait until the line above the list begins so."""
        self.page.wait_for_function("text => document.getElementById('count').textContent.startsWith(text)", arg=count)

    @property
    def selected(self) -> str:
        return self.page.text_content('.item[aria-selected="true"] .who')


@pytest.fixture
def visit(browser: Any) -> Iterator[Any]:
    contexts = []

    def start(**options: Any) -> Visit:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 860}, **options})
        contexts.append(context)
        opened = Visit(context.new_page())
        context.on("request", lambda request: opened.requests.append(request.url))
        opened.page.on("console", lambda message: opened.complaints.append(message.text))
        opened.page.on("pageerror", lambda error: opened.complaints.append(str(error)))
        opened.page.on("dialog", lambda dialog: (opened.complaints.append("dialog"), dialog.dismiss()))
        return opened

    yield start
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def sample_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from detector import Detector, paths, read_inbox
    from detector.report.page import Part, write
    from detector.threads import group

    inbox = read_inbox(str(paths.shipped_data("sample") / "Basic_LinkedInDataExport_10-26-2026.zip"))
    parts = Detector.load("shipped").judge(group(inbox.messages), inbox.profile, inbox.known)
    path = tmp_path_factory.mktemp("page") / "page.html"
    write(path, [Part(j.verdicts, j) for j in parts], owner=inbox.owner.name, inbox=inbox.owner.inbox)
    return path
