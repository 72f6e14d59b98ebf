"""Learning from own labels: it helps, it can be taken back, it leaks nothing, it refuses what is worse."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest

from detector import paths
from detector.errors import InputError, ModelError
from detector.model.detector import Detector
from detector.model.file import load
from detector.patterns import Finder
from detector.threads import Grouped
from detector.training.matrix import foreign_design
from detector.training.own import Trained, train
from detector.training.prior import Prior
from detector.training.reading import read_own
from tests.mini import labels_of, own_mail, swapped, write, write_labels_csv

MEMBERS_TEXT = ("words.txt", "grams.txt", "manifest.json")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("own")


@pytest.fixture(scope="module")
def trained(folder: Path) -> Trained:
    return train(write(folder / "mail.csv", own_mail(90, swapped)), out=folder / "model.npz")


def everything_in(model: Path) -> str:
    with zipfile.ZipFile(model) as archive:
        return "\n".join(archive.read(name).decode("utf-8", "replace") for name in archive.namelist()).lower()


def test_a_guide_of_ones_own_is_learned_and_said_to_be_better(trained: Trained, folder: Path) -> None:
    assert trained.verdict == "better"
    assert trained.report["after"]["macro_f1"] > trained.report["before"]["macro_f1"] + 0.05
    unseen = read_own(write(folder / "unseen.csv", own_mail(90, swapped, first=100)))
    shipped, own = (
        np.concatenate([j.verdicts["label"] for j in Detector.load(m).judge(Grouped(unseen.threads, {}))])
        for m in ("shipped", folder / "model.npz")
    )
    truth = unseen.threads["label"].to_numpy()
    assert (own == truth).mean() > (shipped == truth).mean()


def test_the_report_has_what_a_reader_needs(trained: Trained, folder: Path) -> None:
    change = trained.report["change"]
    assert change["won"] + change["tied"] + change["lost"] == 90
    low, high = change["change"]["macro_f1"]["interval"]
    assert low <= change["change"]["macro_f1"]["value"] <= high
    assert [point["labels"] for point in trained.report["curve"]] == sorted(
        point["labels"] for point in trained.report["curve"]
    )
    card = (folder / "model.md").read_text()
    for part in ("won", "Learning curve", "in doubt", "Too thin to say", "before | after"):
        assert part in card
    assert load(folder / "model.npz").manifest["own"] == trained.report


def test_neither_model_nor_card_holds_an_id_or_a_sender(trained: Trained, folder: Path) -> None:
    text = everything_in(folder / "model.npz") + (folder / "model.md").read_text().lower()
    for thread in own_mail(90):
        assert thread.lower() not in text


def test_scores_of_the_features_are_those_of_the_scorer(folder: Path) -> None:
    own = read_own(write(folder / "few.csv", own_mail(20)))
    prior = Prior(load(folder / "model.npz"))
    rows = prior.rows(own.threads)
    nothing = Prior(load(paths.shipped_model()))
    base = nothing.plain_rows(own.threads)
    w = nothing.model.weights
    flat = np.zeros((nothing.columns.width, 3))
    bounds, n = np.cumsum([0, *nothing.columns.sizes]), len(w.space.words)
    scales = nothing.scales.of_kinds()
    for b in range(len(w.words)):
        flat[bounds[b] : bounds[b + 1]] = np.vstack([w.words[b], w.pairs[b]]) / scales[b]
    for k, part in enumerate((w.grams, w.patterns.reshape(-1, 3), w.shape, w.pooled), start=len(w.words)):
        flat[bounds[k] : bounds[k + 1]] = part / scales[k]
    assert n
    words, features, _share = foreign_design(Finder().search(own.threads), w.space)
    assert words
    others = features @ w.foreign.coefficients(words, w.space.mistyped)
    assert np.allclose(base.matrix @ flat + others + w.bias, base.scores, atol=1e-6)
    assert not np.allclose(rows.scores, base.scores)


def test_a_label_taken_out_leaves_no_trace(folder: Path) -> None:
    mail = own_mail(40, swapped)
    inbox = write(folder / "inbox.csv", mail, labels=False)
    labels = labels_of(mail)
    with_it = write_labels_csv(folder / "with.csv", labels)
    gone = list(labels)[7]
    without = {t: label for t, label in labels.items() if t != gone}
    never = {t: without[t] for t in reversed(without)}
    train(inbox, with_it, folder / "with.npz", force=True)
    train(inbox, write_labels_csv(folder / "with.csv", without), folder / "again.npz", force=True)
    rest = {t: rows for t, rows in mail.items() if t != gone}
    train(
        write(folder / "rest.csv", rest, labels=False),
        write_labels_csv(folder / "never.csv", never),
        folder / "never.npz",
        force=True,
    )
    assert (folder / "again.npz").read_bytes() == (folder / "never.npz").read_bytes()
    assert (folder / "again.npz").read_bytes() != (folder / "with.npz").read_bytes()


SECRET = "zyxwolf"


def planted(mail: dict, senders: int) -> dict:
    """Five threads that name a secret, by so many different senders."""
    for k, rows in enumerate(list(mail.values())[:5]):
        for row in rows:
            row["sender_url"] = f"https://www.linkedin.com/in/planted-{k % senders}"
            row["pair_id"] = f"pair-{k}"  # says nothing of who wrote
            row["sender"] = "Quillon Zyxwolf"
            if row["direction"] == "received":
                row["text"] += f" My {SECRET} password is {SECRET}."
    return mail


@pytest.mark.parametrize("base", ["shipped", None])
def test_what_one_or_two_people_wrote_is_not_in_the_model(folder: Path, base: str | None) -> None:
    for senders in (1, 2):
        mail = write(folder / "planted.csv", planted(own_mail(40), senders))
        train(mail, out=folder / "planted.npz", base=base, force=True)
        text = everything_in(folder / "planted.npz") + (folder / "planted.md").read_text().lower()
        for word in (SECRET, SECRET[:5], "quillon", "planted-0"):
            assert word not in text


@pytest.mark.parametrize("base", ["shipped", None])
def test_the_search_for_planted_words_would_find_them(folder: Path, base: str | None) -> None:
    mail = write(folder / "three.csv", planted(own_mail(40, swapped), 3))
    train(mail, out=folder / "three.npz", base=base, force=True)
    assert SECRET in everything_in(folder / "three.npz")


def test_what_one_person_wrote_moves_no_weight_of_a_word(folder: Path) -> None:
    from detector.training.adapting import shared_columns

    mail = own_mail(30)
    for rows in mail.values():
        for row in rows:
            row["sender_url"] = "https://www.linkedin.com/in/one-and-only"
            row["pair_id"] = rows[0]["thread_id"]
    own = read_own(write(folder / "one.csv", mail))
    rows = Prior(load(paths.shipped_model())).rows(own.threads)
    assert not len(shared_columns(rows, own.senders))


def test_a_worse_model_is_refused_and_the_old_one_kept(folder: Path) -> None:
    mail = write(folder / "known.csv", own_mail(60))
    target = folder / "kept.npz"
    target.write_bytes(b"old")
    with pytest.raises(ModelError, match=r"worse.*--force"):
        train(mail, out=target, base=None)
    assert target.read_bytes() == b"old"
    assert train(mail, out=target, base=None, force=True).verdict == "worse"
    manifest = load(target).manifest["own"]
    assert (manifest["change"]["verdict"], manifest["base"]) == ("worse", None)


def test_few_labels_are_allowed_and_called_few(folder: Path) -> None:
    mail = own_mail(80)
    by_label: dict[str, str] = {}
    for thread, label in labels_of(mail).items():
        by_label.setdefault(label, thread)
    few = write(folder / "three-labels.csv", {t: mail[t] for t in by_label.values()})
    trained = train(few, out=folder / "few.npz")
    assert trained.verdict == "unmeasured"
    assert any("few labels (3)" in sentence for sentence in trained.report["thin"])
    Detector.load(folder / "few.npz")


def test_one_missing_label_says_what_to_do(folder: Path) -> None:
    mail = {t: r for t, r in own_mail(60).items() if labels_of({t: r})[t] != "genuine"}
    with pytest.raises(InputError, match=r"no thread labelled genuine.*label at least one"):
        train(write(folder / "two.csv", mail), out=folder / "none.npz")
    assert not (folder / "none.npz").exists()


def test_killed_while_learning_the_old_model_stays_whole(folder: Path) -> None:
    mail = write(folder / "long.csv", own_mail(200))
    home = folder / "home"
    home.mkdir()
    (home / "model.npz").write_bytes(paths.shipped_model().read_bytes())
    code = "from detector.cli import run; run()"
    env = {**os.environ, "DETECTOR_HOME": str(home)}
    process = subprocess.Popen([sys.executable, "-c", code, "train", mail, "-q"], env=env)
    time.sleep(3)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert (home / "model.npz").read_bytes() == paths.shipped_model().read_bytes()
    assert sorted(p.name for p in home.iterdir()) == ["model.npz"]
