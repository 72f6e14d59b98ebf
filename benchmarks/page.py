"""How the page behaves with many threads: its size, the time to open it, to filter, to search and to scroll.

    python -m benchmarks.page [THREADS]

Threads are drawn from the corpus with their dates and senders changed, so that lengths, languages and
evidence are those of real use; prints one Markdown table. Needs a Chromium (CHROMIUM=path).
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from detector import Detector
from detector.report.page import Part, write
from detector.threads import Grouped
from detector.training.corpus import read_labelled
from detector.training.shipped import corpus_files

FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
FLAGS += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
OPENINGS = 3


def drawn(count: int, seed: int = 7) -> pd.DataFrame:
    """`count` threads drawn from the corpus, each with an id, a sender and a date of its own."""
    corpus = read_labelled(corpus_files())
    random = np.random.default_rng(seed)
    threads = corpus.iloc[random.integers(0, len(corpus), count)].reset_index(drop=True)
    threads["thread_id"] = [f"2-{i:06d}==" for i in range(count)]
    threads["sender"] = [f"Sender {i % (count * 4 // 5):,}" for i in range(count)]
    days = pd.to_timedelta(random.integers(0, 2000, count), unit="D")
    threads["last_at"] = (pd.Timestamp("2021-01-01", tz="UTC") + days).astype("datetime64[us, UTC]")
    return threads


def visit(path: Path) -> dict[str, float]:
    """Seconds for each thing a person does, the median of three openings."""
    from playwright.sync_api import sync_playwright

    runs = []
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    for _ in range(OPENINGS):  # a fresh browser each time: nothing is kept
        with sync_playwright() as play:
            browser = play.chromium.launch(executable_path=chromium, args=FLAGS)
            page = browser.new_page(viewport={"width": 1280, "height": 860})
            took: dict[str, float] = {}

            def timed(name: str, act, took: dict[str, float] = took) -> None:
                start = time.perf_counter()
                act()
                took[name] = time.perf_counter() - start

            def opened(page=page) -> None:
                page.goto(path.as_uri(), wait_until="commit")
                page.wait_for_selector(".item")

            timed("open until the list is there", opened)
            timed("filter by action", lambda page=page: page.click(".chip[data-action=set-aside]"))
            timed("back to all", lambda page=page: page.click(".chip[data-action='']"))
            timed("open a thread", lambda page=page: (page.click("#row-2"), page.wait_for_selector(".sum")))

            def search(page=page) -> None:
                page.fill("#search", "orchard")
                page.wait_for_function("() => document.getElementById('count').textContent.endsWith('threads')")

            timed("search all messages", search)
            page.fill("#search", "")
            took["slowest frame while scrolling"] = page.evaluate(SCROLL)
            runs.append(took)
            browser.close()
    return {name: sorted(run[name] for run in runs)[OPENINGS // 2] for name in runs[0]}


SCROLL = """() => new Promise((done) => {
  const list = document.getElementById('list');
  let frames = 0, slowest = 0, before = performance.now();
  const step = (now) => {
    if (frames > 1) slowest = Math.max(slowest, now - before);
    before = now;
    list.scrollTop += 1500;
    if (++frames < 90) requestAnimationFrame(step);
    else done(slowest / 1000);
  };
  requestAnimationFrame(step);
})"""


def main(count: int) -> None:
    detector = Detector.load("shipped")
    parts = detector.judge(Grouped(drawn(count), {}))
    path = Path(tempfile.mkdtemp()) / "page.html"
    start = time.perf_counter()
    write(path, (Part(j.verdicts, j) for j in parts), owner="Somebody", inbox="somebody")
    rows = {"write the page": time.perf_counter() - start, **visit(path)}
    print(f"| {count:,} threads | |\n|---|---|\n| size of the page | {path.stat().st_size / 2**20:.1f} MiB |")
    for name, seconds in rows.items():
        print(f"| {name} | {seconds:.2f} s |" if seconds >= 0.1 else f"| {name} | {seconds * 1000:.0f} ms |")
    path.unlink()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 50_000)
