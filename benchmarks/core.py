"""Speed of the core: threads judged a second, with evidence, start-up aside.

`python benchmarks/core.py [--threads 8000] [--against DIR] [--processes 2]`

The threads are made up from the corpus' own sentences, seeded: four messages of forty words each.
So that pairs of neighbours and new words come as often as in real mail, one word in eight is
replaced by another of the same language, and one in a hundred by a name that nobody has seen.
With `--against DIR` (a checkout of another state) both states are timed in turns and the ratio is
printed: on a shared machine only the ratio means anything.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
MESSAGES, WORDS = 4, 40
REPLACED, INVENTED = 0.125, 0.01
WARM = 2000

STAGES = (
    ("reading", "detector.patterns.reading", "Reading", "of"),
    ("- tokens", "detector.patterns.tokens", "Vocabulary", "read"),
    ("phrases", "detector.patterns.phrases", "PhraseBook", "find"),
    ("languages", "detector.patterns.language", "LanguageVotes", "of"),
    ("note", "detector.patterns.note", None, "find"),
    ("homework", "detector.patterns.homework", None, "find"),
    ("pitch", "detector.patterns.pitch", None, "find"),
    ("mismatch", "detector.patterns.mismatch", None, "find"),
    ("sequence", "detector.patterns.sequence", None, "find"),
    ("services", "detector.patterns.services", None, "main_kind"),
    ("search, all of the above", "detector.patterns", "Finder", "search"),
    ("events", "detector.model.scorer", "Scorer", "events"),
    ("scores", "detector.model.scorer", "Scorer", "score"),
    ("contributions", "detector.model.detector", None, "explain"),
    ("summaries", "detector.model.detector", None, "_summaries"),
    ("flags", "detector.model.detector", "Detector", "_flags"),
)


def sentences() -> dict[str, list[list[str]]]:
    """The corpus' sentences as lists of words, by language."""
    import csv

    found: dict[str, list[list[str]]] = {}
    for path in sorted((HERE / "data" / "corpus").glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                for sentence in re.split(r"(?<=[.!?])\s+|\n+", row.get("text") or ""):
                    words = sentence.split()
                    if len(words) > 2:
                        found.setdefault(row.get("lang") or "en", []).append(words)
    return {lang: texts for lang, texts in found.items() if len(texts) > 200}


def invented(rng: random.Random) -> str:
    """A name that stands in no list."""
    return "".join(rng.choice("bcdfglmnprstvz") + rng.choice("aeiou") for _ in range(rng.randint(2, 4))).title()


def backlog(threads: int, seed: int = 1) -> list[tuple[str, str, str, str, str]]:
    """(thread_id, direction, text, kind, sender) a message."""
    rng = random.Random(seed)
    pool = sentences()
    languages = sorted(pool)
    shares = [len(pool[lang]) for lang in languages]
    words = {lang: [w for s in pool[lang] for w in s] for lang in languages}
    rows = []
    for t in range(threads):
        lang = rng.choices(languages, shares)[0]
        sender = f"{invented(rng)} {invented(rng)}"
        for m in range(MESSAGES):
            text: list[str] = []
            while len(text) < WORDS:
                text += rng.choice(pool[lang])
            for i in range(WORDS):
                luck = rng.random()
                if luck < INVENTED:
                    text[i] = invented(rng)
                elif luck < INVENTED + REPLACED:
                    text[i] = rng.choice(words[lang])
            direction = "received" if m == 0 or rng.random() < 0.75 else "sent"
            kind = "invitation" if m == 0 and rng.random() < 0.5 else "message"
            rows.append((f"t{t:07d}", direction, " ".join(text[:WORDS]), kind, sender))
    return rows


def measure(rows: list[tuple[str, str, str, str, str]], stages: bool = True) -> dict[str, float]:
    """Process seconds of judging all but the warm-up's threads, in all and by stage."""
    import importlib

    import pandas as pd

    from detector import Detector
    from detector.inbox.profile import Profile
    from detector.threads import group, messages_table

    spent: dict[str, float] = {}

    def timed(name: str, call):
        def run(*args, **kwargs):
            start = time.process_time()
            try:
                return call(*args, **kwargs)
            finally:
                spent[name] = spent.get(name, 0.0) + time.process_time() - start

        return run

    table = messages_table([row[:4] for row in rows])
    table["sender"] = [row[4] for row in rows]
    table["sender_url"] = [f"https://www.linkedin.com/in/{row[4].replace(' ', '-').lower()}" for row in rows]
    detector = Detector.load("shipped")
    profile = Profile(name="Ann Hale", headline="SEO consultant and speaker", services=("SEO", "Web Design"))
    detector.judge(group(table[: WARM * MESSAGES]), profile)
    table = table[WARM * MESSAGES :].reset_index(drop=True)
    if stages:
        for name, module, owner, function in STAGES:
            try:
                holder = importlib.import_module(module)
                holder = getattr(holder, owner) if owner else holder
                call = getattr(holder, function)
            except (ImportError, AttributeError):
                continue
            bound = isinstance(vars(holder).get(function), classmethod)
            setattr(holder, function, staticmethod(timed(name, call)) if bound else timed(name, call))
    start = time.process_time()
    grouped = group(table)
    spent["group"] = time.process_time() - start
    judged = detector.judge(grouped, profile)
    spent["all"] = time.process_time() - start
    assert sum(len(j.verdicts) for j in judged) * MESSAGES == len(table), "threads were lost"
    assert isinstance(judged[0].verdicts, pd.DataFrame)
    return spent


def run(root: Path, threads: int, seed: int, stages: bool) -> subprocess.Popen:
    """One measurement in a process of its own, against the state under `root`."""
    command = [sys.executable, str(Path(__file__).resolve()), "--child", "--threads", str(threads), "--seed", str(seed)]
    if stages:
        command.append("--stages")
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(root), "PYTHONHASHSEED": "0"}
    environment |= {f"{lib}_NUM_THREADS": "1" for lib in ("OMP", "OPENBLAS", "MKL")}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


def result(process: subprocess.Popen) -> dict[str, float]:
    out, _ = process.communicate()
    if process.returncode:
        raise SystemExit("the measurement failed")
    return json.loads(out.splitlines()[-1])


def report(states: dict[str, Path], threads: int, repeats: int, processes: int) -> None:
    best: dict[str, dict[str, float]] = {name: {} for name in states}
    bare: dict[str, list[float]] = {name: [] for name in states}
    for seed in range(1, repeats + 1):
        for name, root in states.items():  # in turns, so that a busy machine is busy for both
            bare[name].append(result(run(root, threads + WARM, seed, False))["all"])
            for stage, spent in result(run(root, threads + WARM, seed, True)).items():
                best[name][stage] = min(spent, best[name].get(stage, spent))
    print(f"{threads} threads of {MESSAGES} messages of {WORDS} words, best of {repeats}, process time on one core\n")
    print("| stage | " + " | ".join(f"{name}: µs a thread" for name in states) + " |")
    print("|---" * (len(states) + 1) + "|")
    for stage in ("group", *(s[0] for s in STAGES)):
        cells = [f"{best[name][stage] / threads * 1e6:.1f}" if stage in best[name] else "" for name in states]
        if any(cells):
            print(f"| {stage} | " + " | ".join(cells) + " |")
    print("| all | " + " | ".join(f"{min(bare[name]) / threads * 1e6:.1f}" for name in states) + " |")
    for name in states:
        print(f"\n{name}: {threads / min(bare[name]):,.0f} threads a second and core")
    if len(states) == 2:
        new, old = (min(bare[name]) for name in states)
        print(f"ratio: {old / new:.2f} times as fast")
    for name, root in states.items():
        spent = [result(p) for p in [run(root, threads + WARM, s, False) for s in range(processes)]]
        rate = sum(threads / s["all"] for s in spent)
        print(f"{name}: {rate:,.0f} threads a second in {processes} processes at once (by process time)")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--threads", type=int, default=8000)
    options.add_argument("--against", type=Path)
    options.add_argument("--repeats", type=int, default=3)
    options.add_argument("--processes", type=int, default=2)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    options.add_argument("--stages", action="store_true", help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.child:
        print(json.dumps(measure(backlog(given.threads, given.seed), given.stages)))
        return
    states = {"this state": HERE}
    if given.against:
        states["the other"] = given.against.resolve()
    report(states, given.threads, given.repeats, given.processes)


if __name__ == "__main__":
    main()
