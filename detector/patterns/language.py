"""The language of a thread, from the function words its tokens bring along.

The words are looked up once per distinct token, so it costs next to nothing beside the reading.
"""

from __future__ import annotations

import tomllib
from functools import lru_cache

import numpy as np

from detector.patterns.reading import Reading
from detector.patterns.record import data_text
from detector.patterns.tokens import fold

SUPPORTED = ("en", "es", "fr", "de", "pt", "it", "nl")
"""Languages in which a verdict is given; another one gets the action `look`."""

_SCRIPTS = (
    ("ru", "\u0400", "\u04ff"),
    ("el", "\u0370", "\u03ff"),
    ("he", "\u0590", "\u05ff"),
    ("ar", "\u0600", "\u06ff"),
    ("hi", "\u0900", "\u097f"),
    ("th", "\u0e00", "\u0e7f"),
    ("ko", "\uac00", "\ud7af"),
    ("ja", "\u3040", "\u30ff"),
    ("zh", "\u4e00", "\u9fff"),
)


@lru_cache(maxsize=1)
def _votes() -> tuple[tuple[str, ...], dict[str, np.ndarray]]:
    data = tomllib.loads(data_text("languages.toml"))
    names = (*data, *(name for name, _a, _b in _SCRIPTS))
    owners: dict[str, list[int]] = {}
    for i, words in enumerate(data.values()):
        for word in {fold(w) for w in words["words"].split()}:
            owners.setdefault(word, []).append(i)
    votes = {}
    for word, languages in owners.items():
        votes[word] = np.zeros(len(names))
        votes[word][languages] = 1.0 / len(languages)
    return names, votes


class LanguageVotes:
    """Votes of each distinct token of a vocabulary, kept as it grows."""

    def __init__(self) -> None:
        self._vocabulary: object = None
        self._generation = -1
        self._table = np.zeros((0, 0))
        self._tells = np.zeros(0, dtype=bool)

    def _prepare(self, reading: Reading) -> np.ndarray:
        names, votes = _votes()
        vocabulary = reading.vocabulary
        if self._vocabulary is not vocabulary or self._generation != vocabulary.generation:
            self._vocabulary, self._generation = vocabulary, vocabulary.generation
            self._table = np.zeros((0, len(names)))
        fresh = vocabulary.normals[len(self._table) :]
        if fresh:
            none = np.zeros(len(names))
            rows = []
            for word in fresh:
                row = votes.get(word)
                if row is None:
                    script = "" if word.isascii() else script_of(word)
                    row = none if not script else (np.asarray(names) == script) * 2.0
                rows.append(row)
            self._table = np.vstack([self._table, rows])
            self._tells = (self._table != 0).any(axis=1)
        return self._table

    def of(self, reading: Reading) -> list[str]:
        """The language code of each thread, from the sender's messages; empty if nothing tells."""
        names, _ = _votes()
        table = self._prepare(reading)
        tokens = reading.tokens
        told = np.flatnonzero(self._tells[tokens.ids])
        row = tokens.rows[told]
        theirs = reading.theirs[row]
        # one sum over (thread, language), each in reading order: the same bits in any batch
        thread, word = reading.thread[row[theirs]], tokens.ids[told[theirs]]
        which, name = np.nonzero(table[word])
        score = np.bincount(
            thread[which] * len(names) + name, table[word[which], name], len(reading.starts) * len(names)
        ).reshape(-1, len(names))
        best = score.argmax(axis=1) if len(score) else np.zeros(0, dtype=np.int64)
        sure = score[np.arange(len(best)), best] > 0.4
        return [names[b] if is_sure else "" for b, is_sure in zip(best.tolist(), sure.tolist(), strict=True)]


def script_of(word: str) -> str:
    """The language that a word's script stands for, empty for Latin script.

    >>> script_of("привет"), script_of("hello")
    ('ru', '')
    """
    first = word[0]
    for name, low, high in _SCRIPTS:
        if low <= first <= high:
            return name
    return ""
