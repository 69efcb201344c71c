"""How names, sizes, times and durations are written and read."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from obs_client.models import ContainerInfo, ObjectInfo

UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def printable(text: str) -> str:
    """Text for a terminal: control characters are shown escaped, so that a name cannot steer it."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


def size_text(size: int | None, human: bool) -> str:
    """Bytes as a number, or for people with three digits and a unit of powers of 1,024; `-` if it is not known."""
    if size is None:
        return "-"
    if not human:
        return str(size)
    value = float(size)
    for unit in UNITS[:-1]:
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" or value >= 100 else f"{value:.1f} {unit}"
        value /= 1024
    return f"{value:.1f} {UNITS[-1]}"


def time_text(seconds: float | None) -> str:
    """Epoch seconds as local time with its zone, to the second; `-` if it is not known."""
    return "-" if seconds is None else time.strftime("%Y-%m-%d %H:%M:%S %z", time.localtime(seconds))


def done_before_text(count: int, since: float | None) -> str:
    """What a summary adds of an earlier run with the same ledger; empty: there was none."""
    return "" if since is None else f"; {count:,} were done before, since {time_text(since)}"


def count_text(count: int, noun: str) -> str:
    """A count with its noun: `1 object`, `2,000 objects`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def is_or_are(count: int) -> str:
    """The verb for a count of things."""
    return "is" if count == 1 else "are"


def duration(text: str) -> int:
    """The seconds that a text means: a number, or one with a unit, as 90, 15m, 24h, 7d."""
    number, unit = (text[:-1], text[-1]) if text[-1:] in SECONDS else (text, "s")
    if not (number.isascii() and number.isdigit()):
        raise click.BadParameter(
            f"{printable(text)} is not a time; write seconds, or a number with a unit: 90, 15m, 24h"
        )
    return int(number) * SECONDS[unit]


def key_values(pairs: tuple[str, ...]) -> dict[str, str]:
    """Metadata from arguments that read `key=value`; a value may be empty and may hold `=`."""
    for pair in pairs:
        if "=" not in pair:
            raise click.UsageError(f"{printable(pair)} does not read key=value")
    return dict(pair.split("=", 1) for pair in pairs)


def fields_of(found: ContainerInfo | ObjectInfo) -> dict[str, object]:
    """What a store tells, by field, without the library's own mark of a write; a time also as ISO 8601 has it."""
    import dataclasses

    fields: dict[str, object] = dataclasses.asdict(found)
    fields.pop("write_id", None)
    modified = getattr(found, "last_modified_at", None)
    return fields if modified is None else {**fields, "last_modified_at": modified.isoformat()}
