"""Measures triage beside the floor and writes the ratios into docs/performance.md.

    python -m benchmarks.run [--messages 250000] [--growth 1000000] [--peers] [--keep FOLDER]

Every figure comes from this run on this machine: a ratio of two times, or a peak of memory (the
sum of PSS over all processes). `--growth` measures that size as well and compares the time per
message. Sizes measured before stay in the table until they are measured again.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import sys
import tempfile
from pathlib import Path

from benchmarks.backlog import generate
from benchmarks.memory import Measured, measure

PAGE = Path(__file__).parent.parent / "docs" / "performance.md"
ONE_INBOX = 20_000


def python(*words: object) -> Measured:
    return measure([sys.executable, *map(str, words)])


def size_row(folder: Path, messages: int) -> tuple[list[str], float]:
    """The table's row for one size, and the seconds per message."""
    source = generate(folder / f"export-{messages}", messages)
    floor = python("-m", "benchmarks.floor", source / "messages.csv")
    ours = python("-m", "benchmarks.staged", source, folder / f"out-{messages}")
    stages = json.loads(ours.output)
    whole = sum(stages.values())
    shares = ", ".join(f"{name} {seconds / whole:.0%}" for name, seconds in stages.items() if seconds / whole >= 0.005)
    totals = json.loads((folder / f"out-{messages}" / "totals.json").read_text())
    shutil.rmtree(folder / f"out-{messages}")
    shutil.rmtree(source)
    say(
        f"{messages:,} messages: floor {floor.seconds:.1f} s, triage {ours.seconds:.1f} s, {ours.peak:,.0f} MiB; {shares}"
    )
    row = [
        f"{messages:,}", f"{totals['threads']:,}", f"{ours.seconds / floor.seconds:.2f}",
        f"{ours.peak:,.0f}", f"{floor.peak:,.0f}", shares,
    ]  # fmt: skip
    return row, ours.seconds / messages


def within_rows(folder: Path) -> list[list[str]]:
    """What one part is made of, in shares of its time."""
    source = generate(folder / "export-part", ONE_INBOX)
    seconds = json.loads(python("-m", "benchmarks.within", source, folder / "out-part").output)
    whole = seconds["the part in all"]
    return [[name, f"{s / whole:.0%}"] for name, s in sorted(seconds.items(), key=lambda item: -item[1])]


def table(head: list[str], rows: list[list[str]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows]) + "\n"


def fill(page: str, mark: str, text: str) -> str:
    """The page with the part between two marks replaced."""
    pattern = re.compile(rf"(<!-- {mark} -->\n).*?(<!-- end -->)", re.DOTALL)
    if not pattern.search(page):
        raise SystemExit(f"{PAGE} has no part named {mark}")
    return pattern.sub(lambda m: m[1] + text + m[2], page)


def measured_rows(page: str, mark: str) -> dict[str, list[str]]:
    """The rows that stand between two marks, by their first cell."""
    found = re.search(rf"<!-- {mark} -->\n(.*?)<!-- end -->", page, re.DOTALL)
    lines = found[1].splitlines()[2:] if found else []
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    return {row[0]: row for row in rows}


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=250_000)
    parser.add_argument("--growth", type=int, default=0)
    parser.add_argument("--peers", action="store_true")
    parser.add_argument("--keep", type=Path, help="work in this folder instead of a temporary one")
    asked = parser.parse_args()
    folder = asked.keep or Path(tempfile.mkdtemp(prefix="detector-bench-"))
    page = PAGE.read_text(encoding="utf-8")
    sizes = measured_rows(page, "sizes")
    row, each = size_row(folder, asked.messages)
    sizes[row[0]] = row
    if asked.growth:
        row, more = size_row(folder, asked.growth)
        sizes[row[0]] = row
        text = f"Time per message at {asked.growth:,} against {asked.messages:,}: {more / each - 1:+.0%}.\n"
        page = fill(page, "growth", text)
        say(text.strip())
    head = ["messages", "threads", "times the floor", "peak MiB", "floor's peak MiB", "stages"]
    page = fill(page, "sizes", table(head, sorted(sizes.values(), key=lambda r: int(r[0].replace(",", "")))))
    page = fill(page, "within", table(["step", "share of a part's time"], within_rows(folder)))
    if asked.peers:
        from benchmarks.peers import peer_rows

        page = fill(page, "peers", table(["peer", "threads a second, detector = 1", "note"], peer_rows(folder)))
    PAGE.write_text(page, encoding="utf-8")
    if not asked.keep:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
