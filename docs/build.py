"""Writes the pages that are made from the code: commands.md, catalogue.md, and the README's excerpt.

`make docs` writes them; a test asks that they are what this writes. Run with --check to be told instead.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

DOCS = Path(__file__).parent
README = DOCS.parent / "README.md"
WIDTH = 100
EXCERPT = re.compile(r"```console\n\$ detector score --sample\n.*?```", re.DOTALL)
_FAMILY = {
    "note": "what could have gone to anyone",
    "homework": "signs that the sender read or met you, and their absence",
    "pitch": "somebody wants to sell or promote something",
    "sequence": "what only the order of messages shows",
    "mismatch": "what is said against who receives it",
}
_LINES = {"to": "To", "i": "Invitation", "m": "Message", "n": "InMail", "o": "Your answer"}


def commands() -> str:
    """Every command's help text, as the command line prints it."""
    import click
    from typer.main import get_command

    from detector.cli import app

    def walk(command: click.Command, name: str, parent: click.Context | None) -> list[str]:
        context = command.make_context(name, [], parent=parent, resilient_parsing=True)
        context.terminal_width = context.max_content_width = WIDTH
        parts = [f"## {context.command_path}\n\n```text\n{command.get_help(context).rstrip()}\n```\n"]
        for child in sorted(getattr(command, "commands", {})):
            parts += walk(command.commands[child], child, context)  # type: ignore[attr-defined]
        return parts

    head = (
        "# Commands\n\nThe help texts of `detector` and its commands, as `--help` prints them (made by `make docs`).\n"
        "`detector --install-completion` sets up completion by Tab in bash, zsh, fish and PowerShell.\n"
    )
    return "\n".join([head, *walk(get_command(app), "detector", None)])


def catalogue() -> str:
    """Every pattern with what it means, an example that it is found in, and one that it leaves."""
    from detector.patterns import FAMILIES, shipped

    patterns = shipped()
    parts = [
        f"# The catalogue: {len(patterns)} patterns\n\nMade from the code by `make docs`; `detector patterns` lists the same. "
        "The tests run every example.\nWhat phrases can be and how to add your own: [patterns.md](patterns.md).\n"
    ]
    for family in FAMILIES:
        parts.append(f"## {family}: {_FAMILY[family]}\n")
        for p in (p for p in patterns if p.family == family):
            counts = ", ".join(f"{language} {len(phrases)}" for language, phrases in p.phrases.items())
            how = f"Phrases: {counts}." if counts else "Found by code."
            parts.append(
                f"### {p.id}\n{p.says} {p.spares}\n\n- found in: {_example(p.catches[0])}\n"
                f"- not in: {_example(p.leaves[0])}\n- {how}\n"
            )
    return "\n".join(parts)


def _example(example: str) -> str:
    """A text or small thread of `to:`, `i:`, `m:`, `o:` lines as one line of Markdown, its markup shown."""
    shown = []
    for line in example.split("\n"):
        found = re.match(r"(to|[imno])(?: (\d+))?: ?(.*)$", line)
        who, text = (_LINES[found[1]], found[3]) if found else ("", line)
        code = text.replace("`", "'") or "(no note)"
        shown.append((f"{who}: " if who else "") + f"`{code}`")
    return "; ".join(shown)


def excerpt() -> str:
    """The README's excerpt of an overview: its first lines, the first threads to answer, the first set aside."""
    with tempfile.TemporaryDirectory() as home:
        env = {**os.environ, "DETECTOR_HOME": home, "COLUMNS": "96", "NO_COLOR": "1"}
        code = "from detector.cli import run; run()"
        command = [sys.executable, "-c", code, "score", "--sample", "--full", "-q"]
        printed = subprocess.run(command, env=env, capture_output=True, check=True).stdout.decode()
    first, *sections = re.split(r"\n(?=\S.*\(\d+\)\n)", printed)
    answer = next(s for s in sections if s.startswith("To answer")).splitlines()
    aside = next(s for s in sections if s.startswith("Set aside")).splitlines()
    rows = next(i for i, line in enumerate(aside[1:], 1) if line.startswith("  "))
    lines = [*first.strip().splitlines(), "", *answer[:5], "  …", "", *aside[: rows + 3], "  …"]
    return "\n".join(line.rstrip() for line in lines)


def pages() -> dict[Path, str]:
    """What each made page must hold."""
    readme = README.read_text(encoding="utf-8")
    block = f"```console\n$ detector score --sample\n{excerpt()}\n```"
    return {
        DOCS / "commands.md": commands(),
        DOCS / "catalogue.md": catalogue(),
        README: EXCERPT.sub(lambda _: block, readme),
    }


def main(check: bool) -> int:
    """Write the pages, or with `check` name those that are not as they would be written."""
    made = pages()
    stale = [path for path, text in made.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    for path in stale:
        if check:
            print(f"{path.name} is not what the code says; run `make docs`", file=sys.stderr)
        else:
            path.write_text(made[path], encoding="utf-8")
            print(f"written: {path.name}")
    return 1 if check and stale else 0


if __name__ == "__main__":
    raise SystemExit(main("--check" in sys.argv[1:]))
