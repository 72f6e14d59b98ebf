"""Copies with a borrowed sentence: nothing of the letter is lost, and each sentence's role stays where it was."""

from __future__ import annotations

import pandas as pd
import pytest

from detector.training.borrowing import Copies, copies
from detector.training.corpus import read_labelled
from detector.training.fitting import corpus_roles
from detector.training.shipped import corpus_files


@pytest.fixture(scope="module")
def threads() -> pd.DataFrame:
    files = [f for f in corpus_files() if f.endswith(("notes-short.csv", "plain-languages.csv", "pairs-e.csv"))]
    return read_labelled(files)


@pytest.fixture(scope="module")
def made(threads: pd.DataFrame) -> Copies:
    return copies(threads, corpus_roles(corpus_files()) or {})


def test_most_letters_and_sales_have_a_copy_and_no_generic_thread_has(threads: pd.DataFrame, made: Copies) -> None:
    of = threads.iloc[made.of]
    assert set(of["label"]) == {"genuine", "bait-and-sell"}
    assert len(set(made.of.tolist())) == len(made.of) > 0.9 * (threads["label"] != "generic").sum()


def test_every_sentence_of_the_letter_is_in_its_copy_under_the_same_role(threads: pd.DataFrame, made: Copies) -> None:
    roles = corpus_roles(corpus_files()) or {}

    def spoken(text: str, places: list[tuple[int, int]]) -> list[tuple[str, int]]:
        ends = [*(start for start, _role in places[1:]), len(text)]
        return [(text[a:b].strip(), role) for (a, role), b in zip(places, ends, strict=True)]

    for i, copy in zip(made.of.tolist(), made.threads.itertuples(), strict=True):
        thread = threads.iloc[i]
        (k,) = [k for k, (a, b) in enumerate(zip(thread["texts"], copy.texts, strict=True)) if a != b]
        before = spoken(thread["texts"][k], roles[thread["thread_id"]].get(k + 1, []))
        after = spoken(copy.texts[k], made.roles[copy.thread_id][k + 1])
        assert len(after) == len(before) + 1
        for sentence in before:
            assert sentence in after


def test_a_sentence_comes_from_a_generic_thread_of_the_same_file_and_language(
    threads: pd.DataFrame, made: Copies
) -> None:
    generic = threads[threads["label"] == "generic"]
    lent = {
        key: " ".join(t for texts in part for t in texts) for key, part in generic.groupby(["source", "lang"])["texts"]
    }
    for i, copy in zip(made.of.tolist(), made.threads.itertuples(), strict=True):
        thread = threads.iloc[i]
        old, new = next((a, b) for a, b in zip(thread["texts"], copy.texts, strict=True) if a != b)
        size = len(new) - len(old)
        assert any(
            new[:k] + new[k + size :] in (old, old.rstrip())
            and new[k : k + size].strip() in lent[thread["source"], thread["lang"]]
            for k in range(len(old) + 1)
        )
