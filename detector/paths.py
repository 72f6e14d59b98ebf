"""Where things lie: shipped data, and the user's own model and settings.

Ground floor: imports nothing of the project.
"""

from __future__ import annotations

import os
from pathlib import Path

_HERE = Path(__file__).parent


def shipped_model() -> Path:
    """The model that ships inside the package."""
    return _HERE / "_data" / "model.npz"


def shipped_reading() -> Path:
    """The careful reading that ships inside the package."""
    return _HERE / "_data" / "careful.npz"


def shipped_data(name: str) -> Path:
    """A folder of shipped data (`corpus`, `sample`): inside the wheel, or `data/` of a checkout."""
    inside = _HERE / "_data" / name
    return inside if inside.is_dir() else _HERE.parent / "data" / name


def user_folder() -> Path:
    """The user's data folder for Detector; DETECTOR_HOME overrides it."""
    if home := os.environ.get("DETECTOR_HOME"):
        return Path(home)
    from platformdirs import user_data_path

    return user_data_path("detector", appauthor=False)


def user_model() -> Path:
    """The user's own model: the default once it exists."""
    return user_folder() / "model.npz"


def user_patterns() -> Path:
    """The user's own phrases, added to the shipped ones when the file exists."""
    return user_folder() / "patterns.toml"
