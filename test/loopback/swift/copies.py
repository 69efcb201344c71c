"""Copies in the store."""

from __future__ import annotations

import math
import re
import time
from urllib.parse import quote

from test.loopback.serving import Request, Response, http_date

from . import attributes
from .content import content_of, size_of
from .place import Place
from .refusals import Refusal
from .state import Account, State, Stored, md5
from .versions import replace

_RANGE = re.compile(r"bytes=(\d+)-(\d+)", re.ASCII)


class Copies:
    """PUT with X-Copy-From, and COPY."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._ways = state.ways

    def copy(self, request: Request, place: Place, container: str, name: str) -> Response:
        """Copy an object to a place."""
        if request.body:
            raise Refusal(400, "Copy requests require a zero byte body")
        if self._ways.copy_seconds:
            time.sleep(self._ways.copy_seconds)
        with self._state.lock:
            account = self._state.account(place.account)
            source = account.stored(container, name)
            account.container(place.container)
            _check_source(request, content_of(account, source, self._ways).etag.strip('"'))
            stored = self._copied(request, account, source)
            replace(account, place, stored)
        headers = {
            "Etag": stored.etag,
            "Last-Modified": http_date(math.ceil(stored.modified)),
            "X-Copied-From": quote(f"{container}/{name}"),
            "X-Copied-From-Last-Modified": http_date(math.ceil(source.modified)),
            **{name.title(): value for name, value in stored.headers.items() if name.startswith(attributes.METADATA)},
        }
        return Response(201, headers)

    def _copied(self, request: Request, account: Account, source: Stored) -> Stored:
        fresh = request.header("x-fresh-metadata").lower() == "true"
        own = attributes.of_object(request.headers, self._ways)
        headers = own if fresh else {**source.headers, **own}
        kind = request.header("content-type") or ("" if fresh else source.content_type)
        as_manifest = request.query.get("multipart-manifest") == "get" or not self._ways.copies_flatten
        if as_manifest and source.segments:
            document = source.content if self._ways.manifest_rows == "sum" else b""
            return Stored(document, source.etag, kind, headers, time.time(), source.segments)
        if size_of(account, source, self._ways) > self._ways.file_maximum and not request.header("range"):
            raise Refusal(413)
        content = content_of(account, source, self._ways)
        if not content.length_told:
            raise Refusal(413)  # a source of unknown size is not copied
        data = content.data
        if match := _RANGE.fullmatch(request.header("range")):
            data = data[int(match[1]) : int(match[2]) + 1]
        return Stored(data, md5(data), kind, headers, time.time())


def _check_source(request: Request, tag: str) -> None:
    """Conditions of a copy are those of its source."""
    wanted, known = request.header("if-match"), request.header("if-none-match")
    if wanted and wanted.strip('"') not in ("*", tag):
        raise Refusal(412)
    if known and known.strip('"') in ("*", tag):
        raise Refusal(304)
