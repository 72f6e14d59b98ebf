"""`detector triage`: a whole backlog into a folder of verdicts, stopped and resumed at will."""

from __future__ import annotations

import os
from typing import Annotated, Any

import typer

from detector.cli.options import (
    CarefulReading,
    ColumnPairs,
    ExtraPatterns,
    KeepFile,
    ModelFile,
    OwnerText,
    ProfileFile,
    Quiet,
    say,
)

_FORMATS = ("parquet", "csv", "jsonl")
_ENGINES = ("local", "dask")


def triage(
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="INPUT…",
            help="Exports, folders of exports, message CSVs, Parquet data sets; - is standard input.",
        ),
    ],
    out: Annotated[
        str, typer.Option("--out", metavar="DIR", help="Folder for the results; the same one again goes on with it.")
    ],
    format_: Annotated[str, typer.Option("--format", help="Of the verdict files: parquet, csv or jsonl.")] = "parquet",
    fresh: Annotated[bool, typer.Option("--fresh", help="Forget what the folder holds of earlier runs.")] = False,
    jobs: Annotated[
        int | None, typer.Option("--jobs", min=1, metavar="N", help="Processes at once. Default: one a core.")
    ] = None,
    max_memory: Annotated[
        str | None, typer.Option("--max-memory", metavar="SIZE", help="Such as 2G: fewer processes if need be.")
    ] = None,
    engine: Annotated[str, typer.Option("--engine", help="local, or dask (an extra).")] = "local",
    scheduler: Annotated[
        str | None, typer.Option("--scheduler", metavar="tcp://…", help="A Dask scheduler; else one is made here.")
    ] = None,
    report: Annotated[
        str | None, typer.Option("--report", metavar="FILE", help="Write a page to look at, such as DIR/report.html.")
    ] = None,
    profile: ProfileFile = None,
    owner: OwnerText = None,
    model: ModelFile = None,
    careful: CarefulReading = False,
    column: ColumnPairs = None,
    patterns: ExtraPatterns = None,
    keep: KeepFile = None,
    quiet: Quiet = False,
) -> None:
    """Judge a backlog of any size: many exports, each with its own owner, into one folder.

    Example: detector triage exports/ --out triaged
    """
    from detector.cli.options import keep_list, model_paths
    from detector.errors import UsageError
    from detector.inbox import load_profile
    from detector.inbox.columns import parse_column_option
    from detector.triage import Options, Progress
    from detector.triage import triage as run

    if format_ not in _FORMATS:
        raise UsageError(f"--format {format_}: use one of {', '.join(_FORMATS)}")
    if engine not in _ENGINES:
        raise UsageError(f"--engine {engine}: use one of {', '.join(_ENGINES)}")
    if scheduler and engine != "dask":
        raise UsageError("--scheduler goes with --engine dask")
    model_path, patterns_path = model_paths(model, patterns, quiet=quiet)
    options = Options(
        model=model_path,
        patterns=patterns_path,
        owner=owner,
        profile=load_profile(profile) if profile else None,
        known=frozenset(keep_list(keep)) if keep else frozenset(),
        columns=parse_column_option(column or []),
        format=format_,
        fresh=fresh,
        jobs=jobs,
        max_memory=memory(max_memory) if max_memory else None,
        engine=engine,
        scheduler=scheduler,
        careful=careful,
    )
    try:
        with Progress(quiet=quiet) as progress:
            totals = run(inputs, out, options, progress)
    except KeyboardInterrupt:
        say(f"what is done stays in {out}; give the same command again to go on")
        raise
    if not quiet:
        _summary(totals, out)
    if report is not None:
        from detector.triage.page import write_page

        listed = write_page(report, out, totals)
        if not quiet:
            say(f"{report}: {listed:,} threads listed")


def memory(text: str) -> int:
    """A size such as 2G, 1500M or 1.5GiB in bytes. Raises UsageError.

    >>> memory("2G"), memory("1500 MB")
    (2147483648, 1572864000)
    """
    import re

    from detector.errors import UsageError

    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([KMGT])(?:i?B)?\s*", text, re.IGNORECASE)
    if not found:
        raise UsageError(f"--max-memory {text}: write a size such as 2G or 1500M")
    return int(float(found[1]) * 1024 ** (" KMGT".index(found[2].upper())))


def _summary(totals: dict[str, Any], out: str) -> None:
    from detector.report.terminal import left_out_line

    say(f"{totals['messages']:,} messages, {totals['threads']:,} threads in {len(totals['inboxes']):,} inboxes")
    say(", ".join(f"{n:,} {name}" for name, n in (totals["label"] | totals["action"]).items()))
    if left := left_out_line(totals["left_out"]):
        say(f"left out: {left}")
    if totals["templates"]["templates"]:
        say(f"{totals['templates']['threads']:,} threads follow {totals['templates']['templates']:,} templates")
    if (news := totals["since_last_time"]) is not None:
        words = {"new": "new", "turned": "turned", "went-on": "where they went on without an answer",
                 "answered": "that you answered", "changed": "otherwise changed", "gone": "gone"}  # fmt: skip
        found = ", ".join(f"{news[name]:,} {said}" for name, said in words.items() if news[name])
        say(f"since last time: {found or 'nothing'}")
    say(f"written to {out}{os.sep}: verdicts{os.sep}, templates.parquet, totals.json")
