"""GET, HEAD, PUT, POST and DELETE of objects."""

from __future__ import annotations

import math
import re
import time
from urllib.parse import quote, unquote

from test.loopback.serving import Request, Response, http_date

from . import attributes
from .content import Content, content_of
from .copies import Copies
from .manifests import Manifests
from .place import Place, split
from .refusals import Refusal, absent
from .state import Account, State, Stored, md5
from .versions import remove, replace
from .ways import Ways

_RANGE = re.compile(r"bytes=(\d*)-(\d*)", re.ASCII)


class Objects:
    """The operations on objects."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._ways = state.ways
        self._manifests = Manifests(state)
        self._copies = Copies(state)

    def get(self, request: Request, place: Place) -> Response:
        """GET and HEAD."""
        with self._state.lock:
            account = self._state.account(place.account)
            stored = self._followed(account, place)
            if request.query.get("multipart-manifest") == "get" and (stored.segments or stored.dynamic):
                return self._manifests.get(stored, told(stored, self._ways))
            content = content_of(account, stored, self._ways)
        headers = {**told(stored, self._ways), **({"Etag": content.etag} if content.etag else {})}
        _check_conditions(request, content, stored)
        return self._sent(request, content, headers)

    def put(self, request: Request, place: Place) -> Response:
        """PUT: of content, of a manifest, or of a copy."""
        self._check_name(place)
        if "x-copy-from" in request.headers:
            return self._copies.copy(request, place, *split(unquote(request.header("x-copy-from"))))
        with self._state.lock:
            found = self._state.account(place.account).container(place.container).objects.get(place.name)
        self._check_absent(request, found)
        if request.query.get("multipart-manifest") == "put":
            return self._manifests.put(request, place)
        if len(request.body) > self._ways.file_maximum:
            raise Refusal(413)
        tag = md5(request.body)
        if request.header("etag") and request.header("etag").strip('"') != tag:
            raise Refusal(422)
        stored = Stored(
            request.body,
            tag,
            attributes.content_type(request.headers, place.name, self._ways),
            attributes.of_object(request.headers, self._ways),
            time.time(),
            dynamic=unquote(request.header("x-object-manifest")) if self._ways.dynamic else "",
            link=unquote(request.header("x-symlink-target")),
        )
        with self._state.lock:
            replace(self._state.account(place.account), place, stored)
        return Response(201, {"Etag": tag, "Last-Modified": http_date(math.ceil(stored.modified))})

    def copy(self, request: Request, place: Place) -> Response:
        """COPY."""
        container, name = split(unquote(request.header("destination")))
        target = Place(place.account, container, name)
        return self._copies.copy(request, target, place.container, place.name)

    def post(self, request: Request, place: Place) -> Response:
        """POST: other metadata in place of the old."""
        if self._ways.post_seconds:
            time.sleep(self._ways.post_seconds)
        with self._state.lock:
            account = self._state.account(place.account)
            stored = account.stored(place.container, place.name)
            if stored.link:
                where = f"{request.raw_path.rsplit('/', place.name.count('/') + 2)[0]}/{quote(stored.link)}"
                raise Refusal(307, headers={"Location": where})
            kept = attributes.headers_alone(stored.headers) if self._ways.post_keeps_headers else {}
            headers = {**kept, **attributes.of_object(request.headers, self._ways)}
            changed = Stored(
                stored.content,
                stored.etag,
                request.header("content-type") or stored.content_type,
                headers,
                time.time(),
                stored.segments,
                stored.dynamic,
            )
            account.container(place.container).objects[place.name] = changed
        return Response(202)

    def delete(self, request: Request, place: Place) -> Response:
        """DELETE; with its segments if that is asked for."""
        with self._state.lock:
            account = self._state.account(place.account)
            if request.query.get("multipart-manifest") == "delete":
                return self._manifests.delete(request, account, place)
            container = account.container(place.container)
            gone = container.objects.get(place.name)
            if gone is None:
                raise absent()
            remove(account, place)
            if gone.expired:
                raise absent()
        return Response(204)

    def _followed(self, account: Account, place: Place) -> Stored:
        stored = account.stored(place.container, place.name)
        return account.stored(*split(stored.link)) if stored.link else stored

    def _check_absent(self, request: Request, found: Stored | None) -> None:
        condition = request.header("if-none-match")
        if not condition or not self._ways.if_none_match:
            return
        if condition != "*":
            raise Refusal(400, "If-None-Match only supports *")
        if found is not None and not found.expired:
            raise Refusal(412)

    def _check_name(self, place: Place) -> None:
        if len(place.name.encode()) > self._ways.name_maximum:
            raise Refusal(400, f"Object name length of {len(place.name)} longer than {self._ways.name_maximum}")

    def _sent(self, request: Request, content: Content, headers: dict[str, str]) -> Response:
        data = content.data
        if not content.length_told:
            return Response(200, headers, b"" if request.method == "HEAD" else data, chunked=request.method != "HEAD")
        span = None if request.method == "HEAD" else _span(request.header("range"), len(data), self._ways)
        if span is None:
            return Response(200, headers, data, cut=content.whole if request.method == "GET" else None)
        headers["Content-Range"] = f"bytes {span[0]}-{span[1] - 1}/{len(data)}"
        cut = None if content.whole is None or content.whole >= span[1] else max(0, content.whole - span[0])
        return Response(206, headers, data[slice(*span)], cut=cut)


def told(stored: Stored, ways: Ways) -> dict[str, str]:
    """The headers that tell of an object."""
    headers = {
        "Content-Type": stored.content_type or "binary/octet-stream",
        "Etag": stored.etag,
        "Last-Modified": http_date(math.ceil(stored.modified)),
        "X-Timestamp": f"{stored.modified:.5f}",
        "Accept-Ranges": "bytes",
        **{name.title(): value for name, value in stored.headers.items()},
    }
    if stored.segments:
        headers |= {"X-Static-Large-Object": "True"}
        headers |= {} if ways.manifest_shown else {"X-Manifest-Etag": stored.etag}
    if stored.dynamic:
        headers["X-Object-Manifest"] = quote(stored.dynamic)
    return headers


def _check_conditions(request: Request, content: Content, stored: Stored) -> None:
    tag = content.etag.strip('"')
    wanted, known = request.header("if-match"), request.header("if-none-match")
    if wanted and not _names(wanted, tag):
        raise Refusal(412)
    if known and _names(known, tag):
        raise Refusal(304, headers={"Etag": content.etag})


def _names(condition: str, tag: str) -> bool:
    return any(each.strip().strip('"') in ("*", tag) for each in condition.split(","))


def _span(header: str, size: int, ways: Ways) -> tuple[int, int] | None:
    """The first byte and the one behind the last; None: all of it."""
    match = _RANGE.fullmatch(header)
    if not match or not (match[1] or match[2]):
        return None
    start = int(match[1]) if match[1] else max(size - int(match[2]), 0)
    stop = int(match[2]) + 1 if match[1] and match[2] else size
    if stop <= start < size:
        return None
    if not match[1] and size == 0 and match[2] != "0" and ways.empty_ranges:
        return None
    if start >= size or (not match[1] and match[2] == "0"):
        raise Refusal(416, headers={"Content-Range": f"bytes */{size}"})
    return start, min(stop, size)
