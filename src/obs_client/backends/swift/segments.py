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

from obs_client._http.errors import StrangeAnswer
from obs_client._http.kit.fork import ForkLock
from obs_client._http.kit.json_answer import parse_json
from obs_client.backend.integrity import ContentDigest
from obs_client.backends.swift.errors import REFUSED, UNSEEN, classify, status_of
from obs_client.backends.swift.facts import TOLD_MANIFESTS
from obs_client.backends.swift.headers import is_manifest, number, upload_id
from obs_client.backends.swift.listing import all_rows
from obs_client.backends.swift.requests import SwiftHttp
from obs_client.errors import TemporaryError

CONTAINER_NAME_MAXIMUM = 256

_LAYOUT = re.compile(r"[0-9a-f]{32}/[0-9]{8}")
_UPLOAD = re.compile(r"[0-9a-f]{32}")
_CONTENT_TYPE = "application/x-obs-segment;object="

REMEMBERED = 60.0
"""Seconds for which it is remembered whether a container has segments."""

MARK = "X-Container-Meta-Obs-Segments"
_VERSIONS = ("x-versions-enabled", "x-versions-location", "x-history-location")

_POLICY_REFUSED = (400, 409, 412, 422)
"""Answers to a storage policy that the store does not have, or not for this user."""


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


class UntoldManifest(StrangeAnswer):
    """The store says that an object is a static large object, but not of which segments."""


def read_manifest(http: SwiftHttp, container: str, name: str) -> list[dict[str, Any]]:
    """The entries of what is known to be a manifest; see `manifest_and_headers`."""
    return manifest_and_headers(http, container, name)[1]


def manifest_and_headers(
    http: SwiftHttp, container: str, name: str, version: str | None = None
) -> tuple[Mapping[str, str], list[dict[str, Any]]]:
    """The headers and entries of what is known to be a manifest; none if it was replaced by another object meanwhile.

    Raises:
        UntoldManifest: The store does not tell them.
    """
    query = "multipart-manifest=get" + (f"&version-id={quote(version, safe='')}" if version else "")
    exchange = http.call("get_object", container, name, resp_chunk_size=1, query_string=query)
    content = exchange.getresponse().read() if is_manifest(exchange.headers) else b""
    exchange.answer.close()
    if not content:
        if http.keeps(TOLD_MANIFESTS):
            return exchange.headers, []
        http.facts.learn(TOLD_MANIFESTS, False)
        raise UntoldManifest(f"the store does not report which segments the large object {name!r} has")
    entries = parse_json(content)
    if not isinstance(entries, list):
        raise StrangeAnswer(f"the manifest of {name!r} is not a JSON array")
    if not http.keeps(TOLD_MANIFESTS):
        http.facts.learn(TOLD_MANIFESTS, True)
    return exchange.headers, [entry for entry in entries if isinstance(entry, dict)]


def own_segments(entries: Sequence[dict[str, Any]], container: str) -> list[str]:
    """The names of those segments of our layout that are in our place."""
    start = f"/{segments_container(container)}/"
    names = [str(entry.get("name", "")) for entry in entries]
    return [name[len(start) :] for name in names if name.startswith(start) and upload_id_of(name[len(start) :])]


def digest_of(entries: Sequence[dict[str, Any]], object_hash: str | None) -> ContentDigest | None:
    """What each segment must hash to; None if some are ranges or manifests, or the manifest is another object's."""
    if not entries or any("range" in entry or entry.get("sub_slo") for entry in entries):
        return None
    sizes, values = zip(*map(_size_and_hash, entries), strict=True)
    if not all(isinstance(size, int) for size in sizes) or tag_of_segments(values) != object_hash:
        return None
    return ContentDigest("md5", sizes, values)


def tag_of_segments(values: Iterable[str]) -> str:
    """The tag of a large object of segments with these tags."""
    return hashlib.md5("".join(values).encode(), usedforsecurity=False).hexdigest()


def _size_and_hash(entry: dict[str, Any]) -> tuple[Any, str]:
    if "data" in entry:
        try:
            content = base64.b64decode(str(entry["data"]), validate=True)
        except ValueError:
            return None, ""  # nothing is known of it
        return len(content), hashlib.md5(content, usedforsecurity=False).hexdigest()
    return entry.get("bytes"), str(entry.get("hash", ""))


def marked_segments(http: SwiftHttp, container: str, upload: str | None) -> list[dict[str, Any]]:
    """The rows of the segments of one upload; none without its id, since nothing shows then which they are."""
    if upload is None or not _UPLOAD.fullmatch(upload):
        return []
    place = segments_container(container)
    return [row for row in all_rows(http, place, f"&prefix={upload}/") if upload_id_of(row["name"]) == upload]


def keeps_versions(headers: Mapping[str, str]) -> bool:
    """Whether a container keeps, or once kept, replaced objects: their manifests go on naming segments."""
    return any(name in headers for name in _VERSIONS)


class Segments:
    """The segments of all containers of one client."""

    def __init__(self, http: SwiftHttp) -> None:
        self._http = http
        self._known: dict[str, tuple[bool, float]] = {}
        self._locations: dict[str, tuple[str | None, float]] = {}
        self._seen: dict[tuple[str, str], tuple[str | None, ...]] = {}
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
            if status_of(error) not in UNSEEN:
                raise
            return self._remember(container, False)
        return self._remember(container, True)

    def versions_location(self, container: str) -> str | None:
        """Where the container keeps older versions, of which the newest comes back when the object is deleted.

        As was true within the last minute; None: it keeps none, or none that come back, or who may only write asks.
        """
        found, at = self._locations.get(container, (None, -REMEMBERED))
        if time.monotonic() - at >= REMEMBERED:
            if not self._http.limits.versions:
                return None
            found = self._ask_location(container)
        return found

    def _ask_location(self, container: str) -> str | None:
        headers = self.look_at(container, UNSEEN)
        return self.note_container(container, headers or {})

    def look_at(self, container: str, unseen: Sequence[int]) -> Mapping[str, str] | None:
        """The headers of a container, from which it is noted where it keeps older versions.

        Args:
            unseen: Statuses that give None in place of an error.
        """
        try:
            headers = self._http.call("head_container", container).headers
        except Exception as error:
            if status_of(error) not in unseen:
                raise
            return None
        self.note_container(container, headers)
        return headers

    def note_container(self, container: str, headers: Mapping[str, str]) -> str | None:
        """Remember where a container keeps older versions, as its headers say."""
        found = headers.get("x-versions-location")
        self._locations[container] = found, time.monotonic()
        return found

    def is_still_seen(self, container: str, name: str) -> bool:
        """Whether the object to be deleted is that of the try before, whose answer was lost, or this is the first.

        A deletion that is repeated would delete the version that came back.
        """
        try:
            headers = self._http.call("head_object", container, name, headers={"X-Newest": "true"}).headers
        except Exception as error:
            if status_of(error) not in UNSEEN:
                raise
            return status_of(error) != 404
        now = tuple(headers.get(name) for name in ("x-timestamp", "etag", "last-modified"))
        if self._seen.setdefault((container, name), now) == now:
            return True
        self.forget_seen(container, name)
        return False

    def forget_seen(self, container: str, name: str) -> None:
        """The deletion has ended."""
        self._seen.pop((container, name), None)

    def size(self, container: str) -> int | None:
        """Bytes of all segments of the container's objects; None: the store does not say."""
        if not self.exist(container):
            return 0
        try:
            headers = self._http.call("head_container", segments_container(container)).headers
        except Exception as error:
            if status_of(error) != 404:
                raise
            return 0
        return number(headers, "x-container-bytes-used")

    def provide(self, container: str) -> None:
        """Make the place for segments, with the container's storage policy; raises 404 if the container is absent.

        Who may write into both, but neither look nor make any, goes on: the first segment shows whether there is one.
        """
        headers = self.look_at(container, REFUSED) or {}
        self.forget(container)
        if not self.exist(container) and self._make(segments_container(container), headers.get("x-storage-policy")):
            self._remember(container, True)

    def _make(self, place: str, policy: str | None) -> bool:
        """Create a container; False: that is not allowed. The policy is left out where it is not taken."""
        try:
            self._http.call(
                "put_container", place, headers={MARK: "true"} | ({"X-Storage-Policy": policy} if policy else {})
            )
        except Exception as error:
            if status_of(error) in REFUSED:
                return False
            if policy is None or status_of(error) not in _POLICY_REFUSED:
                raise
            return self._make(place, None)
        return True

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
            headers = self._http.call("head_object", container, name).headers
            return self.of_manifest(container, name, headers) if is_manifest(headers) else []
        except Exception as error:
            if status_of(error) not in UNSEEN:
                raise
            return []

    def of_manifest(self, container: str, name: str, headers: Mapping[str, str]) -> list[str]:
        """Our segments that a manifest names; where the store does not tell them, those of its mark.

        Args:
            headers: Of the manifest's HEAD.
        """
        try:
            return own_segments(read_manifest(self._http, container, name), container)
        except UntoldManifest:
            rows = marked_segments(self._http, container, upload_id(headers))
            return [row["name"] for row in rows if object_of(row.get("content_type")) == name]

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
