"""Detector: which LinkedIn invitations and messages are meant, generic, or a sale in disguise.

The public names are loaded when first used, so that `import detector` costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from detector.schema import LABELS
from detector.version import __version__

if TYPE_CHECKING:
    from detector.inbox import read_inbox
    from detector.model.detector import Detector
    from detector.training.evaluation import evaluate
    from detector.training.own import train

__all__ = ["LABELS", "Detector", "__version__", "evaluate", "read_inbox", "train"]

_WHERE = {
    "Detector": "detector.model.detector",
    "evaluate": "detector.training.evaluation",
    "read_inbox": "detector.inbox",
    "train": "detector.training.own",
}


def __getattr__(name: str) -> Any:
    """Load a public name on first use."""
    if name not in _WHERE:
        raise AttributeError(f"module 'detector' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_WHERE[name]), name)
