"""A server that only looks like Google's, so that a benchmark measures the client.

It keeps nothing of an upload but digests and metadata; all that is read is zeros.
"""

from __future__ import annotations

import base64
import contextlib
import functools
import json
import re
import socket
from collections.abc import Iterator
from typing import Any

from obs_client.backend.crcs import CRC32C, combine, has_crc64
from obs_client.backend.integrity import new_hash
from test.benchmarks import serving
from test.benchmarks.serving import Request, serve

_HEAD = "HTTP/1.1 {}\r\nContent-Length: {}\r\nx-guploader-uploadid: 1\r\nContent-Type: {}\r\n{}\r\n"
_JSON, _XML = "application/json; charset=UTF-8", "application/xml; charset=UTF-8"


class Uploads:
    """What is known of the last upload: its metadata, and of each part its CRC-32C and size."""

    def __init__(self) -> None:
        self.metadata: dict[str, str] = {}
        self.parts: dict[int, tuple[bytes, int]] = {}

    def resource(self) -> dict[str, Any]:
        """As the JSON API tells of the object."""
        pieces = [piece for _, piece in sorted(self.parts.items())]
        return {
            "kind": "storage#object", "name": "large", "bucket": "benchmark", "generation": "1", "metageneration": "1",
            "size": str(sum(size for _, size in pieces)), "contentType": "application/octet-stream",
            "crc32c": _text(combine(CRC32C, pieces)), "metadata": self.metadata,
            "timeCreated": "2026-11-27T10:00:00.000Z", "updated": "2026-11-27T10:00:00.000Z",
        }  # fmt: skip


def _serve(uploads: Uploads, connection: socket.socket, request: Request) -> None:
    """Answer a request; Google computes the CRC-32C of all that it keeps."""
    hasher = new_hash(CRC32C)
    size = request.read_body(hasher.update)
    url = f"http://127.0.0.1:{connection.getsockname()[1]}"
    connection.sendall(_answer(uploads, request, hasher.digest(), size, url))


def _answer(uploads: Uploads, request: Request, digest: bytes, size: int, url: str) -> bytes:
    target = request.target
    if found := re.search(r"partNumber=(\d+)", target):
        uploads.parts[int(found[1])] = digest, size
        return _message("", "text/plain", f'ETag: "1"\r\nx-goog-hash: crc32c={_text(digest)}\r\n')
    if target.endswith("?uploads"):
        uploads.parts.clear()
        uploads.metadata = dict(re.findall(r"\r\nx-goog-meta-([^:]*): *([^\r]*)", request.head, re.IGNORECASE))
        return _message("<InitiateMultipartUploadResult><UploadId>1</UploadId></InitiateMultipartUploadResult>", _XML)
    if "uploadId=" in target:
        return _message("<CompleteMultipartUploadResult><ETag>1</ETag></CompleteMultipartUploadResult>", _XML)
    if request.method == "POST" and "uploadType=resumable" in target:
        return _message("", _JSON, f"Location: {url}/upload/storage/v1/b/benchmark/o?upload_id=1\r\n")
    sent = re.fullmatch(r"bytes \d+-(\d+)/(\d+)", request.header("content-range") or "")
    if sent and int(sent[1]) + 1 < int(sent[2]):
        return _message("", _JSON, f"Range: bytes=0-{sent[1]}\r\n", "308 Resume Incomplete")
    return _message(json.dumps(uploads.resource()), _JSON)


def _message(content: str, kind: str, more: str = "", status: str = "200 OK") -> bytes:
    return (_HEAD.format(status, len(content), kind, more) + content).encode()


def _text(digest: bytes) -> str:
    return base64.b64encode(digest).decode()


def main() -> None:
    """Serve until the process is ended; prints the port."""
    has_crc64()  # which loads the faster of two packages for CRC-32C too
    serve(functools.partial(_serve, Uploads()))


@contextlib.contextmanager
def running() -> Iterator[str]:
    """Run the server in a process of its own; gives its URL."""
    with serving.running("test.benchmarks.gcs.stub") as port:
        yield f"http://127.0.0.1:{port}"


if __name__ == "__main__":
    main()
