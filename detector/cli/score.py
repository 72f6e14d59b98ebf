"""`detector score`: every thread's verdict with its reasons."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from detector.cli.options import (
    CarefulReading,
    ColumnPairs,
    ExtraPatterns,
    Inputs,
    KeepFile,
    ModelFile,
    OwnerText,
    ProfileFile,
    Quiet,
    Sample,
    careful_bar,
    emit,
    open_inbox,
    say,
)

if TYPE_CHECKING:
    import pandas as pd

    from detector.cli.options import Opened
    from detector.model.detector import Judged


def score(
    inputs: Inputs = None,
    output: Annotated[
        str | None,
        typer.Option(
            "-o", "--output", metavar="FILE", help="Write .csv, .json, .jsonl or .parquet; - is standard output."
        ),
    ] = None,
    format_: Annotated[
        str | None, typer.Option("--format", help="csv, json, jsonl or parquet, whatever the ending.")
    ] = None,
    report: Annotated[
        str | None,
        typer.Option("--report", metavar="FILE", help="Write a page to look at, filter and correct: one .html file."),
    ] = None,
    only: Annotated[
        str | None, typer.Option("--only", metavar="ACTION", help="answer, look, done or set-aside alone.")
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="DATE", help="Threads in which they wrote since then.")
    ] = None,
    profile: ProfileFile = None,
    owner: OwnerText = None,
    model: ModelFile = None,
    careful: CarefulReading = False,
    column: ColumnPairs = None,
    patterns: ExtraPatterns = None,
    keep: KeepFile = None,
    raw: Annotated[
        bool, typer.Option("--raw", help="CSV: leave cells that a spreadsheet would run as they are.")
    ] = False,
    with_text: Annotated[bool, typer.Option("--with-text", help="Add the cleaned messages to the output.")] = False,
    with_reply: Annotated[
        bool, typer.Option("--with-reply", help="Add a polite no to copy for threads set aside. Nothing is sent.")
    ] = False,
    full: Annotated[
        bool, typer.Option("--full", help="The overview with every thread, also without a terminal.")
    ] = False,
    sample: Sample = False,
    quiet: Quiet = False,
) -> None:
    """Judge every received thread of an inbox.

    Example: detector score Basic_LinkedInDataExport_10-26-2026.zip -o verdicts.csv
    """
    from detector.errors import UsageError
    from detector.report import tables
    from detector.schema import ACTIONS

    if only is not None and only not in ACTIONS:
        raise UsageError(f"--only {only}: use one of {', '.join(ACTIONS)}")
    if report is not None and not report.lower().endswith((".html", ".htm")):
        raise UsageError(f"--report {report}: name a file that ends in .html")
    to_person = output is None and format_ is None and (full or sys.stdout.isatty())
    chosen = tables.format_of(output, format_)
    opened = open_inbox(
        inputs,
        sample=sample,
        profile=profile,
        owner=owner,
        model=model,
        column=column,
        patterns=patterns,
        since=since,
        keep=keep,
        careful=careful,
        quiet=quiet,
    )
    import pandas as pd

    from detector.model.detector import empty_verdicts, listed

    with careful_bar(opened.detector, len(opened.grouped.threads), quiet=quiet):
        parts = opened.detector.judge(opened.grouped, opened.inbox.profile, opened.inbox.known)
    verdicts = listed(pd.concat([j.verdicts for j in parts], ignore_index=True)) if parts else empty_verdicts()
    if only:
        verdicts = verdicts[verdicts["action"] == only].reset_index(drop=True)
    if report is not None:
        _page(report, opened, parts, verdicts)
    if report is not None and output is None and format_ is None and not full:
        if not quiet:
            _totals(verdicts, opened.left_out, report)
        return
    if to_person:
        from detector.model.explain import plainly
        from detector.report.console import result_console
        from detector.report.terminal import overview

        overview(
            result_console(),
            verdicts,
            opened.left_out,
            plainly(opened.detector.finder.patterns),
            full=full,
        )
        return
    if chosen in ("json", "jsonl"):
        found = tables.records(verdicts, parts, with_text=with_text, with_reply=with_reply)
        data = (
            tables.to_json(opened.inbox, opened.left_out, verdicts, found)
            if chosen == "json"
            else tables.to_jsonl(found)
        )
    else:
        if with_text:
            texts = {
                t: "\n\n".join(x)
                for j in parts
                for t, x in zip(j.threads["thread_id"], j.threads["texts"], strict=True)
            }
            verdicts["text"] = verdicts["thread_id"].map(texts)
        if with_reply:
            from detector.report.replies import polite_no

            columns = (verdicts["label"], verdicts["lang"], verdicts["action"])
            verdicts["reply"] = [polite_no(*row) for row in zip(*columns, strict=True)]
        data = tables.to_csv(verdicts, raw=raw) if chosen == "csv" else tables.to_parquet(verdicts)
    emit(data, output)
    if not quiet:
        _totals(verdicts, opened.left_out, output)


def _page(report: str, opened: Opened, parts: list[Judged], verdicts: pd.DataFrame) -> None:
    from pathlib import Path

    from detector.report.page import Part, write

    wanted = set(verdicts["thread_id"])
    owner = opened.inbox.owner
    write(
        Path(report),
        (Part(j.verdicts[j.verdicts["thread_id"].isin(wanted)], j) for j in parts),
        left_out=opened.left_out,
        owner=owner.name or owner.slug,
        inbox=owner.inbox,
        patterns=opened.detector.finder.patterns,
    )


def _totals(verdicts: pd.DataFrame, left_out: dict[str, int], output: str | None) -> None:
    from detector.report.tables import totals_of
    from detector.report.terminal import left_out_line

    totals = totals_of(verdicts)
    line = ", ".join(f"{n:,} {name}" for name, n in (totals["label"] | totals["action"]).items())
    say(f"{len(verdicts):,} threads: {line}")
    if left := left_out_line(left_out):
        say(f"left out: {left}")
    if output not in (None, "-"):
        say(f"written to {output}")
