"""What an object's content is: its own, or that of the segments that it names."""

from __future__ import annotations

import dataclasses

from .refusals import Refusal
from .state import Account, Stored, md5
from .ways import Ways


@dataclasses.dataclass(frozen=True)
class Content:
    """What a GET gives.

    Attributes:
        etag: As the header has it; empty: it is not told.
        length_told: Else the content comes in chunks, and a HEAD says 0.
        whole: Bytes up to the first segment that cannot be read; None: all can.
    """

    data: bytes
    etag: str
    length_told: bool = True
    whole: int | None = None


def content_of(account: Account, stored: Stored, ways: Ways) -> Content:
    """The content of an object."""
    if stored.segments:
        return _static(account, stored)
    if stored.dynamic:
        return _dynamic(account, stored, ways)
    return Content(stored.content, stored.etag)


def size_of(account: Account, stored: Stored, ways: Ways) -> int:
    """Bytes of an object's content."""
    if stored.segments:
        return sum(segment.length for segment in stored.segments)
    return len(_dynamic(account, stored, ways).data) if stored.dynamic else len(stored.content)


def _static(account: Account, stored: Stored) -> Content:
    data, whole = bytearray(), None
    for segment in stored.segments:
        place = account.containers.get(segment.container)
        found = place.objects.get(segment.name) if place else None
        if found is None or found.etag != segment.etag:
            if not data:
                raise Refusal(409)
            whole = len(data) if whole is None else whole
            data += bytes(segment.length)
        else:
            data += found.content[segment.start : segment.stop]
    return Content(bytes(data), f'"{stored.manifest_etag}"', whole=whole)


def _dynamic(account: Account, stored: Stored, ways: Ways) -> Content:
    container, _, prefix = stored.dynamic.partition("/")
    place = account.containers.get(container)
    names = sorted(name for name in place.objects if name.startswith(prefix)) if place else []
    segments = [place.objects[name] for name in names] if place else []
    data = b"".join(segment.content for segment in segments)
    if len(segments) > ways.page_size:
        # More than a page of a listing: neither the length nor the tag is known when the response begins.
        return Content(data, "", length_told=False)
    tag = md5("".join(segment.etag for segment in segments).encode())
    return Content(data, f'"{tag}"')
