"""`detector evaluate`: how good a model is on labelled threads, and whether another is better."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from detector.cli.options import CarefulReading, ColumnPairs, Inputs, OwnerText, ProfileFile, Quiet, say
from detector.cli.train import Labels

if TYPE_CHECKING:
    from rich.console import Console


def evaluate(
    inputs: Inputs = None,
    labels: Labels = None,
    model: Annotated[
        list[str] | None,
        typer.Option("--model", metavar="FILE", help="A model file, or `shipped`. Given twice: the two are compared."),
    ] = None,
    careful: CarefulReading = False,
    doubtful: Annotated[bool, typer.Option("--doubtful", help="List the labels that look wrong, worst first.")] = False,
    plots: Annotated[
        str | None, typer.Option("--plots", metavar="DIR", help="Write reliability and precision-recall pictures.")
    ] = None,
    svg: Annotated[bool, typer.Option("--svg", help="Pictures as SVG, not PNG.")] = False,
    json_: Annotated[bool, typer.Option("--json", help="All figures as JSON.")] = False,
    profile: ProfileFile = None,
    owner: OwnerText = None,
    column: ColumnPairs = None,
    quiet: Quiet = False,
) -> None:
    """Measure a model on labelled threads, with how far each figure may be off.

    Example: detector evaluate export.zip --labels labels.csv --model shipped --model my-model.npz
    """
    import json
    from pathlib import Path

    from detector.errors import UsageError
    from detector.inbox import load_profile
    from detector.inbox.columns import parse_column_option
    from detector.training.evaluation import SPLITS
    from detector.training.measure import compared, measured, report
    from detector.training.reading import read_own

    if not inputs:
        raise UsageError("give labelled message CSVs, or an export with --labels FILE")
    if model and len(model) > 2:
        raise UsageError("two models can be compared, not more")
    own = read_own(
        inputs,
        labels,
        splits=SPLITS,
        owner=owner,
        profile=load_profile(profile) if profile else None,
        columns=parse_column_option(column or []),
    )
    names: list[str | None] = [*model] if model else [None]
    models = [measured(own, name, careful=careful) for name in names]
    reports = [report(own, of, doubtful=doubtful and k == 0) for k, of in enumerate(models)]
    comparison = compared(own, *models) if len(models) == 2 else None
    if plots:
        from detector.training.plots import plots as draw

        for path in draw(own, models, Path(plots), "svg" if svg else "png"):
            if not quiet:
                say(f"written to {path}")
    if json_:
        typer.echo(json.dumps({"models": reports, "comparison": comparison}, ensure_ascii=False, indent=1))
        return
    from rich.console import Console

    from detector.training.thin import thin

    console = Console(highlight=False)
    if own.unmatched and not quiet:
        say(f"{own.unmatched:,} labels are of threads that are not in the input")
    for found in reports:
        _figures(console, found)
    if comparison:
        _comparison(console, comparison)
    if doubtful:
        _in_doubt(console, reports[0]["doubtful"])
    for sentence in thin(own):
        console.print(f"[dim]too thin to say: {sentence}[/]")


_NAMES = {
    "macro_f1": "macro-F1",
    "accuracy": "share right",
    "brier": "Brier (0 to 2, less is better)",
    "ece": "calibration error (ECE)",
    "genuine_set_aside": "genuine set aside",
    "others_set_aside": "others set aside",
    "cost": "cost a thread",
}


def _range(entry: dict[str, Any]) -> str:
    if entry["value"] is None:
        return "cannot be told"
    low, high = entry["interval"] or ("?", "?")
    return f"{entry['value']:.3f} [dim]{low:.3f}–{high:.3f}[/]" if entry["interval"] else f"{entry['value']:.3f}"


def _figures(console: Console, found: dict[str, Any]) -> None:
    from rich.table import Table

    from detector.report.safe import visible

    console.print(
        f"\n[bold]{visible(found['model'])}[/] on {found['threads']:,} threads, {found['groups']:,} independent"
    )
    if found["seen"]:
        console.print("[bold]It was trained on these very threads: the figures flatter it.[/]")
    table = Table("figure", "value, 95 % interval", box=None, pad_edge=False)
    for key, name in _NAMES.items():
        table.add_row(name, _range(found["intervals"][key]))
    for label in found["by_label"]:
        for kind in ("precision", "recall"):
            table.add_row(f"{label}: {kind}", _range(found["intervals"][f"{label}.{kind}"]))
    console.print(table)
    console.print("\ntrue label down, verdict across")
    table = Table("", *found["confusion"], box=None, pad_edge=False)
    for label, row in found["confusion"].items():
        table.add_row(label, *(f"{n:,}" for n in row.values()))
    console.print(table)
    for title, parts in found["slices"].items():
        table = Table(title, "threads", "share right", "cost a thread", box=None, pad_edge=False)
        for key, row in parts.items():
            table.add_row(key or "unknown", f"{row['threads']:,}", *(_range(row[n]) for n in ("accuracy", "cost")))
        console.print()
        console.print(table)
    cuts = found["cut_offs"]
    console.print(
        f"\n[dim]set aside below {cuts['set_aside']:.4f} probability of genuine, answer from {cuts['answer']:.2f}; "
        "cost: genuine set aside 10, other answered 1, look 0.3[/]"
    )


def _comparison(console: Console, found: dict[str, Any]) -> None:
    from detector.report.safe import visible

    said = {
        "better": "is better, by more than chance explains",
        "worse": "is worse, by more than chance explains",
        "unclear": "is neither better nor worse as far as these threads can tell",
    }
    console.print(
        f"\n[bold]{visible(found['after'])} against {visible(found['before'])}[/]: the second {said[found['verdict']]}"
    )
    console.print(
        f"won {found['won']}, tied {found['tied']}, lost {found['lost']} (sign test p = {found['sign_test']:.3f})"
    )
    for key, entry in found["change"].items():
        if entry["value"] is not None and entry["interval"]:
            low, high = entry["interval"]
            console.print(f"  {_NAMES[key]}: {entry['value']:+.3f}  [dim]{low:+.3f} to {high:+.3f}[/]")


def _in_doubt(console: Console, rows: list[dict[str, Any]]) -> None:
    from rich.text import Text

    from detector.report.safe import visible

    console.print(f"\n[bold]Labels in doubt ({len(rows)})[/]" + ("" if rows else ": none"))
    for row in rows:
        head = f"  {visible(row['thread_id'])}  {visible(row['sender'])}"
        console.print(
            Text(f"{head}: labelled {row['label']} ({row['p_label']:.0%}), looks {row['seems']} ({row['p_seems']:.0%})")
        )
        for reason in row["reasons"]:
            console.print(Text(f"      {visible(reason)}", style="dim"))
