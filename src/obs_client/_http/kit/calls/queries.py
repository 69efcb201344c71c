"""Queries and headers of requests, from pairs of which some may be None."""

from __future__ import annotations

from urllib.parse import quote


def query_of(*parts: str | tuple[str, str | int | None]) -> str:
    """The query of a URL: names that stand alone, and names with a value; those with None are left out."""
    texts = []
    for part in parts:
        if isinstance(part, str):
            texts.append(part)
        elif part[1] is not None:
            texts.append(f"{part[0]}={quote(str(part[1]), safe='-._~')}")
    return "&".join(filter(None, texts))


def headers_of(*pairs: tuple[str, str | None]) -> dict[str, str]:
    """Headers; those with None are left out."""
    return {name: value for name, value in pairs if value is not None}
