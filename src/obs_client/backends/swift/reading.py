"""Reading an object or a range of it."""

from __future__ import annotations

import dataclasses
from urllib.parse import quote, unquote_to_bytes

from obs_client._http.answer import HttpAnswer
from obs_client._http.errors import StrangeAnswer
from obs_client._http.kit.calls.opening import Opening
from obs_client._http.kit.calls.queries import headers_of
from obs_client._http.kit.etags import quoted_etag
from obs_client.backend.integrity import ContentDigest
from obs_client.backends.swift.errors import UNSEEN, status_of
from obs_client.backends.swift.facts import OPENSTACK
from obs_client.backends.swift.headers import (
    content_length,
    is_manifest,
    is_plain,
    is_unmeasured,
    object_info,
    upload_id,
)
from obs_client.backends.swift.listing import all_rows, sum_of_sizes
from obs_client.backends.swift.requests import SwiftHttp
from obs_client.backends.swift.segments import UntoldManifest, digest_of, marked_segments, read_manifest
from obs_client.errors import IntegrityError, PreconditionError
from obs_client.models import ObjectInfo

NOT_MODIFIED = 304


def look_at(http: SwiftHttp, container: str, name: str) -> ObjectInfo:
    """An object by its HEAD, and if that does not measure it by the listing of its segments."""
    try:
        headers = http.call("head_object", container, name).headers
    except Exception as error:
        if status_of(error) == 409:
            raise broken_manifest(name) from error
        raise
    info = object_info(name, headers, content_length(headers))
    if is_unmeasured(headers):
        return dataclasses.replace(info, size=_size_of_segments(http, headers["x-object-manifest"]))
    return info


def _size_of_segments(http: SwiftHttp, manifest: str) -> int | None:
    """Bytes of all segments of a dynamic large object; None: they cannot be listed.

    Args:
        manifest: Container and prefix, as the header has them.
    """
    try:
        container, _, prefix = unquote_to_bytes(manifest.encode("latin-1")).decode().partition("/")
    except UnicodeDecodeError:  # no store has such names
        return None
    try:
        return sum_of_sizes(all_rows(http, container, f"&prefix={quote(prefix, safe='')}"))
    except Exception as error:
        if status_of(error) not in UNSEEN:
            raise
        return None


class ObjectOpening(Opening[SwiftHttp]):
    """One object that is to be read."""

    def _ask(self, part: str | None) -> HttpAnswer | None:
        unless = None if self.known is None else quoted_etag(self.known)
        headers = headers_of(("Range", part), ("If-None-Match", unless))
        try:
            return _get(self.requests, self.container, self.name, headers)
        except Exception as error:
            if status_of(error) == 416:
                return None
            lost = status_of(error) == 404 and _is_there(self.requests, self.container, self.name)
            if lost or status_of(error) == 409:
                raise broken_manifest(self.name) from error
            raise

    def _look(self) -> ObjectInfo:
        info = look_at(self.requests, self.container, self.name)
        self._check_hash(info)
        return info

    def _info_of(self, answer: HttpAnswer, size: int | None) -> ObjectInfo:
        info = object_info(self.name, answer.headers, size)
        if self.if_hash is not None:
            self._check_hash(info if info.hash is not None else look_at(self.requests, self.container, self.name))
        return info

    def _check_hash(self, info: ObjectInfo) -> None:
        """Compare what is told: Swift's own If-Match judges a copied large object by its source's hash."""
        if self.if_hash is not None and info.hash != self.if_hash:
            raise PreconditionError(f"the object's hash is {info.hash!r}, not {self.if_hash!r}")

    def _digest_of(self, answer: HttpAnswer, info: ObjectInfo) -> ContentDigest | None:
        if is_plain(answer.headers) and info.hash is not None:
            return ContentDigest("md5", () if info.size is None else (info.size,), (info.hash,))
        if not is_manifest(answer.headers):
            return None
        try:
            entries = read_manifest(self.requests, self.container, self.name)
        except UntoldManifest:
            entries = marked_segments(self.requests, self.container, upload_id(answer.headers))
        digest = digest_of(entries, info.hash)
        if digest and info.size is not None and sum(digest.part_sizes) != info.size:
            raise StrangeAnswer(f"{info.size:,} bytes were reported where the manifest has {sum(digest.part_sizes):,}")
        return digest


def _get(http: SwiftHttp, container: str, name: str, headers: dict[str, str]) -> HttpAnswer:
    """The answer whose body is still to be read.

    A large object whose first segment cannot be read is answered by 409, also if it is for a token that ran out at
    that moment: asked again, the answer tells which.
    """
    try:
        return http.call("get_object", container, name, resp_chunk_size=1, headers=headers).answer
    except Exception as error:
        if status_of(error) != 409:
            raise
    return http.call("get_object", container, name, resp_chunk_size=1, headers=headers).answer


def _is_there(http: SwiftHttp, container: str, name: str) -> bool:
    """Whether what cannot be read is there, as a large object of lost segments is in a server that answers 404 then."""
    if http.keeps(OPENSTACK):
        return False
    try:
        return is_manifest(http.call("head_object", container, name).headers)
    except Exception as error:
        if status_of(error) != 404:
            raise
        return False


def broken_manifest(name: str) -> IntegrityError:
    """The error for a large object whose content is not what its manifest says."""
    return IntegrityError(f"a segment of the large object {name!r} is missing or was changed; its content is lost")
