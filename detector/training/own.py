"""`detector train`: a model of the user's own, and whether it is better than what there was.

The shipped model is the prior and own labels move it (`adapting`). Before and after are compared on
the same threads, each judged by a model that saw nothing of its group; the after of a fold goes through
all of learning, the choice of the weight included. A pure function of base, labels and seed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from detector import paths
from detector.errors import InputError, ModelError
from detector.inbox import Profile
from detector.model.decision import GENUINE, RISK_LIMIT, CutOffs, probabilities, risk_cut
from detector.model.file import Model, load, save
from detector.schema import LABELS
from detector.training.adapting import FEWEST_TO_MOVE, Learned, learn, own_folds, single_thread
from detector.training.figures import figures
from detector.training.intervals import paired
from detector.training.prior import Prior, Rows
from detector.training.reading import Labelled, read_own

CURVE = (0.25, 0.5)
"""Shares of the own labels at which the learning curve is measured, besides all of them."""

FEW = 50
"""With fewer labels than this, figures say little."""


@dataclass
class Trained:
    """A model of the user's own and the report that goes into its manifest and card.

    `held_out`: (n, 3) probabilities of the own threads by models that did not see them, None if there
    were too few to hold any out; `unmatched`: rows of the labels file that are no thread of the input.
    """

    model: Model
    report: dict[str, Any]
    held_out: np.ndarray | None
    unmatched: int = 0

    @property
    def verdict(self) -> str:
        """`better`, `unclear` or `worse` than before; `unmeasured` if there were too few labels."""
        change = self.report["change"]
        return str(change["verdict"]) if change else "unmeasured"


def train(
    labelled: str | Sequence[str],
    labels: str | None = None,
    out: str | Path | None = None,
    *,
    base: str | Path | None = "shipped",
    force: bool = False,
    seed: int = 0,
    profile: Profile | None = None,
    owner: str | None = None,
    columns: Mapping[str, str] | None = None,
    tick: Callable[[int, int], None] = lambda done, all_of_them: None,
) -> Trained:
    """Learn from labelled message CSVs, or from exports with a `labels` file; save to `out` if given.

    `base`: the model that own labels move (`shipped`, or a path), None to train from nothing. `tick` is
    called with steps done and steps in all. Raises InputError for labels that cannot be used, ModelError
    if the model is worse than before by more than chance explains and `force` is not given. Worked
    example: docs/train.md and notebooks/retrain_own_labels.ipynb.
    """
    own = read_own(labelled, labels, owner=owner, profile=profile, columns=columns)
    trained = from_nothing(own, seed=seed) if base is None else from_base(own, base, seed=seed, tick=tick)
    if trained.verdict == "worse" and not force:
        change = trained.report["change"]["change"]["macro_f1"]
        raise ModelError(
            f"not saved: on your own threads it is worse than before (macro-F1 {change['value']:+.3f}, 95 % interval "
            f"{change['interval'][0]:+.3f} to {change['interval'][1]:+.3f}); "
            "look at `detector evaluate --doubtful`, label more, or save it with --force"
        )
    if out is not None:
        write(trained, Path(out))
    return trained


def write(trained: Trained, path: Path) -> None:
    """The model file, whole or not at all, and its card beside it."""
    from detector.files import write_whole
    from detector.training.card import card

    save(trained.model, path)
    write_whole(path.with_suffix(".md"), card(trained.report).encode())


def from_base(
    own: Labelled,
    base: str | Path = "shipped",
    *,
    seed: int = 0,
    tick: Callable[[int, int], None] = lambda done, all_of_them: None,
) -> Trained:
    """Move a base model by own labels (see `train`)."""
    refuse_missing(own)
    model = load(paths.shipped_model() if str(base) == "shipped" else base)
    prior = Prior(model)
    rows = prior.rows(own.threads, prior.words(own.threads, own.senders))
    with single_thread():
        steps = _Steps(tick, own, seed)
        learned = learn(prior, rows, own.labels, own.senders, own.group, seed=seed, tick=steps.one)
        after, curve = _nested(prior, rows, own, seed, steps)
    cuts, own_cut = _cut_offs(model.cuts, after, own)
    before = probabilities(rows.scores)
    report = _report(own, seed, (before, model.cuts), (after, cuts), model.manifest)
    report |= {
        "base": {"corpus": model.manifest.get("corpus", ""), "held_out": model.manifest.get("held_out", {})},
        "weight": learned.pace.weight,
        "stiffness": learned.pace.stiffness,
        "temperature": learned.slope,
        "curve": curve,
        "own_cut_off": own_cut,
    }
    steps.end()
    return Trained(_assembled(prior, learned, cuts, report), report, after, own.unmatched)


def from_nothing(own: Labelled, *, seed: int = 0) -> Trained:
    """Train on own labels alone; the shipped model's verdicts are the before."""
    from detector.training.fitting import Recipe, fit

    refuse_missing(own)
    # as pairs, so that it counts senders as we do
    fitted = fit(own.threads.assign(pair_id=own.senders), Recipe(seed=seed), own.digest(), own.where)
    shipped = load(paths.shipped_model())
    before = probabilities(Prior(shipped).rows(own.threads).scores)
    report = _report(own, seed, (before, shipped.cuts), (fitted.held_out, fitted.model.cuts), {})
    report |= {"base": None, "weight": None, "stiffness": None, "temperature": None, "curve": [], "own_cut_off": True}
    model = Model(fitted.model.weights, fitted.model.cuts, {**fitted.model.manifest, "own": report})
    return Trained(model, report, fitted.held_out, own.unmatched)


def refuse_missing(own: Labelled) -> None:
    """Raise InputError if one of the three labels is not there at all."""
    missing = [label for label, n in own.counts().items() if not n]
    if missing:
        raise InputError(
            own.where,
            f"has no thread labelled {' and none labelled '.join(missing)} (of {len(own)} labels)",
            f"label at least one thread {missing[0]}: what has no example cannot be learned",
        )


def _nested(
    prior: Prior, rows: Rows, own: Labelled, seed: int, steps: _Steps
) -> tuple[np.ndarray | None, list[dict[str, Any]]]:
    """Held-out probabilities after all of learning, and the learning curve on the same folds."""
    parts = own_folds(own.group, own.labels, seed=seed)
    if not parts:
        return None, []
    who = np.asarray(own.senders, dtype=object)
    rank = np.random.default_rng(seed).permutation(int(own.group.max()) + 1)
    found = {share: np.zeros((len(rows), len(LABELS))) for share in (*CURVE, 1.0)}
    used: dict[float, list[int]] = {share: [] for share in found}
    for seen, held in parts:
        order = seen[np.argsort(rank[own.group[seen]], kind="stable")]
        for share in found:
            drawn = np.sort(order[: max(round(share * len(order)), 1)])
            # all but one fold stand for all labels: they move the base if all of them do
            fewest = 0 if share == 1.0 and len(own) >= FEWEST_TO_MOVE else FEWEST_TO_MOVE
            learned = learn(
                prior, rows.take(drawn), own.labels[drawn], who[drawn], own.group[drawn],
                seed=seed, fewest=fewest, tick=steps.one,
            )  # fmt: skip
            found[share][held] = learned.scores(rows.take(held))
            used[share].append(len(drawn))
    cuts = prior.model.cuts
    curve = [{"labels": 0, "macro_f1": figures(probabilities(rows.scores), own.labels, cuts)["macro_f1"]}]
    curve += [
        {
            "labels": int(np.mean(used[share])),
            "macro_f1": figures(probabilities(scores), own.labels, cuts)["macro_f1"],
        }
        for share, scores in found.items()
    ]
    return probabilities(found[1.0]), curve


def _cut_offs(base: CutOffs, after: np.ndarray | None, own: Labelled) -> tuple[CutOffs, bool]:
    """The cut-offs, and whether own labels are enough to hold the limit on genuine threads set aside."""
    genuine = own.labels == GENUINE
    if after is None or len(np.unique(own.group[genuine])) + 1 < 1 / RISK_LIMIT:
        return base, False
    return CutOffs.from_costs(risk_cut(after[genuine, GENUINE])), True


def _report(
    own: Labelled,
    seed: int,
    before: tuple[np.ndarray, CutOffs],
    after: tuple[np.ndarray | None, CutOffs],
    manifest: Mapping[str, Any],
) -> dict[str, Any]:
    from detector.training.doubtful import count_doubtful
    from detector.training.thin import thin

    p = after[0]
    return {
        "threads": len(own),
        "labels": own.counts(),
        "groups": len(np.unique(own.group)),
        "digest": own.digest(),
        "seed": seed,
        "before": figures(before[0], own.labels, before[1]),
        "after": figures(p, own.labels, after[1]) if p is not None else None,
        "change": paired(before[0], p, own.labels, own.group, (before[1], after[1])) if p is not None else None,
        "doubtful": count_doubtful(p if p is not None else before[0], own.labels),
        "thin": thin(own),
        "seen_by_base": bool(manifest) and manifest.get("own", {}).get("digest") == own.digest(),
    }


def _assembled(prior: Prior, learned: Learned, cuts: CutOffs, report: dict[str, Any]) -> Model:
    base = prior.model.manifest
    kept: dict[str, Any] = {
        k: base[k] for k in ("detector", "corpus", "threads", "recipe", "calibration", "versions") if k in base
    }
    weights = prior.moved(learned.step, learned.slope)
    report["words"] = len(weights.foreign.words)
    return Model(weights, cuts, {**kept, "held_out": report["after"] or {}, "own": report})


class _Steps:
    """Counts the folds of `train` for a progress bar."""

    def __init__(self, tick: Callable[[int, int], None], own: Labelled, seed: int) -> None:
        self._tick, self._done = tick, 0
        outer = len(own_folds(own.group, own.labels, seed=seed))
        self._all = max(outer * (1 + (1 + len(CURVE)) * outer), 1) + 1
        tick(0, self._all)

    def one(self) -> None:
        self._done = min(self._done + 1, self._all - 1)
        self._tick(self._done, self._all)

    def end(self) -> None:
        self._tick(self._all, self._all)


__all__ = ["Trained", "from_base", "from_nothing", "refuse_missing", "train", "write"]
