"""Both readings together: how much each counts, the cut-offs, the file of the careful one, its figures on the own folds."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from detector import paths
from detector.model.careful.file import save
from detector.model.decision import GENUINE, CutOffs, probabilities, risk_cut
from detector.model.weights import N
from detector.training.careful import LAYERS, read_corpus
from detector.training.corpus import digest_of, read_labelled
from detector.training.figures import figures
from detector.training.fitting import Recipe, corpus_roles, fit
from detector.training.quality import OWN_FOLDS, PAGE, carefully, rows, table, write
from detector.training.shipped import corpus_files
from detector.version import __version__


def together(quick: np.ndarray, careful: np.ndarray, labels: np.ndarray) -> tuple[float, float, np.ndarray]:
    """How much the quick and the careful scores, (n, N) each on threads held out, count for, and a shift (N,).

    Maximum likelihood of softmax(a * quick + b * careful + shift), as `fitting.calibrate` does for one of them.

    >>> labels = np.arange(300) % 3
    >>> right, noise = np.eye(3)[labels] * 4, np.random.default_rng(0).normal(size=(300, 3))
    >>> a, b, _shift = together(noise, right + noise, labels)
    >>> bool(b > abs(a))
    True
    """
    from scipy.optimize import minimize

    truth = np.eye(N)[labels]

    def loss(theta: np.ndarray) -> float:
        z = quick * theta[0] + careful * theta[1] + theta[2:]
        z = z - z.max(axis=1, keepdims=True)
        log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
        return float(-(truth * log_p).sum() / len(labels) + 1e-4 * (theta**2).sum())

    best = minimize(loss, np.array([0.5, 0.5, *np.zeros(N)]), method="BFGS").x
    return float(best[0]), float(best[1]), best[2:] - best[2:].mean()


def finish(folder: Path) -> None:
    """Put what the steps of `training.careful` left in `folder` together; write the shipped file and the figures.

    Measured on the folds that were made, one at least.
    """
    files = corpus_files()
    threads = read_labelled(files)
    recipe = Recipe()
    fitted = fit(threads, recipe, roles=corpus_roles(files))
    folds = [np.load(path) for path in sorted(folder.glob("fold-*.npz"))]
    held = np.concatenate([fold["held"] for fold in folds])
    careful = np.concatenate([fold["scores"] for fold in folds])
    labels, quick = fitted.labels[held], fitted.scores[held]
    messages = read_corpus()[1]
    read = np.array([any(s >= 0 for m in messages[i] for s in m.sentence) for i in held])
    quick_share, careful_share, shift = together(quick[read], careful[read], labels[read])
    even = np.where(read[:, None], quick * quick_share + careful * careful_share + shift, quick)
    prior = np.log(np.asarray(recipe.prior) / (np.bincount(fitted.labels, minlength=N) / len(threads)))
    held_out = probabilities(even + prior)
    cuts = CutOffs.from_costs(risk_cut(held_out[labels == GENUINE, GENUINE]))
    whole = dict(np.load(folder / "whole.npz"))
    pieces, bias = whole.pop("pieces").tolist(), whole.pop("label.bias")
    manifest = {
        "detector": __version__,
        "corpus": digest_of(files),
        "layers": LAYERS,
        "together": {
            "fast": round(quick_share, 4),
            "careful": round(careful_share, 4),
            # the quick score holds the prior already, as often as it counts
            "shift": [round(float(s), 4) for s in shift + careful_share * bias + (1 - quick_share) * prior],
        },
        "cut_offs": cuts.to_dict(),
        "held_out": figures(held_out, labels, cuts, np.exp(prior)[labels]),
        "encoder": "all-MiniLM-L6-v2, its lower layers, tuned; Apache-2.0",
    }
    save(whole, pieces, manifest, paths.shipped_reading())
    aside = held_out[:, GENUINE] < cuts.set_aside
    text = table(
        rows(threads.iloc[held].reset_index(drop=True), probabilities(even), labels, fitted.group[held], cuts, aside)
    )
    write(PAGE, carefully(OWN_FOLDS), text)
    print(manifest["together"], cuts, text, sep="\n")
