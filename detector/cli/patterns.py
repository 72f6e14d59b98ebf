"""`detector patterns`: the catalogue."""

from __future__ import annotations

from typing import Annotated

import typer

from detector.cli.options import ExtraPatterns


def patterns(
    family: Annotated[
        str | None, typer.Argument(help="One family alone: note, homework, pitch, sequence, mismatch.")
    ] = None,
    extra: ExtraPatterns = None,
    json_: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """List every pattern: its id, what it means, and whom it spares."""
    import json

    from rich.console import Console
    from rich.text import Text

    from detector.errors import UsageError
    from detector.patterns import FAMILIES, with_extra

    if family is not None and family not in FAMILIES:
        raise UsageError(f"{family} is no family; use one of {', '.join(FAMILIES)}")
    listed = [p for p in with_extra(extra) if family in (None, p.family)]
    if json_:
        entries = [
            {
                "id": p.id,
                "family": p.family,
                "says": p.says,
                "spares": p.spares,
                "phrases": {lang: list(v) for lang, v in p.phrases.items()},
            }
            for p in listed
        ]
        typer.echo(json.dumps(entries, ensure_ascii=False, indent=1))
        return
    console = Console(highlight=False)
    for pattern in listed:
        console.print(Text.assemble((pattern.id, "bold"), f"  {pattern.says}"), highlight=False, soft_wrap=True)
        if pattern.spares:
            console.print(Text(f"    {pattern.spares}", style="dim"), highlight=False, soft_wrap=True)
