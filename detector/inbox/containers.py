"""What the user names on the command line, opened as a set of named files.

A ZIP, a folder, a single file and standard input all become a `Container`: its members by path,
each openable as a binary stream again and again. Hostile archives are refused before anything of
them is unpacked; nothing is ever written to disk.
"""

from __future__ import annotations

import io
import os
import stat
import sys
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

from detector.errors import InputError

MEMBER_LIMIT = 1 << 30
"""Bytes that the CSV members of one ZIP may unpack to; a real export has a few MiB."""

_RATIO_LIMIT = 100
_RATIO_FREE = 32 << 20
_MEMBERS_LIMIT = 20_000
_WANTED = (".csv", ".parquet")


@dataclass(frozen=True)
class Member:
    """One file of a container: its path inside, and how to open it."""

    path: str
    open: Callable[[], BinaryIO]

    @property
    def base(self) -> str:
        """The file name without folders."""
        return self.path.replace("\\", "/").rsplit("/", 1)[-1]


@dataclass(frozen=True)
class Container:
    """One input: `name` as the user gave it, `kind` (zip, folder, file, stdin), and its members."""

    name: str
    kind: str
    members: list[Member] = field(default_factory=list)


def open_container(source: str) -> Container:
    """Find out what `source` is and list its members. Raises InputError if it cannot be read."""
    if source == "-":
        return _stdin()
    path = Path(source)
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        raise InputError(source, "does not exist", "check the path") from None
    except (OSError, ValueError) as error:
        raise InputError(source, f"cannot be opened ({_reason(error)})", "check the path and its permissions") from None
    if stat.S_ISDIR(mode):
        return _folder(source, path)
    if not stat.S_ISREG(mode):
        # a pipe (process substitution): can be read once only, so it is taken in whole
        return _whole(source, _read(source, lambda: path.open("rb")))
    try:
        with path.open("rb") as stream:
            start = stream.read(4)
    except OSError as error:
        raise InputError(source, f"cannot be read ({_reason(error)})", "check its permissions") from None
    if not start:
        raise InputError(source, "is empty", "export or download it again")
    if start.startswith(b"PK"):
        return _zip(source, lambda: path.open("rb"))
    if path.name.lower().endswith(".zip"):
        raise InputError(source, "is not a ZIP file, whatever its name says", "download it again")
    return Container(source, "file", [Member(path.name, lambda: path.open("rb"))])


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)


def _read(name: str, opened: Callable[[], BinaryIO]) -> bytes:
    with opened() as stream:
        data = stream.read(MEMBER_LIMIT + 1)
    if len(data) > MEMBER_LIMIT:
        raise InputError(name, "is larger than 1 GiB", "give it as a file, or use `detector triage`")
    return data


def _whole(name: str, data: bytes, kind: str = "file") -> Container:
    if not data:
        raise InputError(name, "is empty", "give a message CSV")
    if data.startswith(b"PK"):
        return _zip(name, lambda: io.BytesIO(data))
    return Container(name, kind, [Member(name, lambda: io.BytesIO(data))])


def _stdin() -> Container:
    return _whole("standard input", _read("standard input", lambda: _Unclosed(sys.stdin.buffer)), "stdin")


class _Unclosed(io.BufferedReader):
    """Standard input that a `with` block does not close."""

    def __init__(self, raw: IO[bytes]) -> None:
        super().__init__(cast(io.RawIOBase, raw))

    def __exit__(self, *_: object) -> None:
        self.detach()


def _hidden(path: str) -> bool:
    """macOS and other hidden files: `__MACOSX/`, `.DS_Store`, `._messages.csv`."""
    return any(part.startswith((".", "__MACOSX")) for part in path.replace("\\", "/").split("/") if part)


def _folder(source: str, root: Path) -> Container:
    members = []
    try:
        for folder, folders, files in os.walk(root):
            folders[:] = sorted(f for f in folders if not f.startswith((".", "__MACOSX")))
            depth = len(Path(folder).relative_to(root).parts)
            if depth >= 3:
                folders.clear()
            for file in sorted(files):
                full = Path(folder) / file
                if file.lower().endswith(_WANTED) and not _hidden(file):
                    members.append(Member(str(full.relative_to(root)), _opener(full)))
    except OSError as error:
        raise InputError(source, f"cannot be read ({_reason(error)})", "check its permissions") from None
    if not members:
        zips = any(p.name.lower().endswith(".zip") for p in root.iterdir())
        raise InputError(
            source,
            "holds no CSV file",
            "give the ZIP inside it by name" if zips else "give the folder of an unpacked export",
        )
    return Container(source, "folder", members)


def _opener(path: Path) -> Callable[[], BinaryIO]:
    return lambda: path.open("rb")


def _zip(name: str, opened: Callable[[], BinaryIO]) -> Container:
    try:
        with opened() as stream, zipfile.ZipFile(stream) as archive:
            infos = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError, EOFError):
        raise InputError(name, "is not a whole ZIP file (damaged or cut off)", "download it again") from None
    if len(infos) > _MEMBERS_LIMIT:
        raise InputError(name, f"holds {len(infos):,} files, which no export does", "give the export itself")
    for info in infos:
        parts = info.filename.replace("\\", "/").split("/")
        if ".." in parts or info.filename.startswith(("/", "\\")) or ":" in parts[0][1:2]:
            raise InputError(name, f"a member climbs out of the archive ({info.filename!r:.80})", "do not open it")
    wanted = [i for i in infos if not i.is_dir() and i.filename.lower().endswith(_WANTED) and not _hidden(i.filename)]
    if not wanted:
        inner = [i for i in infos if i.filename.lower().endswith(".zip")]
        raise InputError(
            name,
            "holds no CSV file" + (f" but another ZIP ({inner[0].filename!r:.80})" if inner else ""),
            "unpack it once and give what is inside" if inner else "give LinkedIn's data export",
        )
    total = sum(i.file_size for i in wanted)
    packed = sum(i.compress_size for i in wanted)
    if total > MEMBER_LIMIT or (total > _RATIO_FREE and total > _RATIO_LIMIT * max(packed, 1)):
        raise InputError(
            name, f"would unpack to {total / 2**20:,.0f} MiB, which no export does", "unpack it and give the folder"
        )
    for info in wanted:
        if info.flag_bits & 1:
            raise InputError(
                name, f"{info.filename!r:.80} is encrypted", "unpack it with its password, give the folder"
            )
    members = [Member(i.filename, _member_opener(name, opened, i)) for i in wanted]
    return Container(name, "zip", members)


def _member_opener(name: str, opened: Callable[[], BinaryIO], info: zipfile.ZipInfo) -> Callable[[], BinaryIO]:
    return lambda: cast(BinaryIO, _ZipMember(name, opened, info))


class _ZipMember(io.RawIOBase):
    """One member of a ZIP as a stream that reports damage as InputError.

    zipfile never hands out more bytes than the directory declares, and checks the sum at the end:
    an archive that lies about a size ends in an error, not in memory.
    """

    def __init__(self, name: str, opened: Callable[[], BinaryIO], info: zipfile.ZipInfo) -> None:
        super().__init__()
        self._where = f"{name}, {info.filename:.80}"
        self._file = opened()
        try:
            self._archive = zipfile.ZipFile(self._file)
            self._stream = self._archive.open(info)
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError) as error:
            self._file.close()
            raise self._damaged(error) from None

    def _damaged(self, error: Exception) -> InputError:
        reason = "is packed in a way that is not supported" if isinstance(error, NotImplementedError) else "is damaged"
        return InputError(self._where, reason, "download the export again")

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        try:
            return self._stream.read(size if size is not None else -1)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError) as error:
            raise self._damaged(error) from None

    read1 = read

    def readinto(self, buffer: Any) -> int:
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if not self.closed and hasattr(self, "_stream"):
            self._stream.close()
            self._archive.close()
            self._file.close()
        super().close()
