"""Runs a command and measures it: wall time, and the peak of the memory of all its processes together."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass

import psutil


@dataclass(frozen=True)
class Measured:
    """Seconds from start to end, and the peak of the sum of PSS (shared pages counted once) in MiB."""

    seconds: float
    peak: float
    output: str


def _pss(process: psutil.Process) -> int:
    try:
        return process.memory_full_info().pss
    except (psutil.Error, AttributeError):
        return 0


def measure(command: Sequence[str], every: float = 0.15) -> Measured:
    """Run a command to its end. Raises RuntimeError if it fails; Linux only (PSS)."""
    began = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as running:
        watched, peak = psutil.Process(running.pid), 0
        while running.poll() is None:
            try:
                processes = [watched, *watched.children(recursive=True)]
            except psutil.Error:
                break
            peak = max(peak, sum(map(_pss, processes)))
            time.sleep(every)
        output = running.stdout.read() if running.stdout else ""
    seconds = time.perf_counter() - began
    if running.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {running.returncode}")
    return Measured(seconds, peak / 2**20, output)
