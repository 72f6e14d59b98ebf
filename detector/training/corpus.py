"""Labelled threads for training: message CSVs read, split, and given the groups that folds keep together."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import pandas as pd

from detector.errors import InputError
from detector.inbox import read_inbox
from detector.schema import label_of
from detector.threads import group


def read_labelled(paths: Sequence[str]) -> pd.DataFrame:
    """The labelled threads of message CSVs (columns of `schema.THREADS`), in the order of thread ids.

    Threads of another `split` than train (or empty) and threads without a label are left out.
    Raises InputError for a label that is none of the three, or if no labelled thread is left.
    """
    inbox = read_inbox(list(paths))
    inbox.refuse_odd_label()
    threads = group(inbox.messages).threads
    threads["label"] = [label_of(text) if text else "" for text in threads["label"]]
    kept = (threads["label"] != "") & threads["split"].isin(["", "train"])
    if not kept.any():
        raise InputError(paths[0], "holds no labelled thread", "add a label column")
    return threads[kept].reset_index(drop=True)


def digest_of(paths: Sequence[str]) -> str:
    """SHA-256 over the labelled files' bytes, whatever their names and order."""
    from detector.inbox.containers import open_container

    parts = []
    for path in paths:
        for member in open_container(path).members:
            with member.open() as stream:
                parts.append(hashlib.sha256(stream.read()).hexdigest())
    return hashlib.sha256("\n".join(sorted(parts)).encode()).hexdigest()
