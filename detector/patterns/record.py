"""What a pattern is: one small record, the same fields every time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources

FAMILIES = ("note", "homework", "pitch", "sequence", "mismatch")
LANGUAGES = ("en", "es", "fr", "de", "pt")


@dataclass(frozen=True)
class Pattern:
    """One named thing a reader would point at.

    `says`: one plain sentence; `spares`: what it does not mean or whom it leaves alone; `phrases`:
    language -> written phrases (empty for patterns found by code); `catches`, `leaves`: texts or
    small threads (`i:`, `m:`, `o:` lines) it must and must not be found in; `missing`: it names
    what is not there, so its evidence has no place in the text; `by`: whose messages it looks at.
    """

    id: str
    says: str
    spares: str
    phrases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    catches: tuple[str, ...] = ()
    leaves: tuple[str, ...] = ()
    missing: bool = False
    by: str = "sender"

    @property
    def family(self) -> str:
        """The part of the id before the dot."""
        return self.id.split(".", 1)[0]


def data_text(name: str) -> str:
    """The text of a data file beside this code."""
    return resources.files("detector.patterns").joinpath("data", name).read_text(encoding="utf-8")
