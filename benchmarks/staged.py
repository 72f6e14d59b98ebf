"""One triage run whose stages are timed: prints {stage: seconds} as JSON.

python -m benchmarks.staged INPUT OUT [JOBS]
"""

from __future__ import annotations

import json
import sys
import time

from detector import paths
from detector.triage import Options, Progress, triage


class Clock(Progress):
    """Notes when each stage begins."""

    def __init__(self) -> None:
        super().__init__(quiet=True)
        self.seconds: dict[str, float] = {}
        self._since = time.perf_counter()

    def stage(self, name: str, unit: str, total: int | None = None, done: int = 0) -> None:
        """Closes the stage before."""
        self.close()
        super().stage(name, unit, total, done)

    def close(self) -> None:
        """Book the time since the last stage began."""
        now = time.perf_counter()
        name = self._name or "starting"
        self.seconds[name] = self.seconds.get(name, 0.0) + now - self._since
        self._since = now


if __name__ == "__main__":
    clock = Clock()
    jobs = int(sys.argv[3]) if len(sys.argv) > 3 else None
    options = Options(model=str(paths.shipped_model()), fresh=True, jobs=jobs)
    triage([sys.argv[1]], sys.argv[2], options, clock)
    clock.close()
    print(json.dumps(clock.seconds))
