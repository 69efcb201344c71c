"""Entity tags: `"abc"` in headers and documents, `abc` as an object's hash."""

from __future__ import annotations

from collections.abc import Mapping


def bare_etag(text: str) -> str:
    """A tag as it came, without its quotes and the mark of a weak one."""
    return text.removeprefix("W/").strip('"')


def etag_of(headers: Mapping[str, str]) -> str | None:
    """The bare tag of an answer, None if it has none."""
    return bare_etag(headers.get("etag", "")) or None


def quoted_etag(hash_: str) -> str:
    """A hash as a condition (`If-Match`) wants it."""
    return f'"{hash_}"'
