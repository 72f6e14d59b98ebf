"""train, evaluate and label at their doors: statuses, what is printed, where files go."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from detector import paths
from tests.mini import labels_of, own_mail, swapped, write, write_labels_csv


def run(*arguments: str, cwd: Path):
    code = "from detector.cli import run; run()"
    env = {**os.environ, "DETECTOR_HOME": str(cwd / "home")}
    return subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, cwd=cwd, env=env, check=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("learn")
    mail = own_mail(45, swapped)
    write(folder / "mail.csv", mail)
    write(folder / "inbox.csv", mail, labels=False)
    write_labels_csv(folder / "labels.csv", labels_of(mail) | {"not-there": "generic"})
    return folder


@pytest.fixture(scope="module")
def trained(folder: Path) -> subprocess.CompletedProcess:
    done = run("train", "inbox.csv", "--labels", "labels.csv", cwd=folder)
    assert done.returncode == 0, done.stderr
    (folder / "own.npz").write_bytes((folder / "home" / "model.npz").read_bytes())
    return done


def test_train_becomes_the_default_and_deleting_it_undoes_it(
    folder: Path, trained: subprocess.CompletedProcess
) -> None:
    own, done = folder / "home" / "model.npz", trained
    assert stat.S_IMODE(own.stat().st_mode) == 0o600
    said = done.stderr.decode()
    for part in (
        "learned from 45 labels (few)",
        "1 labels are of threads that are not in the input",
        "--model shipped",
    ):
        assert part in said
    for part in ("won", "Brier", "Learning curve", "in doubt", "Too thin"):
        assert part in done.stdout.decode()
    assert b"your own model" in run("score", "inbox.csv", cwd=folder).stderr
    shown = run("model", "show", cwd=folder)
    assert shown.returncode == 0, shown.stderr
    (own).unlink()
    (own.with_suffix(".md")).unlink()
    assert b"your own model" not in run("score", "inbox.csv", cwd=folder).stderr


def test_evaluate_tells_everything_as_json_and_compares(folder: Path, trained: subprocess.CompletedProcess) -> None:
    done = run("evaluate", "mail.csv", "--model", "shipped", "--model", "own.npz", "--json", "--doubtful", cwd=folder)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    first, second = told["models"]
    assert sum(n for row in first["confusion"].values() for n in row.values()) == 45
    assert set(first["slices"]) == {"language", "sender messages"}
    assert {"macro_f1", "brier", "ece", "cost", "genuine_set_aside"} <= set(first["intervals"])
    assert (first["seen"], second["seen"]) == (False, True)
    assert told["comparison"]["won"] + told["comparison"]["tied"] + told["comparison"]["lost"] == 45
    assert isinstance(first["doubtful"], list)


def test_evaluate_for_a_person_and_pictures(folder: Path) -> None:
    done = run("evaluate", "inbox.csv", "--labels", "labels.csv", "--plots", "pictures", cwd=folder)
    assert done.returncode == 0, done.stderr
    for part in ("macro-F1", "true label down", "sender messages", "set aside below", "too thin to say"):
        assert part in done.stdout.decode()
    for name in ("reliability.png", "precision-recall.png"):
        assert (folder / "pictures" / name).read_bytes().startswith(b"\x89PNG")


def test_flipped_labels_are_found_worst_first_with_reasons(tmp_path: Path) -> None:
    mail = own_mail(70)
    labels = labels_of(mail)
    sure = [t for t in labels if labels[t] == "genuine"][:4]
    write(tmp_path / "mail.csv", mail, labels=False)
    write_labels_csv(tmp_path / "flipped.csv", labels | dict.fromkeys(sure, "bait-and-sell"))
    done = run(
        "evaluate", "mail.csv", "--labels", "flipped.csv", "--model", "shipped", "--doubtful", "--json", cwd=tmp_path
    )
    found = json.loads(done.stdout)["models"][0]["doubtful"]
    assert len({row["thread_id"] for row in found} & set(sure)) >= 3
    assert all(row["reasons"] for row in found)
    assert {row["label"] for row in found if row["thread_id"] in sure} == {"bait-and-sell"}


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (["train"], 2, "give labelled"),
        (["evaluate"], 2, "give labelled"),
        (["label", "inbox.csv"], 2, "terminal"),
        (["label", "inbox.csv", "--strategy", "best"], 2, "teach"),
        (["train", "inbox.csv"], 3, "no labelled thread"),
        (["train", "inbox.csv", "--labels", "none.csv"], 3, "does not exist"),
        (["train", "inbox.csv", "--labels", "bad.csv"], 3, "row 2"),
        (["train", "mail.csv", "--base", "mail.csv"], 4, "not a model"),
        (["train", "mail.csv", "--base", "x", "--no-base"], 2, "exclude"),
        (["evaluate", "mail.csv", "--model", "a", "--model", "b", "--model", "c"], 2, "two models"),
    ],
)
def test_exit_statuses(folder: Path, arguments: list[str], status: int, says: str) -> None:
    (folder / "bad.csv").write_text("thread_id,label\nx,maybe\n")
    done = run(*arguments, cwd=folder)
    assert done.returncode == status, done.stderr
    assert says in done.stderr.decode()
    assert b"Traceback" not in done.stderr


def test_what_is_worse_is_exit_4_and_not_saved(tmp_path: Path) -> None:
    write(tmp_path / "mail.csv", own_mail(60))
    done = run("train", "mail.csv", "--no-base", "-o", "m.npz", cwd=tmp_path)
    assert done.returncode == 4
    assert b"--force" in done.stderr
    assert not (tmp_path / "m.npz").exists()


def test_evaluating_the_corpus_itself_is_called_flattering() -> None:
    import detector
    from detector.training.shipped import corpus_files

    assert paths.shipped_model().exists()
    found = detector.evaluate(corpus_files()[:1], "shipped")
    assert found["seen"] is False  # one file of it is not the corpus
    assert 0 <= found["macro_f1"] <= 1
