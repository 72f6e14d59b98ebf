"""The inputs of a backlog: which exports there are, and what each holds beside its messages."""

from __future__ import annotations

import hashlib
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from detector.errors import InputError
from detector.inbox.containers import Container, Member, open_container
from detector.inbox.export import Export, family, read_export
from detector.triage.reading import MessageFile, message_file

_MARKS = frozenset({"messages", "invitations", "connections", "profile"})
"""Files by which a folder is known to be one unpacked export."""

_CHUNK = 1 << 22


@dataclass(frozen=True)
class Source:
    """One export: the container it is in. `path` is empty for a set of files in one folder."""

    container: Container

    @property
    def name(self) -> str:
        """As the user gave it, or where it was found."""
        return self.container.name

    def read(self, asked: Mapping[str, str]) -> tuple[Export, list[MessageFile]]:
        """Everything but the messages read whole, and the files of messages, yet to be read."""
        try:
            return self._read(asked)
        except OSError as error:
            raise self._lost(error) from None

    def _lost(self, error: OSError) -> InputError:
        if isinstance(error, FileNotFoundError):
            return InputError(self.name, "is no longer there", "put it back and give the same command again")
        return InputError(self.name, f"cannot be read ({error.strerror or error})", "check the disk")

    def _read(self, asked: Mapping[str, str]) -> tuple[Export, list[MessageFile]]:
        files: list[MessageFile] = []
        export = read_export(
            self.container, asked, lambda where, opened, head: files.append(message_file(where, opened, head, asked))
        )
        return export, files

    def digest(self, stop: threading.Event) -> str:
        """SHA-256 of what would be read, file by file; of no worth once `stop` is set."""
        found = hashlib.sha256()
        if self.container.kind == "zip":
            members = [Member("", lambda: Path(self.container.name).open("rb"))]  # noqa: SIM115
        else:
            members = self.container.members
        for member in members:
            whole = hashlib.sha256()
            try:
                with member.open() as stream:
                    while not stop.is_set() and (chunk := stream.read(_CHUNK)):
                        whole.update(chunk)
            except OSError as error:
                raise self._lost(error) from None
            name = member.path if self.container.kind == "folder" else ""
            found.update(f"{name}\0{whole.hexdigest()}\n".encode("utf-8", "surrogatepass"))
        return found.hexdigest()


def find_sources(inputs: Sequence[str], spool: Path) -> list[Source]:
    """The exports that the user named: files, ZIPs, unpacked exports, and folders that hold any of these.

    A folder with LinkedIn's own file names in it is one export. In any other folder each ZIP, each
    CSV and each folder is looked at by itself, and its Parquet files are one data set. `spool`:
    where standard input is kept, as it can be read only once.
    """
    sources: list[Source] = []
    for name in inputs:
        path = Path(name)
        if name == "-":
            sources.append(Source(_spooled(spool)))
        elif path.is_dir():
            sources += _in_folder(path, 0)
        else:
            sources.append(Source(open_container(name)))
    if not sources:
        raise InputError(inputs[0], "holds no CSV, Parquet or ZIP file", "give an export, or a folder of exports")
    return sources


def _in_folder(folder: Path, depth: int) -> list[Source]:
    try:
        entries = sorted(p for p in folder.iterdir() if not p.name.startswith((".", "__MACOSX")))
    except OSError as error:
        raise InputError(str(folder), f"cannot be read ({error.strerror or error})", "check its permissions") from None
    ending = {p: p.suffix.lower() for p in entries if p.is_file()}
    if any(e == ".csv" and family(p.name) in _MARKS for p, e in ending.items()):
        return [Source(open_container(str(folder)))]
    found: list[Source] = []
    parquet = [p for p, e in ending.items() if e == ".parquet"]
    if parquet:
        members = [Member(p.name, lambda p=p: p.open("rb")) for p in parquet]  # type: ignore[misc]
        found.append(Source(Container(str(folder), "folder", members)))
    for path in entries:
        if ending.get(path) in (".csv", ".zip"):
            found.append(Source(open_container(str(path))))
        elif path.is_dir() and depth < 6:
            found += _in_folder(path, depth + 1)
    return found


def _spooled(path: Path) -> Container:
    from detector.triage.layout import private_folder, private_opener

    private_folder(path.parent)
    with open(path, "wb", opener=private_opener) as out:
        while chunk := sys.stdin.buffer.read(_CHUNK):
            out.write(chunk)
    container = open_container(str(path))
    return Container("standard input", "file", [Member(container.members[0].path, container.members[0].open)])
