"""Training: labelled threads to a calibrated linear model with its cut-offs and figures."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from detector.errors import InputError
from detector.model.decision import GENUINE, CutOffs, probabilities, risk_cut
from detector.model.file import Model, save
from detector.model.foreign import ForeignWords
from detector.model.weights import SLOTS, N
from detector.patterns import Finder, Pattern
from detector.schema import LABELS
from detector.training.corpus import digest_of, read_labelled
from detector.training.figures import figures
from detector.training.folds import apart, groups
from detector.training.matrix import Columns, Scales, design, foreign_design, text_space, to_weights, with_pooled
from detector.training.meaning import OF_THREADS, Meanings, into_words, told_by_meaning, with_meanings
from detector.training.roles import ROLE_FILE, read_roles
from detector.training.senders import people
from detector.training.views import Views
from detector.version import __version__

_ROUNDS = 100  # of the solver; the held-out figures do not move beyond


@dataclass(frozen=True)
class Recipe:
    """How a model is fitted: the scale of each kind of feature, the inverse penalty C, folds and seed.

    `prior`: the shares of the labels that the probabilities assume, whatever shares the training threads have.
    """

    scales: Scales = Scales()
    c: float = 2.0
    folds: int = 5
    seed: int = 0
    prior: tuple[float, float, float] = (0.4, 0.2, 0.4)


@dataclass
class Fitted:
    """A model with its held-out probabilities, (n, 3) in the order of the threads given.

    `held_out` assumes the model's prior, `even` the shares of the training threads, as do its `scores` (n, N).
    """

    model: Model
    held_out: np.ndarray
    even: np.ndarray
    scores: np.ndarray
    labels: np.ndarray
    group: np.ndarray


def train(labelled: str | Sequence[str], out: str | Path | None = None, recipe: Recipe | None = None) -> Model:
    """Train a model from labelled message CSVs and save it to `out` if given.

    Raises InputError for labels that cannot be used. Worked example: docs/train.md.
    """
    paths = [labelled] if isinstance(labelled, str) else list(labelled)
    threads = read_labelled(paths)
    fitted = fit(threads, recipe or Recipe(), digest_of(paths), paths[0], corpus_roles(paths))
    if out is not None:
        save(fitted.model, out)
    return fitted.model


def corpus_roles(paths: Sequence[str]) -> dict | None:
    """What the sentences of labelled files do, from the file of roles beside them; None without one."""
    marked = Path(paths[0]).parent / ROLE_FILE
    return read_roles(marked) if marked.exists() else None


def fit(
    threads: pd.DataFrame,
    recipe: Recipe,
    digest: str = "",
    where: str = "corpus",
    roles: dict | None = None,
    weight: np.ndarray | None = None,
) -> Fitted:
    """Fit on labelled threads; calibration and cut-offs come from held-out folds.

    `roles`: what each sentence does (`roles.read_roles`); threads without are fitted by their label alone.
    `weight`: (n,) how much each thread counts, 1 by default.
    """
    labels = np.array([LABELS.index(label) for label in threads["label"]])
    for k, label in enumerate(LABELS):
        if (labels == k).sum() < recipe.folds:
            raise InputError(
                where,
                f"has {(labels == k).sum()} threads labelled {label}, at least {recipe.folds} are needed",
                "label more of them",
            )
    keys = people(threads)
    group = groups(threads, keys)
    searched = Finder().search(threads)
    columns = Columns(text_space(searched, keys), tuple(p.id for p in searched.patterns))
    meanings = Meanings(columns.space.words, OF_THREADS)
    matrix = design(searched, columns, recipe.scales)
    unknown, features, _share = foreign_design(searched, columns.space)
    others = (features @ meanings.of(unknown)) * recipe.scales.words
    held_in = apart(group, threads["source"].tolist(), labels, recipe.folds, recipe.seed)
    views = Views.of(threads, searched, columns, roles or {}, held_in)
    weight = np.ones(len(labels)) if weight is None else weight
    scores = np.zeros((len(labels), N))
    for i, (seen, held) in enumerate(held_in):
        whole = with_pooled(matrix, views.held(i), recipe.scales)
        coefficients, bias = fit_linear(
            whole[seen], labels[seen], columns, searched.patterns, recipe, meanings, weight[seen]
        )
        scores[held] = whole[held] @ coefficients.T + bias + others[held] @ of_foreign(meanings, columns, coefficients)
    slope, shift = calibrate(scores, labels)
    calibrated = scores * slope + shift
    even = probabilities(calibrated)
    share = np.bincount(labels, weight, N) / weight.sum()
    shift = shift + np.log(np.asarray(recipe.prior) / share)
    held_out = probabilities(scores * slope + shift)
    cuts = CutOffs.from_costs(risk_cut(held_out[labels == GENUINE, GENUINE]))
    whole = with_pooled(matrix, views.all(), recipe.scales)
    coefficients, bias = fit_linear(whole, labels, columns, searched.patterns, recipe, meanings, weight)
    weights = to_weights(coefficients, bias, columns, recipe.scales, views.weights())
    told = of_foreign(meanings, columns, coefficients) * recipe.scales.words
    weights = replace(weights, foreign=ForeignWords.of(meanings.into_pieces(told))).scaled(slope, shift)
    manifest = {
        "detector": __version__,
        "corpus": digest,
        "threads": {label: int((labels == k).sum()) for k, label in enumerate(LABELS)},
        "recipe": {"c": recipe.c, "folds": recipe.folds, "seed": recipe.seed, "scales": vars(recipe.scales)},
        "calibration": {"slope": round(float(slope), 4), "shift": [round(float(s), 4) for s in shift]},
        "prior": dict(zip(LABELS, recipe.prior, strict=True)),
        "held_out": figures(held_out, labels, cuts, (np.asarray(recipe.prior) / share)[labels]),
        "versions": _versions(),
    }
    return Fitted(Model(weights, cuts, manifest), held_out, even, calibrated, labels, group)


def of_foreign(meanings: Meanings, columns: Columns, coefficients: np.ndarray) -> np.ndarray:
    """(size, N) what the meaning of a word that is not known counts, from the known words' coefficients, (N, width)."""
    return told_by_meaning(meanings.of_known, coefficients[:, columns.words[0]].T)


def fit_linear(
    matrix: Any,
    labels: np.ndarray,
    columns: Columns,
    patterns: Sequence[Pattern],
    recipe: Recipe,
    meanings: Meanings,
    weight: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Multinomial logistic regression whose patterns may only speak for what they mean.

    A sign of homework that the fit turns against `genuine`, or any other pattern that it turns
    into a reason for `genuine`, is a by-catch of words beside it: no reader would accept it as a
    reason. Such features are taken out and the rest is fitted again. What words mean is learned beside them
    and told by their own coefficients. Returns ((N, width), (N,)).
    """
    import warnings

    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    first = sum(columns.sizes[:-3])
    parts = [(block, meanings.of_known) for block in columns.words]
    matrix = with_meanings(matrix, parts)
    keep = np.ones(matrix.shape[1])
    model = LogisticRegression(C=recipe.c, max_iter=_ROUNDS, tol=1e-3, class_weight="balanced", warm_start=True)
    for _round in range(3):
        with warnings.catch_warnings():  # stopping early is part of the recipe
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(matrix.multiply(keep).tocsr() if (keep == 0).any() else matrix, labels, weight)
        wrong = []
        for i, pattern in enumerate(patterns):
            homework = pattern.family == "homework" and not pattern.missing
            for slot in range(len(SLOTS)):
                column = first + i * len(SLOTS) + slot
                speaks = model.coef_[:, column]
                # compared with what lies within rounding of nothing: a feature taken out keeps its start
                if (
                    pattern.by == "sender"
                    and keep[column]
                    and speaks.any()
                    and (speaks.argmax() == GENUINE) != homework
                ):
                    wrong.append(column)
        if not wrong:
            break
        keep[wrong] = 0
    return into_words((model.coef_ * keep).T, parts).T, model.intercept_


def calibrate(scores: np.ndarray, labels: np.ndarray) -> tuple[float, np.ndarray]:
    """Temperature and a shift a label that make held-out scores honest: softmax(slope * z + shift).

    Fitted by maximum likelihood (Guo et al., On Calibration of Modern Neural Networks, 2017, with
    a bias a class). Keeps sums of contributions exact, being linear.
    """
    from scipy.optimize import minimize

    onehot = np.eye(N)[labels]

    def loss(theta: np.ndarray) -> float:
        z = scores * np.exp(theta[0]) + theta[1:]
        z = z - z.max(axis=1, keepdims=True)
        log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
        return float(-(onehot * log_p).sum() / len(labels) + 1e-4 * (theta[1:] ** 2).sum())

    best = minimize(loss, np.zeros(1 + N), method="BFGS")
    return float(np.exp(best.x[0])), best.x[1:] - best.x[1:].mean()


def _versions() -> dict[str, str]:
    import scipy
    import sklearn

    return {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "scikit-learn": sklearn.__version__,
    }
