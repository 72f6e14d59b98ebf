"""`detector train`: a model of one's own from one's own labels."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from detector.cli.options import ColumnPairs, Inputs, OwnerText, ProfileFile, Quiet, say

if TYPE_CHECKING:
    from collections.abc import Callable

Labels = Annotated[
    str | None,
    typer.Option(
        "--labels", metavar="FILE", help="Labels of `detector label` (thread_id,label) for the input's threads."
    ),
]


def train(
    inputs: Inputs = None,
    labels: Labels = None,
    output: Annotated[
        str | None,
        typer.Option(
            "-o", "--output", metavar="MODEL", help="Where to write it. Default: your own model, used from then on."
        ),
    ] = None,
    base: Annotated[
        str, typer.Option("--base", metavar="MODEL", help="The model that your labels move: a file, or `shipped`.")
    ] = "shipped",
    no_base: Annotated[bool, typer.Option("--no-base", help="Train on your labels alone.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Save it even if it is worse than before.")] = False,
    seed: Annotated[int, typer.Option("--seed", help="Seed of the folds.")] = 0,
    profile: ProfileFile = None,
    owner: OwnerText = None,
    column: ColumnPairs = None,
    quiet: Quiet = False,
) -> None:
    """Learn from your own labels: the shipped model is where it starts, your labels move it.

    Example: detector train export.zip --labels labels.csv
    """
    from pathlib import Path

    from detector import paths
    from detector.errors import UsageError
    from detector.inbox import load_profile
    from detector.inbox.columns import parse_column_option
    from detector.training import own
    from detector.training.card import summary

    if not inputs:
        raise UsageError("give labelled message CSVs, or an export with --labels FILE")
    if no_base and base != "shipped":
        raise UsageError("--base and --no-base exclude each other")
    target = Path(output) if output else paths.user_model()
    with _bar(quiet) as tick:
        trained = own.train(
            inputs,
            labels,
            target,
            base=None if no_base else base,
            force=force,
            seed=seed,
            profile=load_profile(profile) if profile else None,
            owner=owner,
            columns=parse_column_option(column or []),
            tick=tick,
        )
    if quiet:
        return
    report = trained.report
    counts = ", ".join(f"{n:,} {label}" for label, n in report["labels"].items())
    few = " (few)" if report["threads"] < own.FEW else ""
    say(f"learned from {report['threads']:,} labels{few}: {counts}")
    if trained.unmatched:
        say(f"{trained.unmatched:,} labels are of threads that are not in the input")
    from rich.console import Console
    from rich.markdown import Markdown

    text = "\n".join(summary(report))
    if sys.stdout.isatty():
        Console(highlight=False).print(Markdown(text))
    else:
        typer.echo(text)
    say(f"saved {target} and its card {target.with_suffix('.md')}")
    if output is None:
        say("it is the default from now on: --model shipped goes back, deleting the file undoes it")


class _bar:
    """A progress bar on a terminal, nothing elsewhere."""

    def __init__(self, quiet: bool) -> None:
        self._shown = not quiet and sys.stderr.isatty()

    def __enter__(self) -> Callable[[int, int], None]:
        if not self._shown:
            return lambda done, all_of_them: None
        from rich.console import Console
        from rich.progress import Progress

        self._progress = Progress(console=Console(stderr=True), transient=True)
        self._progress.start()
        task = self._progress.add_task("learning", total=None)
        return lambda done, all_of_them: self._progress.update(task, completed=done, total=all_of_them)

    def __exit__(self, *error: object) -> None:
        if self._shown:
            self._progress.stop()
