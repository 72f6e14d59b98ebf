"""The model card: what went into a model of one's own and what came of it, without quoting anybody."""

from __future__ import annotations

from typing import Any

from detector.schema import LABELS

SAID = {
    "better": "better than before on your own threads, by more than chance explains",
    "unclear": "neither better nor worse than before as far as your labels can tell",
    "worse": "WORSE than before on your own threads, by more than chance explains",
    "unmeasured": "not measured: too few labels to hold any out",
}


def card(report: dict[str, Any]) -> str:
    """A Markdown page of the report of `training.own`: numbers, labels and languages alone."""
    counts = ", ".join(f"{n:,} {label}" for label, n in report["labels"].items())
    base = report["base"]
    lines = [
        "# Model card: a model of one's own",
        "",
        f"Labels learned from: {report['threads']:,} ({counts}), {report['groups']:,} independent groups "
        "(one sender's threads and near-copies count as one).",
        f"Base: the model trained on corpus {base['corpus'][:16]}…; an own label weighs {report['weight']:.2g} on average, "
        f"temperature {report['temperature']:g}."
        if base
        else "Base: none, trained on these labels alone.",
        f"Seed {report['seed']}, labels digest {report['digest'][:16]}….",
        "",
        *summary(report),
        "",
        "What it holds: numbers, and words, pairs and pieces of words that at least three different senders used"
        + (f", {report['words']:,} of them words that the base did not know. " if report.get("words") else ". ")
        + "No message, id or date, and no name unless three of them wrote it.",
        "Meant for: sorting the inbox these labels come from. Not for judging people.",
    ]
    return "\n".join(lines) + "\n"


def summary(report: dict[str, Any]) -> list[str]:
    """The figures of a training as Markdown lines, as the terminal shows them too."""
    before, after, change = report["before"], report["after"], report["change"]
    if after is None:
        lines = [f"**{SAID['unmeasured']}.** Before, on these threads: macro-F1 {before['macro_f1']:.3f}."]
    else:
        moved = change["change"]
        lines = [
            f"**{SAID[change['verdict']]}.** Macro-F1 {before['macro_f1']:.3f} → {after['macro_f1']:.3f} "
            f"({_signed(moved['macro_f1'])}); won {change['won']}, tied {change['tied']}, lost {change['lost']} "
            f"of {report['threads']} (sign test p = {change['sign_test']:.2f}).",
            "",
            "| held out of training | before | after | change, 95 % interval |",
            "|---|---|---|---|",
            *(
                f"| {name} | {before[key]:.3f} | {after[key]:.3f} | {_signed(moved[key]) if key in moved else ''} |"
                for name, key in (
                    ("macro-F1", "macro_f1"),
                    ("Brier (0 to 2, less is better)", "brier"),
                    ("calibration error (ECE)", "ece"),
                    ("genuine set aside", "genuine_set_aside"),
                    ("others set aside", "others_set_aside"),
                )
            ),
            *(
                f"| {label}: precision / recall | {_both(before, label)} | {_both(after, label)} | |"
                for label in LABELS
            ),
        ]
    if report["curve"]:
        steps = ", ".join(f"{point['labels']}: {point['macro_f1']:.3f}" for point in report["curve"])
        lines += ["", f"Learning curve (labels: macro-F1 on the same threads): {steps}."]
    lines += ["", f"Labels in doubt: {report['doubtful']} (`detector evaluate --doubtful` lists them)."]
    if report["thin"]:
        lines += ["", "Too thin to say:", *(f"- {sentence}" for sentence in report["thin"])]
    return lines


def _signed(change: dict[str, Any]) -> str:
    low, high = change["interval"] or [float("nan")] * 2
    value = change["value"]
    return f"{value:+.3f}, {low:+.3f} to {high:+.3f}" if value is not None else ""


def _both(figures: dict[str, Any], label: str) -> str:
    row = figures["by_label"][label]
    return f"{row['precision']:.3f} / {row['recall']:.3f}"
