"""Labels files: what is wrong with one is said by row; what is right is read in any shape people save."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.errors import InputError
from detector.schema import LABELS
from detector.training.labels import Row, read_labels, write_labels
from detector.training.reading import read_own
from tests.mini import own_mail, write


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("thread_id,label\na,generic\nb,spam\n", r"row 3 has the label 'spam'.*genuine"),
        ("thread_id,label\na,generic\nb,genuine\na,genuine\n", r"row 4 labels thread a genuine, row 2 generic"),
        ("thread_id,label\n,generic\n", r"row 2 has no thread_id"),
        ("thread_id,label\nnobody,generic\n", r"none of its 1 ids \(row 2: nobody\)"),
        ("", r"is empty"),
        ("thread_id,label\n", r"has a header but no labels"),
        ("id,verdict\na,generic\n", r"row 1 has no column thread_id \(it has id, verdict\)"),
        ("thread_id\na\n", r"row 1 has no column label"),
        ('thread_id,label\n"a,generic\n', r"not a CSV"),
        (b"thread_id,label\n\xff\xfe,generic\n", r"not UTF-8"),
    ],
)
def test_what_is_wrong_is_named_with_its_row(tmp_path: Path, content: str | bytes, says: str) -> None:
    path = tmp_path / "labels.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    mail = write(tmp_path / "mail.csv", own_mail(3), labels=False)
    with pytest.raises(InputError, match=says) as error:
        read_own(mail, str(path))
    assert error.value.exit_status == 3
    assert "labels.csv" in str(error.value)


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (
            ("a,received,message,Ann,Hi,generic", "b,received,message,Bo,Hi,spam"),
            r"mail.csv, line 3: has the label 'spam'",
        ),
        (
            ("a,received,message,Ann,Hi,generic", "a,received,message,Ann,You there?,genuine"),
            r"mail.csv, line 3: thread a has two different labels",
        ),
    ],
)
def test_a_bad_label_in_a_message_file_is_named_with_its_row(tmp_path: Path, rows: tuple[str, ...], says: str) -> None:
    path = tmp_path / "mail.csv"
    path.write_text("\n".join(["thread_id,direction,kind,sender,text,label", *rows]))
    with pytest.raises(InputError, match=says):
        read_own(str(path))


def test_unmatched_ids_are_counted_and_spellings_do_not_matter(tmp_path: Path) -> None:
    mail = own_mail(3)
    first, second, _third = mail
    path = tmp_path / "labels.csv"
    path.write_bytes(f"\ufeffLabel,Thread_ID,note\nBait_and_Sell,{first},x\n,{second},\ngenuine,gone,\n".encode())
    own = read_own(write(tmp_path / "mail.csv", mail, labels=False), str(path))
    assert own.threads["thread_id"].tolist() == [first]
    assert own.threads["label"].tolist() == ["bait-and-sell"]
    assert own.unmatched == 1


def test_a_label_follows_an_invitation_that_became_a_conversation(tmp_path: Path) -> None:
    from detector.threads import group, messages_table
    from detector.training.labels import matched

    threads = group(messages_table([("2-abc", "received", "Hello")], former_id="invitation:ann")).threads
    assert matched({"invitation:ann": Row("invitation:ann", "genuine")}, threads)[0].label == "genuine"  # type: ignore[union-attr]


cells = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=12).map(str.strip).filter(bool)


@given(st.dictionaries(cells, st.tuples(st.sampled_from(["", *LABELS]), cells), min_size=1, max_size=5))
def test_what_is_written_is_read(tmp_path_factory: pytest.TempPathFactory, told: dict) -> None:
    path = tmp_path_factory.mktemp("labels") / "labels.csv"
    rows = [Row(t, label, "teach", sender) for t, (label, sender) in told.items()]
    write_labels(path, rows)
    assert list(read_labels(path).values()) == rows
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
