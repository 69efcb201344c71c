"""Static large objects: their manifests, put, told and deleted."""

from __future__ import annotations

import datetime as dt
import json
import math
import time
from typing import Any

from test.loopback.serving import Request, Response, http_date

from . import attributes
from .place import Place, split
from .refusals import Refusal
from .state import Account, Segment, State, Stored, md5
from .versions import remove, replace

EMPTY = md5(b"")


class Manifests:
    """The operations on manifests."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._ways = state.ways

    def put(self, request: Request, place: Place) -> Response:
        """PUT ?multipart-manifest=put."""
        if self._ways.manifest_seconds:
            time.sleep(self._ways.manifest_seconds)
        entries = _read(request.body)
        if len(entries) > self._ways.segments_maximum:
            raise Refusal(413, "Too many segments")
        with self._state.lock:
            account = self._state.account(place.account)
            segments = self._segments(account, entries)
            content = json.dumps([_entry(place.account, each) for each in segments]).encode()
            headers = attributes.of_object(request.headers, self._ways)
            if self._ways.manifest_shown:
                headers["x-object-meta-static-large-object"] = "True"
            kind = attributes.content_type(request.headers, place.name, self._ways)
            etag = md5(content) if self._ways.manifest_rows == "sum" else EMPTY
            stored = Stored(content, etag, kind, headers, time.time(), segments)
            self._check_etag(request, stored)
            replace(account, place, stored)
        tag = f'"{stored.manifest_etag}"'
        return Response(201, {"Etag": tag, "Last-Modified": http_date(math.ceil(stored.modified))})

    def get(self, stored: Stored, headers: dict[str, str]) -> Response:
        """GET and HEAD ?multipart-manifest=get."""
        if stored.dynamic:
            return Response(200, headers, stored.content)
        if not self._ways.manifest_told:
            del headers["X-Static-Large-Object"]
            return Response(200, headers)
        headers = {**headers, "Content-Type": "application/json; charset=utf-8"}
        return Response(200, headers, stored.content)

    def delete(self, request: Request, account: Account, place: Place) -> Response:
        """DELETE ?multipart-manifest=delete: always 200, with what came of it in the body."""
        container = account.container(place.container)
        stored = container.objects.get(place.name)
        if stored is None:
            return _outcome(0, 1)
        if not stored.segments:
            path = f"/{place.container}/{place.name}"
            return _outcome(0, 0, "400 Bad Request", [[path, "Not an SLO manifest"]])
        for segment in stored.segments:
            if segment.container in account.containers:
                account.containers[segment.container].objects.pop(segment.name, None)
        remove(account, place)
        return _outcome(len(stored.segments) + 1, 0)

    def _check_etag(self, request: Request, stored: Stored) -> None:
        told = request.header("etag").strip('"')
        if told and (self._ways.manifest_etag == "refuse" or told != stored.manifest_etag):
            raise Refusal(422)

    def _segments(self, account: Account, entries: list[dict[str, Any]]) -> tuple[Segment, ...]:
        segments, errors = [], []
        for entry in entries:
            container, name = split(str(entry["path"]))
            try:
                stored = account.stored(container, name)
            except Refusal:
                errors.append(f"{entry['path']}, 404 Not Found")
                continue
            if entry.get("etag") not in (None, stored.etag):
                errors.append(f"{entry['path']}, Etag Mismatch")
            elif entry.get("size_bytes") not in (None, len(stored.content)):
                errors.append(f"{entry['path']}, Size Mismatch")
            else:
                segments.append(_segment(container, name, stored, str(entry.get("range", ""))))
        if errors and self._ways.manifest_gone_status != 400 and any("404" in each for each in errors):
            raise Refusal(self._ways.manifest_gone_status)
        if errors:
            raise Refusal(400, "\n".join(["Errors:", *errors]))
        return tuple(segments)


def outcome_body(deleted: int, missing: int, status: str, errors: list[list[str]]) -> bytes:
    """What the response to a deletion of many says."""
    found = {
        "Number Deleted": deleted,
        "Number Not Found": missing,
        "Response Body": "",
        "Response Status": status,
        "Errors": errors,
    }
    return json.dumps(found).encode()


def stamp(moment: float) -> str:
    """A time as listings have it."""
    return dt.datetime.fromtimestamp(moment, dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")


def _outcome(deleted: int, missing: int, status: str = "200 OK", errors: list[list[str]] | None = None) -> Response:
    body = outcome_body(deleted, missing, status, errors or [])
    return Response(200, {"Content-Type": "application/json"}, body)


def _read(body: bytes) -> list[dict[str, Any]]:
    try:
        entries = json.loads(body)
    except ValueError as error:
        raise Refusal(400, "Manifest must be valid JSON.") from error
    if not isinstance(entries, list) or not all(isinstance(each, dict) and "path" in each for each in entries):
        raise Refusal(400, "Invalid SLO manifest")
    return entries


def _segment(container: str, name: str, stored: Stored, asked: str) -> Segment:
    size = len(stored.content)
    start, _, last = asked.partition("-")
    stop = min(int(last) + 1, size) if last else None
    return Segment(
        container,
        name,
        stored.etag,
        size,
        int(start or 0),
        stop,
        stored.content_type or "application/octet-stream",
        stored.modified,
    )


def _entry(account: str, segment: Segment) -> dict[str, Any]:
    entry = {
        "name": f"/{segment.container}/{segment.name}",
        "bytes": segment.size,
        "hash": segment.etag,
        "content_type": segment.content_type,
        "last_modified": stamp(segment.modified),
    }
    if segment.start or segment.stop is not None:
        entry["range"] = f"{segment.start}-{(segment.size if segment.stop is None else segment.stop) - 1}"
    return entry
