"""Threads to compact blocks of data: an index of all rows, and the threads in full by the hundred.

The index holds what the list shows and filters by, a list a column. The threads themselves lie in
blocks that the page unpacks only when one of their threads is opened or searched.
"""

from __future__ import annotations

import base64
import json
import tempfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import IO, Any

import pandas as pd

from detector.inbox.cleaning import whole
from detector.model.detector import Judged
from detector.model.explain import meanings
from detector.patterns import Pattern
from detector.report.links import profile_slug
from detector.schema import ACTIONS, KINDS, LABELS

BLOCK = 200
"""Threads a block."""

_QUOTE = 160  # characters of evidence in the list
_NO_TIME = -(2**62)
_TEXTS = (
    "thread_id", "sender", "sender_url", "label", "action", "sells", "patterns", "evidence", "lang", "template", "inbox",
)  # fmt: skip


@dataclass(frozen=True)
class Part:
    """Some verdicts, and the judged threads they came from if these are at hand.

    `verdicts`: columns of `schema.VERDICTS`, all or some of the threads in `judged`; `judged`: None
    where only the verdicts are left: the page then lists them without their messages.
    """

    verdicts: pd.DataFrame
    judged: Judged | None = None


def packed(value: Any) -> str:
    """A value as JSON, deflated, in base64: nothing in it can end a script element.

    >>> packed(["</script>"]).isascii(), "<" in packed(["</script>"])
    (True, False)
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    squeezer = zlib.compressobj(6, zlib.DEFLATED, -15)
    return base64.b64encode(squeezer.compress(whole(text).encode()) + squeezer.flush()).decode("ascii")


class Blocks:
    """Threads in full, packed block by block into a temporary file (readable by its owner alone)."""

    def __init__(self) -> None:
        self._file: IO[str] = tempfile.TemporaryFile("w+", encoding="ascii", prefix="detector-")  # noqa: SIM115 (lives as long as this object)
        self._open: list[Any] = []
        self.count = 0

    def add(self, thread: Any) -> tuple[int, int]:
        """Keep one thread; returns its block and its place in it."""
        self._open.append(thread)
        place = (self.count, len(self._open) - 1)
        if len(self._open) == BLOCK:
            self._close()
        return place

    def _close(self) -> None:
        self._file.write(packed(self._open) + "\n")
        self._open = []
        self.count += 1

    def read(self) -> Iterator[str]:
        """All blocks in their order."""
        if self._open:
            self._close()
        self._file.seek(0)
        for line in self._file:
            yield line.rstrip("\n")


@dataclass
class Names:
    """Numbers for names that occur often: each is written once.

    >>> names = Names()
    >>> names.number("en"), names.number("de"), names.number("en"), list(names.known)
    (0, 1, 0, ['en', 'de'])
    """

    known: dict[str, int] = field(default_factory=dict)

    def number(self, name: str) -> int:
        """The number of a name, a new one if it has none."""
        return self.known.setdefault(name, len(self.known))


class Index:
    """The rows of the list. At most about twice `most` are held at a time, the first in list order."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.total = 0
        self._cut: tuple[int, int] | None = None  # action and time of the last row that is listed so far
        self._rows: list[tuple] = []
        self.sells, self.patterns, self.langs, self.templates, self.inboxes = (Names() for _ in range(5))

    def count(self, verdicts: pd.DataFrame) -> pd.DataFrame:
        """Count a verdict table's rows; returns those that may still be listed, in their order."""
        self.total += len(verdicts)
        rank = verdicts["action"].map({action: i for i, action in enumerate(ACTIONS)}).astype(int)
        last = verdicts["last_at"]
        if self._cut is not None:
            action, seconds = self._cut
            kept = (rank < action) | ((rank == action) & (last >= pd.Timestamp(seconds, unit="s", tz="UTC")))
            verdicts, rank, last = verdicts[kept], rank[kept], last[kept]
        if len(verdicts) > self.most:
            order = pd.DataFrame(
                {"rank": rank.to_numpy(), "last": last.to_numpy(), "id": verdicts["thread_id"].to_numpy()}
            )
            first = order.sort_values(["rank", "last", "id"], ascending=[True, False, True]).index[: self.most]
            verdicts = verdicts.iloc[first.sort_values()]
        return verdicts

    def add(self, row: Any, place: tuple[int, int] | None) -> None:
        """Keep one row of a verdict table (a named tuple, times in seconds) and where its thread lies."""
        last = row.last_at
        rank = (ACTIONS.index(row.action), -last if last is not None else 2**62, str(row.thread_id))
        patterns = [self.patterns.number(p) for p in str(row.patterns).split(";") if p]
        quote = str(row.evidence)
        self._rows.append(
            (
                rank,
                whole(str(row.thread_id)),
                whole(str(row.sender)),
                whole(profile_slug(str(row.sender_url))),
                LABELS.index(row.label),
                round(row.p_generic * 1000),
                round(row.p_bait_and_sell * 1000),
                int(row.messages),
                int(row.unanswered),
                int(row.replies),
                row.first_at,
                last,
                0 if pd.isna(row.turned_at) else int(row.turned_at),
                self.sells.number(str(row.sells)),
                patterns,
                whole(quote if len(quote) <= _QUOTE else quote[:_QUOTE] + "…"),
                self.langs.number(str(row.lang)),
                self.templates.number(str(row.template)),
                self.inboxes.number(whole(str(row.inbox))),
                *(place or (-1, 0)),
            )
        )
        if len(self._rows) > 2 * self.most:
            self._trim()

    def _trim(self) -> None:
        self._rows.sort(key=lambda row: row[0])
        del self._rows[self.most :]
        if len(self._rows) == self.most:
            action, earliest, _ = self._rows[-1][0]
            self._cut = (action, -earliest) if earliest < 2**62 else None

    @property
    def listed(self) -> int:
        """Rows that the page will list."""
        return min(len(self._rows), self.most)

    def columns(self, catalogue: Sequence[Pattern]) -> dict[str, Any]:
        """The index as the page reads it: a list a column, and the names behind the numbers."""
        self._trim()
        keys = (
            "id", "sender", "slug", "label", "pg", "pb", "messages", "unanswered", "replies", "first", "last", "turned",
            "sells", "patterns", "quote", "lang", "template", "inbox", "block", "place",
        )  # fmt: skip
        columns: dict[str, Any] = dict(
            zip(keys, map(list, zip(*(r[1:] for r in self._rows), strict=True)), strict=False)
        )
        columns = columns or {key: [] for key in keys}
        columns["action"] = [row[0][0] for row in self._rows]
        columns["names"] = {
            "sells": list(self.sells.known),
            "patterns": list(self.patterns.known),
            "lang": list(self.langs.known),
            "template": list(self.templates.known),
            "inbox": list(self.inboxes.known),
            "labels": LABELS,
            "actions": ACTIONS,
        }
        columns["says"] = {key: list(said) for key, said in meanings(tuple(catalogue)).items()}
        return columns


def tidy(verdicts: pd.DataFrame) -> pd.DataFrame:
    """A verdict table, empty texts for missing ones (as a reader of Parquet or CSV may give them)."""
    # plain objects: a string column of pandas' own is slow to read cell by cell
    return verdicts.assign(**{column: verdicts[column].astype(object).fillna("") for column in _TEXTS})


def threads(part: Part, wanted: pd.DataFrame) -> Iterator[tuple[Any, Any]]:
    """(row of the verdict table, the thread in full or None) of the wanted rows of a part."""
    rows = wanted.assign(**{c: _seconds(wanted[c]) for c in ("first_at", "last_at")}).itertuples(index=False)
    if part.judged is None:
        yield from ((row, None) for row in rows)
        return
    judged = part.judged
    position = {thread: i for i, thread in enumerate(judged.threads["thread_id"])}
    lists = {c: judged.threads[c].tolist() for c in ("texts", "directions", "kinds", "times")}
    for row in rows:
        yield row, _thread(judged, position[row.thread_id], lists)


def _thread(judged: Judged, i: int, lists: dict[str, list]) -> dict[str, Any]:
    e, reading = judged.explained, judged.searched.reading
    first, size = int(reading.starts[i]), int(reading.sizes[i])
    hits = [
        [h["pattern"], h["message"] or 0, h["start"] or 0, h["end"] or 0, round(h["contribution"], 3)]
        for h in judged.evidence(i)
    ]
    baseline, score = round(float(e.baseline[i]), 3), round(float(e.score[i]), 3)
    return {
        "texts": lists["texts"][i],
        "mine": [int(d == "sent") for d in lists["directions"][i]],
        "kinds": [KINDS.index(k) for k in lists["kinds"][i]],
        "times": [t // 1_000_000 if t > _NO_TIME else None for t in lists["times"][i]],
        "hits": hits,
        "baseline": baseline,
        "rest": round(score - baseline - sum(h[4] for h in hits), 3),
        "score": score,
        "course": [
            [round(float(p) * 1000) for p in judged.p_after[row]] if judged.valid[row] else None
            for row in range(first, first + size)
        ],
        "flags": judged.flags[i] if judged.flags else {},
    }


def _seconds(times: pd.Series) -> pd.Series:
    """Whole seconds since 1970, None where unknown."""
    seconds = times.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy("datetime64[s]")
    known = pd.Series(seconds.astype("int64"), index=times.index, dtype=object)
    return known.where(times.notna(), None)
