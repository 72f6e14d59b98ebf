"""The recipient's profile: from the export's own files, or from a TOML file of the user's."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from detector.errors import InputError

_LISTS = ("services", "skills", "positions")
_TEXTS = ("name", "headline", "summary", "industry")


@dataclass(frozen=True)
class Profile:
    """Who receives the messages: what tells a fitting message from a mismatch.

    >>> Profile(name="Ann Roe", services=("SEO",)).is_empty
    False
    """

    name: str = ""
    headline: str = ""
    summary: str = ""
    industry: str = ""
    services: tuple[str, ...] = field(default=())
    skills: tuple[str, ...] = field(default=())
    positions: tuple[str, ...] = field(default=())

    @property
    def is_empty(self) -> bool:
        """Whether nothing is known."""
        return self == Profile()

    def over(self, other: Profile) -> Profile:
        """This profile, its gaps filled from another."""
        gaps = {name: getattr(other, name) for name in (*_TEXTS, *_LISTS) if not getattr(self, name)}
        return replace(self, **gaps)


def load_profile(path: str) -> Profile:
    """Read a profile from TOML: name, headline, summary, industry (texts); services, skills, positions (lists).

    Raises InputError for a file that is missing, not TOML, or has another key or type.
    """
    try:
        data = tomllib.loads(Path(path).read_text(encoding="utf-8-sig"))
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError, PermissionError):
        raise InputError(path, "cannot be opened", "check the path") from None
    except UnicodeDecodeError:
        raise InputError(path, "is not UTF-8 text", "save it as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise InputError(path, f"is not TOML ({error})", 'write lines such as headline = "Roofer in Leeds"') from None
    return profile_from(data, path)


def profile_from(data: Mapping[str, object], where: str = "profile") -> Profile:
    """A profile from a mapping; a text with `;` stands for a list."""
    values: dict[str, str | tuple[str, ...]] = {}
    for key, value in data.items():
        if key in _TEXTS and isinstance(value, str):
            values[key] = value.strip()
        elif key in _LISTS and isinstance(value, str):
            values[key] = split_list(value)
        elif key in _LISTS and isinstance(value, list | tuple) and all(isinstance(v, str) for v in value):
            values[key] = tuple(v.strip() for v in value if v.strip())
        else:
            raise InputError(
                where,
                f"{key!r} is not a text or list that a profile has",
                f"use {', '.join((*_TEXTS, *_LISTS))}",
            )
    return Profile(**values)  # type: ignore[arg-type]


def split_list(cell: str) -> tuple[str, ...]:
    """The items of a `;`-separated cell.

    >>> split_list("SEO; copy writing;")
    ('SEO', 'copy writing')
    """
    return tuple(part.strip() for part in cell.split(";") if part.strip())
