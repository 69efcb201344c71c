"""A server that gives the answers of a test one after the other, and keeps what it was sent."""

from __future__ import annotations

from socket import socket

from test.loopback.raw import read_request


class Script:
    """These answers in turn, and the heads and bodies of the requests: what `raw_server` is given."""

    def __init__(self) -> None:
        self.answers: list[bytes] = []
        self.heads: list[str] = []
        self.bodies: list[bytes] = []

    def __call__(self, connection: socket, _number: int) -> None:
        while True:
            head, body = read_request(connection)
            if not head:
                return
            connection.sendall(self.answer(head, body))

    def answer(self, head: bytes, body: bytes) -> bytes:
        self.heads.append(head.decode("latin-1"))
        self.bodies.append(body)
        return self.answers.pop(0)
