"""Labelled threads for training: message CSVs read, split, and given the groups that folds keep together."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from detector.errors import InputError
from detector.inbox import read_inbox
from detector.schema import LABELS, label_of
from detector.threads import group


def read_labelled(paths: Sequence[str]) -> pd.DataFrame:
    """The labelled threads of message CSVs (columns of `schema.THREADS`), in the order of thread ids.

    Threads of another `split` than train (or empty) and threads without a label are left out.
    Raises InputError for a label that is none of the three, or if no labelled thread is left.
    """
    inbox = read_inbox(list(paths))
    threads = group(inbox.messages).threads
    labels = [label_of(text) if text else "" for text in threads["label"]]
    for thread, text, label in zip(threads["thread_id"], threads["label"], labels, strict=True):
        if label is None:
            raise InputError(paths[0], f"thread {thread} has the label {text!r:.40}", f"use {', '.join(LABELS)}")
    threads["label"] = labels
    kept = (threads["label"] != "") & threads["split"].isin(["", "train"])
    if not kept.any():
        raise InputError(paths[0], "holds no labelled thread", "add a label column")
    return threads[kept].reset_index(drop=True)


def sender_keys(threads: pd.DataFrame) -> list[str]:
    """One key a thread for counting senders and keeping folds apart: pair, else person, else thread."""
    keys = []
    columns = ("pair_id", "sender_url", "source", "sender", "thread_id")
    for pair, url, source, sender, thread in zip(*(threads[c] for c in columns), strict=True):
        keys.append(f"pair:{pair}" if pair else url or (f"{source}/{sender}" if sender else f"thread:{thread}"))
    return keys
