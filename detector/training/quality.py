"""`make quality`: how good the shipped model is, as a page of figures with intervals.

Without a path: the corpus' own held-out folds, in which no thread is judged by a model that saw its
sender, its pair or its near-copies. With a path (a labelled message CSV, or JSON lines as `evalset` reads them): the
shipped model on that set. Each writes its own part of docs/quality.md and leaves the others.
"""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from detector.model.decision import BAIT, GENUINE, CutOffs, label_indices
from detector.schema import LABELS
from detector.training.intervals import drawn, intervals

PAGE = Path("docs") / "quality.md"
OWN_FOLDS = "The corpus' own folds"
OTHER_LANGUAGES = ("es", "fr", "de", "pt")
_DRAWS = 2000
_STRATA = 8  # of length, for the length-matched subset

Row = tuple[str, str, str, int]
"""What is measured, the figure with its interval, the aim, on how many threads."""


def rows(
    threads: pd.DataFrame, p: np.ndarray, labels: np.ndarray, group: np.ndarray, cuts: CutOffs, aside: np.ndarray
) -> list[Row]:
    """The figures of one set. `p`: (n, 3) rounded probabilities; `aside`: (n,) given the action set-aside."""
    n = len(labels)
    found = intervals(p, labels, group, cuts)

    def figure(name: str) -> str:
        return _shown(found[name]["value"], found[name]["interval"])

    genuine = labels == GENUINE
    lines: list[Row] = [
        ("macro-F1, three labels", figure("macro_f1"), "0.90", n),
        ("bait-and-sell, precision", figure("bait-and-sell.precision"), "0.93", int((label_indices(p) == BAIT).sum())),
        ("bait-and-sell, recall", figure("bait-and-sell.recall"), "0.85", int((labels == BAIT).sum())),
        ("generic, precision", figure("generic.precision"), "", int((label_indices(p) == 0).sum())),
        ("generic, recall", figure("generic.recall"), "", int((labels == 0).sum())),
        ("genuine, precision", figure("genuine.precision"), "", int((label_indices(p) == GENUINE).sum())),
        ("genuine, recall", figure("genuine.recall"), "", int(genuine.sum())),
        ("genuine threads set aside", _share(aside[genuine], group[genuine]), "at most 0.01", int(genuine.sum())),
        ("all others set aside", _share(aside[~genuine], group[~genuine]), "0.60", int((~genuine).sum())),
        ("ECE of the top label, 15 bins", figure("ece"), "at most 0.05", n),
        ("Brier score (0 to 2)", figure("brier"), "", n),
    ]
    other = threads["lang"].isin(OTHER_LANGUAGES).to_numpy()
    follow = (threads["messages"] >= 2).to_numpy()
    for title, part, aim in (
        ("macro-F1, Spanish, French, German, Portuguese", other, "0.80"),
        ("macro-F1, two or more sender messages", follow, "0.88"),
        ("macro-F1, one sender message", (threads["messages"] == 1).to_numpy(), ""),
    ):
        if part.any():
            of = intervals(p[part], labels[part], group[part], cuts)["macro_f1"]
            lines.append((title, _shown(of["value"], of["interval"]), aim, int(part.sum())))
    begun = threads["directions"].map(lambda d: d[0] == "sent").to_numpy() | (threads["texts"].map(len) >= 8).to_numpy()
    if (begun & genuine).any():
        part = begun & genuine
        lines.append(
            ("genuine set aside, begun by the owner or 8+ messages", _share(aside[part], group[part]), "at most 0.01",
             int(part.sum()))
        )  # fmt: skip
    lines += _pairs(threads, label_indices(p) == labels)
    lines.append(_length_matched(threads, p, labels))
    return lines


def _shown(value: float | None, interval: list[float] | None) -> str:
    if value is None:
        return "none"
    return f"{value:.3f}" + (f" ({interval[0]:.3f} to {interval[1]:.3f})" if interval else "")


def _share(flags: np.ndarray, group: np.ndarray) -> str:
    """A share with its bootstrap interval over groups; none of n is at most 1 - 0.05^(1/n)."""
    if not len(flags):
        return "none"
    _, g = np.unique(group, return_inverse=True)
    count, hit = np.bincount(g), np.bincount(g, flags.astype(float))
    if not flags.any():
        return f"0.000 (0.000 to {1 - 0.05 ** (1 / len(count)):.3f})"
    weights = drawn(len(count), _DRAWS)
    spread = (weights @ hit) / np.maximum(weights @ count, 1)
    low, high = np.quantile(spread, [0.025, 0.975])
    return f"{flags.mean():.3f} ({low:.3f} to {high:.3f})"


def _pairs(threads: pd.DataFrame, right: np.ndarray) -> list[Row]:
    """Minimal pairs: the share with both members right, those of text and of profile apart."""
    members: dict[str, list[int]] = defaultdict(list)
    for i, pair in enumerate(threads["pair_id"]):
        if pair:
            members[pair].append(i)
    kinds: dict[str, list[bool]] = defaultdict(list)
    for pair in members.values():
        if len(pair) == 2:
            same = threads["texts"].iat[pair[0]] == threads["texts"].iat[pair[1]]
            kinds["profile" if same else "text"].append(bool(right[pair].all()))
    return [
        (
            f"minimal pairs with both members right, {kind}",
            _share(np.array(kinds[kind]), np.arange(len(kinds[kind]))),
            "0.75" if kind == "text" else "",
            2 * len(kinds[kind]),
        )
        for kind in ("text", "profile")
        if kinds[kind]
    ]


def _length_matched(threads: pd.DataFrame, p: np.ndarray, labels: np.ndarray) -> Row:
    """Macro-F1 with every label given the same spread of lengths, mean over draws, beside the whole's."""
    from sklearn.metrics import f1_score

    words = np.array(
        [
            sum(len(t.split()) for t, d in zip(texts, directions, strict=True) if d == "received")
            for texts, directions in zip(threads["texts"], threads["directions"], strict=True)
        ]
    )
    stratum = np.searchsorted(np.quantile(words, np.linspace(0, 1, _STRATA + 1)[1:-1]), words)
    rng = np.random.default_rng(0)
    found, said = [], label_indices(p)
    for _draw in range(200):
        kept: list[int] = []
        for s in range(_STRATA):
            members = [np.flatnonzero((stratum == s) & (labels == k)) for k in range(len(LABELS))]
            size = min(map(len, members))
            for m in members:
                kept += rng.choice(m, size, replace=False).tolist()
        if kept:
            found.append(f1_score(labels[kept], said[kept], average="macro", labels=[0, 1, 2], zero_division=0))
    whole = f1_score(labels, said, average="macro", labels=[0, 1, 2], zero_division=0)
    if not found:
        return ("macro-F1, length-matched subset", "none", "within 0.03 of the whole", 0)
    low, high = np.quantile(found, [0.025, 0.975])
    return (
        "macro-F1, length-matched subset",
        f"{np.mean(found):.3f} ({low:.3f} to {high:.3f}; whole {whole:.3f})",
        "within 0.03 of the whole",
        len(kept),
    )


def early(
    p_after: np.ndarray, first: np.ndarray, labels: np.ndarray, told: np.ndarray
) -> Row:  # the guess from an invitation alone
    """How often the verdict after the invitation's note alone is that of the whole thread's label."""
    right = label_indices(p_after[first]) == labels
    return (
        "invitation with a note judged alone: label of the whole thread hit",
        _share(right[told], np.arange(int(told.sum()))),
        "",
        int(told.sum()),
    )


def table(lines: Sequence[Row]) -> str:
    """Rows as markdown."""
    head = ["| figure | value (95 % interval) | aim | threads |", "|---|---|---|---|"]
    return "\n".join([*head, *(f"| {a} | {b} | {c} | {n:,} |" for a, b, c, n in lines)])


def of_corpus() -> str:
    """The corpus' own folds, as markdown. Fits the model anew, as `make model` does."""
    from detector.training.corpus import read_labelled
    from detector.training.fitting import Recipe, corpus_roles, fit
    from detector.training.shipped import corpus_files

    files = corpus_files()
    threads = read_labelled(files)
    fitted = fit(threads, Recipe(), roles=corpus_roles(files))
    # labels come in thirds here: judged as such, but set aside as the shipped model would
    aside = fitted.held_out[:, GENUINE] < fitted.model.cuts.set_aside
    return table(rows(threads, fitted.even, fitted.labels, fitted.group, fitted.model.cuts, aside))


def carefully(part: str) -> str:
    """The name of the same part with the careful reading."""
    return f"{part}, read carefully"


def of_set(path: str, *, careful: bool = False) -> str:
    """The shipped model on one labelled set, as markdown."""
    from detector.model.detector import Detector
    from detector.threads import Grouped
    from detector.training.evalset import read_evaluation

    threads = read_evaluation(path)
    detector = Detector.load("shipped", careful=careful)
    parts = detector.judge(Grouped(threads, {}))
    verdicts = pd.concat([j.verdicts for j in parts], ignore_index=True)
    p = verdicts[["p_generic", "p_bait_and_sell", "p_genuine"]].to_numpy()
    labels = np.array([LABELS.index(label) for label in threads["label"]])
    aside = (verdicts["action"] == "set-aside").to_numpy()
    lines = rows(threads, p, labels, np.arange(len(labels)), detector.model.cuts, aside)
    told = np.array(
        [k[0] == "invitation" and d[0] == "received" and bool(t[0]) and len(t) > 1
         for k, d, t in zip(threads["kinds"], threads["directions"], threads["texts"], strict=True)]
    )  # fmt: skip
    if told.any():
        after = np.vstack([j.p_after[j.searched.reading.starts] for j in parts])
        lines.append(early(after, np.arange(len(after)), labels, told))
    return table(lines)


def write(page: Path, part: str, text: str) -> None:
    """Put a table between the page's markers of that part; a part not there yet is added at the end."""
    old = page.read_text(encoding="utf-8") if page.exists() else "# How good it is\n"
    begin, end = f"<!-- {part}: begin -->", f"<!-- {part}: end -->"
    block = f"{begin}\n{text}\n{end}"
    if begin in old:
        new = re.sub(re.escape(begin) + r".*?" + re.escape(end), lambda _m: block, old, flags=re.DOTALL)
    else:
        new = f"{old.rstrip()}\n\n## {part}\n\n{block}\n"
    page.write_text(new, encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and write; the arguments are labelled sets, none for the corpus' own folds."""
    paths = [a for a in (sys.argv[1:] if arguments is None else arguments) if a]
    jobs: list[tuple[str, Callable[[], str]]] = []
    for path in paths:
        jobs.append((Path(path).name, partial(of_set, path)))
        jobs.append((carefully(Path(path).name), partial(of_set, path, careful=True)))
    for part, measure in jobs or [(OWN_FOLDS, of_corpus)]:
        text = measure()
        write(PAGE, part, text)
        print(f"{part}\n{text}")


if __name__ == "__main__":
    main()
