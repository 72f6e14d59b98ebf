"""Many inputs of many shapes: whose they are, what comes out, in which format and by which engine."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from detector import read_inbox
from detector.errors import InputError, ModelError, UsageError
from detector.report import tables
from detector.threads import group
from detector.triage import Options, Progress, triage
from tests.exports import PROFILE, START, Said, Talk, messages_csv, some_talks, write_zip
from tests.triage.backlogs import MODEL, run, scored, totals, tree, verdicts

TEMPLATE = "Hello {}, I help companies such as yours to find more customers every week, shall we talk about it soon?"
BEA = ("Bea Poe", "https://www.linkedin.com/in/bea-poe")


def person(i: int) -> tuple[str, str]:
    return f"Person {i}", f"https://www.linkedin.com/in/person-{i}"


def talks(count: int, start: int = 0) -> list[Talk]:
    return [
        Talk(f"2-{i:03d}==", *person(i), [Said(f"We met at the fair number {i}, you asked for my printer.", START + i)])
        for i in range(start, start + count)
    ]


def test_each_owner_has_an_inbox_and_parts_of_one_owner_are_merged(tmp_path) -> None:
    backlog = tmp_path / "backlog"
    (backlog / "ann").mkdir(parents=True)
    (backlog / "ann" / "messages.csv").write_text(messages_csv(some_talks()), encoding="utf-8")
    (backlog / "ann" / "Profile.csv").write_text(PROFILE, encoding="utf-8")
    write_zip(backlog / "ann-again.zip", {"messages.csv": messages_csv([*some_talks(), *talks(2)])})
    (backlog / "bea.csv").write_text(messages_csv(talks(4, 10), owner=BEA), encoding="utf-8")
    run([str(backlog)], tmp_path / "out")
    found = {inbox["inbox"]: inbox for inbox in totals(tmp_path / "out")["inboxes"]}
    assert {name: inbox["threads"] for name, inbox in found.items()} == {"ann-roe": 4, "bea-poe": 4}
    assert found["ann-roe"]["left_out"]["duplicate"] == sum(len(t.said) for t in some_talks())
    table = verdicts(tmp_path / "out")
    assert table["inbox"].value_counts().to_dict() == {"ann-roe": 4, "bea-poe": 4}


def test_an_input_that_does_not_say_whose_it_is(tmp_path) -> None:
    one = [Talk("2-x==", *person(1), [Said("Hello there, how are you?", START)])]
    alone = tmp_path / "one.csv"
    alone.write_text(messages_csv(one, owner=BEA), encoding="utf-8")
    ann = tmp_path / "ann.csv"
    ann.write_text(messages_csv(some_talks()), encoding="utf-8")
    other = tmp_path / "other.csv"
    other.write_text(
        messages_csv(talks(4, 10), owner=("Cy Doe", "https://www.linkedin.com/in/cy-doe")), encoding="utf-8"
    )
    with pytest.raises(InputError, match=r"one\.csv.*--owner"):
        run([str(alone)], tmp_path / "a")
    with pytest.raises(InputError, match=r"one\.csv.*--owner"):
        run([str(alone), str(ann), str(other)], tmp_path / "b")
    run([str(alone)], tmp_path / "c", owner=BEA[1])
    assert len(verdicts(tmp_path / "c")) == 1


def test_templates_across_senders_and_across_owners(tmp_path, small_parts) -> None:
    ann = [Talk(f"2-{i}==", *person(i), [Said(TEMPLATE.format(f"Name{i}"), START + i)]) for i in range(3)]
    bea = [Talk("2-b0==", *person(7), [Said(TEMPLATE.replace("soon", "today").format("Bea"), START)]), *talks(2, 20)]
    cy = [Talk("2-c0==", *person(7), [Said(TEMPLATE.replace("soon", "today").format("Cy"), START)]), *talks(2, 30)]
    paths = []
    for name, owned in (("ann", ann), ("bea", bea), ("cy", cy)):
        path = tmp_path / f"{name}.csv"
        owner = (f"{name.title()} Own", f"https://www.linkedin.com/in/{name}")
        path.write_text(messages_csv(owned, owner=owner), encoding="utf-8")
        paths.append(str(path))
    run(paths, tmp_path / "out")
    found = pq.read_table(tmp_path / "out" / "templates.parquet").to_pandas()
    counts = found[["threads", "senders", "inboxes"]].to_numpy().tolist()
    assert sorted(counts) == [[2, 1, 2], [3, 3, 1], [4, 4, 2]]
    assert counts[0] == [4, 4, 2]  # the most frequent first
    table = verdicts(tmp_path / "out").set_index("thread_id")
    assert table["template"]["2-0=="] == table["template"]["2-2=="] == found["template"][1]
    assert table["template"]["2-b0=="] == table["template"]["2-c0=="] != ""
    assert totals(tmp_path / "out")["templates"]["threads"] == (table["template"] != "").sum()


def test_a_table_of_many_recipients_keeps_them_apart(tmp_path, detector) -> None:
    path = tmp_path / "mail.csv"
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["thread_id", "sent_at", "direction", "kind", "sender", "text", "recipient", "lang"])
        for i in range(6):
            words = f"Hello, I saw your {i} posts and would love to connect with a person like you"
            writer.writerow([f"t{i}", "2026-01-05", "received", "message", f"P {i}", words, f"R {i % 3}", "en"])
    run([str(path)], tmp_path / "out")
    pd.testing.assert_frame_equal(verdicts(tmp_path / "out"), scored([str(path)], detector), check_dtype=False)
    assert set(verdicts(tmp_path / "out")["inbox"]) == {"R 0", "R 1", "R 2"}


def test_a_parquet_data_set_is_one_input(tmp_path, small_parts, detector) -> None:
    folder = tmp_path / "set"
    folder.mkdir()
    times = pa.array([1_767_600_000_000_000 + i for i in range(6)], pa.timestamp("us", tz="UTC"))
    for part in range(2):
        ids = [f"t{i}" for i in range(part * 6, part * 6 + 6)]
        columns = {
            "thread_id": pa.array(ids), "sent_at": times, "direction": pa.array(["received"] * 6).dictionary_encode(),
            "kind": pa.array([None] * 6, pa.string()), "sender": pa.array([f"P {i}" for i in ids]),
            "text": pa.array(["We met at the fair, you asked for the printer."] * 6), "recipient": pa.array(["Ann"] * 6),
        }  # fmt: skip
        pq.write_table(pa.table(columns), folder / f"{part}.parquet")
    run([str(folder)], tmp_path / "out")
    pd.testing.assert_frame_equal(verdicts(tmp_path / "out"), scored([str(folder)], detector), check_dtype=False)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text.encode("utf-16"),
        lambda text: text.replace("fair", "café").encode("cp1252"),
        lambda text: text.replace(",No\n", ",No,\n", 1).encode(),  # a row with a cell too many
        lambda text: b"A note first\n\n" + text.encode(),
        lambda text: text.replace(",", ";").encode("utf-8-sig"),
        lambda text: text.replace("\n", "\r\n").encode(),
    ],
)
def test_files_that_are_not_plain_give_the_same_as_score(tmp_path, small_parts, detector, spoil) -> None:
    path = tmp_path / "messages.csv"
    path.write_bytes(spoil(messages_csv(talks(9), "2024")))
    run([str(path)], tmp_path / "out")
    pd.testing.assert_frame_equal(verdicts(tmp_path / "out"), scored([str(path)], detector), check_dtype=False)


def test_what_cannot_be_read_is_refused_as_score_refuses_it(tmp_path) -> None:
    header = messages_csv([])
    whole = messages_csv(talks(3))
    broken = {
        "header alone": header, "a quotation mark that is never closed": whole + '2-z==,,"Ann',
        "no columns of messages": "a,b\n1,2\n", "a NUL": whole + "\0",
    }  # fmt: skip
    for name, text in broken.items():
        path = tmp_path / "x.csv"
        path.write_text(text, encoding="utf-8")
        with pytest.raises(InputError) as expected:
            read_inbox(str(path))
        with pytest.raises(InputError) as refused:
            run([str(path)], tmp_path / name)
        assert str(refused.value) == str(expected.value)
    with pytest.raises(InputError, match="does not exist"):
        run([str(tmp_path / "nowhere")], tmp_path / "out")


@pytest.mark.parametrize("jobs", [1, 2])
def test_rows_that_contradict_each_other_name_the_thread(tmp_path, small_parts, jobs: int) -> None:
    path = tmp_path / "mail.csv"
    path.write_text(
        "thread_id,sent_at,direction,kind,sender,text,label\n"
        "t1,2026-01-05,received,message,Ann,Hello,generic\nt1,2026-01-06,received,message,Ann,Hello you,genuine\n"
        + "".join(f"u{i},2026-01-06,received,message,Bo,Hello you,\n" for i in range(20))
    )
    with pytest.raises(InputError, match="thread t1 has two different labels"):
        run([str(path)], tmp_path / "out", jobs=jobs)


def test_verdicts_as_csv_and_as_json_lines(tmp_path, small_parts, detector) -> None:
    path = tmp_path / "messages.csv"
    path.write_text(messages_csv(some_talks()), encoding="utf-8")
    inbox = read_inbox(str(path))
    judged = detector.judge(group(inbox.messages), inbox.profile, inbox.known)
    table = scored([str(path)], detector)
    run([str(path)], tmp_path / "csv", format="csv")
    lines = [x for p in sorted((tmp_path / "csv" / "verdicts").iterdir()) for x in p.read_text().split("\n", 1)[1:]]
    assert sorted("".join(lines).splitlines()) == sorted(tables.to_csv(table).decode().split("\n", 1)[1].splitlines())
    run([str(path)], tmp_path / "jsonl", format="jsonl")
    found = [
        json.loads(x) for p in sorted((tmp_path / "jsonl" / "verdicts").iterdir()) for x in p.read_text().splitlines()
    ]
    expected = tables.records(table, judged)
    assert sorted(found, key=lambda r: r["thread_id"]) == sorted(expected, key=lambda r: r["thread_id"])


def test_two_processes_give_the_same_bytes_as_one(tmp_path, small_parts) -> None:
    path = tmp_path / "messages.csv"
    path.write_text(messages_csv(talks(40)), encoding="utf-8")
    run([str(path)], tmp_path / "one", jobs=1)
    run([str(path)], tmp_path / "two", jobs=2)
    assert tree(tmp_path / "two") == tree(tmp_path / "one")


class Killer(Progress):
    """Kills one worker process when the first part is done."""

    killed = False

    def advance(self, count: int) -> None:
        import psutil

        if self._name == "judging" and not self.killed:
            workers = [p for p in psutil.Process().children(recursive=True) if "spawn_main" in " ".join(p.cmdline())]
            workers[0].kill()
            self.killed = True
        super().advance(count)


def test_dask_gives_the_same_verdicts_when_a_worker_is_killed(tmp_path, small_parts) -> None:
    pytest.importorskip("distributed", reason="Dask is not installed: pip install 'linkedin-detector[dask]'")
    path = tmp_path / "messages.csv"
    path.write_text(messages_csv(talks(40)), encoding="utf-8")
    run([str(path)], tmp_path / "local")
    progress = Killer(quiet=True)
    options: dict[str, Any] = {"model": MODEL, "engine": "dask", "jobs": 2}
    triage([str(path)], str(tmp_path / "dask"), Options(**options), progress)
    assert progress.killed
    assert tree(tmp_path / "dask") == tree(tmp_path / "local")


def test_a_scheduler_that_is_not_there_is_a_clear_line(tmp_path) -> None:
    pytest.importorskip("distributed", reason="Dask is not installed: pip install 'linkedin-detector[dask]'")
    path = tmp_path / "messages.csv"
    path.write_text(messages_csv(talks(3)), encoding="utf-8")
    with pytest.raises(UsageError, match="cannot be reached"):
        run([str(path)], tmp_path / "out", engine="dask", scheduler="nonsense://127.0.0.1:1")


def test_a_model_that_is_no_good_is_refused_before_anything_is_read(tmp_path) -> None:
    path = tmp_path / "messages.csv"
    path.write_text(messages_csv(talks(3)), encoding="utf-8")
    for content in (None, b"not a model"):
        model = tmp_path / "model.npz"
        if content is not None:
            model.write_bytes(content)
        with pytest.raises(ModelError):
            run([str(path)], tmp_path / "out", model=str(model))


def test_an_inbox_in_which_everything_is_left_out_gives_an_empty_table(tmp_path) -> None:
    path = tmp_path / "messages.csv"
    own = [Talk(f"2-{i}==", *person(i), [Said("Hello", START + i, mine=True)]) for i in range(3)]
    path.write_text(messages_csv(own), encoding="utf-8")
    run([str(path)], Path(tmp_path / "out"))
    assert totals(tmp_path / "out")["left_out"]["owner_only"] == 3
    assert len(pq.read_table(tmp_path / "out" / "verdicts")) == 0
