"""What judging one part is made of: prints {step: seconds} as JSON.

    python -m benchmarks.within INPUT OUT

INPUT of some 20,000 messages, so that there is one part; it is judged in this process.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

from detector import paths
from detector.triage import Options, Progress, triage

STEPS = {
    "rows from disk to cells": ("detector.triage.part", "raw_rows"),
    "conversations and invitations": ("detector.triage.part", "gather"),
    "threads": ("detector.threads", "group"),
    "digests of threads": ("detector.triage.part", "thread_keys"),
    "model and phrases loaded": ("detector.triage.part", "load_judge"),
    "patterns": ("detector.patterns.Finder", "search"),
    "scores": ("detector.model.scorer.Scorer", "score"),
    "reasons": ("detector.model.detector", "explain"),
    "judging in all": ("detector.model.detector.Detector", "judge"),
    "templates' fingerprints": ("detector.triage.verdicts", "marks"),
    "the part in all": ("detector.triage.local", "judge_part"),
}


def timed(seconds: dict[str, float], name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        began = time.perf_counter()
        try:
            return function(*args, **kwargs)
        finally:
            seconds[name] = seconds.get(name, 0.0) + time.perf_counter() - began

    return wrapped


def main(source: str, out: str) -> None:
    import pydoc

    import detector.triage.verdicts

    seconds: dict[str, float] = {}
    for step, (place, name) in STEPS.items():
        home = pydoc.locate(place)
        if hasattr(home, name):
            setattr(home, name, timed(seconds, step, getattr(home, name)))
    assert detector.triage.verdicts
    options = Options(model=str(paths.shipped_model()), fresh=True, jobs=1)
    triage([source], out, options, Progress(quiet=True))
    print(json.dumps(seconds))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
