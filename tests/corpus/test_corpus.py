"""The corpus keeps its promises: size, balance, no repeats, nothing given away by shape, words reviewed."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from detector import paths
from detector.model.file import load
from detector.schema import LABELS
from detector.training.audit import Corpus, counts_alone, near_duplicates, openings, strongest_words
from detector.training.corpus import digest_of
from detector.training.shipped import corpus_files

ROOT = Path(__file__).parents[2] / "data" / "corpus"


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return Corpus()


def test_size_and_balance(corpus: Corpus) -> None:
    assert len(corpus.all_threads) >= 6000
    shares = corpus.threads["label"].value_counts(normalize=True)
    assert set(shares.index) == set(LABELS)
    assert shares.between(0.31, 0.36).all()
    sent = corpus.threads["messages"].clip(upper=4).value_counts(normalize=True)
    assert all(sent[n] >= 0.12 for n in (2, 3, 4))
    replied = corpus.threads.groupby("label")["replies"].apply(lambda r: (r > 0).mean())
    assert (replied > 0.2).all()


def test_begun_by_the_owner_and_long_chats(corpus: Corpus) -> None:
    begun = corpus.threads["directions"].map(lambda d: d[0] == "sent").mean()
    long = (corpus.threads["texts"].map(len) >= 8).mean()
    assert begun >= 0.06
    assert long >= 0.04


def test_languages(corpus: Corpus) -> None:
    shares = corpus.threads["lang"].value_counts(normalize=True)
    assert shares[["es", "fr", "de", "pt"]].sum() >= 0.15
    assert {"it", "nl"} <= set(shares.index)


def test_minimal_pairs_differ_in_label_and_are_plenty(corpus: Corpus) -> None:
    pairs = corpus.threads[corpus.threads["pair_id"] != ""].groupby("pair_id")["label"]
    whole = pairs.nunique()[pairs.size() == 2]
    assert (whole == 2).all()
    assert len(whole) >= 950
    kinds = corpus.tags.loc[(corpus.threads["pair_id"] != "").to_numpy(), "pair_kind"].value_counts()
    assert kinds["profile"] >= 200


def test_breadth(corpus: Corpus) -> None:
    assert corpus.tags["trade"].nunique() >= 60
    bait = (corpus.threads["label"] == "bait-and-sell").to_numpy()
    assert corpus.tags.loc[bait, "tactic"].nunique() >= 60
    assert (corpus.threads["recipient_headline"] != "").mean() >= 0.5


def test_notes_fit_linkedins_limit(corpus: Corpus) -> None:
    for texts, kinds in zip(corpus.all_threads["texts"], corpus.all_threads["kinds"], strict=True):
        for text, kind in zip(texts, kinds, strict=True):
            assert kind != "invitation" or len(text) <= 300


def test_shape_gives_nothing_away(corpus: Corpus) -> None:
    assert counts_alone(corpus) <= 0.45


def test_hardly_any_repeats(corpus: Corpus) -> None:
    doubled = {t for a, b, _n in near_duplicates(corpus) for t in (a, b)}
    assert len(doubled) < 0.01 * len(corpus)
    assert openings(corpus)[0][1] <= 0.005 * len(corpus)


def test_the_strongest_words_have_been_looked_at(corpus: Corpus) -> None:
    with (ROOT / "reviewed-words.tsv").open(newline="", encoding="utf-8") as stream:
        reviewed = {(r["label"], r["word"]) for r in csv.DictReader(stream, delimiter="\t") if r["remark"]}
    new = [(label, w) for label, words in strongest_words(corpus).items() for w in words if (label, w) not in reviewed]
    assert not new, f"look at these and write a remark in reviewed-words.tsv: {new}"


def test_the_shipped_model_was_trained_on_this_corpus() -> None:
    assert load(paths.shipped_model()).manifest["corpus"] == digest_of(corpus_files())
