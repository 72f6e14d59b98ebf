"""`detector.evaluate`: how good a model is on labelled threads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from detector.inbox import Profile

SPLITS = ("", "train", "test", "validation", "dev")
"""Values of the `split` column whose threads are measured on; `disputed` ones are not."""


def evaluate(
    labelled: str | Sequence[str],
    model: str | None = None,
    *,
    labels: str | None = None,
    careful: bool = False,
    doubtful: bool = False,
    owner: str | None = None,
    profile: Profile | None = None,
    columns: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Figures of a model on labelled message CSVs, or exports with a labels file; None for the default model.

    `careful`: by the careful reading as well (`model.careful`).

    The keys of `figures.figures` and, beside them, `intervals` (figure -> value and 95 % interval), `confusion`
    (rows: true label), `slices` (by language, by sender messages, by how picked), `cut_offs`, `cost`
    (`measure.report`), and with `doubtful` the labels in doubt, worst first.
    """
    from detector.training.measure import measured, report
    from detector.training.reading import read_own

    own = read_own(labelled, labels, splits=SPLITS, owner=owner, profile=profile, columns=columns)
    return report(own, measured(own, model, careful=careful), doubtful=doubtful)
