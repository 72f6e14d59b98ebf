"""One model, or two, measured on labelled threads: everything that `detector evaluate` tells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from detector.model.decision import CutOffs, label_indices
from detector.model.detector import Detector, Judged
from detector.schema import LABELS
from detector.threads import Grouped
from detector.training.figures import figures
from detector.training.intervals import intervals, paired
from detector.training.reading import Labelled

PROBABILITIES = ["p_generic", "p_bait_and_sell", "p_genuine"]


@dataclass
class Measured:
    """A model's verdicts on labelled threads: `p` (n, 3) in their order; `seen`: it was trained on them."""

    name: str
    p: np.ndarray
    cuts: CutOffs
    languages: list[str]
    parts: list[Judged]
    seen: bool


def measured(own: Labelled, model: str | None = None, *, careful: bool = False) -> Measured:
    """Judge labelled threads by a model (a path, `shipped`, None for the default), by both readings if `careful`."""
    detector = Detector.load(model, careful=careful)
    parts = detector.judge(Grouped(own.threads, {}))
    verdicts = pd.concat([j.verdicts for j in parts], ignore_index=True)
    manifest = detector.model.manifest
    seen = manifest.get("own", {}).get("digest") == own.digest() or own.is_corpus(manifest.get("corpus", ""))
    return Measured(
        model or detector.name,
        verdicts[PROBABILITIES].to_numpy(),
        detector.model.cuts,
        verdicts["lang"].tolist(),
        parts,
        seen,
    )


def report(own: Labelled, of: Measured, *, doubtful: bool = False) -> dict[str, Any]:
    """The figures of `figures.figures`, with intervals, confusion, slices, costs and cautions."""
    found = figures(of.p, own.labels, of.cuts)
    ranges = intervals(of.p, own.labels, own.group, of.cuts)
    said = label_indices(of.p)
    table = np.zeros((len(LABELS), len(LABELS)), dtype=int)
    np.add.at(table, (own.labels, said), 1)
    result: dict[str, Any] = {
        "model": of.name,
        "seen": of.seen,
        "groups": len(np.unique(own.group)),
        "unmatched": own.unmatched,
        **found,
        "cost": ranges["cost"]["value"],
        "cut_offs": of.cuts.to_dict(),
        "intervals": ranges,
        "confusion": {
            label: {other: int(table[i, j]) for j, other in enumerate(LABELS)} for i, label in enumerate(LABELS)
        },
        "slices": {
            "language": _slices(own, of, of.languages),
            "sender messages": _slices(own, of, [_count(n) for n in own.threads["messages"]]),
        },
    }
    if any(own.picked):
        result["slices"]["picked"] = _slices(own, of, [mark or "unknown" for mark in own.picked])
    if doubtful:
        result["doubtful"] = _doubtful(own, of)
    return result


def compared(own: Labelled, first: Measured, second: Measured) -> dict[str, Any]:
    """The second model against the first on the same threads (see `intervals.paired`)."""
    return {
        "before": first.name,
        "after": second.name,
        **paired(first.p, second.p, own.labels, own.group, (first.cuts, second.cuts)),
    }


def _count(messages: int) -> str:
    return str(messages) if messages < 4 else "4 or more"


def _slices(own: Labelled, of: Measured, keys: list[str]) -> dict[str, Any]:
    marks = np.asarray(keys, dtype=object)
    found = {}
    for key in sorted(set(keys)):
        part = marks == key
        ranges = intervals(of.p[part], own.labels[part], own.group[part], of.cuts)
        found[key] = {"threads": int(part.sum()), **{n: ranges[n] for n in ("macro_f1", "accuracy", "cost")}}
    return found


def _doubtful(own: Labelled, of: Measured) -> list[dict[str, Any]]:
    from detector.training import doubtful

    evidence = {
        thread: [piece for piece in judged.evidence(i) if piece["contribution"] > 0]
        for judged in of.parts
        for i, thread in enumerate(judged.threads["thread_id"])
    }
    return doubtful.with_reasons(own, doubtful.held_out(own), evidence)
