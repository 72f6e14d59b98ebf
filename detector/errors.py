"""Errors a user can act on, each with the exit status the command line gives it.

Ground floor beside `schema`: imports nothing of the project.
"""

from __future__ import annotations


class DetectorError(Exception):
    """Something the user can mend; its text is the one line they see.

    >>> str(InputError("a.csv", "is empty", "export it again"))
    'a.csv: is empty; export it again'
    """

    exit_status = 1


class UsageError(DetectorError):
    """Wrong usage, an extra that is not installed, a thread that is not there (exit status 2)."""

    exit_status = 2


class InputError(DetectorError):
    """An input or labels file that cannot be read (exit status 3).

    `where` names the file, `what` says what is wrong, `then` what to do about it.
    """

    exit_status = 3

    def __init__(self, where: str, what: str, then: str) -> None:
        self.where, self.what, self.then = where, what, then
        super().__init__(f"{where}: {what}; {then}")

    def __reduce__(self) -> tuple[type, tuple[str, str, str]]:
        """So that it comes back whole from a worker process."""
        return type(self), (self.where, self.what, self.then)


class ModelError(DetectorError):
    """A model that cannot be loaded, is refused, or is worse and not saved (exit status 4)."""

    exit_status = 4


class OutputError(DetectorError):
    """An output that cannot be written, is locked, or needs `--fresh` (exit status 5)."""

    exit_status = 5
