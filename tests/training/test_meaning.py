"""What own labels say of words holds for words of like meaning, and only if several people wrote."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from detector import paths
from detector.model.decision import probabilities
from detector.model.file import load
from detector.schema import LABELS
from detector.threads import group, messages_table
from detector.training.adapting import Pace, adapt
from detector.training.meaning import OF_OWN, Meanings, told_by_meaning
from detector.training.prior import Prior

SEA = ["boat sail harbour", "ship crew voyage", "sailor ocean anchor", "boat ocean crew", "ship sail anchor"]
BREAD = ["bread oven flour", "cake kitchen sugar", "butter bakery recipe", "oven cake recipe", "flour sugar butter"]
GENERIC, GENUINE = LABELS.index("generic"), LABELS.index("genuine")


def threads_of(texts: list[str]) -> pd.DataFrame:
    parts = [messages_table([(f"t{i}", "received", text)], sender=f"S {i}") for i, text in enumerate(texts)]
    return group(pd.concat(parts, ignore_index=True)).threads


@pytest.fixture(scope="module")
def prior() -> Prior:
    return Prior(load(paths.shipped_model()))


def learned(prior: Prior, senders: list[str]) -> pd.DataFrame:
    """How far threads with words that no label was given for move, after labels on sea (generic) and bread (genuine)."""
    told = prior.rows(threads_of(SEA + BREAD))
    labels = np.array([GENERIC] * len(SEA) + [GENUINE] * len(BREAD))
    step = adapt(prior, told, labels, senders, Pace(0.3))
    unseen = threads_of(["vessel captain sailing", "cooking chocolate baking"])
    rows = prior.rows(unseen)
    return pd.DataFrame(
        probabilities(step.scores(rows)) - probabilities(rows.scores), index=["sea", "bread"], columns=list(LABELS)
    )


def test_words_of_like_meaning_move_together(prior: Prior) -> None:
    moved = learned(prior, [f"s{i}" for i in range(len(SEA) + len(BREAD))])
    apart = moved["genuine"]["bread"] - moved["genuine"]["sea"]
    assert apart > 0.02
    assert moved["generic"]["sea"] > moved["generic"]["bread"]


def test_two_people_alone_move_nothing(prior: Prior) -> None:
    step_of_two = learned(prior, ["ann" if i % 2 else "bob" for i in range(len(SEA) + len(BREAD))])
    assert abs(step_of_two["genuine"]["bread"] - step_of_two["genuine"]["sea"]) < 0.005


def test_vectors_are_of_a_like_length_and_none_for_what_is_no_word(prior: Prior) -> None:
    words = ["meeting", "precio", "aufgeschlossenheit", "unheard", "vrenk"]
    assert np.allclose(np.linalg.norm(prior.meanings.of(words), axis=1), OF_OWN, rtol=0.25)
    assert not prior.meanings.of(
        ["\u043f\u0440\u0438\u0432\u0435\u0442", "<link>", "?"]
    ).any()  # no pieces of that script
    assert prior.meanings.along(2).shape == (len(prior.meanings.of_known), 2)
    assert Meanings([], 1.0).of(["price"]).shape == (1, prior.meanings.size)


def test_what_is_told_by_meaning_leaves_nothing_to_words_that_mean_nothing() -> None:
    vectors = np.random.default_rng(0).normal(size=(200, 6))
    learned = np.arange(12.0).reshape(6, 2)
    told = told_by_meaning(vectors, vectors @ learned)
    assert np.allclose(told, learned, rtol=0.2, atol=0.2)  # held back a little
    assert not told_by_meaning(np.zeros((3, 6)), np.ones((3, 2))).any()
    assert told_by_meaning(np.zeros((0, 6)), np.zeros((0, 2))).shape == (6, 2)
