"""`make audit`: what the corpus gives away, repeats, covers and teaches, as figures in its datasheet.

The limits themselves are asserted by the tests; this module measures and writes.
"""

from __future__ import annotations

import csv
import re
import sys
import zlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from detector.inbox import read_inbox
from detector.schema import LABELS
from detector.threads import group
from detector.training.corpus import read_labelled
from detector.training.evalset import read_evaluation
from detector.training.folds import SHINGLE, folds, groups
from detector.training.senders import people
from detector.training.shipped import corpus_files

NEAR = 0.5
"""Jaccard similarity of word shingles from which two threads count as near-duplicates."""

CURVE = (250, 500, 1000, 2000, 4000, 6000)
STRONGEST = 50
_BEGIN, _END = "<!-- made by `make audit`: begin -->", "<!-- made by `make audit`: end -->"


class Corpus:
    """The corpus as read: threads with their tags, labels, groups and the sender's text."""

    def __init__(self, files: Sequence[str] | None = None) -> None:
        self.files = list(files or corpus_files())
        self.threads = read_labelled(self.files)
        self.tags = _tags(self.files).reindex(self.threads["thread_id"]).fillna("")
        self.labels = np.array([LABELS.index(label) for label in self.threads["label"]])
        self.groups = groups(self.threads, people(self.threads))
        self.texts = sender_texts(self.threads)
        self.all_threads = group(read_inbox(self.files).messages).threads

    def __len__(self) -> int:
        return len(self.threads)


def _tags(files: Sequence[str]) -> pd.DataFrame:
    """Tag columns that the reader does not keep, by thread id."""
    found = {}
    for file in files:
        with open(file, newline="", encoding="utf-8") as stream:
            for row in csv.DictReader(stream):
                if row.get("label"):
                    found[row["thread_id"]] = {k: row.get(k) or "" for k in ("trade", "tactic", "pair_kind")}
    return pd.DataFrame.from_dict(found, orient="index", columns=["trade", "tactic", "pair_kind"])


def sender_texts(threads: pd.DataFrame) -> list[str]:
    """The sender's messages of each thread, joined."""
    return [
        "\n".join(t for t, d in zip(texts, directions, strict=True) if d == "received")
        for texts, directions in zip(threads["texts"], threads["directions"], strict=True)
    ]


def shape(threads: pd.DataFrame) -> np.ndarray:
    """(n, 5) counts alone: sender messages, unanswered streak, replies, words by the sender, question marks."""
    rows = []
    for t in threads.itertuples():
        theirs = [x for x, d in zip(t.texts, t.directions, strict=True) if d == "received" and x]
        joined = " ".join(theirs)
        rows.append([t.messages, t.unanswered, t.replies, len(joined.split()), joined.count("?")])
    return np.asarray(rows, dtype=float)


def counts_alone(corpus: Corpus) -> float:
    """Macro-F1 of gradient boosting on `shape` in grouped folds; threads without any text aside."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.metrics import f1_score

    kept = (corpus.threads["messages"] > 0).to_numpy()
    x, y, g = shape(corpus.threads)[kept], corpus.labels[kept], corpus.groups[kept]
    found = np.zeros(len(y), dtype=int)
    for seen, held in folds(g, y):
        found[held] = HistGradientBoostingClassifier(random_state=0).fit(x[seen], y[seen]).predict(x[held])
    return float(f1_score(y, found, average="macro"))


def near_duplicates(corpus: Corpus) -> list[tuple[str, str, float]]:
    """Pairs of threads (minimal pairs aside) whose word shingles overlap by `NEAR` or more."""
    shingles = []
    for text in corpus.texts:
        words = re.findall(r"\w+", text.lower())
        shingles.append(
            {zlib.crc32(" ".join(words[i : i + SHINGLE]).encode()) for i in range(len(words) - SHINGLE + 1)}
        )
    pair = corpus.threads["pair_id"].tolist()
    ids = corpus.threads["thread_id"].tolist()
    where: dict[int, list[int]] = defaultdict(list)
    for i, own in enumerate(shingles):
        for s in own:
            where[s].append(i)
    shared: Counter[tuple[int, int]] = Counter()
    for places in where.values():
        if 1 < len(places) <= 50:
            for a, i in enumerate(places):
                for j in places[a + 1 :]:
                    shared[i, j] += 1
    found = []
    for (i, j), n in shared.items():
        likeness = n / len(shingles[i] | shingles[j])
        if likeness >= NEAR and not (pair[i] and pair[i] == pair[j]):
            found.append((ids[i], ids[j], likeness))
    return found


def openings(corpus: Corpus) -> list[tuple[str, int]]:
    """How many groups of threads open with the same five words, names of greeting included; the commonest first."""
    by: dict[str, set[int]] = defaultdict(set)
    for text, g in zip(corpus.texts, corpus.groups, strict=True):
        words = re.findall(r"\w+", text.lower())[:5]
        if len(words) == 5:
            by[" ".join(words)].add(int(g))
    return sorted(((k, len(v)) for k, v in by.items() if len(v) > 1), key=lambda kv: (-kv[1], kv[0]))


def strongest_words(corpus: Corpus, most: int = STRONGEST) -> dict[str, list[str]]:
    """The strongest words of each label in a bag-of-words model over all languages."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    vectors = TfidfVectorizer(sublinear_tf=True, min_df=5)
    x = vectors.fit_transform(corpus.texts)
    model = LogisticRegression(C=1, max_iter=500, class_weight="balanced").fit(x, corpus.labels)
    names = vectors.get_feature_names_out()
    return {label: [str(names[i]) for i in np.argsort(-model.coef_[k])[:most]] for k, label in enumerate(LABELS)}


def plain_model() -> Any:
    """The plain yardstick: TF-IDF of words 1-2 and characters 2-5, logistic regression, C=5, balanced."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline, make_union

    words = TfidfVectorizer(sublinear_tf=True, min_df=2, ngram_range=(1, 2))
    letters = TfidfVectorizer(sublinear_tf=True, min_df=2, analyzer="char_wb", ngram_range=(2, 5))
    return make_pipeline(make_union(words, letters), LogisticRegression(C=5, class_weight="balanced", max_iter=500))


def curve(corpus: Corpus, evaluation: str | None = None) -> list[tuple[int, float, float | None]]:
    """(threads, macro-F1 on a held fifth of the corpus, macro-F1 on the evaluation set) at growing sizes.

    Whole groups are drawn, in one seeded order, so that each size holds the one before.
    """
    from sklearn.metrics import f1_score

    seen, held = folds(corpus.groups, corpus.labels)[0]
    order = np.random.default_rng(0).permutation(np.unique(corpus.groups))
    rank = {g: i for i, g in enumerate(order)}

    def drawn(index: np.ndarray) -> np.ndarray:
        return index[np.argsort([rank[g] for g in corpus.groups[index]], kind="stable")]

    inside, everything = drawn(seen), drawn(np.arange(len(corpus)))
    outside = read_evaluation(evaluation) if evaluation else None
    texts = np.asarray(corpus.texts, dtype=object)
    rows = []
    for size in CURVE:
        if size > len(everything) * 1.02:
            break
        n = min(size, len(everything))
        own = None
        if n <= len(inside):
            model = plain_model().fit(texts[inside[:n]], corpus.labels[inside[:n]])
            own = float(f1_score(corpus.labels[held], model.predict(texts[held]), average="macro"))
        other = None
        if outside is not None:
            model = plain_model().fit(texts[everything[:n]], corpus.labels[everything[:n]])
            truth = [LABELS.index(label) for label in outside["label"]]
            other = float(f1_score(truth, model.predict(sender_texts(outside)), average="macro"))
        rows.append((n, own, other))
    return rows  # type: ignore[return-value]


def pairs_right(corpus: Corpus) -> dict[str, tuple[int, float]]:
    """Minimal pairs held out with their group: (how many, share with both members right by the plain model)."""
    texts = np.asarray(corpus.texts, dtype=object)
    found = np.zeros(len(corpus), dtype=int)
    for seen, held in folds(corpus.groups, corpus.labels):
        found[held] = plain_model().fit(texts[seen], corpus.labels[seen]).predict(texts[held])
    right = found == corpus.labels
    members: dict[tuple[str, str], list[bool]] = defaultdict(list)
    for pair, kind, ok in zip(corpus.threads["pair_id"], corpus.tags["pair_kind"], right, strict=True):
        if pair:
            members["profile" if kind == "profile" else "text", pair].append(bool(ok))
    table = {}
    for kind in ("text", "profile"):
        both = [all(v) for (k, _p), v in members.items() if k == kind and len(v) == 2]
        table[kind] = (len(both), float(np.mean(both)) if both else 0.0)
    return table


def coverage(corpus: Corpus) -> list[str]:
    """Markdown tables of what the corpus holds, by label."""
    threads, tags = corpus.threads, corpus.tags.reset_index(drop=True)
    label = threads["label"]
    long = threads["texts"].map(len) >= 8
    begun = threads["directions"].map(lambda d: d[0] == "sent")
    words = pd.Series([len(t.split()) for t in corpus.texts])
    sizes = pd.cut(words, [-1, 0, 25, 50, 100, 10**9], labels=["0", "1-25", "26-50", "51-100", "over 100"])
    sent = threads["messages"].clip(upper=4).map({0: "none", 1: "1", 2: "2", 3: "3", 4: "4 or more"})
    lines = []
    for title, column in (
        ("language", threads["lang"]),
        ("sender messages", sent),
        ("words by the sender", sizes.astype(str)),
        ("owner replied", (threads["replies"] > 0).map({True: "yes", False: "no"})),
        ("begun by the owner", begun.map({True: "yes", False: "no"})),
        ("8 or more messages", long.map({True: "yes", False: "no"})),
        ("source", threads["source"]),
    ):
        table = pd.crosstab(column, label)[list(LABELS)]
        table["all"] = table.sum(axis=1)
        table["share"] = (100 * table["all"] / len(threads)).map("{:.1f} %".format)
        lines += ["", f"| {title} | " + " | ".join(table.columns) + " |", "|---" * (1 + len(table.columns)) + "|"]
        lines += [
            "| " + " | ".join([str(i), *map(str, row)]) + " |"
            for i, row in zip(table.index, table.to_numpy(), strict=True)
        ]
    lines += ["", "Commonest trades: " + _commonest(tags["trade"]) + "."]
    for k, name in enumerate(LABELS):
        part = tags["tactic"][corpus.labels == k].str.split("-").explode()
        lines += ["", f"Commonest words of the tactic tags, {name}: " + _commonest(part[part.str.len() > 3]) + "."]
    known = {
        "headline": (threads["recipient_headline"] != "").mean(),
        "services": (threads["recipient_services"] != "").mean(),
    }
    lines += [
        "",
        f"{tags['trade'].nunique()} trades of recipients, {tags['tactic'].nunique()} tactics "
        f"({tags.loc[(label == 'bait-and-sell').to_numpy(), 'tactic'].nunique()} of bait-and-sell); "
        f"a headline on {known['headline']:.0%}, services on {known['services']:.0%} of threads.",
    ]
    return lines


def _commonest(column: pd.Series, most: int = 40) -> str:
    return ", ".join(f"{name} {n}" for name, n in column[column != ""].value_counts(sort=True).head(most).items())


def report(corpus: Corpus, evaluation: str | None = None) -> str:
    """All figures as markdown."""
    split = corpus.all_threads["split"].value_counts()
    disputed = int(split.get("disputed", 0))
    duplicates = near_duplicates(corpus)
    doubled = {t for a, b, _n in duplicates for t in (a, b)}
    common = openings(corpus)
    lines = [
        f"{len(corpus):,} threads to train on, {disputed} more in dispute and left out.",
        *coverage(corpus),
        "",
        "**What shape gives away.** Counts alone (messages, streak, replies, length, question marks; gradient boosting, "
        f"grouped folds, empty notes aside): macro-F1 {counts_alone(corpus):.3f} (chance 0.33).",
        "",
        f"**Repeats.** Near-duplicates (word shingles, Jaccard {NEAR} or more, minimal pairs aside): {len(doubled)} threads, "
        f"{100 * len(doubled) / len(corpus):.2f} %. Commonest opening of five words: “{common[0][0]}”, "
        f"{common[0][1]} times, {100 * common[0][1] / len(corpus):.2f} %.",
        "",
        "**Learning curve** of the plain model (TF-IDF words 1-2 and characters 2-5, logistic regression C=5), macro-F1:",
        "",
        "| threads | on a held fifth of the corpus |",
        "|---|---|",
    ]
    steps = curve(corpus, evaluation)
    lines += [f"| {n:,} | {'' if own is None else f'{own:.3f}'} |" for n, own, _other in steps]
    if evaluation:
        for n, _own, other in steps:
            print(f"{n:>6,} threads: macro-F1 {other:.3f} on {evaluation}", file=sys.stderr)
    lines += ["", "**Minimal pairs** held out of training, plain model, both members right:", ""]
    for kind, (n, share) in pairs_right(corpus).items():
        lines.append(f"- {n:,} {kind} pairs: {share:.1%}")
    return "\n".join(lines)


def write(path: Path, text: str) -> None:
    """Put the figures between the markers of the datasheet."""
    old = path.read_text(encoding="utf-8")
    begin, end = old.index(_BEGIN) + len(_BEGIN), old.index(_END)
    path.write_text(f"{old[:begin]}\n{text}\n{old[end:]}", encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and write; an argument is an evaluation set for the curve (printed, not written)."""
    arguments = sys.argv[1:] if arguments is None else arguments
    corpus = Corpus()
    evaluation = arguments[0] if arguments and arguments[0] else None
    text = report(corpus, evaluation)
    write(Path(corpus.files[0]).parent / "README.md", text)
    print(text)


if __name__ == "__main__":
    main()
