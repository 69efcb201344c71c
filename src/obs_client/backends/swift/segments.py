"""Static large objects: their segments, the manifests that name them, and what of them has come to its end.

Segments that this library writes are called `<random id>/<number>` in the container `<container>_segments`; their
content type tells whose they are, so that a listing does.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import re
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote, unquote

from obs_client._http.kit.fork import ForkLock
from obs_client._http.kit.json_answer import parse_json
from obs_client.backend.integrity import ContentDigest
from obs_client.backends.swift.errors import classify, status_of
from obs_client.backends.swift.headers import is_manifest
from obs_client.backends.swift.requests import SwiftHttp
from obs_client.errors import TemporaryError

CONTAINER_NAME_MAXIMUM = 256

_LAYOUT = re.compile(r"[0-9a-f]{32}/[0-9]{8}")
_CONTENT_TYPE = "application/x-obs-segment;object="

REMEMBERED = 60.0
"""Seconds for which it is remembered whether a container has segments."""

MARK = "X-Container-Meta-Obs-Segments"
_VERSIONS = ("x-versions-enabled", "x-versions-location", "x-history-location")

_UNSEEN = (403, 404)
"""Answers for what is not there, and for what who may only write may not look at."""


def segments_container(container: str) -> str:
    """Where the segments of a container's objects are."""
    name = f"{container}_segments"
    if len(name.encode()) <= CONTAINER_NAME_MAXIMUM:
        return name
    return hashlib.sha256(container.encode()).hexdigest()[:32] + "_segments"


def segment_name(upload_id: str, number: int) -> str:
    """The name of a segment; `number` counts from 1."""
    return f"{upload_id}/{number:08d}"


def upload_id_of(segment: str) -> str | None:
    """The random id in a segment's name, or None if it is not of our layout."""
    return segment.partition("/")[0] if _LAYOUT.fullmatch(segment) else None


def segment_type(object_name: str) -> str:
    """The content type of an object's segments."""
    return _CONTENT_TYPE + quote(object_name, safe="")


def object_of(content_type: str | None) -> str | None:
    """The name of the object that a segment with this content type was written for, or None."""
    if content_type is None or not content_type.startswith(_CONTENT_TYPE):
        return None
    return unquote(content_type.removeprefix(_CONTENT_TYPE))


def read_manifest(http: SwiftHttp, container: str, name: str, version: str | None = None) -> list[dict[str, Any]]:
    """The entries of a manifest as Swift tells them; empty if the object is none."""
    query = "multipart-manifest=get" + (f"&version-id={quote(version, safe='')}" if version else "")
    exchange = http.call("get_object", container, name, resp_chunk_size=1, query_string=query)
    if not is_manifest(exchange.headers):
        exchange.answer.close()
        return []
    entries = parse_json(exchange.getresponse().read())
    return [entry for entry in entries if isinstance(entry, dict)]


def own_segments(entries: Sequence[dict[str, Any]], container: str) -> list[str]:
    """The names of those segments of our layout that are in our place."""
    start = f"/{segments_container(container)}/"
    names = [str(entry.get("name", "")) for entry in entries]
    return [name[len(start) :] for name in names if name.startswith(start) and upload_id_of(name[len(start) :])]


def digest_of(entries: Sequence[dict[str, Any]], object_hash: str | None) -> ContentDigest | None:
    """What each segment must hash to; None if some are ranges or manifests, or the manifest is another object's."""
    if not entries or any("range" in entry or entry.get("sub_slo") for entry in entries):
        return None
    parts = [_size_and_hash(entry) for entry in entries]
    whole = hashlib.md5("".join(value for _, value in parts).encode(), usedforsecurity=False).hexdigest()
    if whole != object_hash:
        return None
    return ContentDigest("md5", tuple(size for size, _ in parts), tuple(value for _, value in parts))


def _size_and_hash(entry: dict[str, Any]) -> tuple[int, str]:
    if "data" in entry:
        content = base64.b64decode(entry["data"])
        return len(content), hashlib.md5(content, usedforsecurity=False).hexdigest()
    return int(entry.get("bytes", 0)), str(entry.get("hash", ""))


def keeps_versions(headers: Mapping[str, str]) -> bool:
    """Whether a container keeps, or once kept, replaced objects: their manifests go on naming segments."""
    return any(name in headers for name in _VERSIONS)


class Segments:
    """The segments of all containers of one client."""

    def __init__(self, http: SwiftHttp) -> None:
        self._http = http
        self._known: dict[str, tuple[bool, float]] = {}
        self._owed: dict[tuple[str, str], list[str]] = {}
        self._unanswered: set[tuple[str, str]] = set()
        self._discarded: dict[str, deque[str]] = {}
        self._turns = ForkLock()  # threads that ask at once ask the store once

    def exist(self, container: str) -> bool:
        """Whether the container has a place for segments, as was true within the last minute."""
        with self._turns:
            found, at = self._known.get(container, (False, -REMEMBERED))
            if time.monotonic() - at < REMEMBERED:
                return found
            return self._ask(container)

    def _ask(self, container: str) -> bool:
        try:
            self._http.call("head_container", segments_container(container))
        except Exception as error:
            if status_of(error) not in _UNSEEN:
                raise
            return self._remember(container, False)
        return self._remember(container, True)

    def size(self, container: str) -> int:
        """Bytes of all segments of the container's objects."""
        if not self.exist(container):
            return 0
        try:
            headers = self._http.call("head_container", segments_container(container)).headers
        except Exception as error:
            if status_of(error) != 404:
                raise
            return 0
        return int(headers["x-container-bytes-used"])

    def provide(self, container: str) -> None:
        """Make the place for segments, with the container's storage policy; raises 404 if the container is absent."""
        policy = self._http.call("head_container", container).headers.get("x-storage-policy")
        self.forget(container)
        if not self.exist(container):
            headers = {MARK: "true"} | ({"X-Storage-Policy": policy} if policy else {})
            self._http.call("put_container", segments_container(container), headers=headers)
            self._remember(container, True)

    def forget(self, container: str) -> None:
        """Look again at the next question."""
        self._known.pop(container, None)

    def _remember(self, container: str, found: bool) -> bool:
        self._known[container] = found, time.monotonic()
        return found

    def named_by(self, container: str, name: str) -> list[str]:
        """Our segments that an object names, if it is a manifest: to be asked before it is replaced or deleted."""
        if not self.exist(container):
            return []
        try:
            if not is_manifest(self._http.call("head_object", container, name).headers):
                return []
            return own_segments(read_manifest(self._http, container, name), container)
        except Exception as error:
            if status_of(error) not in _UNSEEN:
                raise
            return []

    def owe(self, container: str, name: str, names: Sequence[str]) -> None:
        """Remember what is to be removed with an object: after a lost answer another try does not find it any more."""
        if names:
            owed = self._owed.get((container, name), [])
            self._owed[container, name] = [*owed, *(each for each in names if each not in owed)]

    def settle(self, container: str, name: str) -> list[str]:
        """What is owed, which is then forgotten."""
        return self._owed.pop((container, name), [])

    @contextlib.contextmanager
    def replacing(self, container: str, name: str) -> Iterator[None]:
        """Around a request that replaces or deletes an object: afterwards the segments that it named are discarded."""
        self.owe(container, name, self.named_by(container, name))
        try:
            yield
        except Exception as error:
            if classify(error) is TemporaryError:
                self._unanswered.add((container, name))
            else:
                self.settle(container, name)
            raise
        self.discard(container, self.settle(container, name))

    def discard_unanswered(self, container: str) -> None:
        """Discard what was owed for requests whose answers were lost, and which are seen to be done after all."""
        for place in [place for place in list(self._unanswered) if place[0] == container]:
            named = self.named_by(*place) if place in self._owed else []
            self._unanswered.discard(place)
            self.discard(container, [name for name in self.settle(*place) if name not in named])

    def discard(self, container: str, names: Iterable[str], spared: str = "") -> None:
        """Have what a manifest named that is no more removed, when `_tidy` is called next.

        Args:
            spared: The id of an upload whose segments stay.
        """
        self._discarded.setdefault(container, deque()).extend(name for name in names if upload_id_of(name) != spared)

    def take_discarded(self, container: str) -> list[str]:
        """What was discarded, which is then forgotten."""
        return list(self._taken(container))

    def _taken(self, container: str) -> Iterator[str]:
        discarded = self._discarded.get(container)
        while discarded:
            with contextlib.suppress(IndexError):  # another thread was faster
                yield discarded.popleft()

    def remove_place(self, container: str) -> None:
        """Remove the place for segments of a deleted container, if it is empty and this library made it."""
        place = segments_container(container)
        try:
            if MARK.lower() in self._http.call("head_container", place).headers:
                self._http.call("delete_container", place)
        except Exception as error:
            if status_of(error) not in (404, 409):
                raise
        self.forget(container)
