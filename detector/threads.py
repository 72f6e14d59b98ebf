"""Messages to received threads: one row a thread, with its texts, counts and times.

A received thread is a conversation with exactly one other person in which that person wrote at
least one message with text, or an invitation that has no conversation. What is not one is counted
by reason.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from detector.inbox.cleaning import whole
from detector.schema import THREAD_CONSTANTS, THREADS, UNKNOWN_TIME


@dataclass
class Grouped:
    """The threads table (columns of `schema.THREADS`) and the conversations left out by reason."""

    threads: pd.DataFrame
    left_out: dict[str, int]


def group(messages: pd.DataFrame) -> Grouped:
    """Group a messages table (sorted and numbered, columns of `schema.MESSAGES`) into threads.

    >>> from detector.threads import group, messages_table
    >>> rows = messages_table([("t", "received", "Hello"), ("t", "sent", "Who are you?"), ("u", "sent", "Hi")])
    >>> found = group(rows)
    >>> found.threads[["thread_id", "messages", "replies"]].values.tolist(), found.left_out
    ([['t', 1, 1]], {'owner_only': 1, 'no_text': 0})
    """
    if not len(messages):
        return Grouped(_empty(), {"owner_only": 0, "no_text": 0})
    new = np.flatnonzero((messages["thread_id"] != messages["thread_id"].shift()).to_numpy())
    sizes = np.diff(np.append(new, len(messages)))
    received = (messages["direction"] == "received").to_numpy()
    text = (messages["text"] != "").to_numpy()
    invitation = (messages["kind"] == "invitation").to_numpy()

    def total(flags: np.ndarray) -> np.ndarray:
        return np.add.reduceat(flags.astype(np.int64), new)

    theirs = total(received & text)
    lone_note = (sizes == 1) & invitation[new] & received[new]
    kept = (theirs > 0) | lone_note
    left_out = {
        "owner_only": int(((total(received) == 0) & ~kept).sum()),
        "no_text": int(((total(received) > 0) & ~kept).sum()),
    }
    rows = np.repeat(kept, sizes)
    return Grouped(_written(_table(messages[rows], sizes[kept])), left_out)


def _written(table: pd.DataFrame) -> pd.DataFrame:
    """The table with half surrogate pairs, which only Python can hand over and no file can hold, as U+FFFD."""
    for column in (name for name, dtype in THREADS.items() if dtype in ("str", "list") and name != "times"):
        values = table[column].tolist()
        try:
            ("".join(values) if THREADS[column] == "str" else "".join(map("".join, values))).encode()
        except UnicodeEncodeError:
            mended = [whole(v) if isinstance(v, str) else list(map(whole, v)) for v in values]
            table[column] = pd.Series(mended, dtype=object)
    return table


def _empty() -> pd.DataFrame:
    table = pd.DataFrame({name: pd.Series([], dtype=object) for name in THREADS})
    for name, dtype in THREADS.items():
        if dtype not in ("str", "list"):
            table[name] = table[name].astype(dtype)
    return table


def _table(messages: pd.DataFrame, sizes: np.ndarray) -> pd.DataFrame:
    """One row a thread from the rows of kept threads, `sizes` rows each."""
    if not len(sizes):
        return _empty()
    ends = np.cumsum(sizes)
    starts = ends - sizes
    received = (messages["direction"] == "received").to_numpy()
    counted = received & (messages["text"] != "").to_numpy()
    owners = ~received & (messages["text"] != "").to_numpy()
    wrote = ~received
    times = messages["sent_at"].dt.tz_localize(None).to_numpy().astype("M8[us]").astype(np.int64)

    position = np.arange(len(messages))
    last_own = np.maximum.reduceat(np.where(wrote, position, -1), starts)
    since = counted & (position > np.repeat(last_own, sizes))
    known = received & (times != UNKNOWN_TIME)
    first_at = np.minimum.reduceat(np.where(known, times, np.iinfo(np.int64).max), starts)
    last_at = np.maximum.reduceat(np.where(known, times, UNKNOWN_TIME), starts)
    first_at = np.where(first_at == np.iinfo(np.int64).max, UNKNOWN_TIME, first_at)

    table = pd.DataFrame(index=pd.RangeIndex(len(sizes)))
    # strings stay Python's: pandas 3 would make Arrow columns, which are slow to go through
    table["thread_id"] = pd.Series(messages["thread_id"].to_numpy(dtype=object)[starts], dtype=object)
    for column in ("sender", "sender_url"):
        table[column] = pd.Series(_first_filled(messages[column], received, starts, sizes), dtype=object)
    for column in ("former_id", "inbox", *THREAD_CONSTANTS):
        table[column] = pd.Series(messages[column].to_numpy(dtype=object)[starts], dtype=object)
    table["messages"] = np.add.reduceat(counted.astype(np.int64), starts)
    table["follow_ups"] = np.maximum(table["messages"] - 1, 0)
    table["unanswered"] = np.add.reduceat(since.astype(np.int64), starts)
    table["replies"] = np.add.reduceat(owners.astype(np.int64), starts)
    for column, values in (("first_at", first_at), ("last_at", last_at)):
        table[column] = pd.to_datetime(values.view("M8[us]")).tz_localize("UTC")
    table["owner_last"] = last_own == ends - 1
    table["attachments"] = np.logical_or.reduceat(messages["attachments"].to_numpy() & received, starts)
    for column, source in (("texts", "text"), ("directions", "direction"), ("kinds", "kind")):
        table[column] = _lists(messages[source].tolist(), starts, ends)
    table["times"] = _lists(times.tolist(), starts, ends)
    return table[list(THREADS)]


def _lists(values: list, starts: np.ndarray, ends: np.ndarray) -> pd.Series:
    return pd.Series([values[a:b] for a, b in zip(starts.tolist(), ends.tolist(), strict=True)], dtype=object)


def _first_filled(column: pd.Series, allowed: np.ndarray, starts: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """The first non-empty value of each thread among allowed rows, else empty."""
    values = column.to_numpy(dtype=object)
    good = allowed & (values != "")
    position = np.where(good, np.arange(len(values)), len(values))
    first = np.minimum.reduceat(position, starts)
    found = first < len(values)
    return np.where(found, values[np.minimum(first, len(values) - 1)], "")


def messages_table(rows: list[tuple], **constants: str) -> pd.DataFrame:
    """A small messages table from (thread_id, direction, text[, kind]) rows, for examples and tests.

    Times count up by one day from 2026-01-01; `constants` fill the thread columns.
    """
    from detector.schema import MESSAGES

    table = pd.DataFrame(
        {
            "thread_id": [row[0] for row in rows],
            "direction": [row[1] for row in rows],
            "text": [row[2] for row in rows],
            "kind": [row[3] if len(row) > 3 else "message" for row in rows],
            "sent_at": pd.date_range("2026-01-01", periods=len(rows), freq="D", tz="UTC", unit="us"),
        }
    )
    table["number"] = table.groupby("thread_id").cumcount() + 1
    for name, dtype in MESSAGES.items():
        if name not in table:
            table[name] = constants.get(name, "") if dtype == "str" else False
    return table[list(MESSAGES)]


def prefixes(sizes: np.ndarray, received: np.ndarray) -> np.ndarray:
    """For every message whether a verdict can be given after it: from the sender's first message on.

    `sizes`: messages a thread; `received`: a flag a message. Returns a flag a message.

    >>> prefixes(np.array([3]), np.array([False, True, False])).tolist()
    [False, True, True]
    """
    starts = np.cumsum(sizes) - sizes
    seen = np.cumsum(received)
    before = seen[starts] - received[starts]
    return (seen - np.repeat(before, sizes)) > 0
