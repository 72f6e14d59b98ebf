"""What a later export changes: which verdicts are kept, which threads are judged, and what is new about them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from detector.triage.layout import Generation

if TYPE_CHECKING:
    import pyarrow as pa

CHANGES = ("new", "turned", "went-on", "answered", "changed", "gone")
"""What may stand in `change`: a new thread; another label than last time; the sender wrote again
though the owner had not answered; the owner wrote; anything else; no longer in the input."""

_INDEX = np.dtype([("key", "<u8"), ("digest", "<u8"), ("part", "<u4"), ("row", "<u4")])
_ASIDE = ("change", "label_before", "action_before")


def index_of(parts: Iterable[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """The index of a run from the (keys, digests) of its parts in order: sorted by key, 24 bytes a thread."""
    pieces = []
    for part, (keys, digests) in enumerate(parts):
        piece = np.empty(len(keys), dtype=_INDEX)
        piece["key"], piece["digest"], piece["part"], piece["row"] = keys, digests, part, np.arange(len(keys))
        pieces.append(piece)
    index = np.concatenate(pieces) if pieces else np.empty(0, dtype=_INDEX)
    return index[np.argsort(index["key"], kind="stable")]


class Before:
    """The last finished run as seen from one part of the next one.

    `keys`, `former`, `digests`: of the part's threads (uint64 each, as `thread_keys` gives them).
    `stale`: a flag a thread, whether it must be judged.
    """

    def __init__(
        self,
        generation: Generation,
        keys: np.ndarray,
        former: np.ndarray,
        digests: np.ndarray,
        damaged: Sequence[int] = (),
    ) -> None:
        self.generation = generation
        index = np.load(generation.index, mmap_mode="r", allow_pickle=False)
        place = _find(index["key"], keys)
        known = place >= 0
        trusted = known & ~np.isin(index["part"][place], list(damaged))
        self.stale = ~trusted | (index["digest"][place] != digests) if len(index) else np.ones(len(keys), dtype=bool)
        self._kept = index[place[~self.stale]] if len(index) else index[:0]
        earlier = np.where(known, place, _find(index["key"], former))[self.stale]
        self._known = earlier >= 0
        self._earlier = index[earlier[self._known]] if len(index) else index[:0]
        self._readable = ~np.isin(self._earlier["part"], list(damaged))

    def changes(self, fresh: pa.Table) -> tuple[pa.Array, pa.Array, pa.Array]:
        """For each judged thread what changed, and its label and action last time; `fresh`: the verdicts."""
        import pyarrow as pa

        n = len(fresh)
        change, label, action = (np.full(n, "", dtype=object) for _ in range(3))
        change[~self._known] = "new"
        rows = np.flatnonzero(self._known)[self._readable]
        old = self._rows(self._earlier[self._readable], ["label", "action", "messages", "replies", "unanswered"])
        label[rows], action[rows] = old["label"].to_numpy(), old["action"].to_numpy()
        now = fresh.take(pa.array(rows))
        turned = now["label"].to_numpy() != label[rows]
        more = now["messages"].to_numpy() > old["messages"].to_numpy()
        replied = now["replies"].to_numpy() > old["replies"].to_numpy()
        went_on = more & ~replied & (old["unanswered"].to_numpy() > 0)
        for i, row in enumerate(rows):  # changed threads alone
            words = [w for w, on in (("turned", turned[i]), ("went-on", went_on[i]), ("answered", replied[i])) if on]
            change[row] = ";".join(words) or "changed"
        return pa.array(change, pa.string()), pa.array(label, pa.string()), pa.array(action, pa.string())

    def joined(self, fresh: pa.Table) -> pa.Table:
        """The judged threads and those kept from before."""
        import pyarrow as pa

        kept = self._rows(self._kept, [name for name in fresh.column_names if name not in _ASIDE])
        nothing = pa.array([""] * len(kept), pa.string())
        for name in _ASIDE:
            kept = kept.append_column(name, nothing)
        return pa.concat_tables([fresh, kept.select(fresh.column_names).cast(fresh.schema)])

    def _rows(self, entries: np.ndarray, columns: list[str]) -> pa.Table:
        return rows_at(self.generation, entries, columns)


def rows_at(generation: Generation, entries: np.ndarray, columns: list[str]) -> pa.Table:
    """Rows of a run's verdicts, in the order of `entries` of its index; each file is read once."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from detector.triage.arrow import schema

    pieces = [schema(columns).empty_table()]
    places = [np.zeros(0, dtype=np.int64)]
    for part in np.unique(entries["part"]):
        mine = np.flatnonzero(entries["part"] == part)
        with generation.verdicts(int(part)).open("rb") as stream:
            table = pq.ParquetFile(stream).read(columns, use_threads=False)
        pieces.append(table.take(pa.array(entries["row"][mine])))
        places.append(mine)
    order = np.argsort(np.concatenate(places), kind="stable")
    return pa.concat_tables(pieces).take(pa.array(order))


def _find(keys: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Where each wanted key stands in the sorted keys, -1 for nowhere (and for the key 0)."""
    if not len(keys):
        return np.full(len(wanted), -1, dtype=np.int64)
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where((keys[at] == wanted) & (wanted != 0), at, -1)


def gone(before: np.ndarray, after: np.ndarray, former: np.ndarray) -> np.ndarray:
    """Entries of the earlier index whose threads are in the later one neither by id nor by former id."""
    return before[~(np.isin(before["key"], after["key"]) | np.isin(before["key"], former))]
