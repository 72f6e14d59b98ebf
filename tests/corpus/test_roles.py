"""The roles beside the corpus: they read, they fit its threads, and a broken line is named."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from detector import paths
from detector.errors import InputError
from detector.inbox import read_inbox
from detector.model.roles import ROLES
from detector.threads import group
from detector.training.roles import LETTERS, ROLE_FILE, read_roles
from detector.training.shipped import corpus_files

FILE = paths.shipped_data("corpus") / ROLE_FILE

Marks = dict[str, dict[int, list[tuple[int, int]]]]


@pytest.fixture(scope="module")
def roles() -> Marks:
    return read_roles(FILE)


@pytest.fixture(scope="module")
def threads() -> pd.DataFrame:
    """All of the corpus, threads set apart and threads without a label included."""
    return group(read_inbox(corpus_files()).messages).threads.set_index("thread_id")


def test_it_reads_a_thread_a_line_and_knows_every_role(roles: Marks) -> None:
    assert len(roles) == len(FILE.read_text(encoding="utf-8").splitlines()) - 1
    found = {role for thread in roles.values() for places in thread.values() for _start, role in places}
    assert found == set(range(len(ROLES)))


def test_it_names_only_threads_of_the_corpus(roles: Marks, threads: pd.DataFrame) -> None:
    assert not set(roles) - set(threads.index)


def test_every_message_of_the_sender_with_text_is_marked_and_no_other(roles: Marks, threads: pd.DataFrame) -> None:
    wrong = []
    for thread, marked in roles.items():
        row = threads.loc[thread]
        theirs = {
            n
            for n, (text, direction) in enumerate(zip(row["texts"], row["directions"], strict=True), 1)
            if direction == "received" and text.strip()
        }
        if theirs != set(marked):
            wrong.append((thread, sorted(theirs ^ set(marked))))
    assert not wrong


def test_starts_ascend_from_the_beginning_and_lie_inside_the_text(roles: Marks, threads: pd.DataFrame) -> None:
    texts = threads["texts"].to_dict()
    wrong = []
    for thread, marked in roles.items():
        for message, places in marked.items():
            starts = [start for start, _role in places]
            text = texts[thread][message - 1]
            if starts != sorted(set(starts)) or starts[0] < 0 or starts[-1] >= len(text):
                wrong.append((thread, message, starts, len(text)))
    assert not wrong


def test_a_line_is_read_as_starts_and_roles(tmp_path: Path) -> None:
    path = tmp_path / ROLE_FILE
    path.write_text("thread_id\troles\na\t1:0C,17P 3:0A\n", encoding="utf-8")
    assert read_roles(path) == {"a": {1: [(0, LETTERS.index("C")), (17, LETTERS.index("P"))], 3: [(0, 1)]}}


@pytest.mark.parametrize("broken", ["1:0X", "1:C", "1:", "1", "one:0C", "1:0C,", "1:0C,,9A", "1:0c"])
def test_a_broken_line_is_named(broken: str, tmp_path: Path) -> None:
    path = tmp_path / ROLE_FILE
    path.write_text(f"thread_id\troles\na\t1:0C\nb\t{broken}\nc\t1:0A\n", encoding="utf-8")
    with pytest.raises(InputError, match="line 3"):
        read_roles(path)
