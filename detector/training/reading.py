"""A user's labelled threads: message CSVs with labels, or exports with a labels file, as one table."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from detector.errors import InputError
from detector.inbox import Profile, read_inbox
from detector.model.detector import with_profile
from detector.schema import LABELS, label_of
from detector.threads import group
from detector.training.folds import groups
from detector.training.labels import matched, read_labels, with_labels
from detector.training.senders import people


@dataclass
class Labelled:
    """Labelled threads in the order of their ids (columns of `schema.THREADS`, recipients filled in).

    `labels`: (n,) indices into LABELS; `senders`: a key a thread; `group`: (n,) what belongs together;
    `picked`: how the queue came to ask, empty if unknown; `unmatched`: rows of the labels file that are
    no thread of the input; `where`: the input's name, for errors.
    """

    threads: pd.DataFrame
    labels: np.ndarray
    senders: list[str]
    group: np.ndarray
    picked: list[str]
    unmatched: int
    where: str
    files: Sequence[str] = ()

    def __len__(self) -> int:
        return len(self.threads)

    def counts(self) -> dict[str, int]:
        """Threads a label."""
        return {label: int((self.labels == k).sum()) for k, label in enumerate(LABELS)}

    def is_corpus(self, digest: str) -> bool:
        """Whether these are the very files of that digest (`corpus.digest_of`)."""
        from detector.training.corpus import digest_of

        return bool(digest) and bool(self.files) and digest_of(self.files) == digest

    def digest(self) -> str:
        """SHA-256 over what is learned from: texts, who wrote, kinds, recipients and labels; no ids or names."""
        parts = sorted(
            repr((row.label, row.texts, row.directions, row.kinds, row.recipient_headline, row.recipient_services))
            for row in self.threads.itertuples()
        )
        return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def read_own(
    sources: str | Sequence[str],
    labels: str | None = None,
    *,
    splits: Sequence[str] = ("", "train"),
    owner: str | None = None,
    profile: Profile | None = None,
    columns: Mapping[str, str] | None = None,
) -> Labelled:
    """Read labelled threads.

    `sources`: message CSVs or exports; `labels`: a labels file, whose labels win over the input's own;
    `splits`: which values of the `split` column to take. Raises InputError for labels that cannot be
    used or if there are none.
    """
    paths = [sources] if isinstance(sources, str) else list(sources)
    inbox = read_inbox(paths, owner=owner, profile=profile, columns=columns)
    inbox.refuse_odd_label()
    threads = with_profile(group(inbox.messages).threads, inbox.profile)
    where, unmatched = paths[0], 0
    picked = [""] * len(threads)
    if labels is not None:
        rows = read_labels(labels)
        threads, unmatched = with_labels(threads, rows, labels)
        picked = [row.picked if row else "" for row in matched(rows, threads)]
        where = labels
    files = paths if labels is None and "-" not in paths else ()
    return from_threads(threads, where, splits=splits, picked=picked, unmatched=unmatched, files=files)


def from_threads(
    threads: pd.DataFrame,
    where: str = "the threads given",
    *,
    splits: Sequence[str] | None = None,
    picked: Sequence[str] | None = None,
    unmatched: int = 0,
    files: Sequence[str] = (),
) -> Labelled:
    """Labelled threads of a threads table; those without a label are left out. Raises InputError."""
    found = [label_of(text) if text else "" for text in threads["label"]]
    for thread, text, label in zip(threads["thread_id"], threads["label"], found, strict=True):
        if label is None:
            raise InputError(where, f"thread {thread} has the label {text!r:.40}", f"use {', '.join(LABELS)}")
    table = threads.assign(label=found, _picked=list(picked) if picked is not None else "")
    kept = table["label"] != ""
    if splits is not None:
        kept &= table["split"].isin(list(splits))
    if not kept.any():
        raise InputError(where, "holds no labelled thread", "add a label column, or --labels FILE of `detector label`")
    table = table[kept].sort_values("thread_id", kind="stable").reset_index(drop=True)
    marks = table.pop("_picked").tolist()
    keys = people(table)
    return Labelled(
        table,
        np.array([LABELS.index(label) for label in table["label"]]),
        keys,
        groups(table, keys),
        marks,
        unmatched,
        where,
        files,
    )
