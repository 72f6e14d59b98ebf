"""The model file: plain arrays and a JSON manifest in one ZIP. Loading it can run nothing.

Layout: `manifest.json`, then one `.npy` an array (written and read with `allow_pickle=False`);
lists of words are UTF-8 text, one a line, as bytes. Dates in the ZIP are fixed, so that the same
corpus, labels, seed, machine and versions give the same bytes.

To change the format: raise `FORMAT`, write what changed here, and keep the refusal below by number.
Format 1: first. Format 2: a model of sentences beside that of threads (`r_*`, `c_pooled`). Format 3: as 2, with words
of a user's own (`own.txt`, `c_own`). Format 4: pieces of words that are not known (`pieces.txt`, `likely`, `c_pieces`,
`c_centre`, `r_pieces`, `r_centre`), and words of a user's own in every file, mostly none. Format 5: as 4, but unknown words
count however few they are, and one mistyped counts as the known one (`model.mistyped`).
"""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from detector.errors import ModelError
from detector.files import write_whole
from detector.model.careful.pieces import Pieces
from detector.model.decision import CutOffs
from detector.model.foreign import ForeignWords, PieceWeights
from detector.model.roles import CONTEXT, PLACE, POOLED, POOLS, ROLES, R, RoleWeights
from detector.model.roles import SLOTS as ROLE_SLOTS
from detector.model.text import TextSpace
from detector.model.weights import BLOCKS, SHAPE, SLOTS, N, Weights
from detector.schema import LABELS

FORMAT = 5
_SIZE_LIMIT = 256 << 20
_ARRAYS = (
    "pairs",
    "word_idf",
    "pair_idf",
    "gram_idf",
    "c_words",
    "c_pairs",
    "c_grams",
    "c_patterns",
    "c_shape",
    "c_pooled",
    "bias",
    "r_words",
    "r_pairs",
    "r_grams",
    "r_patterns",
    "r_place",
    "r_bias",
    "r_context",
    "r_context_bias",
    "c_own",
    "likely",
    "c_pieces",
    "c_centre",
    "r_pieces",
    "r_centre",
)
_ROLES = ("words", "pairs", "grams", "patterns", "place", "bias", "context", "context_bias")
_TEXTS = ("words", "grams", "own", "pieces")


@dataclass
class Model:
    """A fitted model: its weights, its cut-offs, and the manifest it came with."""

    weights: Weights
    cuts: CutOffs
    manifest: dict[str, Any]


def save(model: Model, path: str | Path) -> None:
    """Write a model file whole or not at all; readable by its owner alone. Raises OutputError."""
    w = model.weights
    pieces, of_roles = w.foreign.pieces.pieces, w.roles.foreign
    if of_roles.pieces is None and pieces is not None:  # a model that has learned no roles
        of_roles = replace(of_roles, values=np.zeros((len(pieces), R)))
    arrays = {
        "pairs": w.space.pairs.astype(np.int32),
        "word_idf": w.space.word_idf.astype(np.float32),
        "pair_idf": w.space.pair_idf.astype(np.float32),
        "gram_idf": w.space.gram_idf.astype(np.float32),
        "c_words": w.words.astype(np.float32),
        "c_pairs": w.pairs.astype(np.float32),
        "c_grams": w.grams.astype(np.float32),
        "c_patterns": w.patterns.astype(np.float32),
        "c_shape": w.shape.astype(np.float32),
        "c_pooled": w.pooled.astype(np.float32),
        "bias": w.bias.astype(np.float64),
        **{f"r_{name}": getattr(w.roles, name).astype(np.float32) for name in _ROLES},
        "c_own": w.foreign.weights.astype(np.float32),
        "likely": pieces.likely if pieces else np.zeros(0, dtype=np.float32),
        "c_pieces": w.foreign.pieces.values.astype(np.float32),
        "c_centre": w.foreign.pieces.centre.astype(np.float32),
        "r_pieces": of_roles.values.astype(np.float16),
        "r_centre": of_roles.centre.astype(np.float32),
    }
    manifest = {
        "format": FORMAT,
        "labels": list(LABELS),
        "blocks": list(BLOCKS),
        "shape": list(SHAPE),
        "slots": list(SLOTS),
        "roles": list(ROLES),
        "place": list(PLACE),
        "context": list(CONTEXT),
        "pools": [f"{pool} {slot}" for pool in POOLS for slot in ROLE_SLOTS],
        "patterns": list(w.pattern_ids),
        "cut_offs": model.cuts.to_dict(),
        **model.manifest,
    }
    manifest["format"] = FORMAT
    known = pieces.known if pieces else []
    texts = {"words": w.space.words, "grams": w.space.grams, "own": w.foreign.words, "pieces": known}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        member(archive, "manifest.json", (json.dumps(manifest, indent=1, ensure_ascii=False) + "\n").encode())
        for name, lines in texts.items():
            member(archive, f"{name}.txt", "\n".join(lines).encode())
        for name, array in arrays.items():
            array_member(archive, name, array)
    write_whole(Path(path), packed.getvalue())


def member(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    """Add a file to a ZIP, with no date in it."""
    info = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
    info.compress_type = zipfile.ZIP_DEFLATED
    info.create_system = 3
    archive.writestr(info, data)


def array_member(archive: zipfile.ZipFile, name: str, array: np.ndarray) -> None:
    """Add an array to a ZIP as `name.npy`."""
    raw = io.BytesIO()
    np.lib.format.write_array(raw, np.ascontiguousarray(array), allow_pickle=False)
    member(archive, f"{name}.npy", raw.getvalue())


def load(path: str | Path) -> Model:
    """Read a model file. Raises ModelError, by name of what is wrong, for one that cannot be used."""
    path = Path(path)
    try:
        start = path.open("rb").read(4)
        if not start.startswith(b"PK"):
            what = "a pickle or joblib file, which could run code" if start[:1] == b"\x80" else "not a model file"
            raise ModelError(f"{path}: is {what}; give a file that `detector train` wrote")
        with zipfile.ZipFile(path) as archive:
            if sum(i.file_size for i in archive.infolist()) > _SIZE_LIMIT:
                raise ModelError(f"{path}: is larger than any model; give a file that `detector train` wrote")
            names = set(archive.namelist())
            manifest: Any = json.loads(archive.read("manifest.json")) if "manifest.json" in names else None
            _check(path, manifest, names)
            arrays = {name: _array(archive, path, name) for name in _ARRAYS}
            texts = {name: archive.read(f"{name}.txt").decode().split("\n") for name in _TEXTS}
        return _assembled(path, manifest, arrays, {k: [t for t in v if t] for k, v in texts.items()})
    except FileNotFoundError:
        raise ModelError(f"{path}: does not exist; train one or use --model shipped") from None
    except ModelError:
        raise
    except (OSError, zipfile.BadZipFile, EOFError, ValueError, KeyError, UnicodeDecodeError, TypeError) as error:
        reason = str(error).splitlines()[0][:80] if str(error) else type(error).__name__
        raise ModelError(f"{path}: is damaged ({reason}); train again or use --model shipped") from None


def _check(path: Path, manifest: Any, names: set[str]) -> None:
    if not isinstance(manifest, dict):
        raise ModelError(f"{path}: has no manifest; give a file that `detector train` wrote")
    if manifest.get("format") != FORMAT:
        raise ModelError(
            f"{path}: has format {manifest.get('format')!r}, this version reads format {FORMAT}; "
            "train again with this version or use --model shipped"
        )
    if manifest.get("labels") != list(LABELS):
        raise ModelError(f"{path}: is for the labels {manifest.get('labels')!r}; train again with this version")
    pools = [f"{pool} {slot}" for pool in POOLS for slot in ROLE_SLOTS]
    known = {"blocks": BLOCKS, "shape": SHAPE, "slots": SLOTS, "roles": ROLES, "place": PLACE, "context": CONTEXT}
    for part, ours in {**known, "pools": pools}.items():
        if manifest.get(part) != list(ours):
            raise ModelError(f"{path}: was built on other {part}; train again with this version")
    missing = sorted({f"{a}.npy" for a in _ARRAYS} - names)
    if missing:
        raise ModelError(f"{path}: lacks {missing[0]}; train again or use --model shipped")


def _array(archive: zipfile.ZipFile, path: Path, name: str) -> np.ndarray:
    array = np.lib.format.read_array(io.BytesIO(archive.read(f"{name}.npy")), allow_pickle=False)
    if array.dtype.kind not in "if":
        raise ModelError(f"{path}: {name} holds {array.dtype}, numbers are allowed only; train again")
    if not np.isfinite(array).all():
        raise ModelError(f"{path}: {name} holds values that are no numbers; train again")
    return array.astype(np.int32 if array.dtype.kind == "i" else np.float64)


def _assembled(path: Path, manifest: dict, arrays: dict[str, np.ndarray], texts: dict[str, list[str]]) -> Model:
    words, grams, own, pieces = (texts[name] for name in _TEXTS)
    n_pairs, patterns = len(arrays["pairs"]), manifest["patterns"]
    expected = {
        "pairs": (n_pairs, 2),
        "word_idf": (len(words),),
        "pair_idf": (n_pairs,),
        "gram_idf": (len(grams),),
        "c_words": (len(BLOCKS), len(words), N),
        "c_pairs": (len(BLOCKS), n_pairs, N),
        "c_grams": (len(grams), N),
        "c_patterns": (len(patterns), len(SLOTS), N),
        "c_shape": (len(SHAPE), N),
        "c_pooled": (POOLED, N),
        "bias": (N,),
        "r_words": (len(words), R),
        "r_pairs": (n_pairs, R),
        "r_grams": (len(grams), R),
        "r_patterns": (len(patterns), R),
        "r_place": (len(PLACE), R),
        "r_bias": (R,),
        "r_context": (len(CONTEXT) * R, R),
        "r_context_bias": (R,),
        "c_own": (len(own), N),
        "likely": (len(pieces),),
        "c_pieces": (len(pieces), N),
        "c_centre": (N,),
        "r_pieces": (len(pieces), R),
        "r_centre": (R,),
    }
    for name, shape in expected.items():
        if arrays[name].shape != shape:
            raise ModelError(f"{path}: {name} has the shape {arrays[name].shape}, not {shape}; train again")
    space = TextSpace(words, arrays["pairs"], grams, arrays["word_idf"], arrays["pair_idf"], arrays["gram_idf"])
    split = Pieces(pieces, arrays["likely"]) if pieces else None
    weights = Weights(
        space,
        arrays["c_words"],
        arrays["c_pairs"],
        arrays["c_grams"],
        tuple(patterns),
        arrays["c_patterns"],
        arrays["c_shape"],
        arrays["bias"],
        RoleWeights(
            **{name: arrays[f"r_{name}"] for name in _ROLES},
            foreign=PieceWeights(split, arrays["r_pieces"], arrays["r_centre"]),
        ),
        arrays["c_pooled"],
        ForeignWords(own, arrays["c_own"], PieceWeights(split, arrays["c_pieces"], arrays["c_centre"])),
    )
    cuts = manifest["cut_offs"]
    return Model(weights, CutOffs(float(cuts["set_aside"]), float(cuts["answer"])), manifest)
