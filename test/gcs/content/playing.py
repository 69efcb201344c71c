"""A client of Google whose server says what a test says, one answer after the other."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

from obs_client import ClientOptions, GCSClient
from obs_client.backends.gcs.errors import IDENTITY
from test.loopback.played import Script
from test.loopback.raw import answer, raw_server

ID = f"{IDENTITY}: 1\r\n".encode()


class Played:
    """A client of a server that says these answers in turn, and the heads and bodies that it was sent."""

    def __init__(self, client: GCSClient, script: Script) -> None:
        self.client = client
        self.answers = script.answers
        self.heads = script.heads
        self.bodies = script.bodies

    @property
    def lines(self) -> list[str]:
        """Method and target of each request."""
        return [head.partition(" HTTP/")[0] for head in self.heads]

    def headers(self, number: int = -1) -> dict[str, str]:
        """The headers of a request by their names in lower case, without those of every request."""
        usual = ("host", "user-agent", "authorization", "content-length", "accept-encoding", "connection", "accept")
        pairs = (line.split(": ", 1) for line in self.heads[number].split("\r\n")[1:])
        return {name.lower(): value for name, value in pairs if name.lower() not in usual}


@contextmanager
def playing() -> Iterator[Played]:
    script = Script()
    options = ClientOptions(first_pause=0.001, longest_pause=0.01, attempts=4)
    keys = {"GOOGLE_OAUTH_ACCESS_TOKEN": "t", "GOOGLE_CLOUD_PROJECT": "project-1"}
    with (
        raw_server(script) as server,
        GCSClient("box", endpoint_url=server.url, credentials=keys, options=options) as client,
    ):
        yield Played(client, script)


def told(document: object, status: bytes = b"200 OK", headers: bytes = b"") -> bytes:
    """An answer of the JSON API."""
    return answer(json.dumps(document).encode(), status, ID + b"Content-Type: application/json\r\n" + headers)


def refused(status: int, reason: str) -> bytes:
    """An error of the JSON API."""
    error = {"error": {"code": status, "message": reason, "errors": [{"reason": reason}]}}
    return told(error, f"{status} {reason}".encode())


def xml(document: str, status: bytes = b"200 OK") -> bytes:
    """An answer of the XML API."""
    return answer(document.encode(), status, ID + b"Content-Type: application/xml\r\n")
