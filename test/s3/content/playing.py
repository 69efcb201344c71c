"""A client of S3 whose server says what a test says, one answer after the other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs

from obs_client import ClientOptions, S3Client
from test.loopback.played import Script
from test.loopback.raw import answer, raw_server

ID = b"x-amz-request-id: 1\r\n"
MODIFIED = b"Last-Modified: Fri, 27 Nov 2026 10:00:00 GMT\r\n"
_TOLD = r"(?i)range|if-|x-amz-(meta|checksum|copy|storage|server|object|website)|content-(?!length)|cache-|expires"


class Played:
    """A client of a server that says these answers in turn, and the heads and bodies that it was sent."""

    def __init__(self, client: S3Client, script: Script) -> None:
        self.client = client
        self.answers = script.answers
        self.heads = script.heads
        self.bodies = script.bodies

    @property
    def lines(self) -> list[str]:
        """Method and target of each request."""
        return [head.partition(" HTTP/")[0] for head in self.heads]

    def query(self, number: int = -1) -> dict[str, list[str]]:
        """The parameters of a request."""
        return parse_qs(self.lines[number].partition("?")[2], keep_blank_values=True)

    def headers(self, number: int = -1) -> dict[str, str]:
        """The headers of a request that say something of the object, by their names in lower case."""
        pairs = (line.split(": ", 1) for line in self.heads[number].split("\r\n")[1:])
        return {name.lower(): value for name, value in pairs if re.match(_TOLD, name)}


@contextmanager
def playing(**options: Any) -> Iterator[Played]:
    script = Script()
    quick = ClientOptions(first_pause=0.001, longest_pause=0.01, attempts=1)
    keys = {"AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret"}
    with (
        raw_server(script) as server,
        S3Client(
            "box",
            endpoint_url=server.url,
            region="us-east-1",
            credentials=keys,
            **{"options": quick, "conditional_writes": True, **options},
        ) as client,
    ):
        yield Played(client, script)


def header(name: str, value: object) -> bytes:
    return f"{name}: {value}\r\n".encode()


def headed(length: int | None, *headers: bytes, status: str = "200 OK") -> bytes:
    """The answer to a HEAD."""
    told = b"" if length is None else header("Content-Length", length)
    return f"HTTP/1.1 {status}\r\n".encode() + told + ID + b"".join(headers) + b"\r\n"


def got(body: bytes, *headers: bytes, status: bytes = b"200 OK") -> bytes:
    """The answer to a GET or a PUT."""
    return answer(body, status, ID + b"".join(headers))


def refused(status: int, code: str) -> bytes:
    """An error of S3."""
    return got(f"<Error><Code>{code}</Code><Message>no</Message></Error>".encode(), status=f"{status} {code}".encode())
