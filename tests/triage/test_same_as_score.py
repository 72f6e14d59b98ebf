"""Triage in parts gives the verdicts that `score` gives for the whole inbox, whatever its shape."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from detector import Detector
from detector.errors import InputError
from tests.exports import (
    ERAS,
    NO_IDS,
    OWNER,
    PROFILE,
    START,
    Said,
    Talk,
    connections_csv,
    incoming,
    invitations_csv,
    message_rows,
    outgoing,
    to_csv,
)  # fmt: skip
from tests.triage.backlogs import run, scored, totals, verdicts

LINES = (
    "We help shops rank on Google. Free for a call next week?",
    "Hello, I came across your profile and would love to connect.",
    "We met at the Leeds fair, you asked for\nthe number of the printer.",
    "Just following up, did you see my last message? 15 minutes are enough.",
    "<p>Your talk on crawl budgets &amp; log files</p><p>helped us on Tuesday</p>",
    'She said "yes", then left',
    "",
)
PEOPLE = [(f"Person {i % 4}", f"https://www.linkedin.com/in/person-{i}") for i in range(6)] + [
    ("LinkedIn Member", ""),
    ("Zoë Brandt", "https://www.linkedin.com/in/zo%C3%AB-brandt"),
    ("Person 1", ""),
]


@st.composite
def inboxes(draw: st.DrawFn) -> tuple[list[Talk], list[dict[str, str]], list[int]]:
    """Conversations (some people have several, some names are shared), invitations, and rows that become odd."""
    talks, clock = [], START
    for i in range(draw(st.integers(3, 9))):
        name, url = draw(st.sampled_from(PEOPLE))
        said = []
        for _ in range(draw(st.integers(1, 4))):
            clock += draw(st.integers(1, 200_000))
            said.append(Said(draw(st.sampled_from(LINES)), clock, mine=draw(st.integers(0, 3)) == 0))
        talks.append(Talk(f"2-{i:03d}==", name, url, said))
    invitations = []
    for name, url in draw(st.lists(st.sampled_from(PEOPLE), max_size=6)):
        at = START + draw(st.integers(-300_000, 900_000)) // 60 * 60
        if draw(st.integers(0, 4)) == 0:
            invitations.append(outgoing(name, url, at))
        else:
            invitations.append(incoming(name, url, at, draw(st.sampled_from(LINES))))
    odd = draw(st.lists(st.integers(0, 40), max_size=4))
    return talks, invitations, odd


def odd_rows(talks: list[Talk], odd: list[int], seed: int) -> list[dict[str, str]]:
    """The message rows in some order: a few twice, drafts, in groups, or of a campaign."""
    import random

    rows = message_rows(talks)
    for k, place in enumerate(odd):
        row = rows[place % len(rows)]
        if k == 0:
            rows.append(dict(row))
        elif k == 1:
            row["IS MESSAGE DRAFT"] = "Yes"
        elif k == 2:
            row["TO"] += ", Third Person"
            row["RECIPIENT PROFILE URLS"] += ",https://www.linkedin.com/in/third"
        else:
            row["CONVERSATION TITLE"] = "Sponsored Conversation"
            row["SENDER PROFILE URL"] = ""
    random.Random(seed).shuffle(rows)
    return rows


def write(folder: Path, rows: list[dict[str, str]], columns: list[str], invitations: list[dict[str, str]]) -> str:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    quoted = columns is ERAS["2026-quoted"]
    (folder / "messages.csv").write_text(to_csv(rows, columns, quoted=quoted), encoding="utf-8")
    (folder / "Invitations.csv").write_text(invitations_csv(invitations), encoding="utf-8")
    (folder / "Connections.csv").write_text(
        connections_csv([("Person", "2", "https://www.linkedin.com/in/person-2")]), encoding="utf-8"
    )
    (folder / "Profile.csv").write_text(PROFILE, encoding="utf-8")
    return str(folder)


def same(folder: str, out: Path, detector: Detector) -> None:
    shutil.rmtree(out, ignore_errors=True)
    try:
        expected = scored([folder], detector, OWNER[1])
    except InputError:
        with pytest.raises(InputError):
            run([folder], out, owner=OWNER[1])
        return
    run([folder], out, owner=OWNER[1])
    if len(expected):
        pd.testing.assert_frame_equal(verdicts(out), expected, check_dtype=False)
    assert totals(out)["threads"] == len(expected)


SETTINGS = settings(
    max_examples=3,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # an example takes too long to be shrunk
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.mark.parametrize("era", ["2020", "2023", "2026-quoted", "union"])
@SETTINGS
@given(inbox=inboxes(), seed=st.integers(0, 1000))
def test_parts_give_the_verdicts_of_the_whole(tmp_path, small_parts, detector, era, inbox, seed) -> None:
    talks, invitations, odd = inbox
    folder = write(tmp_path / "export", odd_rows(talks, odd, seed), ERAS[era], invitations)
    same(folder, tmp_path / "out", detector)


@SETTINGS
@given(inbox=inboxes(), seed=st.integers(0, 1000))
def test_so_they_do_without_conversation_ids(tmp_path, small_parts, detector, inbox, seed) -> None:
    talks, invitations, odd = inbox
    rows = [
        {"From": r["FROM"], "To": r["TO"], "Date": r["DATE"], "Subject": "", "Content": r["CONTENT"],
         "Direction": "OUTGOING" if r["FROM"] == OWNER[0] else "INCOMING", "Folder": "INBOX"}
        for r in odd_rows(talks, odd[:1], seed)
    ]  # fmt: skip
    folder = write(tmp_path / "export", rows, NO_IDS, invitations)
    same(folder, tmp_path / "out", detector)


def test_the_sample_export_in_small_parts(tmp_path, monkeypatch, detector) -> None:
    monkeypatch.setattr("detector.triage.plan.PART", 60)
    from detector import paths

    sample = [str(paths.shipped_data("sample") / "Basic_LinkedInDataExport_10-26-2026.zip")]
    run(sample, tmp_path / "out")
    pd.testing.assert_frame_equal(verdicts(tmp_path / "out"), scored(sample, detector), check_dtype=False)
