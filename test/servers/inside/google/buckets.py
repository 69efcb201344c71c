"""Buckets in the JSON API ("Buckets"), and the listing of objects ("Objects: list")."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from test.loopback.serving import Request, Response

from .refusals import Refusal, invalid, json_response
from .resources import bucket_resource, object_resource, selected
from .state import State

PAGE_MAXIMUM = 1000  # "Objects: list": items and prefixes of a page


class Buckets:
    """What is asked of buckets."""

    def __init__(self, state: State) -> None:
        self._state = state

    def insert(self, request: Request) -> Response:
        """Make one; a project must be named."""
        if not request.query.get("project"):
            raise invalid("Required parameter: project", "MissingSecurityHeader")
        asked = json.loads(request.body)
        found = self._state.create(str(asked["name"]))
        found.hierarchical = asked.get("hierarchicalNamespace", {}).get("enabled", False)
        found.requester_pays = asked.get("billing", {}).get("requesterPays", False)
        found.retained = int(asked.get("retentionPolicy", {}).get("retentionPeriod", 0))
        found.versioned = asked.get("versioning", {}).get("enabled", False)
        return json_response(selected(bucket_resource(found), request.query.get("fields")))

    def list(self, request: Request) -> Response:
        """Those of a project."""
        if not request.query.get("project"):
            raise invalid("Required parameter: project")
        prefix = request.query.get("prefix", "")
        names = sorted(name for name in self._state.buckets if name.startswith(prefix))
        page, token = _paged(names, request.query)
        document: dict[str, Any] = {"kind": "storage#buckets"}
        if page:
            document["items"] = [bucket_resource(self._state.buckets[name]) for name in page]
        if token:
            document["nextPageToken"] = token
        return json_response(selected(document, request.query.get("fields")))

    def get(self, request: Request, bucket: str) -> Response:
        """One."""
        return json_response(selected(bucket_resource(self._state.bucket(bucket)), request.query.get("fields")))

    def delete(self, request: Request, bucket: str) -> Response:
        """Delete an empty one; folders are something too ("Delete buckets")."""
        found = self._state.bucket(bucket)
        if found.objects or found.folders or found.older:
            raise Refusal(409, "conflict", "The bucket you tried to delete is not empty.", "BucketNotEmpty")
        del self._state.buckets[bucket]
        for uploads in (self._state.multipart, self._state.resumable):
            for upload_id in [each for each, upload in uploads.items() if upload.bucket == bucket]:
                del uploads[upload_id]
        return Response(204)

    def grant(self, request: Request, bucket: str) -> Response:
        """Let everybody read, or nobody ("Make data public")."""
        policy = json.loads(request.body)
        members = [member for binding in policy.get("bindings", ()) for member in binding.get("members", ())]
        self._state.bucket(bucket).public = "allUsers" in members
        return json_response(policy)

    def objects(self, request: Request, bucket: str) -> Response:
        """A page of objects and prefixes, in the order of their names' UTF-8."""
        query, found = request.query, self._state.bucket(bucket)
        names = _folded(sorted(found.objects, key=str.encode), query)
        page, token = _paged(names, query)
        document: dict[str, Any] = {"kind": "storage#objects"}
        if items := [object_resource(bucket, found.objects[name]) for name in page if not isinstance(name, _Prefix)]:
            document["items"] = items
        if prefixes := [str(name) for name in page if isinstance(name, _Prefix)]:
            document["prefixes"] = prefixes
        if token:
            document["nextPageToken"] = token
        return json_response(selected(document, query.get("fields")))


class _Prefix(str):
    """A folded name."""

    __slots__ = ()


def _folded(names: list[str], query: Mapping[str, str]) -> list[str]:
    """Names by prefix, offset (inclusive) and delimiter; a prefix whose names begin before the offset stays."""
    prefix, delimiter, start = query.get("prefix", ""), query.get("delimiter"), query.get("startOffset", "")
    folded: list[str] = []
    for name in names:
        if not name.startswith(prefix) or name.encode() < start.encode():
            continue
        end = name.find(delimiter, len(prefix)) if delimiter else -1
        entry = name if end < 0 else _Prefix(name[: end + len(delimiter or "")])
        if not folded or folded[-1] != entry or not isinstance(entry, _Prefix):
            folded.append(entry)
    return folded


def _paged(names: list[str], query: Mapping[str, str]) -> tuple[list[str], str | None]:
    """A page, and the token of the next; who asks with a token gives the other parameters again."""
    most = min(int(query.get("maxResults", PAGE_MAXIMUM)), PAGE_MAXIMUM) or PAGE_MAXIMUM
    if token := query.get("pageToken"):
        last = base64.urlsafe_b64decode(token)
        names = [name for name in names if name.encode() > last]
    page = names[:most]
    more = len(names) > most
    return page, base64.urlsafe_b64encode(page[-1].encode()).decode() if more else None
