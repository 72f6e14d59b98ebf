"""The language of a thread, from the function words its tokens bring along.

The words are looked up once per distinct token, so it costs next to nothing beside the reading.
"""

from __future__ import annotations

import tomllib
from functools import lru_cache

import numpy as np

from detector.patterns.grown import PerWord
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
def _votes() -> tuple[tuple[str, ...], dict[str, int], np.ndarray]:
    """The languages, the number of each telling word (and script), and the votes under each number; 0 has none."""
    data = tomllib.loads(data_text("languages.toml"))
    names = (*data, *(name for name, _a, _b in _SCRIPTS))
    owners: dict[str, list[int]] = {}
    for i, words in enumerate(data.values()):
        for word in {fold(w) for w in words["words"].split()}:
            owners.setdefault(word, []).append(i)
    votes = np.zeros((1 + len(owners) + len(_SCRIPTS), len(names)))
    numbers = {}
    for number, (word, languages) in enumerate(owners.items(), start=1):
        numbers[word] = number
        votes[number, languages] = 1.0 / len(languages)
    for k, (name, _a, _b) in enumerate(_SCRIPTS):
        numbers[f"<{name}>"] = 1 + len(owners) + k
        votes[1 + len(owners) + k, names.index(name)] = 2.0
    return names, numbers, votes


def _numbers(words: list[str]) -> list[int]:
    get = _votes()[1].get
    numbers = [get(word, -1) for word in words]
    return [
        n if n >= 0 else 0 if word.isascii() else get(f"<{script_of(word)}>", 0)
        for n, word in zip(numbers, words, strict=True)
    ]


class LanguageVotes:
    """Votes of each distinct token of a vocabulary, kept as it grows."""

    def __init__(self) -> None:
        self._numbers = PerWord(_numbers, np.int32)

    def of(self, reading: Reading) -> list[str]:
        """The language code of each thread, from the sender's messages; empty if nothing tells."""
        names, _, votes = _votes()
        tokens = reading.tokens
        number = self._numbers.of(reading.vocabulary.normals)[tokens.ids]
        told = np.flatnonzero(number)
        row = tokens.rows[told]
        theirs = reading.theirs[row]
        thread, number = reading.thread[row[theirs]], number[told[theirs]]
        counts = (votes > 0).sum(axis=1)
        owner, name = np.nonzero(votes)
        share, many = votes[owner, name], counts[number]
        ends = np.cumsum(many)
        which = np.repeat(np.arange(len(number)), many)
        vote = (np.cumsum(counts)[number] - ends)[which] + np.arange(len(which))
        # one sum over (thread, language), each in reading order: the same bits in any batch
        size = len(reading.starts) * len(names)
        score = np.bincount(thread[which] * len(names) + name[vote], share[vote], size).reshape(-1, len(names))
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
