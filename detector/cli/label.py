"""`detector label`: label one's own threads, one key each."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from detector.cli.options import (
    ColumnPairs,
    ExtraPatterns,
    Inputs,
    ModelFile,
    OwnerText,
    ProfileFile,
    Quiet,
    Sample,
    open_inbox,
    say,
)


def label(
    inputs: Inputs = None,
    output: Annotated[
        str, typer.Option("-o", "--output", metavar="FILE", help="The labels file; it is gone on with if it is there.")
    ] = "labels.csv",
    strategy: Annotated[
        str,
        typer.Option(
            "--strategy", help="teach (where a label teaches most), random, uncertain or latest; see docs/train.md."
        ),
    ] = "teach",
    review: Annotated[
        bool, typer.Option("--review", help="Go over your own labels, in the order of the file.")
    ] = False,
    seed: Annotated[int, typer.Option("--seed", help="Seed of the random picks.")] = 0,
    profile: ProfileFile = None,
    owner: OwnerText = None,
    model: ModelFile = None,
    column: ColumnPairs = None,
    patterns: ExtraPatterns = None,
    sample: Sample = False,
    quiet: Quiet = False,
) -> None:
    """Ask about threads, one key each; saved after every key, gone on with next time.

    Example: detector label export.zip -o labels.csv
    """
    from detector.errors import UsageError
    from detector.labelling.queue import STRATEGIES
    from detector.schema import LABELS

    if strategy not in STRATEGIES:
        raise UsageError(f"--strategy {strategy}: use one of {', '.join(STRATEGIES)}")
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError("label asks on a terminal; without one, write a CSV with thread_id,label by other means")
    opened = open_inbox(
        inputs,
        sample=sample,
        profile=profile,
        owner=owner,
        model=model,
        column=column,
        patterns=patterns,
        quiet=quiet,
    )
    from detector.labelling.opening import session_of
    from detector.labelling.screen import Screen
    from detector.model.explain import plainly

    session, parts = session_of(
        opened.detector, opened.grouped, opened.inbox.profile, output, strategy=strategy, seed=seed, review=review
    )
    if session.position is None and not quiet:
        say("there is nothing to review" if review else "nothing is left to ask about")
    if session.position is not None:
        Screen(session, parts, plainly(opened.detector.finder.patterns)).run()
    counts = session.counts()
    given = sum(counts[name] for name in LABELS)
    if not quiet:
        say(f"{given} labels in {output}: " + ", ".join(f"{counts[name]} {name}" for name in LABELS))
        if inputs and not sample:
            say(f"next: detector train {' '.join(inputs)} --labels {output}")
