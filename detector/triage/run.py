"""A triage run from beginning to end: begin, go on, or start from what a finished run left."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from detector import paths
from detector.errors import OutputError
from detector.files import write_whole
from detector.inbox.profile import Profile
from detector.triage.cluster import run_dask
from detector.triage.finish import finish, results
from detector.triage.layout import FORMAT, Generation, Layout, private_folder
from detector.triage.local import jobs_for, rare_collections, run_local
from detector.triage.part import Done, Judge, Task, file_digest
from detector.triage.plan import Plan, digests, load_plan, make_plan
from detector.triage.progress import Progress
from detector.triage.sources import Source, find_sources
from detector.triage.spill import SpillDamaged
from detector.version import __version__


@dataclass(frozen=True)
class Options:
    """How to triage. `model` and `patterns` are paths; `known` are people never set aside."""

    model: str
    patterns: str | None = None
    owner: str | None = None
    profile: Profile | None = None
    known: frozenset[str] = frozenset()
    columns: Mapping[str, str] = field(default_factory=dict)
    format: str = "parquet"
    fresh: bool = False
    jobs: int | None = None
    max_memory: int | None = None
    engine: str = "local"
    scheduler: str | None = None
    careful: bool = False

    def judge(self) -> Judge:
        """Model and phrases, with the digests they have now. Raises ModelError or InputError if they are no good."""
        from detector.model.file import load
        from detector.patterns import with_extra

        load(Path(self.model))
        with_extra(self.patterns)
        model = Path(self.model).absolute()  # a worker may stand in another folder
        phrases = Path(self.patterns).absolute() if self.patterns else None
        return Judge(
            str(model),
            file_digest(model),
            str(phrases) if phrases else None,
            file_digest(phrases) if phrases else "",
            self.format == "jsonl",
            file_digest(paths.shipped_reading()) if self.careful else "",
        )

    def identity(self, judge: Judge) -> dict[str, Any]:
        """What must stay the same for a run to go on, by the name that the user knows."""
        from dataclasses import asdict

        return {
            "version of detector": __version__,
            "--model": judge.model_digest,
            "--patterns": judge.patterns_digest,
            "--careful": judge.careful,
            "--owner": self.owner,
            "--profile": json.loads(json.dumps(asdict(self.profile))) if self.profile else None,
            "--keep": sorted(self.known),
            "--column": dict(sorted(self.columns.items())),
            "--format": self.format,
        }


def triage(inputs: Sequence[str], out: str, options: Options, progress: Progress) -> dict[str, Any]:
    """Triage a backlog into a folder; returns the totals (as totals.json has them).

    Raises InputError, ModelError and OutputError as docs/triage.md says; whatever was finished
    stays, and the same call goes on from there.
    """
    from filelock import FileLock, Timeout

    layout = Layout(Path(out))
    layout.make()
    lock = FileLock(layout.lock, timeout=0, mode=0o600)
    try:
        lock.acquire()
    except Timeout:
        raise OutputError(
            f"{out}: another run is at work in this folder; wait for it, or choose another --out"
        ) from None
    except OSError as error:
        raise OutputError(f"{out}: cannot be locked ({error.strerror or error}); choose another --out") from None
    try:
        layout.sweep()
        with rare_collections():
            return _locked(inputs, layout, options, progress)
    finally:
        lock.release()


def _locked(inputs: Sequence[str], layout: Layout, options: Options, progress: Progress) -> dict[str, Any]:
    progress.stage("looking at the input", "inputs")
    sources = find_sources(inputs, layout.state / "stdin.csv")
    judge = options.judge()
    run = _which_run(layout, digests(sources), options.identity(judge), fresh=options.fresh)
    if run["status"] == "finished":
        if run["results"] == _results(layout):
            progress.say("nothing has changed since the last run")
            return json.loads(layout.totals.read_text(encoding="utf-8"))
        progress.say("some results are missing or damaged; they are written anew")
    generation = layout.generation(run["run"])
    before = layout.generation(run["before"]) if run["before"] else None
    plan = load_plan(generation)
    damaged = tuple(_damaged(before)) if before else ()
    try:
        plan = plan or _plan(generation, sources, options, progress)
        done = _judge(generation, before, damaged, plan, judge, options, progress)
    except SpillDamaged:
        progress.say("a part's rows are damaged; reading the input again")
        plan = _plan(generation, sources, options, progress)
        done = _judge(generation, before, damaged, plan, judge, options, progress)
    progress.stage("writing", "parts", len(done))
    totals = finish(layout, generation, before, damaged, plan, done, options.format, progress.advance)
    run |= {"status": "finished", "results": _results(layout)}
    _write_run(layout, run)
    _tidy(layout, generation)
    return totals


def _plan(generation: Generation, sources: Sequence[Source], options: Options, progress: Progress) -> Plan:
    progress.stage("reading", "messages")
    plan = make_plan(
        generation,
        sources,
        owner=options.owner,
        profile=options.profile,
        known=set(options.known),
        columns=options.columns,
        tick=lambda _where, count: progress.advance(count),
    )
    for note in plan.notes[:20]:
        progress.say(note)
    import pyarrow as pa

    pa.default_memory_pool().release_unused()  # the workers need it more
    return plan


def _which_run(layout: Layout, inputs: list[str], identity: dict[str, Any], *, fresh: bool) -> dict[str, Any]:
    """The run to do: a new one, the one under way, or the next after a finished one. Raises OutputError."""
    out = layout.root
    run = {"format": FORMAT, "run": 1, "status": "running", "before": 0, "options": identity, "inputs": inputs,
           "results": {}}  # fmt: skip
    if fresh:
        for path in layout.state.glob("run*"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    elif layout.run.exists():
        last = _read_run(layout)
        changed = [name for name, value in identity.items() if last["options"].get(name) != value]
        if changed:
            raise OutputError(
                f"{out}: was made with another {' and another '.join(changed)}; give the same, or --fresh to start anew"
            )
        if last["inputs"] == inputs:
            return last
        if last["status"] != "finished":
            raise OutputError(
                f"{out}: holds an unfinished run over other input; give that input to go on, or --fresh to start anew"
            )
        run |= {"run": last["run"] + 1, "before": last["run"]}
    elif any(path.exists() for path in (layout.verdicts, layout.totals, layout.templates)):
        raise OutputError(f"{out}: holds files of that name that no run here wrote; choose another --out, or --fresh")
    _write_run(layout, run)
    return run


def _read_run(layout: Layout) -> dict[str, Any]:
    try:
        last = json.loads(layout.run.read_text(encoding="utf-8"))
        if last["format"] != FORMAT:
            raise OutputError(f"{layout.root}: has layout {last['format']}, not {FORMAT}; give --fresh to start anew")
        assert {"run", "status", "before", "options", "inputs", "results"} <= set(last)
    except (OSError, ValueError, KeyError, TypeError, AssertionError):
        raise OutputError(f"{layout.run}: is damaged; give --fresh to start anew") from None
    return last


def _write_run(layout: Layout, run: dict[str, Any]) -> None:
    write_whole(layout.run, (json.dumps(run, ensure_ascii=True, indent=1) + "\n").encode())


def _results(layout: Layout) -> dict[str, str]:
    try:
        return results(layout)
    except OSError:
        return {}


def _finished(generation: Generation, part: int) -> Done | None:
    """A part's counts if it is done and its verdicts are what was written."""
    try:
        done = Done(**json.loads(generation.done(part).read_text(encoding="utf-8")))
        return done if file_digest(generation.verdicts(part)) == done.digest else None
    except (OSError, ValueError, TypeError):
        return None


def _damaged(generation: Generation) -> list[int]:
    """Parts of a finished run that cannot be trusted any more."""
    plan = load_plan(generation)
    return [p for p in range(len(plan.parts)) if _finished(generation, p) is None] if plan else []


def _judge(
    generation: Generation,
    before: Generation | None,
    damaged: tuple[int, ...],
    plan: Plan,
    judge: Judge,
    options: Options,
    progress: Progress,
) -> list[Done]:
    """Judge the parts that are not done; returns all in order."""
    private_folder(generation.root / "parts")
    found = [_finished(generation, p) for p in range(len(plan.parts))]
    tasks = [
        Task(str(generation.root.absolute()), p, **plan.parts[p], judge=judge,
             before=str(before.root.absolute()) if before else None, damaged=damaged)
        for p, done in enumerate(found) if done is None
    ]  # fmt: skip
    progress.stage("judging", "messages", plan.messages, sum(done.messages for done in found if done))

    def each(done: Done) -> None:
        found[done.part] = done
        progress.advance(done.messages)

    jobs = jobs_for(options.jobs, options.max_memory, len(tasks))
    if options.engine == "dask":
        run_dask(tasks, jobs, options.scheduler, each)
    else:
        run_local(tasks, jobs, each)
    done = [d for d in found if d is not None]
    for note in dict.fromkeys(note for d in done for note in d.notes[:3]):
        progress.say(note)
    return done


def _tidy(layout: Layout, generation: Generation) -> None:
    """Remove what only an unfinished run needs: the rows, and the runs before."""
    layout.sweep()
    shutil.rmtree(generation.root / "spill", ignore_errors=True)
    (layout.state / "stdin.csv").unlink(missing_ok=True)
    for path in layout.state.glob("run-*"):
        if path != generation.root:
            shutil.rmtree(path, ignore_errors=True)
