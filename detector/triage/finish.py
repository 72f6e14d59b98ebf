"""From judged parts to the results: templates joined in, verdict files, what changed, totals."""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from detector.errors import OutputError
from detector.files import write_whole
from detector.schema import ACTIONS, LABELS, LEFT_OUT, VERDICTS
from detector.triage.arrow import schema
from detector.triage.changes import CHANGES, gone, index_of, rows_at
from detector.triage.layout import FORMAT, Generation, Layout, private_folder
from detector.triage.part import Done, file_digest
from detector.triage.plan import Plan
from detector.triage.templates import find_templates

if TYPE_CHECKING:
    import pyarrow as pa

ENDINGS = {"parquet": ".parquet", "csv": ".csv", "jsonl": ".jsonl"}

_CHANGED = ("inbox", "thread_id", "sender", "sender_url", "change", "label", "action", "label_before",
            "action_before", "messages", "unanswered", "last_at")  # fmt: skip


@dataclass
class _Inbox:
    """Counts of one inbox."""

    threads: int = 0
    messages: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    label: Counter[str] = field(default_factory=Counter)
    action: Counter[str] = field(default_factory=Counter)

    def to_json(self) -> dict[str, Any]:
        return {
            "messages": self.messages,
            "threads": self.threads,
            "label": {name: self.label[name] for name in LABELS},
            "action": {name: self.action[name] for name in ACTIONS},
            "left_out": {name: self.left_out[name] for name in LEFT_OUT},
        }

    def add(self, other: _Inbox) -> None:
        self.threads += other.threads
        self.messages += other.messages
        for mine, theirs in (
            (self.left_out, other.left_out),
            (self.label, other.label),
            (self.action, other.action),
        ):
            mine.update(theirs)


def finish(
    layout: Layout,
    generation: Generation,
    before: Generation | None,
    damaged: Sequence[int],
    plan: Plan,
    done: Sequence[Done],
    format_: str,
    tick: Callable[[int], None],
) -> dict[str, Any]:
    """Write all results of a run in which every part is judged; returns the totals.

    `damaged`: parts of the run before that cannot be read. The verdict files take the place of the old ones in one step, at the end; doing it all again
    gives the same bytes.
    """
    files = [generation.verdicts(p) for p in range(len(plan.parts))]
    templates = find_templates(files, sum(d.threads for d in done))
    counts = dict(zip(templates["template"].to_pylist(), templates["threads"].to_pylist(), strict=True))
    shutil.rmtree(generation.fresh, ignore_errors=True)
    private_folder(generation.fresh)
    inboxes = [_Inbox() for _ in range(plan.inboxes)]
    changed: list[pa.Table] = []
    keys: list[tuple[np.ndarray, np.ndarray]] = []
    former: list[np.ndarray] = [np.zeros(0, dtype="uint64")]
    in_template = 0
    for d, path in zip(done, files, strict=True):
        table = _with_templates(_read(path), templates["template"])
        write_whole(generation.fresh / f"part-{d.part:05d}{ENDINGS[format_]}", encoded(table, format_, counts))
        inbox = inboxes[plan.parts[d.part]["inbox"]]
        inbox.threads += d.threads
        inbox.messages += d.messages
        inbox.left_out.update(d.left_out)
        for name in ("label", "action"):
            pairs = table[name].value_counts().to_pylist()
            getattr(inbox, name).update({pair["values"]: pair["counts"] for pair in pairs})
        in_template += len(table) - table["template"].to_pylist().count("")
        keys.append((table["key"].to_numpy(), table["digest"].to_numpy()))
        links = table["former"].to_numpy()
        former.append(links[links != 0])
        if before is not None:
            import pyarrow.compute as pc

            changed.append(table.filter(pc.not_equal(table["change"], "")).select(list(_CHANGED)))
        tick(1)
    index = index_of(keys)
    _save_index(generation.index, index)
    totals = _totals(generation, inboxes, done)
    totals["templates"] = {"templates": len(templates), "threads": in_template}
    totals["since_last_time"] = None
    if before is not None:
        lost = gone(np.load(before.index, allow_pickle=False), index, np.concatenate(former))
        lost = lost[~np.isin(lost["part"], list(damaged))]
        totals["since_last_time"] = _what_changed(layout, before, changed, lost)
        totals["since_last_time"]["judged"] = sum(d.judged for d in done)
    else:
        layout.changes.unlink(missing_ok=True)
    write_whole(layout.templates, _parquet(templates))
    write_whole(layout.totals, (json.dumps(totals, ensure_ascii=False, indent=1) + "\n").encode("utf-8", "replace"))
    _swap(layout, generation)
    return totals


def results(layout: Layout) -> dict[str, str]:
    """The digest of every result file, by its name: what a later look compares with."""
    names = [layout.totals, layout.templates, *([layout.changes] if layout.changes.exists() else [])]
    names += sorted(layout.verdicts.iterdir())
    return {str(p.relative_to(layout.root)): file_digest(p) for p in names}


def _read(path: Path) -> pa.Table:
    import pyarrow.parquet as pq

    with path.open("rb") as stream:
        return pq.ParquetFile(stream).read()


def _with_templates(table: pa.Table, templates: pa.ChunkedArray) -> pa.Table:
    """The `template` column filled where the fingerprint is one of a template."""
    import pyarrow.compute as pc

    shared = pc.is_in(table["mark"], value_set=templates)
    at = table.column_names.index("template")
    return table.set_column(at, "template", pc.if_else(shared, table["mark"], ""))


def encoded(table: pa.Table, format_: str, counts: dict[str, int]) -> bytes:
    """The bytes of a verdict file. `counts`: how many threads each template has, for the flags of JSON lines."""
    from detector.report import tables

    verdicts = table.select(list(VERDICTS))
    if format_ == "parquet":
        return _parquet(verdicts)
    if format_ == "csv":
        return tables.to_csv(verdicts.to_pandas())
    found = []
    for row, details in zip(verdicts.to_pylist(), table["details"].to_pylist(), strict=True):
        for name in ("first_at", "last_at"):
            row[name] = row[name] and row[name].strftime("%Y-%m-%dT%H:%M:%SZ")
        row |= json.loads(details)
        if row["template"]:
            row["flags"]["template.shared"] = counts[row["template"]]
        found.append(row)
    return tables.to_jsonl(found)


def _parquet(table: pa.Table) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    return sink.getvalue().to_pybytes()


def _save_index(path: Path, index: np.ndarray) -> None:
    import io

    out = io.BytesIO()
    np.save(out, index, allow_pickle=False)
    write_whole(path, out.getvalue())


def _totals(generation: Generation, inboxes: Sequence[_Inbox], done: Sequence[Done]) -> dict[str, Any]:
    whole, listed = _Inbox(), []
    for number, inbox in enumerate(inboxes):
        about = json.loads(generation.inbox(number).read_text(encoding="utf-8"))
        inbox.left_out["assistant"] += about["assistant"]
        owner = about["owner"]
        listed.append({"inbox": owner["slug"] or owner["name"], "name": owner["name"], **inbox.to_json()})
        whole.add(inbox)
    return {"format": FORMAT, "parts": len(done), **whole.to_json(), "inboxes": listed}


def _what_changed(layout: Layout, before: Generation, changed: Sequence[pa.Table], lost: np.ndarray) -> dict[str, int]:
    """Write the table of changes; returns how many of each kind. `lost`: index entries of threads that are gone."""
    import pyarrow as pa

    old = rows_at(before, lost, [n for n in _CHANGED if n not in ("change", "label_before", "action_before")])
    old = old.append_column("label_before", old["label"]).append_column("action_before", old["action"])
    for name, word in (("change", "gone"), ("label", ""), ("action", "")):
        column = pa.array([word] * len(old), pa.string())
        if name in old.column_names:
            old = old.set_column(old.column_names.index(name), name, column)
        else:
            old = old.append_column(name, column)
    table = pa.concat_tables([*changed, old.select(list(_CHANGED)).cast(schema(_CHANGED))])
    table = table.sort_by([("last_at", "descending"), ("inbox", "ascending"), ("thread_id", "ascending")])
    write_whole(layout.changes, _parquet(table))
    words = Counter(word for cell in table["change"].to_pylist() for word in cell.split(";"))
    return {word: words[word] for word in CHANGES}


def _swap(layout: Layout, generation: Generation) -> None:
    """The new verdict files in place of the old ones."""
    away = generation.root / "replaced"
    try:
        shutil.rmtree(away, ignore_errors=True)
        if layout.verdicts.exists():
            os.replace(layout.verdicts, away)
        os.replace(generation.fresh, layout.verdicts)
        shutil.rmtree(away, ignore_errors=True)
    except OSError as error:
        raise OutputError(
            f"{layout.verdicts}: cannot be replaced ({error.strerror or error}); close what has it open and try again"
        ) from None
