"""A polite no: short replies to copy, in the thread's language. Nothing is ever sent."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from importlib import resources

from detector.schema import LABELS


@lru_cache(maxsize=1)
def all_replies() -> dict[str, dict[str, str]]:
    """Language -> label -> reply, for every language there is one in."""
    text = resources.files("detector.report").joinpath("data", "replies.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def polite_no(label: str, lang: str, action: str = "set-aside") -> str:
    """The reply to copy for a thread that is set aside; empty for any other.

    `lang` without a reply of its own: English.

    >>> polite_no("generic", "de").startswith("Vielen Dank")
    True
    >>> polite_no("genuine", "en"), polite_no("generic", "en", "look")
    ('', '')
    """
    if action != "set-aside" or label not in LABELS:
        return ""
    replies = all_replies()
    return replies.get(lang, replies["en"]).get(label, "")
