"""How many labels flip with what says nothing about a message, by the quick and by the careful reading.

    python -m benchmarks.shortcuts [careful]

The changes, the threads and the small talk are those of tests/model/test_shortcuts.py, which asks it of the quick reading.
"""

from __future__ import annotations

import sys

import numpy as np

from detector import Detector
from tests.model.test_shortcuts import CHANGES, CLOSERS, FILLERS, changed, labels_of, spread


def main() -> None:
    detector = Detector.load("shipped", careful="careful" in sys.argv[1:])
    threads = spread()
    labels = labels_of(detector, threads)
    for name, change in CHANGES.items():
        new = changed(threads, change)
        touched = np.array([a != b for a, b in zip(threads["texts"], new["texts"], strict=True)])
        flips = (labels_of(detector, new) != labels)[touched]
        print(f"{name}: {flips.sum()} of {len(flips)} flip, {flips.mean():.1%}", flush=True)
    for name, texts in FILLERS.items():
        sales = threads[(labels == "bait-and-sell") & threads["lang"].isin(texts).to_numpy()]
        new = changed(sales, lambda text, thread, texts=texts: f"{text} {texts[thread['lang']]}", last_alone=True)
        freed = labels_of(detector, new) == "genuine"
        print(f"{name}: {freed.sum()} of {len(freed)} sales freed, {freed.mean():.1%}", flush=True)
    for name, texts in CLOSERS.items():
        letters = threads[(labels == "genuine") & threads["lang"].isin(texts).to_numpy()]
        new = changed(letters, lambda text, thread, texts=texts: f"{text} {texts[thread['lang']]}", last_alone=True)
        demoted = labels_of(detector, new) != "genuine"
        print(f"{name}: {demoted.sum()} of {len(demoted)} letters demoted, {demoted.mean():.1%}", flush=True)


if __name__ == "__main__":
    main()
