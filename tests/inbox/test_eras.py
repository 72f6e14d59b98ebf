"""Every era's shape, in any order of rows, reads back to the same threads."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from detector.inbox import read_inbox
from detector.inbox.cleaning import clean
from detector.threads import group
from tests.exports import ERAS, NO_IDS, OWNER, START, Said, Talk, message_rows, messages_csv, to_csv

TEXT = st.text(
    st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="\ufeff"), min_size=1, max_size=80
).map(lambda s: "w " + s + "\nend")


@st.composite
def inboxes(draw: st.DrawFn) -> list[Talk]:
    talks = []
    clock = START
    for i in range(draw(st.integers(2, 6))):
        said = []
        for _ in range(draw(st.integers(1, 5))):
            clock += draw(st.integers(1, 100_000))
            said.append(Said(draw(TEXT), clock, mine=draw(st.booleans())))
        talks.append(Talk(f"2-{i:04d}==", f"Person {i}", f"https://www.linkedin.com/in/person-{i}", said))
    return talks


def expected(talks: list[Talk]) -> dict[str, list[tuple[str, str]]]:
    return {
        t.id: [("sent" if s.mine else "received", clean(s.text)) for s in t.said]
        for t in talks
        if any(not s.mine for s in t.said)
    }


def found(path: object, owner: str | None = None) -> dict[str, list[tuple[str, str]]]:
    threads = group(read_inbox(str(path), owner=owner).messages).threads
    return {row.thread_id: list(zip(row.directions, row.texts, strict=True)) for row in threads.itertuples()}


@pytest.mark.parametrize("era", ERAS)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(talks=inboxes(), seed=st.integers(0, 1000))
def test_an_inbox_reads_back_in_any_era_and_order(tmp_path, era: str, talks: list[Talk], seed: int) -> None:
    path = tmp_path / "messages.csv"
    path.write_text(messages_csv(talks, era, seed=seed), encoding="utf-8")
    assert found(path, owner=OWNER[1]) == expected(talks)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(talks=inboxes(), seed=st.integers(0, 1000))
def test_the_header_without_conversation_ids_pairs_by_person(tmp_path, talks: list[Talk], seed: int) -> None:
    rows = [
        {
            "From": r["FROM"],
            "To": r["TO"],
            "Date": r["DATE"],
            "Subject": "",
            "Content": r["CONTENT"],
            "Direction": "OUTGOING" if r["FROM"] == OWNER[0] else "INCOMING",
            "Folder": "INBOX",
        }
        for r in message_rows(talks)
    ]
    path = tmp_path / "Messages.csv"
    path.write_text(to_csv(rows, NO_IDS), encoding="utf-8")
    got = found(path)
    assert all(key.startswith("pair:") for key in got)
    assert sorted(map(tuple, got.values())) == sorted(map(tuple, expected(talks).values()))


@pytest.mark.parametrize(
    ("encoding", "delimiter"),
    [("utf-8-sig", ","), ("cp1252", ";"), ("utf-16", "\t"), ("utf-8", "\t"), ("utf-16-le", ";")],
)
def test_a_spreadsheet_may_have_saved_it_again(tmp_path, encoding: str, delimiter: str) -> None:
    talks = [
        Talk(
            "2-a",
            "Zoë Brandt",
            "https://www.linkedin.com/in/zoe",
            [Said("Grüße, “quoted” – and\nmore; yes, more", START)],
        ),
        Talk("2-b", "Bo", "https://www.linkedin.com/in/bo", [Said("Hello", START + 1)]),
    ]
    path = tmp_path / "messages.csv"
    text = to_csv(message_rows(talks), ERAS["2026"], delimiter=delimiter)
    path.write_bytes(text.replace("\n", "\r\n").encode(encoding))
    assert found(path)["2-a"] == [("received", "Grüße, “quoted” – and\nmore; yes, more")]


def test_a_spreadsheets_own_separator_line_is_no_header(tmp_path) -> None:
    talks = [Talk(f"2-{i}", f"P{i}", f"https://www.linkedin.com/in/p{i}", [Said("Hello", START + i)]) for i in range(2)]
    path = tmp_path / "messages.csv"
    path.write_text("sep=;\n" + to_csv(message_rows(talks), ERAS["2023"], delimiter=";"), encoding="utf-8")
    assert len(found(path)) == 2
