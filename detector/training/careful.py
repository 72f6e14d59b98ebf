"""Training the careful reading: a pretrained encoder, tuned on the corpus.

    python -m detector.training.careful tune      # learns from four fifths of the corpus' files
    python -m detector.training.careful finish    # judges the other fifth: the shares of the two readings, cut-offs, the file, the figures
    python -m detector.training.careful join      # the same with the shipped file, where the quick reading alone was trained anew

What ships is what judged: no second training on all files, whose scores nobody could check. Wants the extra `careful`
(PyTorch, and multilingual-e5-small: Wang et al., Multilingual E5 Text Embeddings, 2024; MIT) and
two hours on two cores. Nothing of it is needed for reading.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from detector import paths
from detector.model.careful.passage import Message, Passage, messages_of, passage, profiles_of
from detector.model.careful.pieces import Pieces
from detector.patterns import Finder
from detector.patterns.sentences import Sentences
from detector.schema import LABELS
from detector.training.borrowing import copies
from detector.training.folds import fifths
from detector.training.network import kept_pieces, network, pretrained
from detector.training.slips import Changer, names_in

TUNED = Path("build") / "careful" / "tuned.npz"
_RATES = (1e-4, 6e-5, 4e-5)  # each turn's, falling to nothing (Loshchilov and Hutter, SGDR, 2017)
_EPOCHS = 2  # of a turn
_MEAN_RATE, _MEAN_EPOCHS, _MEAN_TURNS = 5e-5, 3, 3  # of turns that each begin at the mean of the one before
_BATCH, _DECAY = 32, 0.01
_WARM = 100  # steps, in which no mean is taken either
_SMOOTH, _ROLE_SHARE = 0.05, 0.3
_PROFILE_KEPT = 0.8  # how often the profile is read
_COPY = 0.4  # how often a thread is read with a sentence borrowed, if it has such copies
_COPIES = 6


@dataclass
class Corpus:
    """`threads`; then of these and of `copies` (each row the numbers of a thread's copies, -1 for none) their messages, profiles
    and, of the sentences of all, the roles (-1 unknown)."""

    threads: pd.DataFrame
    copies: np.ndarray
    messages: list[list[Message]]
    profiles: list[list[str]]
    roles: np.ndarray


def read_corpus() -> Corpus:
    """The corpus as the network learns from it."""
    from detector.training.corpus import read_labelled
    from detector.training.fitting import corpus_roles
    from detector.training.roles import sentence_roles
    from detector.training.shipped import corpus_files

    threads = read_labelled(corpus_files())
    roles = corpus_roles(corpus_files()) or {}
    every, number = [threads], np.full((len(threads), _COPIES), -1)
    for k in range(_COPIES):
        made = copies(threads, roles, seed=k)
        names = made.threads["thread_id"] + str(k)
        number[made.of, k] = np.arange(len(made.of)) + sum(map(len, every))
        every.append(made.threads.assign(thread_id=names))
        roles = roles | {f"{name}{k}": marked for name, marked in made.roles.items()}
    whole = pd.concat(every, ignore_index=True)
    searched = Finder().search(whole)
    sentences = Sentences.of(searched.reading)
    known = sentence_roles(whole, searched, sentences, roles)
    return Corpus(threads, number, messages_of(searched.reading, sentences), profiles_of(searched.reading), known)


def _batch(passages: Sequence[Passage]) -> tuple[list[Any], np.ndarray]:
    """Padded columns and the sentences (numbers of the corpus) in the order of the batch's own."""
    import torch

    shape = (len(passages), max(map(len, passages)))
    columns = [np.zeros(shape, np.int64), np.full(shape, -1), np.full(shape, -1)]
    sentences: list[int] = []
    of: list[int] = []
    for i, p in enumerate(passages):
        for column, values in zip(columns[:2], (p.ids, p.message), strict=True):
            column[i, : len(p)] = values
        number: dict[int, int] = {-1: -1}
        for s in dict.fromkeys(p.sentence[p.sentence >= 0].tolist()):
            number[s] = len(of)
            sentences.append(s)
            of.append(i)
        columns[2][i, : len(p)] = [number[s] for s in p.sentence.tolist()]
    return [torch.from_numpy(c) for c in (*columns, np.asarray(of, dtype=np.int64))], np.asarray(sentences, np.int64)


def tune(corpus: Corpus, seen: np.ndarray, pieces: Pieces, rows: np.ndarray) -> Any:
    """The network, of its words these rows, tuned on the corpus' threads at these positions.

    At the end it goes on at one rate, and the mean of the weights after each of a turn's steps is kept: it lies in a
    flatter place than any of them, which holds better on texts of other origin (Cha et al., SWAD, 2021).
    """
    import torch

    net = network(pretrained(), rows)
    for number, rate in enumerate((*_RATES, *[None] * _MEAN_TURNS)):
        torch.manual_seed(number)
        _turn(net, corpus, seen, pieces, rate, np.random.default_rng(number))
    return net.eval()


def _turn(
    net: Any, corpus: Corpus, seen: np.ndarray, pieces: Pieces, falling: float | None, rng: np.random.Generator
) -> None:
    """Some epochs, from this rate down to nothing; or, without one, those whose mean is kept."""
    import torch
    from torch.nn import functional

    labels = np.array([LABELS.index(label) for label in corpus.threads["label"]])
    optimizer = torch.optim.AdamW(net.paces(falling or _MEAN_RATE), weight_decay=_DECAY)
    tuned = [parameter for parameter in net.parameters() if parameter.requires_grad]
    epochs = _EPOCHS if falling else _MEAN_EPOCHS
    steps = epochs * (len(seen) // _BATCH + 1) if falling else np.inf
    pace = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda s: min(1.0, s / _WARM) * max(0.02, 1 - s / steps))
    summed, counted = [torch.zeros_like(parameter) for parameter in tuned], 0
    change = Changer(names_in(corpus.messages), rng)
    began = time.time()
    net.train()
    for epoch in range(epochs):
        order, batches = rng.permutation(seen), []
        for a in range(0, len(order), 40 * _BATCH):  # threads of like length share a batch
            read = []
            for i in order[a : a + 40 * _BATCH].tolist():
                copy = int(corpus.copies[i, rng.integers(_COPIES)]) if rng.random() < _COPY else -1
                at = i if copy < 0 else copy
                profile = corpus.profiles[at] if rng.random() < _PROFILE_KEPT else []
                read.append((i, passage(corpus.messages[at], profile, pieces, change)))
            read.sort(key=lambda one: len(one[1]))
            batches += [read[b : b + _BATCH] for b in range(0, len(read), _BATCH)]
        total = 0.0
        for n, b in enumerate(rng.permutation(len(batches)).tolist()):
            threads, passages = zip(*batches[b], strict=True)
            columns, sentences = _batch(passages)
            with torch.autocast("cpu", dtype=torch.bfloat16):
                scores, role = net(*columns)
            loss = functional.cross_entropy(
                scores.float(), torch.from_numpy(labels[list(threads)]), label_smoothing=_SMOOTH
            )
            known = corpus.roles[sentences]
            if (known >= 0).any():
                loss = loss + _ROLE_SHARE * functional.cross_entropy(
                    role.float(), torch.from_numpy(known), ignore_index=-1
                )
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(tuned, 1.0)
            optimizer.step()
            pace.step()
            if not falling and pace.last_epoch > _WARM:
                counted += 1
                for whole, parameter in zip(summed, tuned, strict=True):
                    whole += parameter.detach()
            total += loss.item()
            if n % 60 == 0:
                print(f"epoch {epoch} {n}/{len(batches)} {total / (n + 1):.3f} {time.time() - began:.0f} s", flush=True)
    if counted:
        with torch.no_grad():
            for whole, parameter in zip(summed, tuned, strict=True):
                parameter.copy_(whole / counted)


def main(arguments: Sequence[str] | None = None) -> None:
    """One step of the training (see above)."""
    asked = list(sys.argv[1:] if arguments is None else arguments)
    if asked in (["finish"], ["join"]):
        from detector.training.blending import finish, join

        finish(TUNED) if asked == ["finish"] else join(paths.shipped_reading())
        return
    from detector.training.corpus import digest_of
    from detector.training.shipped import corpus_files

    corpus = read_corpus()
    seen, held = fifths(corpus.threads)
    pieces, rows = kept_pieces(pretrained(), corpus.messages)
    print(f"{len(seen):,} threads to learn from, {len(held):,} held out, {len(pieces):,} pieces")
    net = tune(corpus, seen, pieces, rows)
    arrays = {name: tensor.detach().numpy() for name, tensor in net.state_dict().items()}
    TUNED.parent.mkdir(parents=True, exist_ok=True)
    corpus_digest = np.array(digest_of(corpus_files()))  # what is held is known of this corpus alone
    np.savez(TUNED, corpus=corpus_digest, pieces=np.array(pieces.known), likely=pieces.likely, **arrays)


if __name__ == "__main__":
    main()
