"""What lies where in the folder given as `--out`; described for users in docs/triage.md."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from detector.errors import OutputError

FORMAT = 1
"""Number of the layout; a folder of another number is refused."""


@dataclass(frozen=True)
class Generation:
    """The working files of one run over one state of the input."""

    root: Path

    @property
    def plan(self) -> Path:
        """Written when everything below `inboxes` and `spill` is complete."""
        return self.root / "plan.json"

    def inbox(self, number: int) -> Path:
        """Owner, profile, known people and files of one inbox."""
        return self.root / "inboxes" / f"inbox-{number:05d}.json"

    def rows(self, part: int) -> Path:
        """The message rows of one part."""
        return self.root / "spill" / f"part-{part:05d}.arrow"

    def beside(self, part: int) -> Path:
        """Invitations and connections of one part."""
        return self.root / "spill" / f"part-{part:05d}.json"

    def verdicts(self, part: int) -> Path:
        """The verdicts of one part as judged, before templates are joined in."""
        return self.root / "parts" / f"part-{part:05d}.parquet"

    def done(self, part: int) -> Path:
        """Written after the verdicts: their digest and counts."""
        return self.root / "parts" / f"part-{part:05d}.json"

    @property
    def index(self) -> Path:
        """Every thread's key and digest, and where its verdict lies: what the next run compares with."""
        return self.root / "index.npy"

    @property
    def fresh(self) -> Path:
        """The verdict files to be, before they take the place of the old ones."""
        return self.root / "fresh"


@dataclass(frozen=True)
class Layout:
    """The folder given as `--out`."""

    root: Path

    @property
    def state(self) -> Path:
        """Everything that is not a result."""
        return self.root / "state"

    @property
    def run(self) -> Path:
        """Which run this folder belongs to, and how far it is."""
        return self.state / "run.json"

    @property
    def lock(self) -> Path:
        """Held while a run is under way."""
        return self.state / "lock"

    @property
    def verdicts(self) -> Path:
        """The folder of verdict files."""
        return self.root / "verdicts"

    @property
    def templates(self) -> Path:
        """The table of templates."""
        return self.root / "templates.parquet"

    @property
    def changes(self) -> Path:
        """What is new since last time."""
        return self.root / "changes.parquet"

    @property
    def totals(self) -> Path:
        """Counts of the whole backlog and of each inbox."""
        return self.root / "totals.json"

    def generation(self, number: int) -> Generation:
        """The working files of the given run."""
        return Generation(self.state / f"run-{number:04d}")

    def sweep(self) -> None:
        """Remove what a killed process had not finished writing."""
        for name in (self.totals.name, self.templates.name, self.changes.name):
            for path in self.root.glob(f".{name}.*"):
                path.unlink(missing_ok=True)
        for path in self.state.rglob(".*"):
            path.unlink(missing_ok=True)

    def make(self) -> None:
        """Create the folders, readable by their owner alone. Raises OutputError if that cannot be."""
        private_folder(self.root)
        private_folder(self.state)


def private_folder(path: Path) -> None:
    """Create a folder with mode 0700 if it is not there."""
    try:
        path.mkdir(parents=True, mode=0o700, exist_ok=True)
        if not os.access(path, os.W_OK | os.X_OK):
            raise PermissionError(13, "Permission denied")
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error.strerror or error}); choose another --out") from None


def private_opener(path: str, flags: int) -> int:
    """For `open(..., opener=)`: a file that its owner alone can read."""
    return os.open(path, flags, 0o600)
