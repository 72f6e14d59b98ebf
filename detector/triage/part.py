"""One part judged: what a worker process does. Needs nothing but the files of the run, so any machine may do it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from detector.errors import ModelError
from detector.files import write_whole
from detector.inbox.columns import Columns
from detector.inbox.conversations import gather
from detector.inbox.export import Connections, Export
from detector.inbox.owner import Owner
from detector.inbox.profile import profile_from
from detector.inbox.rows import Invitation
from detector.schema import LEFT_OUT
from detector.triage.layout import Generation
from detector.triage.reading import raw_rows
from detector.triage.spill import read_part

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from detector.model.detector import Detector, Judged
    from detector.threads import Grouped


@dataclass(frozen=True)
class Judge:
    """Which detector judges: model and phrase files with the digests they had when the run began."""

    model: str
    model_digest: str
    patterns: str | None
    patterns_digest: str
    hits: bool = False  # whether full hit lists are wanted (JSON lines)
    careful: str = ""  # digest of the careful reading if it is asked for


@dataclass(frozen=True)
class Task:
    """One part to be judged. `before`: the working files of the last finished run, to take verdicts from."""

    generation: str
    part: int
    inbox: int
    size: int
    check: int
    judge: Judge
    before: str | None = None
    damaged: tuple[int, ...] = ()  # parts of that run that cannot be trusted


@dataclass
class Done:
    """What came of a part: counts by reason, how many threads were judged anew, odd rows, and the file's digest."""

    part: int
    messages: int
    threads: int
    judged: int
    left_out: dict[str, int]
    notes: list[str] = field(default_factory=list)
    digest: str = ""


def file_digest(path: str | Path) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


@lru_cache(maxsize=1)
def load_judge(judge: Judge) -> Detector:
    """The detector, loaded once a process. Raises ModelError if its files changed since the run began."""
    from detector.model.detector import Detector
    from detector.patterns import with_extra

    changed = [judge.model] if file_digest(judge.model) != judge.model_digest else []
    if judge.patterns and file_digest(judge.patterns) != judge.patterns_digest:
        changed.append(judge.patterns)
    if changed:
        raise ModelError(f"{changed[0]}: changed while the run was under way; put it back, or start anew with --fresh")
    return Detector.load(judge.model, with_extra(judge.patterns), careful=bool(judge.careful))


def judge_part(task: Task) -> Done:
    """Judge one part and write its verdicts, then the mark that it is done.

    Raises SpillDamaged if the part's rows are not what was written, InputError for rows that
    contradict each other, OutputError if the verdicts cannot be written.
    """
    from detector.triage.verdicts import no_verdicts, part_bytes, verdict_rows

    generation = Generation(Path(task.generation))
    about = json.loads(generation.inbox(task.inbox).read_text(encoding="utf-8"))
    grouped, left_out, notes, messages = _threads(generation, task, about)
    profile = profile_from({name: value for name, value in about["profile"].items() if value})
    known = set(about["known"])
    detector = load_judge(task.judge)
    from detector.model.detector import with_profile

    grouped.threads = with_profile(grouped.threads, profile)
    keys = thread_keys(grouped.threads, known)
    if task.before is None:
        old, fresh = None, grouped
    else:
        from detector.triage.changes import Before

        old = Before(Generation(Path(task.before)), *keys, task.damaged)
        fresh = type(grouped)(grouped.threads[old.stale].reset_index(drop=True), grouped.left_out)
    judged: list[Judged] = detector.judge(fresh, profile, known)
    table = verdict_rows(judged, hits=task.judge.hits) if judged else no_verdicts(hits=task.judge.hits)
    data = part_bytes(table, keys, old)
    write_whole(generation.verdicts(task.part), data)
    done = Done(
        task.part, messages, len(grouped.threads), len(fresh.threads), left_out, notes, hashlib.sha256(data).hexdigest()
    )
    write_whole(generation.done(task.part), (json.dumps(asdict(done), ensure_ascii=True, indent=1) + "\n").encode())
    return done


def _threads(
    generation: Generation, task: Task, about: dict[str, Any]
) -> tuple[Grouped, dict[str, int], list[str], int]:
    """The part's received threads, by the same steps as `read_inbox`; what is left out; notes; messages read."""
    from detector.threads import group

    owner = Owner(about["owner"]["name"], about["owner"]["slug"], frozenset(about["owner"]["names"]))
    exports = [Export(f"input {i + 1}") for i in range(about["exports"])]
    messages = 0
    columns = [Columns(f["where"], f["header"], f["asked"]) for f in about["files"]]
    for number, table in read_part(generation.rows(task.part), task.size, task.check):
        messages += len(table)
        exports[about["files"][number]["export"]].rows.extend(raw_rows(table, columns[number]))
    for file, kind in zip(about["files"], columns, strict=True):
        exports[file["export"]].rows.own_format |= kind.is_message_csv
    values = json.loads(generation.beside(task.part).read_text(encoding="utf-8"))
    exports[0].invitations = [Invitation(**v) for v in values["invitations"]]
    exports[0].connections = Connections(values["by_slug"], values["by_name"])
    gathered = gather(exports, owner)
    notes = [note for export in exports for note in export.rows.notes]
    grouped = group(gathered.messages)
    left_out = {name: gathered.left_out.get(name, 0) + grouped.left_out.get(name, 0) for name in LEFT_OUT}
    return grouped, left_out, notes, messages


def thread_keys(threads: pd.DataFrame, known: set[str]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Per thread (uint64 each): the key of its id, of its former id (0 for none), and a digest of all it is judged by."""
    import numpy as np

    from detector.patterns.context import known_people

    spared = known_people(threads, known)
    inboxes, ids, formers = (threads[name].tolist() for name in ("inbox", "thread_id", "former_id"))
    keys = _hashes(zip(inboxes, ids, strict=True))
    former = np.zeros(len(threads), "uint64")
    if joined := [i for i, name in enumerate(formers) if name]:
        former[joined] = _hashes((inboxes[i], formers[i]) for i in joined)
    return keys, former, _hashes(_content(threads, spared))


def _content(threads: pd.DataFrame, spared: np.ndarray) -> Iterator[list[str]]:
    plain = ("sender", "sender_url", "recipient", "recipient_headline", "recipient_services", "lang", "inbox")
    columns = [threads[name].tolist() for name in plain]
    flags = zip(threads["attachments"].tolist(), threads["owner_last"].tolist(), spared.tolist(), strict=True)
    lists = zip(*(threads[name].tolist() for name in ("times", "directions", "kinds", "texts")), strict=True)
    for values, flag, (times, directions, kinds, texts) in zip(zip(*columns, strict=True), flags, lists, strict=True):
        yield [*values, str(flag), str(times), ",".join(directions), ",".join(kinds), *texts]


def _hashes(rows: Iterable[Sequence[str]]) -> np.ndarray:
    import numpy as np

    joined = ("\0".join(values).encode("utf-8", "surrogatepass") for values in rows)
    digests = b"".join([hashlib.blake2b(text, digest_size=8).digest() for text in joined])
    return np.frombuffer(digests, "<u8").astype("uint64")
