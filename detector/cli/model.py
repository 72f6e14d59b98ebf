"""`detector model show`: which model is in use and what is known of it."""

from __future__ import annotations

from typing import Annotated

import typer

from detector.cli.options import ModelFile

app = typer.Typer(help="About the model in use.", no_args_is_help=True)


@app.callback()
def about() -> None:
    """About the model in use."""


@app.command("show")
def show(
    model: ModelFile = None,
    json_: Annotated[bool, typer.Option("--json", help="The whole manifest as JSON.")] = False,
) -> None:
    """Show what a model was trained on and how good it was on threads it had not seen."""
    import json

    from detector import paths
    from detector.model.detector import default_model
    from detector.model.file import load

    chosen = default_model() if model is None else paths.shipped_model() if model == "shipped" else model
    manifest = load(chosen).manifest
    if json_:
        typer.echo(json.dumps(manifest, ensure_ascii=False, indent=1))
        return
    held = manifest.get("held_out", {})
    threads = manifest.get("threads", {})
    typer.echo(f"{chosen}")
    typer.echo(f"written by detector {manifest.get('detector')}, format {manifest['format']}")
    typer.echo("trained on " + ", ".join(f"{n:,} {label}" for label, n in threads.items()) + " threads")
    typer.echo(f"corpus digest {manifest.get('corpus', '')[:16]}…")
    if own := manifest.get("own"):
        how = f"then moved by {own['threads']:,} labels of your own" if own["base"] else "all of them your own labels"
        typer.echo(f"{how}; the figures below are of your own threads")
    typer.echo(
        f"on threads held out of training: macro-F1 {held.get('macro_f1')}, Brier {held.get('brier')}, ECE {held.get('ece')}"
    )
    for label, row in held.get("by_label", {}).items():
        typer.echo(f"  {label:<14} precision {row['precision']:.3f}  recall {row['recall']:.3f}")
    cuts = manifest["cut_offs"]
    typer.echo(f"set aside below {cuts['set_aside']:.4f} probability of genuine, answer from {cuts['answer']:.2f}")
    typer.echo(
        f"  genuine threads set aside {held.get('genuine_set_aside', 0):.2%}, others set aside {held.get('others_set_aside', 0):.1%}"
    )
