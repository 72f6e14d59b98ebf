"""Options that commands share, and what they mean, in one place."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    import pandas as pd

    from detector.inbox import Inbox
    from detector.model.detector import Detector
    from detector.threads import Grouped

Inputs = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="INPUT…", help="Export ZIP, folder, messages.csv, message CSV or Parquet; - is standard input."
    ),
]
ProfileFile = Annotated[
    str | None, typer.Option("--profile", metavar="FILE", help="Your profile as TOML: name, headline, services, …")
]
OwnerText = Annotated[
    str | None, typer.Option("--owner", metavar="URL-OR-NAME", help="Whose inbox it is, where the input does not tell.")
]
ModelFile = Annotated[
    str | None,
    typer.Option("--model", metavar="FILE", help="A model file, or `shipped`. Default: your own, else shipped."),
]
CarefulReading = Annotated[
    bool,
    typer.Option(
        "--careful",
        help="Read every thread a second time, as a whole: surer verdicts, minutes for an inbox.",
    ),
]
ColumnPairs = Annotated[
    list[str] | None,
    typer.Option("--column", metavar="OURS=THEIRS", help="Name a column, such as text=Body. Repeatable."),
]
ExtraPatterns = Annotated[
    str | None, typer.Option("--patterns", metavar="FILE", help="Your own phrases as TOML, added to the shipped ones.")
]
KeepFile = Annotated[
    str | None,
    typer.Option("--keep", metavar="FILE", help="People never set aside: names or profile URLs, one a line."),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but results and errors.")]
Sample = Annotated[bool, typer.Option("--sample", help="Use the made-up export that ships with Detector.")]


@dataclass
class Opened:
    """An inbox read, its threads, and the detector to judge them."""

    inbox: Inbox
    grouped: Grouped
    detector: Detector
    left_out: dict[str, int]


def open_inbox(
    inputs: list[str] | None,
    *,
    sample: bool = False,
    profile: str | None = None,
    owner: str | None = None,
    model: str | None = None,
    column: list[str] | None = None,
    patterns: str | None = None,
    since: str | None = None,
    keep: str | None = None,
    careful: bool = False,
    quiet: bool = False,
) -> Opened:
    """Read the inputs and load the model, as every command that judges does."""
    from detector import paths
    from detector.errors import UsageError
    from detector.inbox import load_profile, read_inbox
    from detector.inbox.columns import parse_column_option
    from detector.patterns import with_extra
    from detector.report.tables import left_out_of
    from detector.threads import group

    if sample:
        inputs = [*(inputs or []), str(paths.shipped_data("sample") / "Basic_LinkedInDataExport_10-26-2026.zip")]
    if not inputs:
        raise UsageError("give an export (ZIP, folder or messages.csv), or try --sample")
    since_at = _date(since) if since else None
    own = load_profile(profile) if profile else None
    inbox = read_inbox(inputs, owner=owner, profile=own, columns=parse_column_option(column or []))
    if keep:
        inbox.known |= keep_list(keep)
    detector = load_detector(model, patterns, with_extra, careful=careful, quiet=quiet)
    grouped = group(inbox.messages)
    left_out = left_out_of(inbox, grouped.left_out)
    if since_at is not None:
        grouped.threads = grouped.threads[(grouped.threads["last_at"] >= since_at).to_numpy()].reset_index(drop=True)
    if not quiet:
        for note in inbox.notes[:20]:
            say(note)
        if len(inbox.notes) > 20:
            say(f"… and {len(inbox.notes) - 20} more notes like these")
    return Opened(inbox, grouped, detector, left_out)


def load_detector(
    model: str | None, patterns: str | None, with_extra: Any, *, careful: bool = False, quiet: bool
) -> Detector:
    """The detector of `--model` and `--patterns`; says so when the user's own model is in use."""
    from detector.model.detector import Detector

    chosen, phrases = model_paths(model, patterns, quiet=quiet)
    return Detector.load(chosen, with_extra(phrases), careful=careful)


@contextmanager
def careful_bar(detector: Detector, threads: int, *, quiet: bool) -> Iterator[None]:
    """A bar on a terminal while every thread is read carefully, which takes minutes."""
    reader = detector.scorer.careful
    if reader is None or quiet or not sys.stderr.isatty():
        yield
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task("reading carefully", total=threads)
        reader.after_each = lambda: bars.advance(task)
        yield


def model_paths(model: str | None, patterns: str | None, *, quiet: bool) -> tuple[str, str | None]:
    """The files that `--model` and `--patterns` stand for; says so when the user's own model is in use."""
    from detector import paths
    from detector.model.detector import default_model

    if patterns is None and paths.user_patterns().exists():
        patterns = str(paths.user_patterns())
    if model is None and default_model() == paths.user_model() and not quiet:
        say(f"using your own model {paths.user_model()} (--model shipped goes back)")
    return str(default_model() if model is None else paths.shipped_model() if model == "shipped" else model), patterns


def keep_list(path: str) -> set[str]:
    """The people of a `--keep` file, as slugs and name keys. Raises InputError."""
    from pathlib import Path

    from detector.errors import InputError
    from detector.inbox.people import is_profile_url, name_key, slug

    try:
        lines = Path(path).read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError):
        raise InputError(
            path, "cannot be read as UTF-8 text", "give a file with a name or profile URL a line"
        ) from None
    entries = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    return {slug(e) if is_profile_url(e) else name_key(e) for e in entries}


def _date(text: str) -> pd.Timestamp:
    import pandas as pd

    from detector.errors import UsageError
    from detector.inbox.times import microseconds
    from detector.schema import UNKNOWN_TIME

    at = microseconds(text)
    if at == UNKNOWN_TIME:
        raise UsageError(f"--since {text}: write a date such as 2026-09-30")
    return pd.Timestamp(at, unit="us", tz="UTC")


def say(text: str) -> None:
    """A line for the user, beside the results."""
    from detector.report.safe import visible

    print(visible(text), file=sys.stderr)


def emit(data: bytes, output: str | None) -> None:
    """Write a result to standard output, or to a private file whole or not at all."""
    if output in (None, "-"):
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    from pathlib import Path

    from detector.files import write_whole

    write_whole(Path(str(output)), data)
