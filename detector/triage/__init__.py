"""A backlog of many exports into verdict files: planned, judged in parts, stopped and resumed at will."""

from __future__ import annotations

from detector.triage.progress import Progress
from detector.triage.run import Options, triage

__all__ = ["Options", "Progress", "triage"]
