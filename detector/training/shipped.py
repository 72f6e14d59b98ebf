"""`make model`: train the shipped model from data/corpus and write it into the package."""

from __future__ import annotations

import sys
from pathlib import Path

from detector import paths


def corpus_files(folder: Path | None = None) -> list[str]:
    """The CSV files of the shipped corpus, sorted by name."""
    return sorted(str(p) for p in (folder or paths.shipped_data("corpus")).glob("*.csv"))


def main() -> None:
    """Train and write; print the held-out figures."""
    from detector.training.fitting import train

    model = train(corpus_files(), paths.shipped_model())
    held = model.manifest["held_out"]
    print(f"{held['threads']:,} threads, held-out macro-F1 {held['macro_f1']}, ECE {held['ece']}", file=sys.stderr)


if __name__ == "__main__":
    main()
