"""Uploads of the JSON API: at once ("Objects: insert"), and resumable ("Resumable uploads")."""

from __future__ import annotations

import json
import re
import secrets
import time
from collections.abc import Mapping
from typing import Any

from test.loopback.serving import Request, Response

from . import conditions
from .digests import check_digests, of_header
from .refusals import Refusal, invalid, json_response
from .resources import attributes_of, metadata_of, object_resource, selected
from .state import State, Upload, check_metadata, check_name

UNIT = 256 * 1024  # "Resumable uploads", "Chunked upload": all pieces but the last are multiples of it
_BOUNDARY = re.compile(r'boundary="?([^";]+)"?')
_PIECE = re.compile(r"bytes (?:(\d+)-(\d+)|\*)/(\d+|\*)")


class Uploads:
    """What is sent to /upload."""

    def __init__(self, state: State) -> None:
        self._state = state

    def post(self, request: Request, bucket: str) -> Response:
        """An object at once, or the begin of a resumable upload."""
        kind = request.query.get("uploadType")
        if kind == "resumable":
            return self._begin(request, bucket)
        if kind == "media":
            resource: dict[str, Any] = {"contentType": request.header("content-type") or "application/octet-stream"}
            content = request.body
        elif kind == "multipart":
            resource, content = _parts_of(request)
        else:
            raise invalid("Invalid upload type.")
        return self._store(bucket, resource, content, request.query, {})

    def put(self, request: Request) -> Response:
        """A piece of a resumable upload, or the question how much is there."""
        upload = self._upload(request)
        if upload.done is not None:
            return json_response(upload.done)
        match = _PIECE.fullmatch(request.header("content-range"))
        if match is None:
            raise invalid("Failed to parse Content-Range header.")
        self._take(upload, match, request.body)
        if match[3] == "*" or len(upload.content) < int(match[3]):
            return Response(308, {"Range": f"bytes=0-{len(upload.content) - 1}"} if upload.content else {})
        return self._end(request, upload)

    def delete(self, request: Request) -> Response:
        """Cancel a resumable upload; the status says that the client closed it."""
        self._upload(request)
        del self._state.resumable[request.query["upload_id"]]
        return Response(499)

    def _begin(self, request: Request, bucket: str) -> Response:
        self._state.bucket(bucket)
        resource = json.loads(request.body) if request.body else {}
        name = str(resource.get("name") or request.query.get("name", ""))
        check_name(name)
        check_metadata(metadata_of(resource))
        resource.setdefault("contentType", request.header("x-upload-content-type") or "application/octet-stream")
        upload_id = secrets.token_urlsafe(40)
        place = bucket, name, attributes_of(resource), metadata_of(resource), dict(request.query)
        digests = {key: resource[key] for key in ("crc32c", "md5Hash") if key in resource}
        self._state.resumable[upload_id] = Upload(*place, time.time(), digests=digests)
        location = f"http://{request.header('host')}{request.raw_path}?uploadType=resumable&upload_id={upload_id}"
        return Response(200, {"Location": location})

    def _take(self, upload: Upload, match: re.Match[str], body: bytes) -> None:
        """Keep the bytes of a piece; those that are stored already are ignored, and none may be left out."""
        if match[1] is None:
            return
        start = int(match[1])
        if start > len(upload.content) or int(match[2]) - start + 1 != len(body):
            raise Refusal(503, "backendError", "Invalid request: there are bytes missing before this piece.")
        if match[3] == "*" and len(body) % UNIT:
            raise invalid(f"Invalid request. The number of bytes uploaded must be a multiple of {UNIT}.")
        upload.content += body[len(upload.content) - start :]

    def _end(self, request: Request, upload: Upload) -> Response:
        resource = {**upload.attributes, **upload.digests, "metadata": upload.metadata, "name": upload.name}
        told = of_header(request.header("x-goog-hash"))
        response = self._store(upload.bucket, resource, bytes(upload.content), upload.query, told)
        upload.done = json.loads(response.body)
        upload.content = bytearray()
        return response

    def _store(
        self, bucket: str, resource: dict[str, Any], content: bytes, query: Mapping[str, str], told: Mapping[str, str]
    ) -> Response:
        name = str(resource.get("name") or query.get("name", ""))
        found = self._state.bucket(bucket)
        check_name(name)
        check_digests({**resource, **told}, content)
        conditions.check(query, found.objects.get(name))
        stored = self._state.put(bucket, name, content, attributes_of(resource), metadata_of(resource))
        return json_response(selected(object_resource(bucket, stored), query.get("fields")))

    def _upload(self, request: Request) -> Upload:
        found = self._state.resumable.get(request.query.get("upload_id", ""))
        if found is None:
            raise Refusal(404, "notFound", "No such upload.")
        return found


def _parts_of(request: Request) -> tuple[dict[str, Any], bytes]:
    """The resource and the content of `multipart/related` ("Uploads and downloads")."""
    boundary = _BOUNDARY.search(request.header("content-type"))
    if boundary is None:
        raise invalid("Invalid multipart request with 0 mime parts.")
    mark = b"--" + boundary[1].encode("latin-1")
    first = request.body.find(b"\r\n" + mark, len(mark))
    last = request.body.rfind(b"\r\n" + mark + b"--")
    if not request.body.startswith(mark) or first < 0 or last <= first:
        raise invalid("Invalid multipart request with 1 mime part.")
    _, _, document = request.body[len(mark) : first].partition(b"\r\n\r\n")
    head, _, content = request.body[first + len(mark) + 2 : last].partition(b"\r\n\r\n")
    resource = json.loads(document or b"{}")
    found = re.search(rb"(?i)content-type: *([^\r\n]+)", head)
    if found:
        resource.setdefault("contentType", found[1].decode("latin-1"))
    return resource, content
