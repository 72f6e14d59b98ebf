"""The page of figures: right by hand count, and each part written without touching the others."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from detector.model.decision import BAIT, GENERIC, GENUINE, CutOffs
from detector.training.quality import Row, rows, table, write

CUTS = CutOffs(0.03, 0.7)
SAYS = {
    GENERIC: [0.8, 0.1, 0.1],
    BAIT: [0.1, 0.8, 0.1],
    GENUINE: [0.1, 0.1, 0.8],
}

# every text has two words, so that all threads are of one length; pair, text, language, who begins, messages of the sender, label, said, set aside
MADE_UP = [
    ("p", "Offer one", "en", "received", 1, BAIT, BAIT, True),
    ("p", "Talk one", "en", "received", 1, GENUINE, GENUINE, False),  # both right, texts differ
    ("q", "Offer two", "en", "received", 2, BAIT, BAIT, True),
    ("q", "Talk two", "en", "received", 2, GENUINE, GENERIC, False),  # one wrong, texts differ
    ("r", "Same words", "en", "received", 1, BAIT, BAIT, False),
    ("r", "Same words", "en", "received", 1, GENUINE, GENUINE, True),  # both right, profiles differ
    ("s", "No partner", "en", "received", 1, GENERIC, GENERIC, True),  # no pair to count
    ("", "Una oferta", "es", "received", 3, BAIT, BAIT, False),
    ("", "Eine Frage", "de", "sent", 1, GENUINE, GENUINE, False),
    ("", "Bonjour Anne", "fr", "sent", 1, GENERIC, BAIT, False),
]


@pytest.fixture(scope="module")
def found() -> dict[str, Row]:
    pair, text, lang, begun, messages, label, said, aside = map(list, zip(*MADE_UP, strict=True))
    threads = pd.DataFrame({"pair_id": pair, "lang": lang, "messages": messages})
    owner = [d == "sent" for d in begun]
    threads["texts"] = pd.Series([["Hello?"] * o + [t] for o, t in zip(owner, text, strict=True)], dtype=object)
    threads["directions"] = pd.Series([["sent"] * o + ["received"] for o in owner], dtype=object)
    p = np.array([SAYS[k] for k in said])
    lines = rows(threads, p, np.array(label), np.arange(len(label)), CUTS, np.array(aside))
    assert len({line[0] for line in lines}) == len(lines)
    return {line[0]: line for line in lines}


@pytest.mark.parametrize(
    ("name", "value", "threads"),
    [
        ("bait-and-sell, precision", "0.800", 5),  # five said, four right
        ("bait-and-sell, recall", "1.000", 4),
        ("generic, precision", "0.500", 2),
        ("generic, recall", "0.500", 2),
        ("genuine, precision", "1.000", 3),
        ("genuine, recall", "0.750", 4),
        ("genuine threads set aside", "0.250", 4),
        ("all others set aside", "0.500", 6),
        ("minimal pairs with both members right, text", "0.500", 4),
        ("minimal pairs with both members right, profile", "1.000", 2),
        ("genuine set aside, begun by the owner or 8+ messages", "0.000", 1),
        ("macro-F1, three labels", "0.749", 10),  # (1/2 + 8/9 + 6/7) / 3
        ("macro-F1, two or more sender messages", "0.333", 3),  # generic and genuine 0, bait-and-sell 1
        ("macro-F1, one sender message", "0.822", 7),  # (2/3 + 4/5 + 1) / 3
        ("macro-F1, Spanish, French, German, Portuguese", "0.556", 3),  # (0 + 2/3 + 1) / 3
        ("macro-F1, length-matched subset", None, 6),  # two of each label, as many as there are generic ones
        ("Brier score (0 to 2)", "0.340", 10),  # eight right at 0.06, two wrong at 1.46
    ],
)
def test_figures_are_right_by_hand_count(found: dict[str, Row], name: str, value: str | None, threads: int) -> None:
    assert found[name][3] == threads
    assert value is None or found[name][1].split(" ")[0] == value


def test_every_value_is_inside_its_interval(found: dict[str, Row]) -> None:
    for name, figure, _aim, _n in found.values():
        value, _, interval = figure.partition(" (")
        low, _, high = interval.partition(";")[0].rstrip(")").partition(" to ")
        assert float(low) <= float(value) <= float(high), name


def test_none_set_aside_in_one_says_little(found: dict[str, Row]) -> None:
    assert found["genuine set aside, begun by the owner or 8+ messages"][1] == "0.000 (0.000 to 0.950)"


def test_a_table_has_a_line_a_figure(found: dict[str, Row]) -> None:
    lines = table(list(found.values())).splitlines()
    assert len(lines) == len(found) + 2
    assert {line.count("|") for line in lines} == {5}


def test_writing_one_part_leaves_the_others(tmp_path: Path) -> None:
    page = tmp_path / "quality.md"
    for part in ("one", "two", "three"):
        write(page, part, f"| of {part} |")
    before = page.read_text(encoding="utf-8")
    assert [before.count(f"## {part}\n") for part in ("one", "two", "three")] == [1, 1, 1]
    write(page, "two", "| anew: \\1 \\g<0> |")
    after = page.read_text(encoding="utf-8")
    assert after == before.replace("| of two |", "| anew: \\1 \\g<0> |")
    write(page, "two", "| of two |")
    assert page.read_text(encoding="utf-8") == before


def test_words_around_the_parts_stay(tmp_path: Path) -> None:
    page = tmp_path / "quality.md"
    page.write_text("# A page\n\nBefore.\n<!-- a: begin -->\nold\n<!-- a: end -->\nAfter.\n", encoding="utf-8")
    write(page, "a", "new")
    assert page.read_text(encoding="utf-8") == (
        "# A page\n\nBefore.\n<!-- a: begin -->\nnew\n<!-- a: end -->\nAfter.\n"
    )


def test_a_set_without_one_of_the_labels_has_figures_too() -> None:
    threads = pd.DataFrame({"pair_id": [""] * 4, "lang": ["en"] * 4, "messages": [1] * 4})
    threads["texts"] = pd.Series([["Two words"]] * 4, dtype=object)
    threads["directions"] = pd.Series([["received"]] * 4, dtype=object)
    labels = np.array([BAIT, BAIT, GENUINE, GENUINE])
    p = np.array([SAYS[k] for k in labels])
    assert rows(threads, p, labels, np.arange(4), CUTS, np.zeros(4, dtype=bool))
