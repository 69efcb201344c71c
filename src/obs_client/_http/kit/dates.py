"""HTTP dates both ways: `Thu, 26 Nov 2026 10:00:00 GMT` and epoch seconds."""

from __future__ import annotations

import functools
import re
import time

_DATE = r"\w{3}, (\d\d) (\w{3}) (\d{4}) (\d\d):(\d\d):(\d\d) GMT"
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_NUMBERS = {name: number for number, name in enumerate(_MONTHS, 1)}


def read_date(text: str | None) -> float | None:
    """Epoch seconds of an HTTP date; None if there is none or nobody can read it."""
    if text and (match := re.fullmatch(_DATE, text, re.ASCII)) and match[2] in _NUMBERS:
        day, month, year, hour, minute, second = match.groups()
        days = _days(int(year), _NUMBERS[month], int(day))
        if days is None:
            return None
        return float(days * 86_400 + int(hour) * 3600 + int(minute) * 60 + int(second))
    return _read_odd_date(text) if text else None


def write_date(seconds: float | None = None) -> str:
    """Epoch seconds, now if none are given, as an HTTP date; whole seconds, rounded down."""
    year, month, day, hour, minute, second, weekday, *_ = time.gmtime(seconds)
    return f"{_DAYS[weekday]}, {day:02} {_MONTHS[month - 1]} {year:04} {hour:02}:{minute:02}:{second:02} GMT"


@functools.lru_cache(256)
def _days(year: int, month: int, day: int) -> int | None:
    """Days from 1970 to a date of the Gregorian calendar, None if there is no such date. (`datetime` loads slowly.)"""
    shifted = year - (month <= 2)  # years that begin in March have their leap day at the end
    of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    days = 365 * shifted + shifted // 4 - shifted // 100 + shifted // 400 + of_year - 719_468
    return days if time.gmtime(days * 86_400)[:3] == (year, month, day) else None


def _read_odd_date(text: str) -> float | None:
    """The obsolete forms, and what servers write in their place."""
    import email.utils  # slow to load, and seldom needed

    try:
        found = email.utils.parsedate_tz(text)
        return None if found is None else float(email.utils.mktime_tz(found))
    except (ValueError, OverflowError):
        return None
