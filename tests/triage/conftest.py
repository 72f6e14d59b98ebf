from __future__ import annotations

import pytest

from detector import Detector
from tests.triage.backlogs import MODEL


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts of a few messages, so that a small inbox has many, and files read again for each pass, as large ones are."""
    monkeypatch.setattr("detector.triage.plan.PART", 8)
    monkeypatch.setattr("detector.triage.plan._ROOM", 0)


@pytest.fixture(scope="session")
def detector() -> Detector:
    return Detector.load(MODEL)
