"""`detector explain`: one thread whole, with the evidence marked in it."""

from __future__ import annotations

from typing import Annotated

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
    emit,
    open_inbox,
)


def explain(
    inputs: Inputs = None,
    thread: Annotated[
        str,
        typer.Option(
            "--thread", metavar="ID", help="The thread_id, or the sender's name if only one thread is theirs."
        ),
    ] = "",
    output: Annotated[
        str | None, typer.Option("-o", "--output", metavar="FILE", help="Write the thread as .json or .jsonl.")
    ] = None,
    format_: Annotated[str | None, typer.Option("--format", help="json or jsonl.")] = None,
    profile: ProfileFile = None,
    owner: OwnerText = None,
    model: ModelFile = None,
    careful: CarefulReading = False,
    column: ColumnPairs = None,
    patterns: ExtraPatterns = None,
    keep: KeepFile = None,
    with_reply: Annotated[
        bool, typer.Option("--with-reply", help="Add a polite no to copy if the thread is set aside. Nothing is sent.")
    ] = False,
    sample: Sample = False,
    quiet: Quiet = False,
) -> None:
    """Show one thread: the evidence in its words, what is missing, the sum, the verdict's course.

    Example: detector explain export.zip --thread 2-YWJj==
    """
    from detector.errors import UsageError
    from detector.report import tables

    if not thread:
        raise UsageError("name the thread with --thread ID (the first column of `detector score`)")
    chosen = None
    if output is not None or format_ is not None:
        chosen = tables.format_of(
            output if format_ is None and output != "-" else None, format_ or ("json" if output == "-" else None)
        )
        if chosen not in ("json", "jsonl"):
            raise UsageError("explain writes .json or .jsonl")
    opened = open_inbox(
        inputs,
        sample=sample,
        profile=profile,
        owner=owner,
        model=model,
        column=column,
        patterns=patterns,
        keep=keep,
        careful=careful,
        quiet=quiet,
    )
    parts = opened.detector.judge(opened.grouped, opened.inbox.profile, opened.inbox.known)
    found = [(j, i) for j in parts for i, t in enumerate(j.threads["thread_id"]) if t == thread]
    if not found:
        found = [(j, i) for j in parts for i, s in enumerate(j.threads["sender"]) if s.casefold() == thread.casefold()]
        if len(found) > 1:
            ids = ", ".join(j.threads["thread_id"].iat[i] for j, i in found[:5])
            raise UsageError(f"{len(found)} threads are {thread}'s: {ids}; name one of them")
    if not found:
        raise UsageError(f"there is no received thread {thread}; `detector score` lists them")
    judged, index = found[0]
    if chosen:
        verdicts = judged.verdicts.iloc[[index]].reset_index(drop=True)
        record = tables.records(verdicts, [judged], with_text=True, with_reply=with_reply)
        emit(tables.to_jsonl(record), output)
        return
    from detector.report.console import result_console
    from detector.report.explaining import thread as show

    catalogue = {p.id: p for p in opened.detector.finder.patterns}
    show(result_console(), judged, index, catalogue, with_reply=with_reply)
