"""`Detector`: a model and a catalogue, ready to score messages and to explain verdicts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from detector import paths
from detector.errors import ModelError, UsageError
from detector.inbox.profile import Profile
from detector.model.careful.file import load as load_careful
from detector.model.careful.reader import CarefulReader
from detector.model.decision import BAIT, DIGITS, actions, label_indices, probabilities, turned_at
from detector.model.explain import Explained, explain, piece_id
from detector.model.features import Events
from detector.model.file import Model, load
from detector.model.scorer import Scorer
from detector.patterns import Finder, Pattern, Searched, shipped
from detector.patterns.context import Fingerprints, days_to_pitch, known_people, templates
from detector.patterns.services import kinds
from detector.patterns.tokens import clause
from detector.schema import LABELS, VERDICTS
from detector.threads import Grouped, group, prefixes

PART = 4_000
"""Threads judged at a time, so that memory stays bounded."""

_PITCH_FLAG = frozenset({"pitch.offer", "pitch.price", "pitch.free-bait", "pitch.call-to-call", "pitch.calendar-link"})


@dataclass
class Judged:
    """Verdicts of one part with all that explains them: what reports are made of.

    `verdicts` has the columns of `schema.VERDICTS`, in the order of `threads` (columns of
    `schema.THREADS`). `p_after`: (n messages, 3) probabilities after each message, `valid` whether a
    verdict can be given there; `flags` one dict a thread, `marks` its
    fingerprint (see `patterns.context`).
    """

    threads: pd.DataFrame
    verdicts: pd.DataFrame
    searched: Searched
    explained: Explained
    p_after: np.ndarray
    valid: np.ndarray
    flags: list[dict[str, Any]] = field(default_factory=list)
    marks: list[str] = field(default_factory=list)

    def evidence(self, thread: int) -> Iterator[dict[str, Any]]:
        """All evidence of one thread, strongest for its label first (contract `hits`)."""
        e, reading = self.explained, self.searched.reading
        for i in range(int(e.bounds[thread]), int(e.bounds[thread + 1])):
            yield self._piece(i, e, reading)

    def _piece(self, i: int, e: Explained, reading: Any) -> dict[str, Any]:
        place = e.place(i, self.searched)
        row = int(e.row[i])
        quoted = place is not None
        return {
            "pattern": piece_id(int(e.pattern[i]), self.searched.patterns),
            "message": int(reading.number[row]) if quoted else None,
            "start": place[0] if place else None,
            "end": place[1] if place else None,
            "text": reading.texts[row][place[0] : place[1]] if place else None,
            "contribution": round(float(e.contribution[i]), 6),
        }


class Detector:
    """Judges threads. Create it with `Detector.load`.

    >>> from detector.threads import messages_table
    >>> detector = Detector.load("shipped")
    >>> verdicts = detector.score(messages_table([("t", "received", "", "invitation")]))
    >>> verdicts[["label", "messages"]].values.tolist()
    [['generic', 0]]
    """

    def __init__(
        self,
        model: Model,
        patterns: tuple[Pattern, ...] | None = None,
        name: str = "",
        careful: CarefulReader | None = None,
    ) -> None:
        if careful is not None:
            model = replace(model, cuts=careful.weights.cuts)
        self.model = model
        self.name = name
        self.finder = Finder(patterns if patterns is not None else shipped())
        self.scorer = Scorer(model.weights, careful)
        self._fingerprints = Fingerprints()

    @classmethod
    def load(
        cls, path: str | Path | None = None, patterns: tuple[Pattern, ...] | None = None, *, careful: bool = False
    ) -> Detector:
        """Load a model: a path, `shipped`, or None for the user's own if there is one, else the shipped.

        `careful`: read every thread a second time, as a whole (`model.careful`): surer, and some
        hundreds of times slower.
        Raises ModelError for a file that is missing, damaged, of another format, or a pickle.
        """
        chosen = default_model() if path is None else paths.shipped_model() if str(path) == "shipped" else Path(path)
        if chosen == paths.shipped_model() and not chosen.exists():
            raise ModelError("the shipped model is missing; run `make model` or install the package again")
        reader = CarefulReader(load_careful(paths.shipped_reading())[0]) if careful else None
        return cls(load(chosen), patterns, str(chosen), reader)

    def score(self, messages: pd.DataFrame, profile: Profile | None = None) -> pd.DataFrame:
        """Verdicts of all received threads of a messages table, in the order in which they are listed.

        `messages`: columns of `schema.MESSAGES` (what `read_inbox` gives); `profile` fills what the
        recipient columns leave empty. Returns the columns of `schema.VERDICTS`.
        """
        parts = [judged.verdicts for judged in self.judge(group(messages), profile)]
        return listed(pd.concat(parts, ignore_index=True) if parts else empty_verdicts())

    def explain(self, messages: pd.DataFrame, thread_id: str, profile: Profile | None = None) -> dict[str, Any]:
        """One thread's verdict with its evidence. Raises UsageError if there is no such thread."""
        only = messages[messages["thread_id"] == thread_id]
        for judged in self.judge(group(only), profile):
            row = judged.verdicts.iloc[0].to_dict()
            e = judged.explained
            return {
                **row,
                "hits": list(judged.evidence(0)),
                "flags": judged.flags[0],
                "baseline": float(e.baseline[0]),
                "rest": float(e.rest[0]),
            }
        raise UsageError(f"thread {thread_id} is not among the received threads")

    def judge(self, grouped: Grouped, profile: Profile | None = None, known: set[str] | None = None) -> list[Judged]:
        """Judge all threads, part by part; templates are matched over all of them."""
        threads = with_profile(grouped.threads, profile or Profile())
        parts = [
            self._part(threads.iloc[a : a + PART].reset_index(drop=True), known or set())
            for a in range(0, len(threads), PART)
        ]
        marks = [mark for judged in parts for mark in judged.marks]
        senders = [
            str(u or s) for j in parts for u, s in zip(j.threads["sender_url"], j.threads["sender"], strict=True)
        ]
        shared = templates(marks, senders)
        sharing = Counter(shared)
        at = 0
        for judged in parts:
            mine = shared[at : at + len(judged.threads)]
            judged.verdicts["template"] = mine
            for flag, mark in zip(judged.flags, mine, strict=True):
                if mark:
                    flag["template.shared"] = sharing[mark]
            at += len(judged.threads)
        return parts

    def _part(self, threads: pd.DataFrame, known: set[str]) -> Judged:
        searched = self.finder.search(threads)
        reading = searched.reading
        events: Events = self.scorer.events(searched)
        scores = self.scorer.score(searched, events)
        p_after = probabilities(scores.after)
        p = p_after[scores.last]
        label = label_indices(p)
        valid = prefixes(reading.sizes, reading.received)
        bait = (label_indices(p_after) == BAIT) & valid
        explained = explain(searched, self.scorer, events, scores, label)
        readable = np.zeros(len(threads), dtype=bool)
        readable[reading.thread[reading.theirs & reading.worded]] = True
        unreadable = ~readable & threads["attachments"].to_numpy(dtype=bool)
        is_known = known_people(threads, known)
        action = actions(
            p, self.model.cuts, threads["owner_last"].to_numpy(dtype=bool), searched.languages, unreadable, is_known
        )
        verdicts = pd.DataFrame(
            {
                "thread_id": threads["thread_id"],
                "sender": threads["sender"],
                "sender_url": threads["sender_url"],
                "label": np.asarray(LABELS, dtype=object)[label],
                "action": action,
                "confidence": p.max(axis=1),
                "p_generic": p[:, 0],
                "p_bait_and_sell": p[:, 1],
                "p_genuine": p[:, 2],
            }
        )
        for column in ("messages", "follow_ups", "unanswered", "replies", "first_at", "last_at"):
            verdicts[column] = threads[column]
        turned = turned_at(bait, reading.starts, reading.sizes)
        verdicts["turned_at"] = pd.array(np.where(label == BAIT, turned, 0), dtype="Int64")
        verdicts.loc[label != BAIT, "turned_at"] = pd.NA
        names = [*(k.name for k in kinds()), ""]
        verdicts["sells"] = [names[k] if lab == BAIT else "" for k, lab in zip(searched.sells, label, strict=True)]
        judged = Judged(threads, verdicts, searched, explained, p_after, valid)
        verdicts["patterns"], verdicts["evidence"] = _summaries(judged)
        verdicts["lang"] = [own or found for own, found in zip(threads["lang"], searched.languages, strict=True)]
        verdicts["template"] = ""
        verdicts["inbox"] = threads["inbox"]
        judged.verdicts = verdicts[list(VERDICTS)]
        judged.flags = self._flags(searched, is_known)
        judged.marks = self._fingerprints.of(reading)
        return judged

    def _flags(self, searched: Searched, known: np.ndarray) -> list[dict[str, Any]]:
        wanted = [i for i, p in enumerate(searched.patterns) if p.id in _PITCH_FLAG]
        pitching = np.zeros(len(searched.reading), dtype=bool)
        pitching[searched.hits.row[np.isin(searched.hits.pattern, wanted)]] = True
        days = days_to_pitch(searched.reading, pitching & searched.reading.theirs)
        flags = []
        for day, is_known in zip(days, known.tolist(), strict=True):
            flag: dict[str, Any] = {}
            if day is not None:
                flag["days.to-pitch"] = day
            if is_known:
                flag["known.contact"] = True
            flags.append(flag)
        return flags


def _summaries(judged: Judged) -> tuple[list[str], list[str]]:
    """Per thread the ids that speak for the label, strongest first, and the strongest quotation."""
    e, searched = judged.explained, judged.searched
    ids = {code: piece_id(code, searched.patterns) for code in np.unique(e.pattern).tolist()}
    # lists, since a cell of an array costs more than the loop
    bounds, contribution, pattern, row = (c.tolist() for c in (e.bounds, e.contribution, e.pattern, e.row))
    patterns, quotes = [], []
    texts = searched.reading.texts
    for thread in range(len(judged.threads)):  # a slice of a few entries each
        seen: dict[str, None] = {}
        quote = ""
        for i in range(bounds[thread], bounds[thread + 1]):
            if contribution[i] <= 0:
                break
            if pattern[i] != -1:
                seen.setdefault(ids[pattern[i]])
            if not quote and (place := e.place(i, searched)):
                # quoted with the sentence around it: a reader wants words, not tokens
                text = texts[row[i]]
                quote = text[slice(*clause(text, *place))]
        patterns.append(";".join(seen))
        quotes.append(quote)
    return patterns, quotes


def default_model() -> Path:
    """The user's own model if there is one, else the shipped one."""
    own = paths.user_model()
    return own if own.exists() else paths.shipped_model()


def with_profile(threads: pd.DataFrame, profile: Profile) -> pd.DataFrame:
    """Fill empty recipient columns from a profile."""
    if profile.is_empty:
        return threads
    filled = threads.copy()
    values = {
        "recipient": profile.name,
        "recipient_headline": profile.headline,
        "recipient_services": "; ".join(profile.services),
    }
    for column, value in values.items():
        if value:
            filled[column] = filled[column].where(filled[column] != "", value)
    return filled


def empty_verdicts() -> pd.DataFrame:
    """A verdict table without rows, with the right dtypes."""
    table = pd.DataFrame({c: pd.Series([], dtype=object) for c in VERDICTS})
    for column in ("confidence", "p_generic", "p_bait_and_sell", "p_genuine"):
        table[column] = table[column].astype(float)
    for column in ("messages", "follow_ups", "unanswered", "replies"):
        table[column] = table[column].astype("int64")
    for column in ("first_at", "last_at"):
        table[column] = table[column].astype("datetime64[us, UTC]")
    table["turned_at"] = table["turned_at"].astype("Int64")
    return table


def listed(verdicts: pd.DataFrame) -> pd.DataFrame:
    """In the order of every list: answer, look, done, set-aside; within each the latest first."""
    from detector.schema import ACTIONS

    rank = verdicts["action"].map({a: i for i, a in enumerate(ACTIONS)})
    order = pd.DataFrame({"rank": rank, "last": verdicts["last_at"], "id": verdicts["thread_id"]}).sort_values(
        ["rank", "last", "id"], ascending=[True, False, True], na_position="last", kind="stable"
    )
    return verdicts.loc[order.index].reset_index(drop=True)


__all__ = ["DIGITS", "Detector", "Judged", "default_model", "empty_verdicts", "listed", "with_profile"]
