"""Pictures of how good a model is, for `detector evaluate --plots`: reliability and precision-recall."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from detector.errors import OutputError, UsageError
from detector.model.decision import label_indices
from detector.schema import LABELS
from detector.training.measure import Measured
from detector.training.reading import Labelled

_COLOURS = ("#b8860b", "#b22222", "#2e7d32")
_BINS = 10


def plots(own: Labelled, models: list[Measured], folder: Path, ending: str = "png") -> list[Path]:
    """Write `reliability` and `precision-recall` pictures; returns their paths.

    `ending`: png or svg. Raises UsageError without matplotlib, OutputError if the folder cannot be written.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise UsageError("--plots needs matplotlib: install the extra, linkedin-detector[plots]") from None
    written = []
    for name, draw in (("reliability", _reliability), ("precision-recall", _precision_recall)):
        figure = Figure(figsize=(5.2 * len(models), 4.8), layout="constrained")
        for k, of in enumerate(models, 1):
            axes = figure.add_subplot(1, len(models), k)
            draw(axes, own, of)
            axes.set_title(f"{Path(of.name).name}: {len(own)} threads", fontsize=10)
        path = folder / f"{name}.{ending}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            figure.savefig(path, dpi=120)
        except OSError as error:
            raise OutputError(f"{path}: cannot be written ({error.strerror or error}); choose another place") from None
        written.append(path)
    return written


def _reliability(axes: Any, own: Labelled, of: Measured) -> None:
    top, right = of.p.max(axis=1), label_indices(of.p) == own.labels
    bins = np.minimum((top * _BINS).astype(int), _BINS - 1)
    axes.plot([0, 1], [0, 1], color="grey", linewidth=1, linestyle=":")
    for b in np.unique(bins):
        inside = bins == b
        n, share = int(inside.sum()), float(right[inside].mean())
        below, above = _wilson(share, n)
        axes.errorbar(top[inside].mean(), share, yerr=[[below], [above]], marker="o", color="#1f4e79", capsize=2)
        axes.annotate(str(n), (top[inside].mean(), share), textcoords="offset points", xytext=(6, -10), fontsize=8)
    axes.set(xlabel="confidence of the verdict", ylabel="share that is right", xlim=(0.3, 1.02), ylim=(0, 1.02))


def _wilson(share: float, n: int, z: float = 1.96) -> tuple[float, float]:
    """How far Wilson's 95 % interval of a share of n reaches below and above it."""
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return max(share - middle + half, 0.0), max(middle + half - share, 0.0)


def _precision_recall(axes: Any, own: Labelled, of: Measured) -> None:
    from sklearn.metrics import average_precision_score, precision_recall_curve

    for k, label in enumerate(LABELS):
        truth = own.labels == k
        if not truth.any() or truth.all():
            continue
        precision, recall, _ = precision_recall_curve(truth, of.p[:, k])
        mean = average_precision_score(truth, of.p[:, k])
        axes.plot(recall, precision, color=_COLOURS[k], label=f"{label} (mean {mean:.2f})", drawstyle="steps-post")
    axes.set(xlabel="recall", ylabel="precision", xlim=(0, 1.02), ylim=(0, 1.02))
    axes.legend(loc="lower left", fontsize=9)
