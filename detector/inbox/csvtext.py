"""CSV bytes to records: encoding, delimiter and quoting as LinkedIn, spreadsheets and tools write them."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from detector.errors import InputError

CELL_LIMIT = 1 << 20
"""Characters one cell may hold (1 MiB)."""

_LINE_LIMIT = 16 * CELL_LIMIT
_CHUNK = 1 << 16  # much larger ones are decoded to memory that is new each time, which takes four times as long
_SENTINEL = "\ue000end of file\ue000"
_DELIMITERS = ",;\t|"


@dataclass(frozen=True)
class Records:
    """The records of one CSV: `header` (cells of its first record) and `rows` as (line, cells)."""

    name: str
    encoding: str
    delimiter: str
    header: list[str]
    rows: Iterator[tuple[int, list[str]]]


def detect_encoding(name: str, opened: Callable[[], BinaryIO]) -> str:
    """The encoding of a file by its byte order mark, else UTF-8 if all of it is, else cp1252.

    A first pass in chunks, so that memory stays bounded. Bytes that cp1252 does not define
    are kept as the control characters of the same number.
    """
    with opened() as stream:
        start = stream.read(4)
        if start.startswith(codecs.BOM_UTF8):
            encoding = "utf-8-sig"
        elif start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return "utf-16"
        elif len(start) == 4 and start[1::2] == b"\0\0" and 0 not in start[::2]:
            return "utf-16-le"
        elif len(start) == 4 and start[::2] == b"\0\0" and 0 not in start[1::2]:
            return "utf-16-be"
        else:
            encoding = "utf-8"
        decoder = codecs.getincrementaldecoder("utf-8")()
        chunk = start
        try:
            while chunk:
                if b"\0" in chunk:
                    raise InputError(name, "holds NUL bytes, so it is not text", "give the CSV or the ZIP itself")
                decoder.decode(chunk)
                chunk = stream.read(_CHUNK)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp1252"
    return encoding


def _cp1252_controls(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "".join(map(chr, error.object[error.start : error.end])), error.end


codecs.register_error("detector-controls", _cp1252_controls)


def _lines(name: str, stream: io.TextIOBase) -> Iterator[str]:
    """Physical lines with their ends, each checked for NUL and for a length no real line has."""
    number = 0
    while line := stream.readline(_LINE_LIMIT):
        number += 1
        if len(line) >= _LINE_LIMIT:
            raise InputError(name, f"line {number} is longer than 16 MiB", "check how the file was made")
        if "\0" in line:
            raise InputError(name, f"line {number} holds a NUL character", "export the file again as UTF-8")
        yield line


def _delimiter(line: str) -> str:
    counts = {mark: line.count(mark) for mark in _DELIMITERS}
    best = max(_DELIMITERS, key=lambda mark: counts[mark])
    return best if counts[best] else ","


def read_records(
    name: str, opened: Callable[[], BinaryIO], is_header: Callable[[list[str]], bool] | None = None
) -> Records:
    """Open a CSV and find its header; the rows come as they are read.

    `opened` opens the file anew in binary (it is read twice: once for the encoding). `is_header`
    says whether a record is the header wanted; the first ten records are asked (a preamble of
    notes may stand before it). Without one the first record that is not blank is the header.
    Raises InputError for NUL, an oversized cell, a quotation mark never closed, or no header.
    """
    encoding = detect_encoding(name, opened)
    rows = _rows(name, opened, encoding)
    delimiter = next(rows)[1][0]
    passed: list[list[str]] = []
    for _line, cells in rows:
        if not any(cell.strip() for cell in cells):
            continue
        if is_header is None or is_header(cells):
            return Records(name, encoding, delimiter, cells, rows)
        passed.append(cells)
        if len(passed) == 10:
            break
    if not passed:
        raise InputError(name, "is empty", "export or save it again")
    return Records(name, encoding, delimiter, passed[0], iter(()))


def _rows(name: str, opened: Callable[[], BinaryIO], encoding: str) -> Iterator[tuple[int, list[str]]]:
    """First (0, [delimiter]), then (line number, cells) of every record."""
    csv.field_size_limit(CELL_LIMIT)
    errors = "detector-controls" if encoding == "cp1252" else "strict"
    with opened() as raw, io.TextIOWrapper(raw, encoding=encoding, errors=errors, newline="") as stream:
        try:
            lines = _lines(name, stream)
            head: list[str] = []
            delimiter = ""
            for line in lines:
                stripped = line.strip().strip("\ufeff").strip('"')
                if not head and stripped.lower().startswith("sep=") and len(stripped) == 5:
                    delimiter = stripped[4]  # a spreadsheet's own hint
                    continue
                head.append(line)
                if sum(map(line.count, _DELIMITERS)) >= 1 or len(head) == 10:
                    break
            if head and not delimiter:
                delimiter = _delimiter(head[-1])
            yield 0, [delimiter or ","]
            reader = csv.reader(_with_end(head, lines), delimiter=delimiter or ",")
            line_number = 1
            for cells in reader:
                if cells == [_SENTINEL]:
                    return
                if cells and cells[-1].endswith((_SENTINEL, _SENTINEL + "\n")):
                    raise InputError(
                        name, f"a quotation mark opened in line {line_number} is never closed", "export it again"
                    )
                yield line_number, cells
                line_number = reader.line_num + 1
        except csv.Error as error:
            if "field larger" in str(error):
                raise InputError(
                    name,
                    f"the record at line {line_number} has a cell of more than 1 MiB (or a quotation mark never closed)",
                    "take the row out, or export it again",
                ) from None
            raise InputError(name, f"line {line_number} is not CSV ({error})", "export it again") from None
        except UnicodeError:
            raise InputError(name, f"is not valid {encoding} text", "save it as CSV UTF-8") from None


def _with_end(head: list[str], lines: Iterator[str]) -> Iterator[str]:
    """All lines, then a last record of its own that shows whether every quotation mark was closed."""
    yield from head
    yield from lines
    yield _SENTINEL
