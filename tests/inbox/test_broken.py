"""Broken input: exit 3, one line that helps, no traceback, nothing written."""

from __future__ import annotations

import csv
import io
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.exports import ERAS, messages_csv, some_talks, write_zip

HEADER = ",".join(ERAS["2026"]) + "\n"


def good() -> bytes:
    return messages_csv(some_talks()).encode()


def zip_bytes(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def encrypted() -> bytes:
    data = bytearray(zip_bytes({"messages.csv": good()}))
    data[6] |= 1  # local header's flag
    at = data.index(b"PK\x01\x02")
    data[at + 8] |= 1
    return bytes(data)


def damaged() -> bytes:
    data = bytearray(zip_bytes({"messages.csv": good() * 20}))
    data[80:120] = bytes(40)
    return bytes(data)


def lying() -> bytes:
    """The directory declares a few bytes; the member unpacks to 300 MB."""
    data = bytearray(zip_bytes({"messages.csv": HEADER.encode() + b"x" * 300_000_000}))
    at = data.index(b"PK\x01\x02")
    data[at + 24 : at + 28] = struct.pack("<I", len(HEADER) + 50)
    data[22:26] = struct.pack("<I", len(HEADER) + 50)
    return bytes(data)


CASES: dict[str, tuple[str, object]] = {
    "not a ZIP": ("export.zip", lambda: b"this is no zip"),
    "truncated ZIP": ("export.zip", lambda: zip_bytes({"messages.csv": good()})[:-40]),
    "damaged ZIP": ("export.zip", damaged),
    "encrypted ZIP": ("export.zip", encrypted),
    "bomb that declares its size": ("export.zip", lambda: zip_bytes({"messages.csv": b"a," * 100_000_000})),
    "bomb that lies": ("export.zip", lying),
    "member that climbs out": ("export.zip", lambda: zip_bytes({"../messages.csv": good()})),
    "member with an absolute path": ("export.zip", lambda: zip_bytes({"/etc/messages.csv": good()})),
    "ZIP without CSV": ("export.zip", lambda: zip_bytes({"photo.jpg": b"x"})),
    "ZIP in a ZIP": ("export.zip", lambda: zip_bytes({"inner.zip": zip_bytes({"messages.csv": good()})})),
    "empty": ("messages.csv", lambda: b""),
    "blank lines alone": ("messages.csv", lambda: b"\n\n \n"),
    "header alone": ("messages.csv", lambda: HEADER.encode()),
    "header alone in a ZIP": ("export.zip", lambda: zip_bytes({"messages.csv": HEADER.encode()})),
    "no usable columns": ("messages.csv", lambda: b"a,b,c\n1,2,3\n"),
    "connections instead of messages": ("Connections.csv", lambda: b"First Name,Last Name,Connected On\nA,B,1 Jan 2024\n"),
    "binary": ("messages.csv", lambda: b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40),
    "NUL bytes": ("messages.csv", lambda: good().replace(b"fair", b"fa\0ir")),
    "NUL in UTF-16": ("messages.csv", lambda: good().decode().replace("fair", "fa\0ir").encode("utf-16")),
    "quote never closed": ("messages.csv", lambda: HEADER.encode() + b'1,,A,u,B,v,2026-01-01,,"open,INBOX,,No\nmore\n'),
    "a 30 MB cell": ("messages.csv", lambda: HEADER.encode() + b'1,,A,u,B,v,2026-01-01,,"' + b"y " * 15_000_000 + b'",INBOX,,No\n'),
    "a 30 MB cell of many lines": (
        "messages.csv",
        lambda: HEADER.encode() + b'1,,A,u,B,v,2026-01-01,,"' + b"yes\n" * 7_500_000 + b'",INBOX,,No\n',
    ),
    "not a Parquet": ("mail.parquet", lambda: b"PAR1" + b"\x01" * 100),
    "direction unknown": ("mail.csv", lambda: b"thread_id,sent_at,direction,kind,sender,text\nt,2026-01-01,sideways,message,A,Hi\n"),
    "kind unknown": ("mail.csv", lambda: b"thread_id,sent_at,direction,kind,sender,text\nt,2026-01-01,sent,carol,A,Hi\n"),
    "two labels": (
        "mail.csv",
        lambda: b"thread_id,sent_at,direction,kind,sender,text,label\nt7,,received,message,A,Hi,generic\nt7,,received,message,A,Ho,genuine\n",
    ),
    "two headlines": (
        "mail.csv",
        lambda: b"thread_id,sent_at,direction,kind,sender,text,recipient_headline\nt7,,received,message,A,Hi,x\nt7,,received,message,A,Ho,y\n",
    ),
}  # fmt: skip


def run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    limit = "import resource; resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30)); "
    code = limit + "from detector.cli import run; run()"
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, cwd=cwd, timeout=60, check=False
    )


@pytest.mark.parametrize("case", CASES)
def test_broken_input_is_one_line_and_exit_3(tmp_path: Path, case: str) -> None:
    name, make = CASES[case]
    path = tmp_path / name
    path.write_bytes(make())  # type: ignore[operator]
    done = run("score", str(path), "-o", "out.csv", cwd=tmp_path)
    assert done.returncode == 3, done.stderr
    assert done.stderr.count("\n") == 1
    assert name in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out.csv").exists()
    assert done.stdout == ""


def test_a_missing_path_and_a_folder_without_csvs(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for what in ("nowhere.zip", "empty"):
        done = run("score", what, cwd=tmp_path)
        assert done.returncode == 3
        assert what in done.stderr
        assert done.stderr.count("\n") == 1


def test_two_owners_are_wrong_usage_that_points_to_triage(tmp_path: Path) -> None:
    other = ("Bea Poe", "https://www.linkedin.com/in/bea-poe")
    for name, owner in (("a", ("Ann Roe", "https://www.linkedin.com/in/ann-roe")), ("b", other)):
        write_zip(tmp_path / f"{name}.zip", {"messages.csv": messages_csv(some_talks(), owner=owner)})
    done = run("score", "a.zip", "b.zip", cwd=tmp_path)
    assert done.returncode == 2
    assert "triage" in done.stderr


def test_a_short_row_is_left_out_and_named(tmp_path: Path) -> None:
    (tmp_path / "messages.csv").write_bytes(good() + b"BADROW\n")
    done = run("score", "messages.csv", "-o", "v.csv", cwd=tmp_path)
    assert done.returncode == 0
    assert "1 cells" in done.stderr
    with (tmp_path / "v.csv").open(newline="") as stream:
        assert len(list(csv.DictReader(stream))) == 2
