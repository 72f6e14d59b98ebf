"""Every pattern catches what it must and leaves what it must; ids are what they say."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from detector.patterns import FAMILIES, Finder, shipped
from detector.patterns.record import LANGUAGES
from detector.schema import MESSAGES
from detector.threads import group

LINE = re.compile(r"^(to|[imno])(?: (\d+))?: ?(.*)$")


def thread_of(example: str, name: str) -> list[dict]:
    """A text, or a small thread of `to:`, `i:`, `m:`, `o:` lines, as message rows."""
    lines = example.split("\n")
    if not all(LINE.match(line) for line in lines):
        lines = [f"m: {example}"]
    rows, recipient = [], ["", "", ""]
    for line in lines:
        kind, day, text = LINE.match(line).groups()  # type: ignore[union-attr]
        if kind == "to":
            parts = [p.strip() for p in text.split(" / ")]
            recipient[0] = parts[0]
            for part in parts[1:]:
                recipient[2 if part.startswith("services:") else 1] = part.removeprefix("services:").strip()
            continue
        rows.append(
            {
                "thread_id": name,
                "number": len(rows) + 1,
                "sent_at": pd.Timestamp("2026-01-01", tz="UTC") + pd.Timedelta(days=int(day or len(rows))),
                "direction": "sent" if kind == "o" else "received",
                "kind": {"i": "invitation", "n": "inmail"}.get(kind, "message"),
                "text": text,
            }
        )
    for row in rows:
        row["recipient"], row["recipient_headline"], row["recipient_services"] = recipient
    return rows


def found_in(examples: list[str]) -> list[set[str]]:
    rows = [row for i, e in enumerate(examples) for row in thread_of(e, f"t{i:05d}")]
    messages = pd.DataFrame(rows)
    messages["sent_at"] = messages["sent_at"].dt.as_unit("us")
    for column, dtype in MESSAGES.items():
        if column not in messages:
            messages[column] = "" if dtype == "str" else False
    threads = group(messages[list(MESSAGES)]).threads
    searched = Finder().search(threads)
    ids: list[set[str]] = [set() for _ in examples]
    at = {thread: int(thread[1:]) for thread in threads["thread_id"]}
    order = threads["thread_id"].tolist()
    for pattern, row in zip(searched.hits.pattern, searched.hits.row, strict=True):
        ids[at[order[searched.reading.thread[row]]]].add(searched.patterns[pattern].id)
    return ids


CATCHES = [(p.id, text) for p in shipped() for text in p.catches]
LEAVES = [(p.id, text) for p in shipped() for text in p.leaves]


@pytest.fixture(scope="module")
def all_found() -> dict[str, set[str]]:
    examples = sorted({text for _p, text in CATCHES + LEAVES})
    return dict(zip(examples, found_in(examples), strict=True))


def test_there_are_sixty_patterns_in_five_families() -> None:
    assert len(shipped()) >= 60
    assert {p.family for p in shipped()} == set(FAMILIES)


@pytest.mark.parametrize("pattern", shipped(), ids=lambda p: p.id)
def test_every_pattern_says_what_it_is_and_has_texts_of_both_sides(pattern) -> None:
    assert re.fullmatch(r"[a-z]+\.[a-z][a-z-]*", pattern.id)
    assert pattern.says.endswith(".")
    assert pattern.spares
    assert pattern.catches
    assert pattern.leaves
    if pattern.phrases:
        assert set(pattern.phrases) == set(LANGUAGES)


def test_catches(all_found: dict[str, set[str]]) -> None:
    missed = [f"{p} missed in: {text!r}" for p, text in CATCHES if p not in all_found[text]]
    assert not missed


def test_leaves(all_found: dict[str, set[str]]) -> None:
    false = [f"False positive of {p} against: {text!r}" for p, text in LEAVES if p in all_found[text]]
    assert not false
