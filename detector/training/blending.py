"""Both readings together: how much each counts, the cut-offs, the file of the careful one, its figures on the own folds."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from detector import paths
from detector.errors import InputError
from detector.model.careful.file import load, save, with_manifest
from detector.model.careful.pieces import Pieces
from detector.model.careful.reader import CarefulReader, CarefulWeights
from detector.model.decision import GENUINE, CutOffs, probabilities, risk_cut
from detector.model.weights import N
from detector.patterns import Finder
from detector.patterns.sentences import Sentences
from detector.training.corpus import digest_of, read_labelled
from detector.training.figures import figures
from detector.training.fitting import Recipe, corpus_roles, fit
from detector.training.folds import fifths
from detector.training.quality import OWN_FOLDS, PAGE, carefully, rows, table, write
from detector.training.shipped import corpus_files
from detector.version import __version__

_PART = 500  # threads read at a time
_ALONE = {"fast": 0.0, "careful": 1.0, "shift": [0.0] * N}


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


def shares(weights: CarefulWeights, threads: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """(n, N) the careful reading's scores of whole threads, and (n,) whether any sentence of it was read."""
    reader = CarefulReader(weights)
    scores, read = [], []
    for a in range(0, len(threads), _PART):
        reading = Finder().search(threads.iloc[a : a + _PART].reset_index(drop=True)).reading
        sentences = Sentences.of(reading)
        careful = reader.read(reading, sentences)
        last = reading.starts + reading.sizes - 1
        scores.append(careful.after(sentences, reading)[last])
        read.append(careful.read[last] > 0)
    return np.concatenate(scores), np.concatenate(read)


def finish(tuned: Path) -> None:
    """Pack what `training.careful tune` left, and join it to the quick reading."""
    arrays = dict(np.load(tuned))
    pieces = Pieces(arrays.pop("pieces").tolist(), arrays.pop("likely"))
    arrays.pop("label.bias")  # the shift holds it
    manifest = {
        "detector": __version__,
        "corpus": str(arrays.pop("corpus")),
        "layers": sum(name.endswith(".dense.query.weight") for name in arrays),
        "together": _ALONE,
        "cut_offs": {"set_aside": 0.0, "answer": 1.0},
        "encoder": "multilingual-e5-small, tuned; MIT",
    }
    packed = tuned.with_name("packed.npz")
    save(arrays, pieces, manifest, packed)
    join(packed)


def join(packed: Path) -> None:
    """Have a packed careful reading judge the threads that it was held from, weigh it against the quick reading fitted anew, and
    write the shipped file and the figures. Raises InputError for a reading that was tuned on another corpus."""
    files = corpus_files()
    manifest = load(packed)[1]
    if manifest["corpus"] != digest_of(files):
        raise InputError(
            str(packed), "was tuned on another corpus", "tune it on this one: what was held from it is not known"
        )
    threads = read_labelled(files)
    recipe = Recipe()
    fitted = fit(threads, recipe, roles=corpus_roles(files))
    held = fifths(threads)[1]
    part = threads.iloc[held].reset_index(drop=True)
    with tempfile.TemporaryDirectory() as folder:
        draft = Path(folder) / "alone.npz"
        with_manifest(packed, manifest | {"together": _ALONE}, draft)
        careful, read = shares(load(draft)[0], part)
    labels, quick = fitted.labels[held], fitted.scores[held]
    quick_share, careful_share, shift = together(quick[read], careful[read], labels[read])
    even = np.where(read[:, None], quick * quick_share + careful * careful_share + shift, quick)
    prior = np.log(np.asarray(recipe.prior) / (np.bincount(fitted.labels, minlength=N) / len(threads)))
    held_out = probabilities(even + prior)
    cuts = CutOffs.from_costs(risk_cut(held_out[labels == GENUINE, GENUINE]))
    manifest |= {
        "detector": __version__,
        "together": {
            "fast": round(quick_share, 4),
            "careful": round(careful_share, 4),
            # the quick score holds the prior already, as often as it counts
            "shift": [round(float(s), 4) for s in shift + (1 - quick_share) * prior],
        },
        "cut_offs": cuts.to_dict(),
        "held_out": figures(held_out, labels, cuts, np.exp(prior)[labels]),
    }
    with_manifest(packed, manifest, paths.shipped_reading())
    aside = held_out[:, GENUINE] < cuts.set_aside
    text = table(rows(part, probabilities(even), labels, fitted.group[held], cuts, aside))
    write(PAGE, carefully(OWN_FOLDS), text)
    print(manifest["together"], cuts, text, sep="\n")
