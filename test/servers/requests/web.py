"""One plain HTTP request over loopback: no proxy, no redirect, no retry."""

import http.client
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered; the names of the headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def request(
    method: str, url: str, *, headers: Mapping[str, str] | None = None, body: bytes = b"", seconds: float = 30.0
) -> Answer:
    """Send one request and read the whole answer, whatever its status.

    Args:
        method: GET, PUT and so on.
        url: An http URL, already quoted.
        headers: The headers to send besides those that HTTP itself needs.
        body: The bytes to send.
        seconds: How long to wait for each step of it.
    """
    parts = urlsplit(url)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    connection = http.client.HTTPConnection(parts.netloc, timeout=seconds)
    try:
        connection.request(method, target or "/", body=body, headers=dict(headers or {}))
        response = connection.getresponse()
        names = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, names, response.read())
    finally:
        connection.close()
