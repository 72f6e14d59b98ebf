"""The page put together: template, style, script and data in one file, under a strict security policy."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from importlib import resources
from pathlib import Path

from detector.files import write_stream
from detector.inbox.cleaning import whole
from detector.patterns import Pattern, shipped
from detector.report.page.figures import Tally
from detector.report.page.pack import Blocks, Index, Part, packed, threads, tidy
from detector.report.replies import all_replies
from detector.report.safe import visible
from detector.version import __version__

MOST = 50_000
"""Threads that one page lists at most; the figures count all."""

_SCRIPTS = ("text", "data", "corrections", "rows", "filters", "list", "evidence", "thread", "links", "main")


def write(
    path: Path,
    parts: Iterable[Part],
    *,
    left_out: Mapping[str, int] | None = None,
    owner: str = "",
    inbox: str = "",
    patterns: tuple[Pattern, ...] | None = None,
    most: int = MOST,
) -> int:
    """Write the page, readable by its owner alone, whole or not at all; returns how many threads it lists.

    `parts`: verdict tables in any order, read once; `owner`: the name to show; `inbox`: what keys the
    corrections kept in the browser (the owner's slug, or a name for a set of inboxes); `patterns`: the
    catalogue in use (default: the shipped one). More than `most` threads: the first in list order are
    listed (to answer first, then to look at), and the page says so. Memory is bounded by `most` and the
    largest part. Raises OutputError where the file cannot be written.

    >>> import tempfile
    >>> from detector import Detector
    >>> from detector.threads import group, messages_table
    >>> judged = Detector.load("shipped").judge(group(messages_table([("t", "received", "Hello Ann")])))
    >>> page = Path(tempfile.mkdtemp()) / "page.html"
    >>> write(page, [Part(j.verdicts, j) for j in judged], owner="Ann Roe", inbox="ann-roe")
    1
    """
    catalogue = shipped() if patterns is None else patterns
    tally, index, blocks = Tally(), Index(most), Blocks()
    for part in parts:
        verdicts = tidy(part.verdicts)
        tally.add(verdicts)
        for row, thread in threads(part, index.count(verdicts)):
            index.add(row, blocks.add(thread) if thread is not None else None)
    columns = index.columns(catalogue)
    columns["polite"] = all_replies()
    columns["key"] = whole(inbox or owner or "inbox")
    style, script = _file("page.css"), _script()
    context = {
        "owner": visible(whole(owner)),
        "version": __version__,
        "style": style,
        "script": script,
        "policy": policy(style, script),
        "figures": tally.figures(catalogue),
        "left_out": [(n, reason.replace("_", " ")) for reason, n in (left_out or {}).items() if n],
        "listed": index.listed,
        "total": index.total,
        "index": packed(columns),
        "blocks": blocks.read(),
    }
    write_stream(path, _rendered(context))
    return index.listed


def policy(style: str, script: str) -> str:
    """The content security policy: this script and this style, and nothing from anywhere.

    >>> policy("", "").split(";")[0]
    "default-src 'none'"
    """
    return (
        f"default-src 'none'; script-src '{_digest(script)}'; style-src '{_digest(style)}'; base-uri 'none'; "
        "form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _file(name: str) -> str:
    return resources.files("detector.report.page").joinpath(name).read_text(encoding="utf-8").replace("\r\n", "\n")


def _script() -> str:
    """All script files in one function, so that nothing leaks into the page's global names."""
    return '(() => {\n"use strict";\n' + "\n".join(_file(f"js/{name}.js") for name in _SCRIPTS) + "})();\n"


def _rendered(context: dict) -> Iterator[bytes]:
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["visible"] = lambda text: visible(whole(str(text)))
    environment.filters["n"] = lambda number: f"{number:,}"
    template = environment.from_string(_file("page.html.j2"))
    own = {key: Markup(context[key]) for key in ("style", "script")}  # our own files: inserted as they are
    for piece in template.generate({**context, **own}):
        yield piece.encode()
