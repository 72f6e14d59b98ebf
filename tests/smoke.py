"""The wheel alone, in an empty environment, from another folder: does every command work?

    python tests/smoke.py dist

Not a pytest file: it installs from a package registry and takes a minute (`make smoke`).
"""

from __future__ import annotations

import csv
import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

EXPORT = "Basic_LinkedInDataExport_10-26-2026.zip"
TEXTS = {
    "genuine": "We met at the Leeds fair in March, you had the stand beside ours. How did the willow dome do in the frost?",
    "generic": "Hi, I'd like to add you to my professional network.",
    "bait-and-sell": "We help firms like yours win 10 more clients a month. Book a free call this week?",
}
COMMANDS: dict[str, list[list[str]]] = {
    "score": [
        ["score", "--sample", "-q"],
        ["score", EXPORT, "-o", "v.json", "--with-reply"],
        ["score", EXPORT, "-o", "v.parquet"],
        ["score", EXPORT, "--report", "page.html"],
    ],
    "explain": [["explain", EXPORT, "--thread", "Verity Lockhart-Bass", "--with-reply"]],
    "patterns": [["patterns"], ["patterns", "pitch", "--json"]],
    "model": [["model", "show"]],
    "train": [["train", "labelled.csv", "-o", "own.npz", "--force"]],
    "evaluate": [["evaluate", "labelled.csv"]],
    "triage": [["triage", EXPORT, "--out", "out"]],
    "label": [["label", "--help"]],  # it asks a person
}
"""Command -> argument lists that must exit with 0. A command that is not here fails the test."""


def main(folder: str) -> int:
    """Install and run; print one line a command line; 1 if any failed."""
    wheel = next(Path(folder).resolve().glob("*.whl"))
    pins = Path(__file__).resolve().parent.parent / "constraints.txt"
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        venv.create(home / "env", with_pip=True)
        python = home / "env" / ("Scripts" if os.name == "nt" else "bin") / "python"
        install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-c", pins, wheel]
        subprocess.run([str(part) for part in install], check=True)
        work = home / "elsewhere"
        work.mkdir()
        environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
        environment |= {"DETECTOR_HOME": str(home / "own"), "PYTHONUTF8": "1"}

        def run(*arguments: str) -> subprocess.CompletedProcess[str]:
            command = [str(python.parent / "detector"), *arguments]
            return subprocess.run(command, cwd=work, env=environment, capture_output=True, text=True, check=False)

        listing = "from detector.cli import app; from typer.main import get_command; print(*get_command(app).commands)"
        asked = [str(python), "-c", listing]
        known = subprocess.run(asked, cwd=work, env=environment, capture_output=True, text=True, check=True)
        sample = "from detector.paths import shipped_data; print(shipped_data('sample'))"
        where = subprocess.run([str(python), "-c", sample], cwd=work, env=environment, capture_output=True, text=True)
        (work / EXPORT).write_bytes((Path(where.stdout.strip()) / EXPORT).read_bytes())
        _labelled(work / "labelled.csv")
        failed = 0
        for arguments in [["--version"], *(line for c in known.stdout.split() for line in COMMANDS.get(c, [[c]]))]:
            done = run(*arguments)
            good = done.returncode == 0 and bool(done.stdout or done.stderr)
            failed += not good
            print(f"{'ok    ' if good else 'FAILED'} detector {' '.join(arguments)}")
            if not good:
                print(done.stderr[-2000:])
        for command in set(known.stdout.split()) - set(COMMANDS):
            print(f"FAILED no smoke test for `detector {command}`")
    print(f"{wheel.name}: {'every command works' if not failed else f'{failed} failed'}")
    return 1 if failed or set(known.stdout.split()) - set(COMMANDS) else 0


def _labelled(path: Path) -> None:
    with path.open("w", newline="", encoding="utf-8") as stream:
        rows = csv.writer(stream)
        rows.writerow(["thread_id", "sent_at", "direction", "kind", "sender", "text", "label"])
        for i in range(30):
            label = list(TEXTS)[i % 3]
            rows.writerow([f"t{i}", "2026-01-01", "received", "message", f"P {i}", f"{TEXTS[label]} ({i})", label])


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1] if len(sys.argv) > 1 else "dist"))
