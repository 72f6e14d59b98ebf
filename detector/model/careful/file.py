"""The file of the careful reading: arrays of small whole numbers with their scales, and a JSON manifest, in one ZIP.

Loading it can run nothing. Large matrices lie in four bits a number (`packing`), and what these miss in four more, if they miss anything; everything
else as float32.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from detector.errors import ModelError
from detector.files import write_whole
from detector.model.careful.encoder import DENSE, NORMS, Encoder, Layer
from detector.model.careful.packing import packed, unpacked
from detector.model.careful.passage import MARKS
from detector.model.careful.pieces import BEGINS, END, FIRST, UNKNOWN, Pieces
from detector.model.careful.reader import CarefulWeights
from detector.model.decision import CutOffs
from detector.model.file import array_member, member
from detector.model.roles import ROLES, R
from detector.model.weights import N
from detector.schema import LABELS

FORMAT = 3
_SIZE_LIMIT = 256 << 20
_LARGE = 64  # rows
_NOTHING = 1e-6
_AGAIN = "install the package again"


def save(arrays: dict[str, np.ndarray], pieces: Pieces, manifest: dict[str, Any], path: str | Path) -> None:
    """Write a careful reading whole or not at all.

    `arrays` go by the names that `load` reads: `words.weight`, `layers.0.dense.query.weight` (out, in) and so on, and
    `label.weight`, `role.weight`, `role.bias`. Raises OutputError.
    """
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        member(archive, "manifest.json", _told(manifest))
        member(archive, "pieces.txt", "\n".join(pieces.known).encode())
        array_member(archive, "likely", pieces.likely)
        for name, array in arrays.items():
            array = np.asarray(array, dtype=np.float32)
            if array.ndim == 2 and len(array) > _LARGE:
                codes, scales = packed(array)
                array_member(archive, name, codes)
                array_member(archive, f"{name}.scale", scales)
                array = array - unpacked(codes, scales)
                if np.abs(array).max() < _NOTHING:
                    continue
                # what tuning changed is finer than the steps that the pretrained encoder comes in
                name = f"{name}.rest"
                array, scales = packed(array)
                array_member(archive, f"{name}.scale", scales)
            array_member(archive, name, array)
    write_whole(Path(path), file.getvalue())


def with_manifest(path: Path, manifest: dict[str, Any], out: Path) -> None:
    """Write the same arrays with another manifest, whole or not at all. Raises ModelError, OutputError."""
    file = io.BytesIO()
    with _opened(path) as (found, _old), zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        member(archive, "manifest.json", _told(manifest))
        for name in found.namelist():
            if name != "manifest.json":
                member(archive, name, found.read(name))
    write_whole(out, file.getvalue())


def _told(manifest: dict[str, Any]) -> bytes:
    fixed = {"format": FORMAT, "labels": list(LABELS), "roles": list(ROLES)}
    return (json.dumps(fixed | manifest, indent=1, ensure_ascii=False) + "\n").encode()


def load(path: str | Path) -> tuple[CarefulWeights, dict[str, Any]]:
    """Read the file: weights and manifest. Raises ModelError, by name of what is wrong, for one that cannot be used."""
    path = Path(path)
    with _opened(path) as (archive, manifest):
        arrays = {
            i.filename[:-4]: _read(archive, i.filename) for i in archive.infolist() if i.filename.endswith(".npy")
        }
        return _assembled(path, arrays, _pieces(archive), manifest), manifest


def word_vectors(path: str | Path) -> tuple[Pieces, np.ndarray]:
    """Of the file the word pieces and their vectors, (pieces, size) float32, alone. Raises ModelError as `load` does."""
    with _opened(Path(path)) as (archive, _manifest):
        likely = _read(archive, "likely.npy")
        vectors = unpacked(_read(archive, "words.weight.npy"), _read(archive, "words.weight.scale.npy"))
        pieces = _pieces(archive)
        if len(pieces) != len(vectors) or likely.shape != (len(pieces),):
            raise ModelError(f"{path}: its parts do not fit each other; {_AGAIN}")
        return Pieces(pieces, likely), vectors


def _pieces(archive: zipfile.ZipFile) -> list[str]:
    return archive.read("pieces.txt").decode().split("\n")


@contextmanager
def _opened(path: Path) -> Iterator[tuple[zipfile.ZipFile, dict[str, Any]]]:
    """The file, open, and its manifest; ModelError for whatever is found to be wrong with it."""
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(i.file_size for i in archive.infolist()) > _SIZE_LIMIT:
                raise ModelError(f"{path}: is larger than any careful reading; {_AGAIN}")
            manifest: Any = json.loads(archive.read("manifest.json"))
            if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
                raise ModelError(f"{path}: is no careful reading of format {FORMAT}; {_AGAIN}")
            if manifest.get("labels") != list(LABELS) or manifest.get("roles") != list(ROLES):
                raise ModelError(f"{path}: is for other labels or roles; {_AGAIN}")
            yield archive, manifest
    except FileNotFoundError:
        raise ModelError(f"{path}: the careful reading is missing; {_AGAIN}") from None
    except ModelError:
        raise
    except (OSError, zipfile.BadZipFile, EOFError, ValueError, KeyError, UnicodeDecodeError, TypeError) as error:
        reason = str(error).splitlines()[0][:80] if str(error) else type(error).__name__
        raise ModelError(f"{path}: is damaged ({reason}); {_AGAIN}") from None


def _read(archive: zipfile.ZipFile, name: str) -> np.ndarray:
    array = np.lib.format.read_array(io.BytesIO(archive.read(name)), allow_pickle=False)
    if array.dtype not in (np.uint8, np.float16, np.float32) or not np.isfinite(array).all():
        raise ValueError(f"{name} holds what is no number")
    return array


def _assembled(
    path: Path, arrays: dict[str, np.ndarray], pieces: list[str], manifest: dict[str, Any]
) -> CarefulWeights:
    def matrix(name: str) -> np.ndarray:
        # let go of what was read at once: both forms of all layers need not be held
        whole = unpacked(arrays.pop(f"{name}.weight"), arrays.pop(f"{name}.weight.scale"))
        if f"{name}.weight.rest" in arrays:
            whole += unpacked(arrays.pop(f"{name}.weight.rest"), arrays.pop(f"{name}.weight.rest.scale"))
        return whole

    def dense(name: str) -> tuple[np.ndarray, np.ndarray]:
        return np.ascontiguousarray(matrix(name).T), arrays[f"{name}.bias"]

    def turned(name: str) -> np.ndarray:
        return np.ascontiguousarray(arrays[f"{name}.weight"].T)

    def norm(name: str) -> tuple[np.ndarray, np.ndarray]:
        return arrays[f"{name}.weight"], arrays[f"{name}.bias"]

    layers = [
        Layer(
            {name: dense(f"layers.{i}.dense.{name}") for name in DENSE},
            {name: norm(f"layers.{i}.{name}") for name in NORMS},
        )
        for i in range(int(manifest["layers"]))
    ]
    encoder = Encoder(matrix("words"), matrix("places"), norm("norm"), layers)
    hidden = encoder.words.shape[1]
    label, role = turned("label"), turned("role")
    if (
        len(pieces) != len(encoder.words)
        or arrays["likely"].shape != (len(pieces),)
        or label.shape != (hidden, N)
        or role.shape != (hidden, R)
    ):
        raise ModelError(f"{path}: its parts do not fit each other; {_AGAIN}")
    if not {FIRST, END, UNKNOWN, ".", ":", *(BEGINS + mark for mark in MARKS)} <= set(pieces):
        raise ModelError(f"{path}: lacks pieces that every passage has; {_AGAIN}")
    together, cuts = manifest["together"], manifest["cut_offs"]
    return CarefulWeights(
        encoder,
        Pieces(pieces, arrays["likely"]),
        label * np.float32(together["careful"]),
        role,
        arrays["role.bias"],
        float(together["fast"]),
        np.asarray(together["shift"], dtype=float),
        CutOffs(float(cuts["set_aside"]), float(cuts["answer"])),
    )
