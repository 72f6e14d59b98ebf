"""Does a user whose mail is unlike the corpus gain from few labels of her own? Simulated on the corpus.

A slice is kept out of the base, 40 % of it (whole groups) for the test; from the rest come 12, 24, 48, 96 labels,
in the queue's order and at random, a hundred draws each. Yardsticks, trained on the same labels alone: TF-IDF with
logistic regression, and SpamBayes (package sbclassifier, the `bench` extra), one against the rest a label.

Slices, fixed before anything was measured on them; no setting was chosen by its figures on them, but what the queue did on German,
and what few labels did on the guide and on German, had a part in what was looked at on other slices, and in one step that was left
out (docs/experiments.md):
- `trades`: two files of the corpus with trades of their own (science, law, health; industry, media);
- `language`: German;
- `guide`: recruiting mail in which every genuine letter counts as generic, among other mail as it is.

    python -m benchmarks.shift base trades     # minutes: a base without the slice, kept in --folder
    python -m benchmarks.shift run trades      # a quarter of an hour: a hundred draws, written as JSON lines
    python -m benchmarks.shift table           # the tables of all slices that were run, into docs/train.md
    python -m benchmarks.shift all
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import f1_score

from benchmarks.run import fill
from detector.labelling.committee import Committee
from detector.labelling.queue import Queue, copies
from detector.model.decision import label_indices, probabilities
from detector.model.file import load, save
from detector.schema import LABELS
from detector.training.adapting import learn, single_thread
from detector.training.audit import plain_model, sender_texts
from detector.training.corpus import read_labelled
from detector.training.fitting import Recipe, corpus_roles, fit
from detector.training.prior import Prior
from detector.training.reading import Labelled, from_threads
from detector.training.senders import people
from detector.training.shipped import corpus_files

PAGE = Path(__file__).parent.parent / "docs" / "train.md"
SIZES = (12, 24, 48, 96)
TEST = 0.4
SLICES = ("trades", "language", "guide")
ORDERS = ("queue", "random")


def slice_of(name: str, threads: pd.DataFrame) -> pd.Series:
    """Which threads are the user's own."""
    if name == "language":
        return threads["lang"] == "de"
    files = {"trades": ["science-law-health", "industry-media"], "guide": ["recruiting", "natural-work"]}[name]
    return threads["source"].isin(files)


def own_threads(name: str) -> tuple[pd.DataFrame, Labelled]:
    """The corpus without the slice, and the slice with the user's labels."""
    threads = read_labelled(corpus_files())
    mine = slice_of(name, threads)
    own = threads[mine].reset_index(drop=True)
    if name == "guide":
        generic = (own["source"] == "recruiting") & (own["label"] == "genuine")
        own["label"] = own["label"].where(~generic, "generic")
    return threads[~mine].reset_index(drop=True), from_threads(own)


def make_base(name: str, folder: Path) -> None:
    """Train and keep the model that knows nothing of the slice, nor of groups it shares with the rest."""
    from detector.training.folds import groups

    rest, own = own_threads(name)
    both = pd.concat([rest, own.threads], ignore_index=True)
    group = groups(both, people(both))
    clean = ~np.isin(group[: len(rest)], group[len(rest) :])
    folder.mkdir(parents=True, exist_ok=True)
    save(
        fit(
            rest[clean].reset_index(drop=True), Recipe(), f"corpus without {name}", roles=corpus_roles(corpus_files())
        ).model,
        folder / f"base-{name}.npz",
    )
    print(
        f"{name}: base of {clean.sum():,} threads, {(~clean).sum()} near-copies of the slice left out; slice {len(own)}"
    )


def spambayes(texts: list[str], labels: np.ndarray, test: list[str]) -> np.ndarray:
    """One SpamBayes classifier a label; the label whose classifier is surest."""
    from sbclassifier import Classifier, ClassifierDb, tokenize_text

    scores = np.zeros((len(test), len(LABELS)))
    words, asked = [list(tokenize_text(t)) for t in texts], [list(tokenize_text(t)) for t in test]
    for k in range(len(LABELS)):
        one = Classifier(ClassifierDb())
        for stream, label in zip(words, labels, strict=True):
            one.learn(stream, bool(label == k))
        scores[:, k] = [one.spamprob(stream) for stream in asked]
    return scores.argmax(axis=1)


def tfidf(texts: list[str], labels: np.ndarray, test: list[str]) -> np.ndarray:
    """The plain yardstick of the audit; the only label there is, if there is one only."""
    if len(set(labels.tolist())) < 2:
        return np.full(len(test), labels[0])
    return np.asarray(plain_model().fit(texts, labels).predict(test))


def score(labels: np.ndarray, found: np.ndarray) -> float:
    return float(f1_score(labels, found, labels=range(len(LABELS)), average="macro", zero_division=0))


def run(name: str, folder: Path, draws: int, sizes: tuple[int, ...]) -> None:
    """All draws of one slice, one JSON line each."""
    _rest, own = own_threads(name)
    prior = Prior(load(folder / f"base-{name}.npz"))
    words = prior.words(own.threads, own.senders)
    plain = prior.plain_rows(own.threads, words)
    rows = prior.meant(plain)
    p = probabilities(rows.scores)
    texts = sender_texts(own.threads)
    twins = copies(own.threads)
    who = np.asarray(own.senders, dtype=object)
    with (folder / f"shift-{name}.jsonl").open("w") as out:
        for draw in range(draws):
            order = np.random.default_rng(draw).permutation(np.unique(own.group))
            cut = np.cumsum([np.sum(own.group == g) for g in order]) <= TEST * len(own)
            cut[np.flatnonzero(~cut)[0]] = True  # at least 40 %
            tested = np.isin(own.group, order[cut])
            test, pool = np.flatnonzero(tested), np.flatnonzero(~tested)
            found: dict = {"slice": name, "draw": draw, "test": len(test), "pool": len(pool)}
            found["before"] = score(own.labels[test], label_indices(p[test]))
            for kind in ORDERS:
                ids = [own.threads["thread_id"].iat[i] for i in pool]
                queue = Queue(
                    ids, twins[pool], p[pool], plain.matrix[pool], np.arange(len(pool)),
                    "teach" if kind == "queue" else "random", draw, Committee(prior, plain.take(pool), p[pool], who[pool]),
                )  # fmt: skip
                asked: list[int] = []
                while len(asked) < max(sizes) and (following := queue.next(asked, own.labels[pool[asked]].tolist())):
                    asked.append(following[0])
                for n in sizes:
                    chosen = pool[asked[:n]]
                    with single_thread():
                        learned = learn(prior, rows.take(chosen), own.labels[chosen], who[chosen], own.group[chosen])
                    after = probabilities(learned.scores(rows.take(test)))
                    told, unseen = [texts[i] for i in chosen], [texts[i] for i in test]
                    found[f"{kind}.{n}"] = {
                        "after": score(own.labels[test], label_indices(after)),
                        "tfidf": score(own.labels[test], tfidf(told, own.labels[chosen], unseen)),
                        "spambayes": score(own.labels[test], spambayes(told, own.labels[chosen], unseen)),
                        "weight": learned.pace.weight,
                        "labels": len(chosen),
                    }
            out.write(json.dumps(found) + "\n")
            out.flush()
            print(
                name,
                draw,
                round(found["before"], 3),
                [round(found[f"queue.{n}"]["after"], 3) for n in sizes],
                flush=True,
            )


def spread(values: np.ndarray) -> str:
    """Mean and 95 % bootstrap interval over draws."""
    rng = np.random.default_rng(0)
    means = values[rng.integers(0, len(values), (2000, len(values)))].mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return f"{values.mean():.3f} ({low:.3f} to {high:.3f})"


def needed(curve: np.ndarray, sizes: np.ndarray, target: float) -> float:
    """Labels at which a curve (from 0 labels on) first reaches the target, between sizes by straight lines."""
    for k in range(1, len(curve)):
        if curve[k] >= target:
            step = (target - curve[k - 1]) / max(curve[k] - curve[k - 1], 1e-12)
            return float(sizes[k - 1] + step * (sizes[k] - sizes[k - 1]))
    return float(sizes[-1])


def ratio(draws: list[dict], sizes: list[int]) -> str:
    """Labels in the queue's order for the gain that all random labels bring (or the queue's, if less), as a share."""
    curves = np.array([[[d["before"], *(d[f"{o}.{n}"]["after"] for n in sizes)] for o in ORDERS] for d in draws])
    at = np.array([0, *sizes], dtype=float)
    rng = np.random.default_rng(0)
    found = []
    for pick in [np.arange(len(draws)), *rng.integers(0, len(draws), (2000, len(draws)))]:
        queue, random = curves[pick].mean(axis=0)
        target = min(queue.max(), random.max())
        if target > queue[0]:
            found.append(needed(queue, at, target) / needed(random, at, target))
    if not found:
        return "no gain to compare"
    low, high = np.quantile(found, [0.025, 0.975])
    return f"{found[0]:.2f} ({low:.2f} to {high:.2f})"


def table(folder: Path) -> str:
    """Markdown tables of the slices that were run."""
    lines = []
    for name in SLICES:
        path = folder / f"shift-{name}.jsonl"
        if not path.exists():
            continue
        draws = [json.loads(line) for line in path.read_text().splitlines()]
        sizes = sorted({int(key.split(".")[1]) for key in draws[0] if key.startswith("queue.")})
        lines += [
            f"**{name}**: {len(draws)} draws, {draws[0]['test']} threads tested, before {spread(np.array([d['before'] for d in draws]))}",
            "",
            "| labels | after, queue's order | after, random | queue less random | gain, queue | TF-IDF + LR | SpamBayes |",
            "|---|---|---|---|---|---|---|",
        ]
        before = np.array([d["before"] for d in draws])
        for n in sizes:

            def column(order: str, key: str, n: int = n, draws: list[dict] = draws) -> np.ndarray:
                return np.array([d[f"{order}.{n}"][key] for d in draws])

            queue, random = column("queue", "after"), column("random", "after")
            best = [max(column(o, k).mean() for o in ORDERS) for k in ("tfidf", "spambayes")]
            lines.append(
                f"| {n} | {spread(queue)} | {spread(random)} | {spread(queue - random)} | {spread(queue - before)} "
                f"| {best[0]:.3f} | {best[1]:.3f} |"
            )
        lines += [
            "",
            f"Labels needed in the queue's order for the same gain, as a share of random ones: {ratio(draws, sizes)}.",
            "",
        ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["base", "run", "table", "all"])
    parser.add_argument("slices", nargs="*", default=list(SLICES))
    parser.add_argument("--folder", type=Path, default=Path("build/shift"))
    parser.add_argument("--draws", type=int, default=100)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    asked = parser.parse_args()
    for name in asked.slices:
        if asked.what in ("base", "all"):
            make_base(name, asked.folder)
        if asked.what in ("run", "all"):
            run(name, asked.folder, asked.draws, tuple(asked.sizes))
    if asked.what in ("table", "all"):
        found = table(asked.folder)
        print(found)
        PAGE.write_text(fill(PAGE.read_text(encoding="utf-8"), "shift", found), encoding="utf-8")


if __name__ == "__main__":
    main()
