"""Who wrote what: a word counts for a model by how many people used it, and folds keep a person's threads together."""

from __future__ import annotations

import pandas as pd

from detector.inbox.people import name_key, slug


def people(threads: pd.DataFrame) -> list[str]:
    """One key a thread for counting senders: threads of one person (profile, else name), or of a minimal
    pair, share it, and so do threads joined by others.

    >>> from detector.threads import group, messages_table
    >>> one = messages_table([("a", "received", "x"), ("b", "received", "y")], sender="Ann Roe")
    >>> keys = people(group(one).threads.assign(pair_id=["p1", "p2"]))
    >>> keys[0] == keys[1]
    True
    """
    parent = list(range(len(threads)))

    def root(i: int) -> int:
        while parent[i] != i:
            i = parent[i]
        return i

    first: dict[tuple[str, ...], int] = {}
    columns = (threads[c] for c in ("pair_id", "sender_url", "source", "sender"))
    for i, (pair, url, source, sender) in enumerate(zip(*columns, strict=True)):
        marks: list[tuple[str, ...]] = [("pair", pair)] if pair else []
        marks += [("url", slug(url))] if url else [("name", source, name_key(sender))] if sender else []
        for mark in marks:
            parent[root(i)] = root(first.setdefault(mark, i))
    return [f"who:{root(i)}" for i in range(len(threads))]
