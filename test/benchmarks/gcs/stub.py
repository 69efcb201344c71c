"""A server that only looks like Google's, so that a benchmark measures the client.

It keeps nothing of an upload but digests and metadata; all that is read is zeros.
"""

from __future__ import annotations

import base64
import contextlib
import itertools
import json
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

from obs_client.backend.crcs import CRC32C, combine, has_crc64
from obs_client.backend.integrity import new_hash

_BLOCK = 1024 * 1024
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


def serve(connection: socket.socket, uploads: Uploads, url: str) -> None:
    """Answer the requests of one connection until it closes."""
    received = bytearray()
    space = memoryview(bytearray(_BLOCK))
    with connection, contextlib.suppress(ConnectionError):
        while True:
            while (end := received.find(b"\r\n\r\n")) < 0:
                count = connection.recv_into(space)
                if not count:
                    return
                received += space[:count]
            head = bytes(received[:end]).decode("latin-1")
            del received[: end + 4]
            digest, size = _pass_body(connection, head, received, space)
            connection.sendall(_answer(uploads, head, digest, size, url))


def _pass_body(connection: socket.socket, head: str, received: bytearray, space: memoryview) -> tuple[bytes, int]:
    """Receive the body of a request; gives its CRC-32C, which Google computes of all that it keeps, and its size."""
    size = left = int(_header(head, "content-length") or 0)
    hasher = new_hash(CRC32C)
    taken = min(left, len(received))
    hasher.update(bytes(received[:taken]))
    del received[:taken]
    left -= taken
    while left and (count := connection.recv_into(space[: min(left, _BLOCK)])):
        hasher.update(space[:count])
        left -= count
    return hasher.digest(), size


def _answer(uploads: Uploads, head: str, digest: bytes, size: int, url: str) -> bytes:
    method, target = head.split(" ", 2)[:2]
    if found := re.search(r"partNumber=(\d+)", target):
        uploads.parts[int(found[1])] = digest, size
        return _message("", "text/plain", f'ETag: "1"\r\nx-goog-hash: crc32c={_text(digest)}\r\n')
    if target.endswith("?uploads"):
        uploads.parts.clear()
        uploads.metadata = dict(re.findall(r"\r\nx-goog-meta-([^:]*): *([^\r]*)", head, re.IGNORECASE))
        return _message("<InitiateMultipartUploadResult><UploadId>1</UploadId></InitiateMultipartUploadResult>", _XML)
    if "uploadId=" in target:
        return _message("<CompleteMultipartUploadResult><ETag>1</ETag></CompleteMultipartUploadResult>", _XML)
    if method == "POST" and "uploadType=resumable" in target:
        return _message("", _JSON, f"Location: {url}/upload/storage/v1/b/benchmark/o?upload_id=1\r\n")
    sent = re.fullmatch(r"bytes \d+-(\d+)/(\d+)", _header(head, "content-range") or "")
    if sent and int(sent[1]) + 1 < int(sent[2]):
        return _message("", _JSON, f"Range: bytes=0-{sent[1]}\r\n", "308 Resume Incomplete")
    return _message(json.dumps(uploads.resource()), _JSON)


def _message(content: str, kind: str, more: str = "", status: str = "200 OK") -> bytes:
    return (_HEAD.format(status, len(content), kind, more) + content).encode()


def _text(digest: bytes) -> str:
    return base64.b64encode(digest).decode()


def _header(head: str, name: str) -> str | None:
    found = re.search(rf"\r\n{name}: *([^\r]*)", head, re.IGNORECASE)
    return found[1] if found else None


def main() -> None:
    """Serve until the process is ended; prints the port."""
    has_crc64()  # which loads the faster of two packages for CRC-32C too
    uploads = Uploads()
    with socket.create_server(("127.0.0.1", 0), backlog=128) as server:
        port = server.getsockname()[1]
        sys.stdout.write(f"{port}\n")
        sys.stdout.flush()
        for _ in itertools.count():
            connection, _address = server.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=serve, args=(connection, uploads, f"http://127.0.0.1:{port}"), daemon=True).start()


@contextlib.contextmanager
def running() -> Iterator[str]:
    """Run the server in a process of its own; gives its URL."""
    command = [sys.executable, "-m", "test.benchmarks.gcs.stub"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    main()
