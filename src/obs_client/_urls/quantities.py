"""Sizes and times as people write them: `64MiB`, `1.5 GB`, `90`, `500ms`, `15m`."""

from __future__ import annotations

import re
from collections.abc import Mapping

SIZES = {
    "": 1,
    "b": 1,
    **{f"{letter}ib": 1024**power for power, letter in enumerate("kmgt", 1)},
    **{f"{letter}b": 1000**power for power, letter in enumerate("kmgt", 1)},
}
"""Bytes of a unit, by its name in lower case: `MiB` is of powers of 1,024, `MB` of powers of 1,000."""

SECONDS = {"": 1.0, "ms": 0.001, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
"""Seconds of a unit, by its name in lower case."""

_QUANTITY = re.compile(r"([0-9]+(?:\.[0-9]+)?(?:e[0-9]+)?) ?([a-z]*)", re.IGNORECASE | re.ASCII)


def size_of(text: str) -> int:
    """The bytes that a text means.

    Raises:
        ValueError: It is no size, or no whole count of bytes.
    """
    size = _value(text, SIZES)
    if size is None or size != int(size):
        raise ValueError(f"a number of bytes, or one with a unit as in 64MiB or 1.5GB, not {text!r}")
    return int(size)


def seconds_of(text: str) -> float:
    """The seconds that a text means.

    Raises:
        ValueError: It is no time.
    """
    seconds = _value(text, SECONDS)
    if seconds is None:
        raise ValueError(f"a number of seconds, or one with a unit as in 500ms, 30s, 15m or 1h, not {text!r}")
    return seconds


def _value(text: str, units: Mapping[str, float]) -> float | None:
    found = _QUANTITY.fullmatch(text.strip())
    if found is None or found[2].lower() not in units:
        return None
    number = int(found[1]) if found[1].isdigit() else float(found[1])
    return number * units[found[2].lower()]
