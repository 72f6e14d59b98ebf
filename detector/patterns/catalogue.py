"""The catalogue: every pattern as a small record, from the data files and from the families' code."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

from detector.errors import InputError
from detector.patterns import homework, mismatch, note, pitch, sequence
from detector.patterns.record import FAMILIES, LANGUAGES, Pattern

_TEXT_KEYS = ("says", "spares")
_LIST_KEYS = ("catches", "leaves")


def load_phrase_file(text: str, family: str, where: str) -> list[Pattern]:
    """The patterns of one phrase file. Raises InputError for what does not read as one."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(where, f"is not TOML ({error})", "mend the line named") from None
    return [_pattern(f"{family}.{name}" if family else name, entry, where) for name, entry in data.items()]


def _pattern(identity: str, entry: Any, where: str) -> Pattern:
    if not isinstance(entry, dict):
        raise InputError(where, f"{identity} is not a table", "write [name] and its phrases below")
    unknown = set(entry) - {*_TEXT_KEYS, *_LIST_KEYS, *LANGUAGES, "by"}
    if unknown:
        raise InputError(where, f"{identity} has an unknown key {sorted(unknown)[0]!r}", "see docs/patterns.md")
    for key in (*_LIST_KEYS, *LANGUAGES):
        values = entry.get(key, [])
        if not isinstance(values, list) or not all(isinstance(v, str) for v in values):
            raise InputError(where, f"{identity}: {key} is not a list of texts", 'write en = ["one phrase", "another"]')
    return Pattern(
        id=identity,
        says=str(entry.get("says", "")),
        spares=str(entry.get("spares", "")),
        phrases={lang: tuple(entry[lang]) for lang in LANGUAGES if entry.get(lang)},
        catches=tuple(entry.get("catches", ())),
        leaves=tuple(entry.get("leaves", ())),
        by=str(entry.get("by", "sender")),
    )


@lru_cache(maxsize=1)
def shipped() -> tuple[Pattern, ...]:
    """All patterns that ship with the package, by family, those of the data files first."""
    modules = {"note": note, "homework": homework, "pitch": pitch, "sequence": sequence, "mismatch": mismatch}
    found: list[Pattern] = []
    for family, module in modules.items():
        path = resources.files("detector.patterns").joinpath("data", f"{family}.toml")
        if path.is_file():
            found += load_phrase_file(path.read_text(encoding="utf-8"), family, f"{family}.toml")
        found += module.PATTERNS
    ids = [p.id for p in found]
    twice = {i for i in ids if ids.count(i) > 1}
    if twice:
        raise InputError("patterns", f"{sorted(twice)[0]} is defined twice", "rename one")
    return tuple(found)


def with_extra(path: str | None) -> tuple[Pattern, ...]:
    """The shipped patterns, with the user's own phrases added to them.

    The user's file has tables named by full id (`["pitch.offer"]`) or by a new one
    (`["pitch.my-own"]`): phrases of a known id are added to it, a new id is a pattern that is shown
    but has no weight until a model is trained with it.
    """
    patterns = {p.id: p for p in shipped()}
    if path is None:
        return tuple(patterns.values())
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise InputError(path, "cannot be read as UTF-8 text", "check the path") from None
    for extra in load_phrase_file(text, "", path):
        if extra.family not in FAMILIES or "." not in extra.id:
            raise InputError(path, f"{extra.id!r} is in no family", f"begin it with {', '.join(FAMILIES)} and a dot")
        known = patterns.get(extra.id)
        patterns[extra.id] = extra if known is None else _merged(known, extra)
    return tuple(patterns.values())


def _merged(known: Pattern, extra: Pattern) -> Pattern:
    phrases = {lang: (*known.phrases.get(lang, ()), *extra.phrases.get(lang, ())) for lang in LANGUAGES}
    return replace(known, phrases={lang: p for lang, p in phrases.items() if p})


def written_phrases(patterns: Iterable[Pattern]) -> list[tuple[int, str]]:
    """(index of the pattern, phrase) for every phrase in every language."""
    return [(i, phrase) for i, p in enumerate(patterns) for lang in p.phrases.values() for phrase in lang]
