"""Kinds of service: what a message offers, what a profile lists, in five languages."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from detector.patterns.phrases import Finds, PhraseBook
from detector.patterns.reading import Reading
from detector.patterns.record import LANGUAGES, data_text


@dataclass(frozen=True)
class Kind:
    """A kind of service: id, plain name, and the group of trades it belongs to."""

    id: str
    name: str
    group: str


@lru_cache(maxsize=1)
def kinds() -> tuple[Kind, ...]:
    """All kinds, in the order of the data file."""
    return tuple(Kind(i, str(e["name"]), str(e.get("group", ""))) for i, e in _data().items())


@lru_cache(maxsize=1)
def _data() -> dict:
    return tomllib.loads(data_text("services.toml"))


def written_services() -> list[tuple[int, str]]:
    """(index of the kind, phrase) for every phrase in every language."""
    return [(i, p) for i, e in enumerate(_data().values()) for lang in LANGUAGES for p in e.get(lang, ())]


def offered_by(recipients: list[tuple[str, str, str]], book: PhraseBook | None = None, shift: int = 0) -> np.ndarray:
    """Which kinds each recipient's headline and services name: (recipients, kinds) flags.

    `book` may be one that holds other phrases too, with the kinds numbered from `shift`.

    >>> flags = offered_by([("Ann", "SEO consultant", "Web Design; Copywriting")])
    >>> sorted(kinds()[k].id for k in np.flatnonzero(flags[0]))
    ['copywriting', 'seo', 'web-design']
    """
    book = book or PhraseBook(written_services())
    flags = np.zeros((len(recipients), len(kinds())), dtype=bool)
    texts = [f"{headline}\n{services.replace(';', chr(10))}" for _name, headline, services in recipients]
    found = book.find(texts)
    kind = found.pattern >= shift
    flags[found.row[kind], found.pattern[kind] - shift] = True
    return flags


def main_kind(found: Finds, reading: Reading, weight: np.ndarray) -> np.ndarray:
    """The kind each thread offers: the one named in the most pitching messages, -1 for none.

    `found`: places, the kind as pattern; `weight`: how strongly each message pitches (n values, 0 for not).
    """
    best = np.full(len(reading.starts), -1, dtype=np.int64)
    scores: dict[tuple[int, int], float] = {}
    for kind, row, _first, _end in found.take((weight[found.row] > 0) & reading.theirs[found.row]):
        key = (int(reading.thread[row]), kind)
        scores[key] = scores.get(key, 0.0) + float(weight[row])
    top: dict[int, float] = {}
    for (thread, kind), score in sorted(scores.items()):
        if score > top.get(thread, 0.0):
            top[thread], best[thread] = score, kind
    return best
