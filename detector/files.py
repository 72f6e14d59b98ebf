"""Writing files whole or not at all.

Ground floor: imports nothing of the project but its errors.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from detector.errors import OutputError


def write_whole(path: Path, data: bytes) -> None:
    """Write a private file in one step: a crash leaves the old file or the new one."""
    write_stream(path, [data])


def write_stream(path: Path, pieces: Iterable[bytes]) -> None:
    """As `write_whole`, for what is too large to hold at once: pieces written as they come."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as stream:
                for piece in pieces:
                    stream.write(piece)
                stream.flush()
                os.fsync(stream.fileno())
            os.replace(name, path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error.strerror or error}); choose another place") from None
