"""A client of Azure whose server says what a test says, one answer after the other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from socket import socket

from obs_client import AzureClient, ClientOptions
from test.loopback.raw import raw_server, read_request

ID = b"x-ms-request-id: 1\r\nx-ms-version: 2021-12-02\r\n"
BLOB = ID + b'ETag: "0x1"\r\nLast-Modified: Fri, 27 Nov 2026 10:00:00 GMT\r\n'


class Played:
    """A client of a server that says these answers in turn, and the heads and bodies that it was sent."""

    def __init__(self, client: AzureClient, answers: list[bytes], heads: list[str], bodies: list[str]) -> None:
        self.bodies = bodies
        self.client = client
        self.answers = answers
        self.heads = heads


@contextmanager
def playing(account: str, credentials: dict[str, str], *, closes: bool = False) -> Iterator[Played]:
    answers: list[bytes] = []
    heads: list[str] = []
    bodies: list[str] = []

    def script(connection: socket, _number: int) -> None:
        while True:
            head, body = read_request(connection)
            if not head:
                return
            heads.append(head.decode("latin-1"))
            bodies.append(body.decode("latin-1"))
            connection.sendall(answers.pop(0))
            if closes:
                return

    options = ClientOptions(part_size=20_000, first_pause=0.001, longest_pause=0.01, attempts=4)
    with raw_server(script) as server:
        url = f"{server.url}/{account}"
        with AzureClient("box", account_url=url, credentials=credentials, options=options) as client:
            yield Played(client, answers, heads, bodies)
