"""A server of multipart uploads on loopback, which does with checksums what a test says."""

import base64
import hashlib
import os
import re
import signal
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from socket import socket

from obs_client.backends.s3.client import S3Client
from obs_client.models import ClientOptions
from test.loopback.raw import answer, header, raw_server, read_request
from test.s3.running import content

MIB = 1024 * 1024
LARGE = content(11 * MIB)
KEYS = {"AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret"}
BAD_DIGEST = answer(b"<Error><Code>BadDigest</Code></Error>", b"400 Bad Request")
CRC32 = b"x-amz-checksum-crc32"


@dataclass
class Server:
    """A server of multipart uploads that keeps nothing.

    Attributes:
        refuses: The status with which it answers a request that has a header of checksums; None: it does not mind.
        confirms: It says at the begin that parts have checksums.
        echoes: It tells a part's checksum back.
        verifies: It compares checksums with the bytes.
        etag: What it answers for a part; None: its MD5.
        spoils: It takes other bytes for those of the second part.
        probe: What it answers to a part that carries a wrong checksum, in place of all that.
        interrupts: At such a part the client's program is interrupted.
        seen: Of each request: its line, its headers of digests, and the length of its body.
    """

    refuses: bytes | None = None
    confirms: bool = False
    echoes: bool = False
    verifies: bool = False
    etag: bytes | None = None
    spoils: bool = False
    probe: bytes | None = None
    interrupts: bool = False
    seen: list[tuple[str, set[str], int]] = field(default_factory=list)

    def serve(self, connection: socket, _: int) -> None:
        while True:
            head, body = read_request(connection)
            if not head:
                return
            names = {name.decode() for name in re.findall(rb"(?im)^(x-amz-checksum-[\w-]+|content-md5):", head)}
            self.seen.append((head.split(b" HTTP")[0].decode(), {name.lower() for name in names}, len(body)))
            connection.sendall(self._answer(head, body))

    def _answer(self, head: bytes, body: bytes) -> bytes:
        if self.refuses and re.search(rb"(?i)x-amz-checksum", head):
            return answer(b"<Error><Code>InvalidArgument</Code></Error>", self.refuses)
        if head.startswith(b"POST"):
            return self._begun(head) if b"?uploads" in head else COMPLETED
        if head.startswith(b"PUT"):
            return self._part(head, body)
        return b"HTTP/1.1 204 No Content\r\n\r\n"

    def _begun(self, head: bytes) -> bytes:
        asked = header(head, b"x-amz-checksum-algorithm")
        told = b"x-amz-checksum-algorithm: " + asked + b"\r\n" if asked and self.confirms else b""
        return answer(b"<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>",
                      headers=told)  # fmt: skip

    def _part(self, head: bytes, body: bytes) -> bytes:
        told = header(head, CRC32)
        if told and told != crc32(body):
            if self.interrupts:
                os.kill(os.getpid(), signal.SIGINT)
            if self.probe:
                return self.probe
        if self.spoils and b"partNumber=2" in head:
            body = bytes(len(body))
        if self.verifies and told and told != crc32(body):
            return BAD_DIGEST
        etag = self.etag or hashlib.md5(body).hexdigest().encode()
        echo = CRC32 + b": " + told + b"\r\n" if told and self.echoes else b""
        return answer(headers=b'x-amz-request-id: 1\r\nETag: "' + etag + b'"\r\n' + echo)

    def parts(self) -> list[set[str]]:
        """The headers of digests of each real part."""
        return [names for line, names, size in self.seen if line.startswith("PUT") and size > MIB]

    def probes(self) -> int:
        """How many parts were too small to be real."""
        return sum(1 for line, _, size in self.seen if line.startswith("PUT") and size < 100)


COMPLETED = answer(b"<CompleteMultipartUploadResult><ETag>e</ETag></CompleteMultipartUploadResult>")


def crc32(body: bytes) -> bytes:
    """As S3 writes it."""
    return base64.b64encode(zlib.crc32(body).to_bytes(4, "big"))


@contextmanager
def uploading(server: Server, **options: object) -> Iterator[S3Client]:
    """A client of such a server, which runs as long."""
    quick = ClientOptions(attempts=2, first_pause=0.0, part_size=6 * MIB, workers=1)
    with raw_server(server.serve) as running:
        yield S3Client("c", endpoint_url=running.url, credentials=KEYS, options=quick, timeout=30.0, **options)  # type: ignore[arg-type]
