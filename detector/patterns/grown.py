"""Columns that grow with a vocabulary: what is known of each distinct token, worked out once."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np


class Grown:
    """An array that grows at its end; `values` is a view of what it holds, good until it grows again.

    >>> column = Grown(np.int64)
    >>> column.extend([1, 2])
    >>> column.extend([3])
    >>> column.values.tolist()
    [1, 2, 3]
    """

    def __init__(self, dtype: type, width: int | None = None) -> None:
        shape = (0,) if width is None else (0, width)
        self._room: np.ndarray = np.zeros(shape, dtype=dtype)
        self._used = 0

    def extend(self, values: Sequence | np.ndarray) -> None:
        """Add values at the end."""
        used, need = self._used, self._used + len(values)
        if need > len(self._room):
            room = np.zeros((max(need, 2 * len(self._room), 1024), *self._room.shape[1:]), dtype=self._room.dtype)
            room[:used] = self._room[:used]
            self._room = room
        if len(values):
            self._room[used:need] = values
        self._used = need

    @property
    def values(self) -> np.ndarray:
        """All values so far."""
        return self._room[: self._used]

    def __len__(self) -> int:
        return self._used


class PerWord:
    """A number for each of a growing list of distinct words, worked out when it is first asked for.

    The list is one of a `Vocabulary`; when that forgets, it begins a new list, and so does this.

    >>> lengths, words = PerWord(lambda fresh: [len(word) for word in fresh], np.int8), ["a", "bcd"]
    >>> lengths.of(words).tolist()
    [1, 3]
    """

    def __init__(self, numbers: Callable[[list[str]], Sequence], dtype: type) -> None:
        self._numbers, self._dtype = numbers, dtype
        self._words: list[str] | None = None
        self._column = Grown(dtype)

    def of(self, words: list[str]) -> np.ndarray:
        """The numbers of all words of the list (n values), good until the list has grown."""
        if self._words is not words:
            self._words, self._column = words, Grown(self._dtype)
        if len(self._column) < len(words):
            self._column.extend(self._numbers(words[len(self._column) :]))
        return self._column.values
