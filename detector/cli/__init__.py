"""The command line. One file per command: parse, call, print.

Nothing heavy is imported before a command runs, so that help is quick.
"""

from __future__ import annotations

import os
import sys

import typer

from detector.cli import evaluate, explain, label, model, patterns, score, train, triage
from detector.version import __version__

app = typer.Typer(
    name="detector",
    help="Tells which LinkedIn invitations and messages are meant, which could have gone to anyone, "
    "and which are a sale in disguise. Reads your own data export; nothing leaves this machine.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("score")(score.score)
app.command("triage")(triage.triage)
app.command("explain")(explain.explain)
app.command("label")(label.label)
app.command("train")(train.train)
app.command("evaluate")(evaluate.evaluate)
app.command("patterns")(patterns.patterns)
app.add_typer(model.app, name="model")


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"detector {__version__}")
        raise typer.Exit


@app.callback()
def main(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Show the version and exit."
    ),
) -> None:
    """Tells which LinkedIn invitations and messages are meant, generic, or a sale in disguise."""


def run() -> None:
    """Entry point: run a command; every error the user can mend is one line and its exit status."""
    from detector.errors import DetectorError

    try:
        app()
    except DetectorError as error:
        _say(str(error))
        sys.exit(error.exit_status)
    except KeyboardInterrupt:
        _say("stopped")
        sys.exit(130)
    except BrokenPipeError:
        # the reader of our output went away (`| head`): not an error of ours
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except MemoryError:
        _say("ran out of memory; use `detector triage` for inputs of this size")
        sys.exit(1)
    except Exception as error:
        if os.environ.get("DETECTOR_DEBUG"):
            raise
        _say(f"unexpected {type(error).__name__}: {error}; this is a bug (DETECTOR_DEBUG=1 shows where)")
        sys.exit(1)


def _say(text: str) -> None:
    from detector.report.safe import visible

    print(f"detector: {visible(' '.join(text.split()))}", file=sys.stderr)
