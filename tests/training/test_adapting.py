"""How own labels move the base: all labels count alike, however many threads have them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from detector import paths
from detector.model.decision import label_indices, probabilities
from detector.model.file import load
from detector.schema import LABELS
from detector.training.adapting import Pace, adapt, evenly, learn
from detector.training.prior import Prior
from detector.training.reading import Labelled, read_own
from tests.mini import own_mail, write

GENERIC, GENUINE = LABELS.index("generic"), LABELS.index("genuine")


@pytest.fixture(scope="module")
def prior() -> Prior:
    return Prior(load(paths.shipped_model()))


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Labelled:
    return read_own(write(tmp_path_factory.mktemp("own") / "mail.csv", own_mail(60)))


def test_a_label_that_many_threads_have_weighs_no_more_than_a_rare_one(prior: Prior, own: Labelled) -> None:
    """Every generic thread twice: the same step, once the sum of all weights is the same."""
    once = np.arange(len(own))
    twice = np.concatenate([once, once[own.labels == GENERIC]])
    rows, who = prior.rows(own.threads), np.asarray(own.senders, dtype=object)
    steps = [
        adapt(
            prior, rows.take(at), own.labels[at], who[at], Pace(0.3 * len(once) / len(at)), each=evenly(own.labels[at])
        )
        for at in (once, twice)
    ]
    moved = [step.scores(rows) - rows.scores for step in steps]
    assert abs(moved[0]).max() > 0.1
    assert np.allclose(*moved, atol=1e-3)


def test_the_few_genuine_ones_of_a_noisy_inbox_stay_genuine(prior: Prior, own: Labelled) -> None:
    """One genuine thread in ten, among mail of which the user calls nearly all generic: she contradicts the model often."""
    genuine = own.labels == GENUINE
    kept = np.flatnonzero(~genuine | (np.cumsum(genuine) <= 5))
    labels = np.where(own.labels[kept] == GENUINE, GENUINE, GENERIC)
    rows, who = prior.rows(own.threads).take(kept), np.asarray(own.senders, dtype=object)[kept]
    found = label_indices(probabilities(learn(prior, rows, labels, who, own.group[kept]).scores(rows)))
    before = label_indices(probabilities(rows.scores))
    assert (found == labels).mean() > (before == labels).mean()
    assert (found == GENUINE)[labels == GENUINE].mean() >= (before == GENUINE)[labels == GENUINE].mean()


def test_a_base_that_knows_few_of_the_words_is_left_sooner(prior: Prior, own: Labelled) -> None:
    at = np.arange(24)
    rows, who = prior.rows(own.threads).take(at), np.asarray(own.senders, dtype=object)[at]
    assert rows.unknown.mean() < 0.2
    far = [
        learn(prior, replace(rows, unknown=share), own.labels[at], who, own.group[at]).pace.weight
        for share in (rows.unknown, np.full(24, 0.5))  # the same mail, held to be strange
    ]
    assert far[0] < far[1]


def test_few_labels_that_contradict_a_sure_base_wait_for_more(prior: Prior, own: Labelled) -> None:
    rows, who = prior.rows(own.threads), np.asarray(own.senders, dtype=object)
    said = label_indices(probabilities(rows.scores))
    few = np.arange(24)

    def moved(labels: np.ndarray, at: np.ndarray) -> float:
        learned = learn(prior, rows.take(at), labels[at], who[at], own.group[at])
        return float(abs(learned.step.scores(rows) - rows.scores).max())

    assert moved((said + 1) % 3, few) < 0.02 < moved(said, few)
    assert moved((said + 1) % 3, np.arange(len(rows))) > 1


def test_a_guide_of_ones_own_is_learned_for_the_mail_it_is_about(prior: Prior, tmp_path: Path) -> None:
    """Letters from recruiters are generic to her, other genuine letters are not."""
    own = read_own(write(tmp_path / "mail.csv", own_mail(10**6)))
    recruiters = own.threads["thread_id"].str.startswith("recruiting").to_numpy() & (own.labels == GENUINE)
    labels, who = np.where(recruiters, GENERIC, own.labels), np.asarray(own.senders, dtype=object)
    order = np.random.default_rng(0).permutation(len(own))
    told, others = order[:96], order[96:]
    rows = prior.rows(own.threads, prior.words(own.threads, own.senders))

    def generic_and_kept(scores: np.ndarray) -> tuple[float, float]:
        found = label_indices(probabilities(scores))
        return (found == GENERIC)[recruiters[others]].mean(), (found == GENUINE)[labels[others] == GENUINE].mean()

    learned = learn(prior, rows.take(told), labels[told], who[told], own.group[told])
    assert generic_and_kept(rows.scores[others])[0] < 0.05
    generic, kept = generic_and_kept(learned.scores(rows.take(others)))
    assert generic > 0.4
    assert kept > 0.9


def test_where_labels_go_against_a_sure_model_what_is_learned_is_less_sure(prior: Prior, own: Labelled) -> None:
    rows, who = prior.rows(own.threads), np.asarray(own.senders, dtype=object)
    said, some = label_indices(probabilities(rows.scores)), np.arange(24)
    noisy = np.where(np.arange(len(said)) % 3 == 0, (said + 1) % 3, said)  # not to be learned of so few
    sure = [
        probabilities(learn(prior, rows.take(some), labels[some], who[some], own.group[some]).scores(rows)).max(axis=1)
        for labels in (said, noisy)
    ]
    assert sure[1].mean() < sure[0].mean() - 0.05
