"""Large objects under a condition, by a resumable upload: Google knows no condition of uploads by parts.

The bytes go in order, so that a part waits for the one before it. Nothing can be seen of them before the end; of killed
writers nothing stays that anybody sees or pays, and the session ends by itself after a week. No other process goes on
with it: whoever knows the URL of a session may write to it, so that no journal may hold it.
"""

from __future__ import annotations

import re

from obs_client._http.answer import HttpAnswer
from obs_client._http.errors import BrokenAnswer, StrangeAnswer
from obs_client._http.kit.buffers import CONTENT_LIMIT
from obs_client._http.kit.calls.framed import FramedBody, PieceBody
from obs_client._http.kit.calls.queries import query_of
from obs_client._http.kit.calls.refusals import Refusal
from obs_client._http.kit.json_answer import parse_json
from obs_client.backend import stopping
from obs_client.backend.body import Body, BytesBody
from obs_client.backend.crcs import CRC32C, combine
from obs_client.backend.multipart import MultipartUpload, Part
from obs_client.backend.values import NewObject
from obs_client.backends.gcs.reading import base64_of
from obs_client.backends.gcs.requests import JSON_TYPE, Request, Requests, upload_path
from obs_client.backends.gcs.writing import STORED, check_stored, conditions_of, resource_of, written
from obs_client.errors import ServiceError, TemporaryError
from obs_client.models import ObjectInfo

UNIT = 256 * 1024
"""Bytes of which all that is sent before the end must be a multiple; the rest waits for what follows it."""

_GOES_ON = 308
_GONE = (404, 410, 499)
"""What is told of a session that is cancelled, or was."""

_PAUSE = 0.02
_RANGE = re.compile(r"bytes=0-(\d+)")


class ResumableUpload(MultipartUpload):
    """A session; the condition is held at its end."""

    def __init__(self, requests: Requests, new: NewObject, *, check: bool) -> None:
        self._requests, self._new, self._check = requests, new, check
        self._path = upload_path(new.container)
        query = query_of("uploadType=resumable", f"fields={STORED}", *conditions_of(new))
        headers = {"Content-Type": JSON_TYPE, "X-Upload-Content-Type": new.attributes.content_type}
        asked = Request("objects.insert", "POST", self._path, query, headers, resource_of(new, {}).encode())
        self._query = _query_of(requests.finish(asked).headers.get("location", ""))
        self._size = 0  # of the parts that are done
        self._stored: int | None = 0
        self._kept = b""
        self._digests: dict[int, tuple[bytes, int]] = {}

    def __str__(self) -> str:
        return "a resumable upload, which ends by itself after a week,"

    def put_part(self, part: Part, body: Body) -> None:
        digest = body.digest(CRC32C)
        while part.offset > self._size:
            stopping.sleep(_PAUSE)
        if part.offset < self._size:
            return  # it was done, and only its end was not seen
        start = part.offset - len(self._kept)
        whole = FramedBody(self._kept, body)
        end = whole.size - whole.size % UNIT
        self._send(whole, start, start + end)
        rest = PieceBody(whole, end, whole.size - end)
        self._kept = rest.read()
        self._digests[part.number] = digest, part.size
        self._size = part.offset + part.size

    def complete(self) -> ObjectInfo | None:
        size = self._size
        digest = base64_of(combine(CRC32C, (piece for _, piece in sorted(self._digests.items()))))
        headers = {"X-Goog-Hash": f"crc32c={digest}"}
        answer = self._put(BytesBody(self._kept), size - len(self._kept), str(size), headers)
        told = parse_json(answer.read(CONTENT_LIMIT)) if answer.status != _GOES_ON else None
        if not isinstance(told, dict):
            raise BrokenAnswer("all was sent, but Google reports no object: something was lost on the way")
        if self._check:
            check_stored(told, size, digest)
        return written(self._new, told)

    def abort(self) -> None:
        self._requests.finish(Request("cancel an upload", "DELETE", self._path, self._query, {}, b"", _GONE))

    def _send(self, whole: Body, start: int, end: int) -> None:
        """Send what is not stored yet of the bytes from `start` to `end`, which begin `whole`."""
        stored = self._ask() if self._stored is None else self._stored
        while stored < end:
            self._stored = None  # if this fails, nobody knows
            before, piece = stored, PieceBody(whole, stored - start, end - stored)
            stored = _stored(self._put(piece, stored, "*", {}))
            if stored <= before:
                raise TemporaryError("the store takes no more of the upload")
        self._stored = stored

    def _ask(self) -> int:
        """How many bytes are stored."""
        return _stored(self._put(None, 0, "*", {}))

    def _put(self, piece: Body | None, start: int, total: str, headers: dict[str, str]) -> HttpAnswer:
        """Send a piece of the object.

        Raises:
            ServiceError: The session has ended: Google's documents have the upload begin anew then.
        """
        place = f"{start}-{start + piece.size - 1}" if piece else "*"
        sent = {**headers, "Content-Range": f"bytes {place}/{total}"}
        asked = Request("objects.insert", "PUT", self._path, self._query, sent, piece or b"", (_GOES_ON,))
        try:
            return self._requests.call(asked)
        except Refusal as error:
            if error.status in _GONE:
                raise ServiceError(
                    "Google has ended the session of the upload", hint="send the object again"
                ) from error
            raise


def _stored(answer: HttpAnswer) -> int:
    """How many bytes are stored, by the answer to a piece that is not the last."""
    answer.read(CONTENT_LIMIT)
    if answer.status != _GOES_ON:
        raise StrangeAnswer("the upload has ended before all was sent")
    found = _RANGE.fullmatch(answer.headers.get("range", ""))
    return int(found[1]) + 1 if found else 0


def _query_of(location: str) -> str:
    """The query of a session; its host and path are those of its begin, whatever a proxy on the way makes of them."""
    _, mark, query = location.partition("?")
    if not mark or "upload_id=" not in query:
        raise BrokenAnswer("the response to the start of an upload has no session URL: it is incomplete")
    return query
