"""A client of Swift whose server says what a test says, one answer after the other."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

from obs_client import ClientOptions, SwiftClient
from test.loopback.played import Script
from test.loopback.raw import answer, raw_server

ID = b"X-Trans-Id: tx1\r\n"
OPENSTACK = {"swift": {"version": "2.33.0"}, "slo": {"max_manifest_segments": 1000}}
OTHER = {"swift": {"version": "16.2.15"}}
_TOLD = ("range", "if-", "etag", "x-object-", "x-copy-", "x-newest", "x-delete-", "content-", "cache-")


class Played:
    """A client of a server that says these answers in turn, and the heads and bodies that it was sent."""

    def __init__(self, client: SwiftClient, script: Script) -> None:
        self.client = client
        self.answers = script.answers
        self.heads = script.heads
        self.bodies = script.bodies

    @property
    def lines(self) -> list[str]:
        """Method and target of each request, below the account."""
        return [head.partition(" HTTP/")[0].replace("/v1/AUTH_test", "") for head in self.heads]

    def headers(self, number: int = -1) -> dict[str, str]:
        """The headers of a request that say something of the object, by their names in lower case."""
        pairs = [line.split(": ", 1) for line in self.heads[number].split("\r\n")[1:]]
        found = {name.lower(): value for name, value in pairs if name.lower().startswith(_TOLD)}
        found.pop("content-length", None)
        return found


class _Script(Script):
    """Answers what `/info` is asked without taking one of the answers."""

    def __init__(self, info: object) -> None:
        super().__init__()
        self._info = answer(json.dumps(info).encode(), headers=ID)

    def answer(self, head: bytes, body: bytes) -> bytes:
        return self._info if head.startswith(b"GET /info") else super().answer(head, body)


@contextmanager
def playing(info: object = OPENSTACK) -> Iterator[Played]:
    """Args: info: What `/info` tells."""
    script = _Script(info)
    options = ClientOptions(first_pause=0.001, longest_pause=0.01, attempts=1)
    with (
        raw_server(script) as server,
        SwiftClient(f"{server.url}/v1/AUTH_test", "box", credentials={"OS_AUTH_TOKEN": "t"}, options=options) as client,
    ):
        yield Played(client, script)


def header(name: str, value: object) -> bytes:
    return f"{name}: {value}\r\n".encode()


def headed(length: int, *headers: bytes, status: str = "200 OK") -> bytes:
    """The answer to a HEAD."""
    told = b"".join(headers)
    return f"HTTP/1.1 {status}\r\n".encode() + header("Content-Length", length) + ID + told + b"\r\n"


def got(body: bytes, *headers: bytes, status: bytes = b"200 OK") -> bytes:
    """The answer to another request."""
    return answer(body, status, ID + b"".join(headers))
