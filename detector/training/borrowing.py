"""Copies of threads with a sentence borrowed: what fits anybody, said beside what does not, so that it tells nothing.

Hardly anybody who wrote the corpus' genuine letters closes with "would love to connect"; in the world many do. A thread
that holds homework, or a sale, keeps its label when such a sentence joins it, so copies in which one does teach that
the sentence alone decides nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from detector.model.roles import ROLES

_LENT = ("networking", "pretence", "courtesy")
_COURTESY = ROLES.index("courtesy")
_TO = ("genuine", "bait-and-sell")
_WORDS = range(4, 31)  # of a sentence that is lent
_FEWEST = 5  # sentences to choose from
_FIRST = 0.3  # how often it goes before the rest, not after
_SIGN_OFF = 4  # words

Roles = Mapping[str, Mapping[int, list[tuple[int, int]]]]
"""Thread id -> message number -> (start in code points, role) of each sentence, as `roles.read_roles` gives them."""


@dataclass
class Copies:
    """`threads` in the columns they were copied from, `of` (n,) the row each is a copy of, `roles` of their sentences."""

    threads: pd.DataFrame
    of: np.ndarray
    roles: dict[str, dict[int, list[tuple[int, int]]]]


def copies(threads: pd.DataFrame, roles: Roles, seed: int = 0) -> Copies:
    """A copy of each genuine and each selling thread with a sentence of a generic one in it.

    A sentence comes from the same file and language, so that folds that hold whole files out learn no word of them.
    Threads whose file lends too few sentences have no copy.

    >>> from detector.threads import group, messages_table
    >>> rows = [(f"g{i}", "received", f"I hope that we stay in touch {w}.") for i, w in enumerate("abcde")]
    >>> threads = group(messages_table([*rows, ("t", "received", "Your crow study was right. Best, Al")])).threads
    >>> threads["label"] = [*["generic"] * 5, "genuine"]
    >>> n = ROLES.index("networking")
    >>> known = {f"g{i}": {1: [(0, n)]} for i in range(5)} | {"t": {1: [(0, ROLES.index("homework")), (27, _COURTESY)]}}
    >>> found = copies(threads, known)
    >>> found.of.tolist(), len(found.threads["texts"].iat[0][0]), [start for start, _r in found.roles["t+"][1]]
    ([5], 67, [0, 32, 59])
    """
    rng = np.random.default_rng(seed)
    lent = _lent(threads, roles)
    rows: list[dict[str, Any]] = []
    of: list[int] = []
    marked: dict[str, dict[int, list[tuple[int, int]]]] = {}
    for i, thread in enumerate(threads.itertuples(index=False)):
        theirs = [
            k for k, (d, t) in enumerate(zip(thread.directions, thread.texts, strict=True)) if d == "received" and t
        ]
        own = thread.pair_id or thread.thread_id
        offered = [(s, r) for s, r, lender in lent.get((thread.source, thread.lang), ()) if lender != own]
        if thread.label not in _TO or not theirs or len(offered) < _FEWEST:
            continue
        k = theirs[0] if rng.random() < 0.5 else theirs[-1]
        places = roles.get(thread.thread_id, {}).get(k + 1, [])
        sentence = offered[int(rng.integers(len(offered)))]
        text, with_it = _joined(thread.texts[k], places, sentence, first=rng.random() < _FIRST)
        copy = thread._asdict()
        copy["texts"] = [*thread.texts[:k], text, *thread.texts[k + 1 :]]
        copy["thread_id"] = f"{thread.thread_id}+"
        if thread.thread_id in roles:
            marked[copy["thread_id"]] = {**roles[thread.thread_id], k + 1: with_it}
        rows.append(copy)
        of.append(i)
    return Copies(pd.DataFrame(rows, columns=threads.columns), np.array(of, dtype=np.int64), marked)


def _lent(threads: pd.DataFrame, roles: Roles) -> dict[tuple[str, str], list[tuple[str, int, str]]]:
    """(source, language) -> sentences of its generic threads that fit anybody, with their role and who lends them."""
    kinds = [ROLES.index(role) for role in _LENT]
    found: dict[tuple[str, str], list[tuple[str, int, str]]] = defaultdict(list)
    for thread in threads[threads["label"] == "generic"].itertuples():
        for number, places in roles.get(thread.thread_id, {}).items():
            if number > len(thread.texts) or thread.directions[number - 1] != "received":
                continue
            text = thread.texts[number - 1]
            ends = [*(start for start, _role in places[1:]), len(text)]
            for (start, role), end in zip(places, ends, strict=True):
                sentence = text[start:end].strip()
                if role in kinds and len(sentence.split()) in _WORDS:
                    found[thread.source, thread.lang].append((sentence, role, thread.pair_id or thread.thread_id))
    return found


def _joined(
    text: str, places: list[tuple[int, int]], sentence: tuple[str, int], *, first: bool
) -> tuple[str, list[tuple[int, int]]]:
    """A message with a sentence more, after a greeting or before a farewell, and where each sentence begins."""
    starts = [start for start, _role in places] or [0]
    courteous = [role == _COURTESY for _start, role in places]
    several = len(starts) > 1
    if first:
        at = starts[1] if several and courteous[0] else 0
    elif several and courteous[-1] and len(text[starts[-1] :].split()) <= _SIGN_OFF:
        at = starts[-1]
    else:
        at = len(text)
    head, tail = text[:at], text[at:]
    if head and not head[-1].isspace():
        head += " "
    added = sentence[0] + (" " if tail else "")
    later = len(head) - at + len(added)
    before = [(start, role) for start, role in places if start < at]
    after = [(start + later, role) for start, role in places if start >= at]
    return head + added + tail, [*before, (len(head), sentence[1]), *after]
