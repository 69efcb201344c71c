"""Conditions of requests ("Request preconditions"): by generation and metageneration, each to match or not to."""

from __future__ import annotations

from collections.abc import Mapping

from .refusals import condition_failed, invalid, not_modified
from .state import Stored

_HEADERS = {
    "ifGenerationMatch": "x-goog-if-generation-match",
    "ifMetagenerationMatch": "x-goog-if-metageneration-match",
}


def check(query: Mapping[str, str], stored: Stored | None, *, source: bool = False, reading: bool = False) -> None:
    """Hold the conditions of a query against what is stored; 0 as a generation: nothing is.

    Args:
        source: Those of the source of a copy.
        reading: What does not match is 304 then.
    """
    prefix = "ifSource" if source else "if"
    for what, found in (
        ("Generation", stored.generation if stored else 0),
        ("Metageneration", stored.metageneration if stored else 0),
    ):
        if (wanted := query.get(f"{prefix}{what}Match")) is not None and _number(wanted) != found:
            raise condition_failed()
        if (other := query.get(f"{prefix}{what}NotMatch")) is not None and _number(other) == found:
            raise not_modified() if reading else condition_failed()


def of_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """The same conditions as the XML API has them ("HTTP headers and query string parameters for XML API")."""
    return {name: headers[header] for name, header in _HEADERS.items() if header in headers}


def _number(text: str) -> int:
    if not text.isdecimal():
        raise invalid(f"Invalid value '{text}' for a generation.")
    return int(text)
