"""The queue and the session: nothing lost, nothing asked twice, resumed at the very question."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput
from scipy import sparse

from detector.labelling.committee import FEWEST, Committee
from detector.labelling.opening import session_of
from detector.labelling.page import page, wrapped
from detector.labelling.queue import EARLY, RANDOM_EVERY, STRATEGIES, Queue, copies
from detector.labelling.screen import Screen
from detector.labelling.session import Session
from detector.model.detector import Detector, Judged
from detector.schema import LABELS
from detector.threads import Grouped, group, messages_table
from detector.training.doubt import uncertainty
from detector.training.labels import read_labels
from detector.training.prior import Prior
from detector.training.reading import read_own
from tests.mini import own_mail, write

N = 24


@pytest.fixture(scope="module")
def mail(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    own = read_own(write(tmp_path_factory.mktemp("label") / "mail.csv", own_mail(60)))
    return own.threads.assign(label="")


@pytest.fixture(scope="module")
def opened(mail: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> tuple[Session, list[Judged], Detector]:
    detector = Detector.load("shipped")
    path = tmp_path_factory.mktemp("opened") / "labels.csv"
    return (*session_of(detector, Grouped(mail, {}), None, path), detector)


def plain_threads(n: int = N) -> pd.DataFrame:
    rows = [(f"t{i:02}", "received", f"word{i} other{i} third{i} fourth{i}") for i in range(n)]
    return group(messages_table(rows)).threads


def plain_queue(threads: pd.DataFrame, strategy: str = "teach") -> Queue:
    rng = np.random.default_rng(0)
    n = len(threads)
    p = rng.dirichlet([1, 1, 1], n)
    features = sparse.random(n, 40, 0.2, random_state=0, format="csr")
    return Queue(threads["thread_id"].tolist(), copies(threads), p, features, np.arange(n), strategy)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_every_thread_is_asked_once_and_copies_never(strategy: str) -> None:
    threads = plain_threads()
    twin = threads.iloc[[3]].assign(thread_id="twin")
    threads = pd.concat([threads, twin], ignore_index=True)
    queue, done = plain_queue(threads, strategy), []
    while found := queue.next(done):
        done.append(found[0])
    assert len(done) == len(set(done)) == N
    assert len({3, N} & set(done)) == 1


@pytest.mark.parametrize(
    ("strategy", "early"),
    [("teach", [*range(EARLY)]), ("uncertain", [*range(RANDOM_EVERY - 1, EARLY, RANDOM_EVERY)])],
)
def test_random_picks_are_marked_and_come_first_where_labels_are_to_be_heard(strategy: str, early: list[int]) -> None:
    n = EARLY + 3 * RANDOM_EVERY
    p = np.tile([0.5, 0.49, 0.01], (n, 1))
    features = sparse.random(n, 40, 0.2, random_state=0, format="csr")
    ids = [f"t{i}" for i in range(n)]
    queue, by_chance = (Queue(ids, np.arange(n), p, features, np.arange(n), s) for s in (strategy, "random"))
    done, marks = [], []
    while found := queue.next(done):
        done.append(found[0])
        marks.append(found[1])
    later = range(EARLY + RANDOM_EVERY - 1, n, RANDOM_EVERY)
    assert [k for k, mark in enumerate(marks) if mark == "random"] == [*early, *later]
    assert {*marks} == {"random", strategy}
    if len(early) == EARLY:  # the very threads that chance alone would have taken
        assert done[:EARLY] == [p for _k, p in zip(range(EARLY), in_order(by_chance), strict=False)]


def in_order(queue: Queue) -> Iterator[int]:
    done: list[int] = []
    while found := queue.next(done):
        done.append(found[0])
        yield found[0]


def test_teach_asks_about_both_languages(opened: tuple, mail: pd.DataFrame) -> None:
    n = 40 + EARLY
    p = np.tile([0.4, 0.3, 0.3], (n, 1))
    features = sparse.block_diag([np.ones((30, 2)), np.ones((10, 2)), np.eye(EARLY)]).tocsr()
    queue = Queue([f"t{i}" for i in range(n)], np.arange(n), p, features, np.arange(n), "teach")
    done = [*range(40, n)]
    first = queue.next(done)
    second = queue.next([*done, first[0]])
    assert {first[1], second[1]} == {"teach"}
    assert (first[0] < 30) != (second[0] < 30)


def test_an_uncertain_thread_comes_before_a_sure_one_of_equal_kind() -> None:
    n = 2 + EARLY
    p = np.array([[0.98, 0.01, 0.01], *[[0.34, 0.33, 0.33]] * (n - 1)])
    queue = Queue([f"t{i}" for i in range(n)], np.arange(n), p, sparse.identity(n, format="csr"), np.arange(n), "teach")
    assert queue.next([*range(2, n)])[0] == 1


def test_where_labels_go_against_the_model_more_is_asked() -> None:
    """Two kinds of mail, the model as sure of either; of one it is told again and again that it is wrong."""
    kinds = [
        [f"I read your essay about bees in the journal, part {i}, and tried it at my own hives" for i in range(40)],
        [f"Buy our new course now, {i} seats are left and the price doubles on Monday" for i in range(40)],
    ]
    rows = [
        (f"{kind}-{i:02}", "received", text, f"Person {kind} {i}")
        for kind, texts in enumerate(kinds)
        for i, text in enumerate(texts)
    ]
    table = pd.concat([messages_table([row[:3]], sender=row[3]) for row in rows], ignore_index=True)
    threads = group(table).threads
    prior = Prior(Detector.load("shipped").model)
    who = [f"sender {i}" for i in range(len(threads))]
    plain = prior.plain_rows(threads, prior.words(threads, who))
    p = np.tile([0.02, 0.02, 0.96], (len(threads), 1))
    bees = threads["thread_id"].str.startswith("0-").to_numpy()
    p[~bees] = [0.02, 0.96, 0.02]
    half = FEWEST // 2
    told = np.concatenate([np.flatnonzero(bees)[:half], np.flatnonzero(~bees)[:half]])
    wrong_of_bees = np.array([0] * half + [1] * half)
    after = uncertainty(Committee(prior, plain, p, who).verdicts(np.arange(len(threads)), told, wrong_of_bees))
    assert after[bees].min() > after[~bees].max()
    alone = Committee(prior, plain, p, who).verdicts(np.arange(len(threads)), told[1:], wrong_of_bees[1:])
    assert np.array_equal(alone, p)


@pytest.mark.parametrize("strategy", ["teach", "random"])
def test_killed_and_resumed_it_shows_the_very_same_question(
    mail: pd.DataFrame, opened: tuple, tmp_path: Path, strategy: str
) -> None:
    queue = opened[0].queue
    queue.strategy = strategy
    try:
        session = Session(mail, queue, tmp_path / "labels.csv")
        for k in range(FEWEST + 6):  # so that the committee has heard labels
            session.label(LABELS[k % 3]) if k != 4 else session.skip()
        again = Session(mail, queue, tmp_path / "labels.csv")
        assert (again.position, again.picked, again.counts()) == (session.position, session.picked, session.counts())
    finally:
        queue.strategy = "teach"


ACTS = st.lists(st.sampled_from(["label0", "label1", "label2", "skip", "undo", "back", "kill"]), max_size=30)


@settings(max_examples=40, deadline=None)
@given(ACTS)
def test_whatever_is_pressed_the_file_holds_the_answers(acts: list[str]) -> None:
    threads = plain_threads()
    queue = plain_queue(threads)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "labels.csv"
        session = Session(threads, queue, path)
        said: dict[int, str] = {}
        for act in acts:
            at = session.position
            if act.startswith("label") and at is not None:
                session.label(said.setdefault(at, "") or LABELS[int(act[-1])])
                said[at] = read_labels(path)[threads["thread_id"].iat[at]].label
            elif act == "skip":
                session.skip()
            elif act == "undo":
                before = session.counts()
                if session.undo():
                    assert session.counts() != before or session.row is not None
                    said = {i: r.label for i in said if (r := session._row(i))}
            elif act == "back":
                session.back()
            else:
                session = Session(threads, queue, path)
            rows = read_labels(path, allow_empty=True) if path.exists() else {}
            for i, label in said.items():
                assert rows[threads["thread_id"].iat[i]].label == label
            assert len({queue.group[i] for i in session.history}) == len(session.history)
            if session.position is not None and session.cursor == len(session.history):
                assert threads["thread_id"].iat[session.position] not in rows


def test_undo_takes_back_asks_again_and_reaches_into_the_last_session(tmp_path: Path) -> None:
    threads = plain_threads()
    session = Session(threads, plain_queue(threads), tmp_path / "labels.csv")
    first = session.position
    session.label("genuine")
    second = session.position
    session = Session(threads, plain_queue(threads), tmp_path / "labels.csv")
    assert session.position == second
    assert session.undo()
    assert session.position == first
    assert read_labels(tmp_path / "labels.csv", allow_empty=True) == {}
    assert not session.undo()


def test_back_and_review_change_a_label_in_place(tmp_path: Path) -> None:
    threads = plain_threads()
    path = tmp_path / "labels.csv"
    session = Session(threads, plain_queue(threads), path)
    for label in LABELS:
        session.label(label)
    order = list(read_labels(path))
    session.back()
    session.label("generic")
    assert list(read_labels(path)) == order
    assert read_labels(path)[order[2]].label == "generic"
    review = Session(threads, plain_queue(threads), path, review=True)
    assert threads["thread_id"].iat[review.position] == order[0]
    review.label("genuine")
    review.skip()
    review.skip()
    assert review.position is None
    assert [row.label for row in read_labels(path).values()] == ["genuine", "bait-and-sell", "generic"]


def test_rows_that_were_written_meanwhile_are_kept(tmp_path: Path) -> None:
    threads = plain_threads()
    path = tmp_path / "labels.csv"
    session = Session(threads, plain_queue(threads), path)
    session.label("generic")
    with path.open("a") as stream:
        stream.write("elsewhere,genuine\n")
    session.label("genuine")
    assert read_labels(path)["elsewhere"].label == "genuine"
    assert len(read_labels(path)) == 3


def test_keys_on_the_screen_label_skip_undo_and_quit(opened: tuple, mail: pd.DataFrame, tmp_path: Path) -> None:
    says = {p.id: p.says for p in opened[2].finder.patterns}
    queue = opened[0].queue
    queue.strategy = "uncertain"
    try:
        session = Session(mail, queue, tmp_path / "labels.csv")
        with create_pipe_input() as keys:
            keys.send_text("12n3u3? q" + "q")
            Screen(session, opened[1], says, input=keys, output=DummyOutput()).run()
    finally:
        queue.strategy = "teach"
    rows = read_labels(tmp_path / "labels.csv")
    assert [row.label for row in rows.values()] == ["generic", "bait-and-sell", "", "genuine"]
    assert [row.picked for row in rows.values()] == ["uncertain", "uncertain", "uncertain", "random"]


def test_the_page_shows_every_word_and_obeys_none(opened: tuple) -> None:
    evil = "Hello \x1b[2J\x1b]0;x\x07 " + "long" * 60 + " end.\n\nSecond paragraph"
    threads = group(messages_table([("t", "received", evil)], sender="Bo\x1b[31m")).threads
    judged = opened[2].judge(Grouped(threads, {}))[0]
    lines = page(judged, 0, 40, {})
    text = "".join(part for line in lines for _style, part in line)
    assert "\x1b" not in text
    assert "<U+001B>" in text
    assert "long" * 60 in text
    assert "Second paragraph" in text
    assert all(sum(len(part) for _style, part in line) <= 41 for line in lines)


@given(st.text(max_size=80), st.integers(5, 30))
def test_wrapping_loses_nothing_but_spaces_at_line_ends(text: str, width: int) -> None:
    lines = wrapped([("", text)], width)
    assert "".join(p for line in lines for _s, p in line).replace(" ", "") == text.replace(" ", "")
