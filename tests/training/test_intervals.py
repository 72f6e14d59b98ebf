"""Intervals and paired comparison: they hold what they must, and chance is not called better."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.model.decision import CutOffs
from detector.training.figures import figures
from detector.training.intervals import intervals, paired

CUTS = CutOffs(0.03, 0.7)


def made_up(n: int, right: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, n)
    said = np.where(rng.random(n) < right, labels, rng.integers(0, 3, n))
    return np.round(np.eye(3)[said] * 0.7 + 0.1, 4), labels


@settings(max_examples=20, deadline=None)
@given(st.integers(3, 60), st.floats(0, 1), st.integers(0, 9))
def test_every_value_is_that_of_the_plain_figures_and_inside_its_interval(n: int, right: float, seed: int) -> None:
    p, labels = made_up(n, right, seed)
    found = intervals(p, labels, np.arange(n), CUTS)
    plain = figures(p, labels, CUTS)
    for name in ("macro_f1", "brier", "ece"):
        assert found[name]["value"] == pytest.approx(plain[name], abs=1e-4)
    for entry in (found["accuracy"], found["brier"], found["cost"]):
        low, high = entry["interval"]
        assert low - 1e-9 <= entry["value"] <= high + 1e-9


def test_threads_of_one_sender_are_not_counted_as_independent() -> None:
    p, labels = made_up(100, 0.6, 1)
    alone = intervals(p, labels, np.arange(100), CUTS)["accuracy"]["interval"]
    tenfold = intervals(np.repeat(p, 10, axis=0), np.repeat(labels, 10), np.repeat(np.arange(100), 10), CUTS)
    assert tenfold["accuracy"]["interval"] == pytest.approx(alone, abs=1e-9)


def test_none_set_aside_in_a_few_is_not_called_never() -> None:
    p = np.tile([0.05, 0.05, 0.9], (20, 1))
    low, high = intervals(p, np.full(20, 2), np.arange(20), CUTS)["genuine_set_aside"]["interval"]
    assert low == 0
    assert high == pytest.approx(0.139, abs=0.001)  # 1 - 0.05 ** (1 / 20)


def test_a_model_against_itself_and_against_a_much_better_one() -> None:
    bad, labels = made_up(90, 0.3, 2)
    good = np.round(np.eye(3)[labels] * 0.7 + 0.1, 4)
    same = paired(bad, bad, labels, np.arange(90), (CUTS, CUTS))
    assert (same["verdict"], same["won"], same["lost"], same["sign_test"]) == ("unclear", 0, 0, 1.0)
    assert paired(bad, good, labels, np.arange(90), (CUTS, CUTS))["verdict"] == "better"
    assert paired(good, bad, labels, np.arange(90), (CUTS, CUTS))["verdict"] == "worse"


def test_models_alike_but_for_chance_are_rarely_called_different() -> None:
    verdicts = []
    for seed in range(40):
        a, labels = made_up(60, 0.6, seed)
        rng = np.random.default_rng(1000 + seed)
        said = np.where(rng.random(60) < 0.6, labels, rng.integers(0, 3, 60))
        b = np.round(np.eye(3)[said] * 0.7 + 0.1, 4)
        verdicts.append(paired(a, b, labels, np.arange(60), (CUTS, CUTS))["verdict"])
    assert verdicts.count("unclear") >= 34
