"""Moments as exports, spreadsheets and other tools write them, to microseconds since 1970 in UTC."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache

import numpy as np

from detector.schema import UNKNOWN_TIME

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_USUAL = "0000-00-00 00:00:00 UTC"
_SPACES = re.compile(r"[\s\u00a0\u202f]+")
_YEAR_FIRST = re.compile(
    r"^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[ T,]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?)?"
    r" ?(?:(UTC|GMT|Z)|([+-])(\d{2}):?(\d{2})?)?$",
    re.IGNORECASE,
)
_CLOCK = r"(?:[ ,T]+(\d{1,2}):(\d{2})(?::(\d{2}))?(?: ?([AP])\.?M\.?)?)?(?: ?UTC)?$"
_MONTH_FIRST = re.compile(r"^(\d{1,2})/(\d{1,2})/(\d{2,4})" + _CLOCK, re.IGNORECASE)
_DAY_FIRST = re.compile(r"^(\d{1,2})\.(\d{1,2})\.(\d{2,4})" + _CLOCK, re.IGNORECASE)
_NAMED_MONTH = re.compile(r"^(\d{1,2})[ -]([A-Za-z]{3})[a-z]*\.?[ ,-]+(\d{2,4})" + _CLOCK, re.IGNORECASE)
_MONTH_NAME_FIRST = re.compile(r"^([A-Za-z]{3})[a-z]*\.? (\d{1,2}),? (\d{4})" + _CLOCK, re.IGNORECASE)
_MONTHS = {
    m: i for i, m in enumerate(["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1)
}


@lru_cache(maxsize=65536)
def microseconds(text: str) -> int:
    """The moment in microseconds since 1970-01-01 UTC, `UNKNOWN_TIME` if the text is none.

    No zone means UTC. Dates with slashes and the year last are month first, as LinkedIn writes
    them; with dots they are day first, as spreadsheets re-save them.

    >>> microseconds("2026-02-24 11:00:00 UTC") == microseconds("2/24/26, 11:00 AM")
    True
    >>> microseconds("2026-02-24T12:00:00+01:00") == microseconds("2026/02/24 11:00")
    True
    >>> microseconds("2026-02-30 10:00:00 UTC") == UNKNOWN_TIME
    True
    """
    text = _SPACES.sub(" ", text).strip().lstrip("'")
    if not text:
        return UNKNOWN_TIME
    try:
        moment = _parse(text)
    except (ValueError, OverflowError):
        return UNKNOWN_TIME
    return UNKNOWN_TIME if moment is None else (moment - _EPOCH) // _MICROSECOND


def column(cells: Sequence[str]) -> list[int]:
    """`microseconds` of each cell; those that LinkedIn wrote are read all at once.

    >>> cells = ["2026-02-24 11:00:00 UTC", "2026-02-30 10:00:00 UTC", "2/24/26, 11:00 AM"]
    >>> column(cells) == [microseconds(cell) for cell in cells]
    True
    """
    if not any(cells):
        return [UNKNOWN_TIME] * len(cells)
    places = [i for i, cell in enumerate(cells) if len(cell) == len(_USUAL)]
    # one byte a character: whatever is not ASCII becomes a question mark, which is no part of a moment
    text = "".join([cells[i] for i in places]).encode("ascii", "replace")
    usual, found = _usual(np.frombuffer(text, np.uint8).reshape(-1, len(_USUAL)))
    at: list[int | None] = [None] * len(cells)
    for i, good, moment in zip(places, usual.tolist(), found.tolist(), strict=True):
        if good:
            at[i] = moment
    return [microseconds(cell) if moment is None else moment for cell, moment in zip(cells, at, strict=True)]


def _usual(text: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which rows of characters are moments as in `_USUAL`, and these in microseconds."""
    shape = np.frombuffer(_USUAL.encode(), np.uint8)
    digit = shape == ord("0")
    good = np.where(digit, (text >= ord("0")) & (text <= ord("9")), text == shape).all(axis=1)
    digits = text.astype(np.int64) - ord("0")

    def number(first: int, last: int) -> np.ndarray:
        return digits[:, first:last] @ 10 ** np.arange(last - first)[::-1]

    year, month, day = number(0, 4), number(5, 7), number(8, 10)
    hour, minute, second = number(11, 13), number(14, 16), number(17, 19)
    good &= (year > 0) & (month > 0) & (month < 13) & (day > 0) & (hour < 24) & (minute < 60) & (second < 60)
    months = np.where(good, (year - 1970) * 12 + month - 1, 0).astype("M8[M]")
    good &= day <= ((months + 1).astype("M8[D]") - months.astype("M8[D]")).astype(np.int64)
    days = months.astype("M8[D]").astype(np.int64) + day - 1
    return good, (((days * 24 + hour) * 60 + minute) * 60 + second) * 1_000_000


def _parse(text: str) -> datetime | None:
    if text.isdigit() and len(text) in (10, 13, 16):
        return _EPOCH + timedelta(microseconds=int(text) * 10 ** (16 - len(text)))
    if m := _YEAR_FIRST.match(text):
        zone = UTC
        if m[9]:
            offset = timedelta(hours=int(m[10]), minutes=int(m[11] or 0))
            zone = timezone(offset if m[9] == "+" else -offset)
        micro = int((m[7] or "0").ljust(6, "0")[:6])
        return datetime(int(m[1]), int(m[2]), int(m[3]), int(m[4] or 0), int(m[5] or 0), int(m[6] or 0), micro, zone)
    if m := _MONTH_FIRST.match(text):
        month, day = int(m[1]), int(m[2])
        if month > 12 >= day:  # re-saved by a day-first spreadsheet; only this reading is a date
            month, day = day, month
        return _moment(m[3], month, day, m[4], m[5], m[6], m[7])
    if m := _DAY_FIRST.match(text):
        return _moment(m[3], int(m[2]), int(m[1]), m[4], m[5], m[6], m[7])
    if m := _NAMED_MONTH.match(text):
        month = _MONTHS.get(m[2].lower(), 0)
        return _moment(m[3], month, int(m[1]), m[4], m[5], m[6], m[7])
    if m := _MONTH_NAME_FIRST.match(text):
        month = _MONTHS.get(m[1].lower(), 0)
        return _moment(m[3], month, int(m[2]), m[4], m[5], m[6], m[7])
    return None


def _moment(
    year: str, month: int, day: int, hour: str | None, minute: str | None, second: str | None, half: str | None
) -> datetime:
    full = int(year) if len(year) == 4 else 2000 + int(year) if int(year) < 70 else 1900 + int(year)
    h = int(hour or 0)
    if half:
        # "14:05 PM" stands in exports of 2015 to 2018: then the 24 hours win
        h = h if h > 12 else h % 12 + (12 if half.upper() == "P" else 0)
    return datetime(full, month, day, h, int(minute or 0), int(second or 0), tzinfo=UTC)
