"""Strangers' text made harmless for where it is shown: spreadsheets and terminals."""

from __future__ import annotations

import re

_RUNS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2028\u2029\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)


def defused(cell: str) -> str:
    """A cell that a spreadsheet would run, made text by an apostrophe.

    >>> defused("=1+1"), defused("Ann")
    ("'=1+1", 'Ann')
    """
    return "'" + cell if cell.lstrip(" ").startswith(_RUNS) or (cell.startswith("'") and cell[1:2] in _RUNS) else cell


def as_written(cell: str) -> str:
    """A cell of a CSV of ours as it was before `defused`.

    >>> [as_written(defused(cell)) for cell in ("=1+1", "'=1", "'tis", "Ann")]
    ['=1+1', "'=1", "'tis", 'Ann']
    """
    return cell[1:] if cell.startswith("'") and defused(cell[1:]) != cell[1:] else cell


def visible(text: str) -> str:
    """Control and direction characters written out, so that a terminal shows and does not obey them.

    >>> visible("a\\x1b[31m b\\u202e")
    'a<U+001B>[31m b<U+202E>'
    """
    return _UNSEEN.sub(lambda m: f"<U+{ord(m[0]):04X}>", text)


def one_line(text: str, width: int) -> str:
    """Text on one line of at most `width` characters, harmless for a terminal.

    >>> one_line("Hello\\n  there, Ann", 12)
    'Hello there…'
    """
    flat = " ".join(visible(text).split())
    return flat if len(flat) <= width else flat[: max(width - 1, 0)].rstrip(" ,;") + "…"
