"""The model file: same bytes again, refused by name when it cannot be used, nothing run."""

from __future__ import annotations

import io
import json
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest

from detector import paths
from detector.errors import ModelError
from detector.model.file import load, save


def rewritten(tmp_path: Path, change) -> Path:
    """The shipped model with one member changed; `change` gets and returns {name: bytes}."""
    with zipfile.ZipFile(paths.shipped_model()) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members = change(members)
    path = tmp_path / "m.npz"
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def test_saving_what_was_loaded_gives_the_same_bytes(tmp_path: Path) -> None:
    save(load(paths.shipped_model()), tmp_path / "a.npz")
    save(load(tmp_path / "a.npz"), tmp_path / "b.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    assert (tmp_path / "a.npz").stat().st_mode & 0o077 == 0


def test_the_file_is_small() -> None:
    assert paths.shipped_model().stat().st_size < 10_000_000


def test_a_pickle_is_refused_unread(tmp_path: Path) -> None:
    class Bomb:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "ran",))

    (tmp_path / "m.joblib").write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(ModelError, match="pickle"):
        load(tmp_path / "m.joblib")
    assert not (tmp_path / "ran").exists()


def test_an_object_array_is_refused(tmp_path: Path) -> None:
    raw = io.BytesIO()
    np.save(raw, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    path = rewritten(tmp_path, lambda m: {**m, "bias.npy": raw.getvalue()})
    with pytest.raises(ModelError):
        load(path)


def test_another_format_is_refused_by_number(tmp_path: Path) -> None:
    def newer(members):
        manifest = json.loads(members["manifest.json"]) | {"format": 99}
        return {**members, "manifest.json": json.dumps(manifest).encode()}

    with pytest.raises(ModelError, match="format 99"):
        load(rewritten(tmp_path, newer))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda m: {k: v for k, v in m.items() if k != "c_words.npy"}, "lacks c_words"),
        (lambda m: {k: v for k, v in m.items() if k != "manifest.json"}, "manifest"),
        (lambda m: {**m, "words.txt": b"one\ntwo"}, "shape"),
        (lambda m: {**m, "bias.npy": b"rubbish"}, "damaged"),
    ],
)
def test_damage_is_named(tmp_path: Path, change, says: str) -> None:
    with pytest.raises(ModelError, match=says):
        load(rewritten(tmp_path, change))


def test_a_missing_or_truncated_file_is_a_model_error(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="does not exist"):
        load(tmp_path / "none.npz")
    (tmp_path / "cut.npz").write_bytes(paths.shipped_model().read_bytes()[:5000])
    with pytest.raises(ModelError):
        load(tmp_path / "cut.npz")
