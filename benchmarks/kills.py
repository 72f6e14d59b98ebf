"""Kills a run again and again and compares the end with that of an undisturbed run, byte for byte.

    python -m benchmarks.kills [--kills 20] [--messages 60000] [--seed 1]

Every kill is a SIGKILL of the whole process group at a random moment. Exits with 1 if a byte differs.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.backlog import generate


def start(source: Path, out: Path) -> subprocess.Popen[bytes]:
    script = "import detector.triage.plan as p; p.PART = 2000; from detector.cli import run; run()"
    words = [sys.executable, "-c", script, "triage", str(source), "--out", str(out), "--model", "shipped", "--quiet"]
    return subprocess.Popen(words, start_new_session=True)


def tree(out: Path) -> dict[str, bytes]:
    return {str(p.relative_to(out)): p.read_bytes() for p in out.rglob("*") if p.is_file() and p.name != "lock"}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--messages", type=int, default=60_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    dice = random.Random(asked.seed)
    with tempfile.TemporaryDirectory(prefix="detector-kills-") as folder:
        source = generate(Path(folder) / "export", asked.messages)
        began = time.perf_counter()
        if start(source, Path(folder) / "whole").wait():
            return 1
        took = time.perf_counter() - began
        killed, finished = 0, 0
        while killed < asked.kills or not finished:
            running = start(source, Path(folder) / "out")
            last = killed == asked.kills
            try:
                # early and late moments alike: a run that goes on is shorter than a whole one
                running.wait(None if last else dice.uniform(0.05, 0.5) * took)
                finished += 1
                if running.returncode:
                    return 1
                if not last:  # it got to the end: from the beginning again, over what is there
                    subprocess.run(["rm", "-rf", str(Path(folder) / "out")], check=True)
                    finished = 0
            except subprocess.TimeoutExpired:
                os.killpg(running.pid, signal.SIGKILL)
                running.wait()
                killed += 1
        same = tree(Path(folder) / "out") == tree(Path(folder) / "whole")
        print(f"{killed} kills, then the end: {'the same bytes' if same else 'DIFFERENT'}")
        return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
