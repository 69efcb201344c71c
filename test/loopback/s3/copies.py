"""CopyObject, and the sources of copies."""

from __future__ import annotations

import datetime as dt
import time
from urllib.parse import unquote

from test.loopback.serving import Request, Response

from . import attributes, conditions, digests, documents
from .objects import publish
from .operations import folded
from .refusals import invalid
from .state import State, Stored, check_key
from .ways import MEBIBYTE, Ways


class Copies:
    """Copies that are one request."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._ways = state.ways

    def copy(self, request: Request, bucket: str, key: str) -> Response:
        """CopyObject."""
        check_key(key, self._ways.name_maximum)
        source_bucket, source_key = source_of(request, self._ways)
        with self._state.lock:
            size = len(self._state.stored(source_bucket, source_key).content)
        time.sleep(self._ways.copy_seconds + (size / MEBIBYTE / self._ways.copy_speed if self._ways.copy_speed else 0))
        with self._state.lock:
            source = self._state.stored(source_bucket, source_key)
            conditions.check_source(request.headers, source, self._ways.copy_source_conditions)
            target = self._state.bucket(bucket)
            replaces = request.header("x-amz-metadata-directive").upper() == "REPLACE"
            if (source_bucket, source_key) == (bucket, key) and not replaces:
                message = (
                    "This copy request is illegal because it is trying to copy an object to itself without changing it"
                )
                raise invalid(message)
            if len(source.content) > self._ways.copy_maximum:
                message = "The specified copy source is larger than the maximum allowable size for a copy source"
                raise invalid(f"{message}: {self._ways.copy_maximum}")
            kept = attributes.of_copy(request.headers, source.headers, target, self._ways)
        stored = self._copied(request, source, kept)
        publish(self._state, request, bucket, key, stored, self._ways.copy_conditions)
        fields: list[documents.Tree] = [
            ("LastModified", stamp(stored.modified)),
            ("ETag", result_tag(stored.etag, self._ways)),
        ]
        return Response(200, {}, documents.write(("CopyObjectResult", fields), self._ways))

    def _copied(self, request: Request, source: Stored, kept: dict[str, str]) -> Stored:
        """The copy is one that was written at once, whatever its source is."""
        tag = digests.etag("random" if attributes.is_encrypted_by_key(kept) else self._ways.etags, source.content)
        tags = source.tags
        if request.header("x-amz-tagging-directive").upper() == "REPLACE":
            tags = request.header("x-amz-tagging")
        checksums = {}
        if source.checksums:
            checksums = {
                "x-amz-checksum-crc32": digests.encoded(digests.crc32(source.content)),
                "x-amz-checksum-type": "FULL_OBJECT",
            }
        return Stored(source.content, tag, kept, time.time(), (), checksums, tags)


def result_tag(etag: str, ways: Ways) -> str:
    """An ETag as documents of results have it."""
    return f'"{etag}"' if ways.quoted_results else etag


def source_of(request: Request, ways: Ways) -> tuple[str, str]:
    """Container and name of the source of a copy."""
    path = unquote(request.header("x-amz-copy-source").partition("?")[0], errors="strict")
    bucket, _, key = path.removeprefix("/").partition("/")
    if not key:
        raise invalid("Copy Source must mention the source bucket and key: sourcebucket/sourcekey", "InvalidArgument")
    return bucket, folded(key, ways)


def stamp(moment: float) -> str:
    """A time as documents have it."""
    return (
        dt.datetime.fromtimestamp(moment, dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{int(moment * 1000) % 1000:03d}Z"
    )
