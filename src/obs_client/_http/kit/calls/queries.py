"""Queries and headers of requests, from pairs of which some may be None."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from obs_client.models import Attributes


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


def content_headers(attributes: Attributes) -> dict[str, str]:
    """The headers of HTTP that an object carries with its content (RFC 9110, 8; `Cache-Control`: RFC 9111, 5.2)."""
    return headers_of(
        ("Content-Type", attributes.content_type),
        ("Content-Encoding", attributes.content_encoding),
        ("Content-Disposition", attributes.content_disposition),
        ("Content-Language", attributes.content_language),
        ("Cache-Control", attributes.cache_control),
    )
