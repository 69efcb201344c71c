"""Objects in the JSON API ("Objects"): looked at, read, changed, deleted, composed, rewritten."""

from __future__ import annotations

import json
import secrets
import time
from typing import Any

from test.loopback.serving import Request, Response

from . import conditions
from .content import content_response
from .refusals import invalid, json_response, no_object
from .resources import attributes_of, metadata_of, object_resource, selected
from .state import State, Stored, check_metadata

COMPOSED_MAXIMUM = 32  # "Composite objects"
REWRITTEN_AT_ONCE = 8 * 1024 * 1024
"""Bytes of a call of rewrite, small so that tests see several; the service's own number is not documented."""

_CHANGEABLE = ("contentType", "contentEncoding", "contentDisposition", "contentLanguage", "cacheControl", "customTime")


class Objects:
    """What is asked of objects."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._rewrites: dict[str, tuple[int, int]] = {}

    def get(self, request: Request, bucket: str, name: str) -> Response:
        """A resource, or content where `alt=media` asks for that."""
        stored = self._found(request, bucket, name)
        conditions.check(request.query, stored, reading=True)
        if request.query.get("alt") == "media":
            return content_response(request, stored, metadata=False)
        return self._told(request, bucket, stored)

    def patch(self, request: Request, bucket: str, name: str) -> Response:
        """Change what is named; null removes ("Objects: patch"). The generation stays, the metageneration grows."""
        stored = self._found(request, bucket, name)
        conditions.check(request.query, stored)
        change = json.loads(request.body)
        metadata = {**stored.metadata, **(change.get("metadata") or {})}
        kept = {key: value for key, value in metadata.items() if value is not None}
        check_metadata(kept)
        stored.metadata = {} if "metadata" in change and change["metadata"] is None else kept
        for field in set(_CHANGEABLE) & set(change):
            stored.attributes.pop(field, None)
        stored.attributes |= {name: value for name, value in attributes_of(change).items() if name in _CHANGEABLE}
        stored.held = bool(change.get("temporaryHold", stored.held))
        stored.metageneration += 1
        stored.updated = time.time()
        return self._told(request, bucket, stored)

    def delete(self, request: Request, bucket: str, name: str) -> Response:
        """Delete one ("Objects: delete")."""
        conditions.check(request.query, self._found(request, bucket, name))
        self._state.drop(bucket, name)
        return Response(204)

    def compose(self, request: Request, bucket: str, name: str) -> Response:
        """Put up to 32 together ("Objects: compose")."""
        asked = json.loads(request.body)
        sources = asked.get("sourceObjects", ())
        if not 1 <= len(sources) <= COMPOSED_MAXIMUM:
            raise invalid(f"The number of source components provided ({len(sources)}) exceeds the maximum (32)")
        pieces = [self._source(bucket, source) for source in sources]
        conditions.check(request.query, self._state.bucket(bucket).objects.get(name))
        resource = asked.get("destination") or {}
        whole, count = b"".join(piece.content for piece in pieces), sum(piece.components or 1 for piece in pieces)
        place = bucket, name, whole, attributes_of(resource), metadata_of(resource)
        return self._told(request, bucket, self._state.put(*place, count, has_md5=False))

    def rewrite(self, request: Request, source: tuple[str, str], target: tuple[str, str]) -> Response:
        """Copy, in several calls if it is large ("Objects: rewrite"); whole at the last one only."""
        query = request.query
        stored = self._state.object(*source)
        if (pinned := query.get("sourceGeneration")) and str(stored.generation) != pinned:
            raise no_object(*source)
        conditions.check(query, stored, source=True)
        conditions.check(query, self._state.bucket(target[0]).objects.get(target[1]))
        token = query.get("rewriteToken")
        if token and token not in self._rewrites:
            raise invalid("Invalid rewrite token.")
        generation, done = self._rewrites.pop(token, (stored.generation, 0)) if token else (stored.generation, 0)
        done = min(done + REWRITTEN_AT_ONCE, len(stored.content))
        told: dict[str, Any] = {"kind": "storage#rewriteResponse", "objectSize": str(len(stored.content))}
        told |= {"totalBytesRewritten": str(done), "done": done == len(stored.content)}
        if generation != stored.generation:
            raise invalid("The source has changed since the rewrite began.")
        if told["done"]:
            told["resource"] = object_resource(target[0], self._copied(request, stored, target))
        else:
            told["rewriteToken"] = secrets.token_urlsafe(30)
            self._rewrites[told["rewriteToken"]] = stored.generation, done
        return json_response(selected(told, query.get("fields")))

    def _copied(self, request: Request, stored: Stored, target: tuple[str, str]) -> Stored:
        """The copy; a resource that is sent replaces all that the source has of attributes and metadata."""
        resource = json.loads(request.body) if request.body else {}
        attributes = attributes_of(resource) if resource else dict(stored.attributes)
        metadata = metadata_of(resource) if resource else dict(stored.metadata)
        place = *target, stored.content, attributes, metadata
        return self._state.put(*place, stored.components, has_md5=stored.has_md5)

    def _source(self, bucket: str, asked: dict[str, Any]) -> Stored:
        stored = self._state.object(bucket, str(asked["name"]))
        generation = asked.get("generation")
        if generation is not None and str(generation) != str(stored.generation):
            raise no_object(bucket, stored.name)
        conditions.check({key: str(value) for key, value in asked.get("objectPreconditions", {}).items()}, stored)
        return stored

    def _found(self, request: Request, bucket: str, name: str) -> Stored:
        stored = self._state.object(bucket, name)
        generation = request.query.get("generation")
        if generation is not None and generation != str(stored.generation):
            raise no_object(bucket, name)  # of an older one nothing is kept
        return stored

    def _told(self, request: Request, bucket: str, stored: Stored) -> Response:
        return json_response(selected(object_resource(bucket, stored), request.query.get("fields")))
