"""Threads to hits: every pattern found, with its evidence, and the kinds of service named.

`Finder` is the door. It keeps the compiled phrase book and the vocabulary between batches.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from detector.patterns import homework, mismatch, note, pitch, sequence, services
from detector.patterns.catalogue import shipped, with_extra, written_phrases
from detector.patterns.finding import Finding
from detector.patterns.hits import Hits
from detector.patterns.language import LanguageVotes
from detector.patterns.phrases import PhraseBook
from detector.patterns.reading import Reading
from detector.patterns.record import FAMILIES, Pattern
from detector.patterns.tokens import Vocabulary

_RECIPIENTS = 20_000
"""Recipients whose services are kept in mind."""

__all__ = ["FAMILIES", "Finder", "Pattern", "Searched", "shipped", "with_extra"]


@dataclass
class Searched:
    """A batch after the search: `hits` in reading order, `languages` and `sells` one a thread.

    `sells` indexes `services.kinds()`, -1 for none.
    """

    reading: Reading
    patterns: tuple[Pattern, ...]
    hits: Hits
    languages: list[str]
    sells: np.ndarray


class Finder:
    """Finds all patterns in batches of threads.

    >>> from detector.threads import group, messages_table
    >>> threads = group(messages_table([("t", "received", "Hi {firstName}, great profile!")])).threads
    >>> searched = Finder().search(threads)
    >>> hit = searched.hits
    >>> spot = [hit.place(i, searched.reading) for i in range(len(hit))
    ...         if searched.patterns[hit.pattern[i]].id == "note.merge-failure"]
    >>> searched.reading.texts[0][slice(*spot[0])]
    '{firstName}'
    """

    def __init__(self, patterns: tuple[Pattern, ...] | None = None) -> None:
        self.patterns = patterns if patterns is not None else shipped()
        self.indices = {p.id: i for i, p in enumerate(self.patterns)}
        # the kinds of service are phrases too: one book, one pass, numbered after the patterns
        shift = len(self.patterns)
        written = written_phrases(self.patterns) + [(shift + k, p) for k, p in services.written_services()]
        self.book = PhraseBook(written)
        self.vocabulary = Vocabulary()
        self.votes = LanguageVotes()
        self._offered: dict[tuple[str, str, str], np.ndarray] = {}
        self._by_owner = np.array([p.by == "owner" for p in self.patterns], dtype=bool)

    def _offers(self, recipients: list[tuple[str, str, str]]) -> np.ndarray:
        """What each recipient offers; most batches have the recipients of the one before."""
        fresh = [r for r in recipients if r not in self._offered]
        if fresh:
            if len(self._offered) > _RECIPIENTS:
                self._offered.clear()
                fresh = recipients
            flags = services.offered_by(fresh, self.book, len(self.patterns))
            self._offered.update(zip(fresh, flags, strict=True))
        return np.stack([self._offered[r] for r in recipients]) if recipients else np.zeros((0, 0), dtype=bool)

    def search(self, threads: pd.DataFrame) -> Searched:
        """All hits in a threads table (columns of `schema.THREADS`)."""
        reading = Reading.of(threads, self.vocabulary)
        found = self.book.find(reading.texts, self.vocabulary, reading.tokens)
        shift = len(self.patterns)
        languages = self.votes.of(reading)
        own = self._offers(reading.recipients)
        is_kind = found.pattern >= shift
        named, phrases = found.take(is_kind), found.take(~is_kind)
        named.pattern -= shift
        finding = Finding(reading, self.patterns, self.indices, languages, named, own)
        by_owner = self._by_owner[phrases.pattern]
        said = phrases.take(np.where(by_owner, reading.owners[phrases.row], reading.theirs[phrases.row]))
        finding.hits.extend(said.pattern, said.row, said.first, said.end, in_tokens=True)
        for family in (note, homework, pitch, mismatch, sequence):
            family.find(finding)
        homework.find_missing(finding)
        weight = np.zeros(len(reading))
        np.add.at(weight, finding.hits.rows_of(i for i, p in enumerate(self.patterns) if p.family == "pitch"), 1.0)
        sells = services.main_kind(named, reading, weight)
        reading.tokens.pieces = None  # needed no longer
        return Searched(reading, self.patterns, finding.hits.freeze(), languages, sells)
