"""Words that the base does not know: learned of three senders, in every door of a model, harmless where nothing is learned."""

from __future__ import annotations

import math
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from detector import paths
from detector.model.detector import Detector
from detector.model.file import Model, load, save
from detector.model.foreign import ForeignWords
from detector.threads import group, messages_table
from detector.training.adapting import Pace, adapt
from detector.training.prior import Prior

# invented words: no base knows them, whatever it is trained on
SALE, TALK = "vrenk ostubal hjosti", "mlurra kantebo zwossu"
LABELLED = 12


def letters(n: int = LABELLED) -> pd.DataFrame:
    """Threads in a made-up language, by a sender each: even ones sell, odd ones talk."""
    parts = [
        messages_table(
            [(f"t{i}", "received", f"{SALE if i % 2 == 0 else TALK} qwu{'abcdefghijkl'[i]}")], sender=f"S {i}"
        )
        for i in range(n)
    ]
    return group(pd.concat(parts, ignore_index=True)).threads


@pytest.fixture(scope="module")
def base() -> Model:
    return load(paths.shipped_model())


@pytest.fixture(scope="module")
def moved(base: Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that learned the made-up words, written and read again."""
    threads = letters()
    senders = threads["sender"].tolist()
    labels = np.array([1 if "vrenk" in t[0] else 2 for t in threads["texts"]])
    prior = Prior(base)
    rows = prior.rows(threads, prior.words(threads, senders))
    step = adapt(prior, rows, labels, senders, Pace(1.0))
    path = tmp_path_factory.mktemp("words") / "own.npz"
    save(Model(prior.moved(step), base.cuts, base.manifest), path)
    assert np.allclose(Prior(load(path)).rows(threads).scores, step.scores(rows), atol=1e-4)
    return path


CHAT = [
    ("a", "received", "Hello Ann, vrenk! It rains. Ostubal tobloni hjosti."),
    ("a", "sent", "Mlurra, no."),
    ("a", "received", "Kantebo vrenk zwossu, all well?"),
    ("b", "received", "We sell maps from $40. Book a slot!"),
    ("c", "received", "mlurra kantebo"),
]


def test_words_that_no_base_knows_make_a_difference(moved: Path) -> None:
    unseen = messages_table([("s", "received", SALE), ("g", "received", TALK)])
    before, after = (Detector.load(m).score(unseen).set_index("thread_id") for m in ("shipped", moved))
    assert after.loc["s", "p_bait_and_sell"] > before.loc["s", "p_bait_and_sell"] + 0.05
    assert after.loc["g", "p_genuine"] > before.loc["g", "p_genuine"]


def test_words_of_three_senders_alone_are_kept(moved: Path) -> None:
    assert load(moved).weights.foreign.words == sorted(f"{SALE} {TALK}".split())


@pytest.mark.parametrize("careful", [False, True])
def test_contributions_add_up_with_own_words(moved: Path, careful: bool) -> None:
    judged = Detector.load(moved, careful=careful).judge(group(messages_table(CHAT)))[0]
    for i, verdict in enumerate(judged.verdicts.itertuples()):
        e = judged.explained
        total = e.baseline[i] + sum(h["contribution"] for h in judged.evidence(i)) + e.rest[i]
        assert 1 / (1 + math.exp(-total)) == pytest.approx(verdict.confidence, abs=7e-5)
    # what the words add is told of the sentence they stand in, not left to the rest
    said = {h["text"] for h in judged.evidence(2) if h["text"]}
    assert any("mlurra" in text for text in said)


def test_prefixes_and_batches_do_not_matter_with_own_words(moved: Path) -> None:
    detector = Detector.load(moved)
    whole = detector.judge(group(messages_table(CHAT)))[0]
    for n in (1, 2, 3):
        alone = detector.judge(group(messages_table(CHAT[:n])))[0]
        assert alone.p_after[-1].tolist() == whole.p_after[n - 1].tolist()


def test_own_words_of_no_weight_change_no_score(base: Model) -> None:
    own = ForeignWords(["tobloni", "vrenk"], np.zeros((2, 3)), base.weights.foreign.pieces)
    threads = group(messages_table(CHAT)).threads
    empty = Model(replace(base.weights, foreign=own), base.cuts, base.manifest)
    assert (Prior(empty).rows(threads).scores == Prior(base).rows(threads).scores).all()


def test_what_learned_nothing_is_written_without_own_words(base: Model, tmp_path: Path) -> None:
    threads = letters()
    prior = Prior(base)
    rows = prior.rows(threads, prior.words(threads, threads["sender"].tolist()))
    nothing = adapt(prior, rows, np.ones(len(threads), dtype=int), threads["sender"].tolist(), Pace(0.0))
    save(Model(prior.moved(nothing), base.cuts, base.manifest), tmp_path / "same.npz")
    same = load(tmp_path / "same.npz")
    assert same.weights.foreign.words == []
    assert (Prior(same).rows(threads).scores == rows.scores).all()


def test_a_model_with_own_words_can_be_moved_again(moved: Path, tmp_path: Path) -> None:
    prior = Prior(load(moved))
    threads = letters()
    senders = threads["sender"].tolist()
    rows = prior.rows(threads, prior.words(threads, senders))
    step = adapt(prior, rows, np.where(rows.scores[:, 1] > rows.scores[:, 2], 2, 1), senders, Pace(3.0))
    save(Model(prior.moved(step, 0.9), prior.model.cuts, prior.model.manifest), tmp_path / "twice.npz")
    again = load(tmp_path / "twice.npz")
    assert again.weights.foreign.words == prior.model.weights.foreign.words
    assert np.allclose(Prior(again).rows(threads).scores, step.scores(rows) * 0.9, atol=1e-4)


def test_the_users_own_name_is_no_word_to_learn(base: Model) -> None:
    threads = letters().assign(recipient="Mlurra Őry")
    assert "mlurra" not in Prior(base).words(threads, threads["sender"].tolist())
    assert "kantebo" in Prior(base).words(threads, threads["sender"].tolist())


def test_the_file_tells_the_words_of_ones_own_in_plain_text(moved: Path) -> None:
    with zipfile.ZipFile(moved) as archive:
        assert archive.read("own.txt").decode().split("\n") == load(moved).weights.foreign.words
