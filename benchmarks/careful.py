"""What the careful reading costs: threads a second by both readings in one run, evidence included, start-up aside.

    python -m benchmarks.careful [--threads 400]

On an even spread of the corpus, and on threads of four messages of forty words (as `benchmarks.core` makes them).
"""

from __future__ import annotations

import argparse
import time

import pandas as pd

from benchmarks.core import backlog
from detector import Detector
from detector.threads import Grouped, group, messages_table
from detector.training.corpus import read_labelled
from detector.training.shipped import corpus_files


def rate(detector: Detector, threads: pd.DataFrame) -> float:
    detector.judge(Grouped(threads.iloc[:20].reset_index(drop=True), {}))
    start = time.perf_counter()
    detector.judge(Grouped(threads, {}))
    return len(threads) / (time.perf_counter() - start)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--threads", type=int, default=400)
    n = options.parse_args().threads
    corpus = read_labelled(corpus_files())
    sets = {
        "an even spread of the corpus": corpus.iloc[:: max(len(corpus) // n, 1)].head(n).reset_index(drop=True),
        "four messages of forty words": group(messages_table([row[:4] for row in backlog(n)])).threads,
    }
    start = time.perf_counter()
    careful = Detector.load("shipped", careful=True)
    print(f"loaded in {time.perf_counter() - start:.2f} s")
    quick = Detector.load("shipped")
    for name, threads in sets.items():
        one, other = rate(careful, threads), rate(quick, threads)
        print(
            f"{name}: {one:,.0f} threads a second read carefully, {other:,.0f} quickly, {other / one:.0f} times as fast"
        )


if __name__ == "__main__":
    main()
