"""A real server as the fault tests see it: clients by way of a proxy, and a way past it to see what is stored."""

from __future__ import annotations

import abc
import dataclasses
import functools
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from obs_client import ClientOptions, ObjectStorageClient
from test.faults.wire.messages import Request
from test.servers.requests import web

PAGE = 10
"""Entries of a page of a listing."""

TIMEOUT = 2.0
"""Seconds, enough for a busy machine: a write that is given up may still be done by the server later."""
BRISK = ClientOptions(workers=2, attempts=5, first_pause=0.01, longest_pause=0.1, give_up_after=8.0)


class Store(abc.ABC):
    """One server.

    Attributes:
        label: How the table names it.
        part_size: Bytes of a part of a large object, as small as the server takes.
        credentials: The login of its clients.
        base: The path that all of its containers are below.
        secrets: What must be seen nowhere but in requests.
        others: URLs of the servers beside it that its clients talk to, by how the paths begin that are theirs.
    """

    label: str
    part_size: int
    credentials: Mapping[str, str]
    secrets: tuple[str, ...]
    endpoint: str
    base: str = ""
    others: Mapping[str, str] = MappingProxyType({})

    @functools.cached_property
    def direct(self) -> ObjectStorageClient:
        """A client past the proxy, with small parts, to prepare and to look."""
        patient = dataclasses.replace(BRISK, part_size=self.part_size, attempts=8, give_up_after=60.0)
        return self.client(timeout=20.0, options=patient)

    @abc.abstractmethod
    def client(self, proxy_url: str | None = None, **options: Any) -> ObjectStorageClient:
        """A client, by way of a proxy if one is given."""

    def newcomer(self, proxy_url: str, **options: Any) -> ObjectStorageClient:
        """A client that has no token yet, and gets one by way of the proxy too."""
        return self.client(proxy_url, **options)

    @abc.abstractmethod
    def send(self, method: str, path: str, query: Mapping[str, str] | None = None, body: bytes = b"") -> web.Answer:
        """Make a request past the library; the path is unquoted and begins with the container."""

    @abc.abstractmethod
    def leftovers(self, container: str) -> set[str]:
        """Unfinished uploads, or the segments that no object of the container names."""

    @abc.abstractmethod
    def aimed(self, what: str, request: Request, container: str, name: str) -> bool:
        """Whether a request is the data, part, complete, … of this object."""

    def paged(self, request: Request, _body: bytes) -> tuple[str, Mapping[str, str]] | None:
        """Make a listing's page small, where the server cannot be set so."""
        return None

    def unranged(self, request: Request, _body: bytes) -> tuple[str, Mapping[str, str]] | None:
        """The same request without its range."""
        return request.target, {name: value for name, value in request.headers.items() if name != "range"}

    @abc.abstractmethod
    def redirected(self, request: Request, path: str) -> tuple[str, Mapping[str, str]]:
        """The same request for another path, which is unquoted and begins with the container."""

    @abc.abstractmethod
    def told(self, name: str, listing: bytes) -> bytes:
        """A name as this listing would have it."""

    def get(self, container: str, name: str) -> bytes | None:
        """An object's content, None if it is absent."""
        answer = self.send("GET", f"/{container}/{name}")
        if answer.status not in (200, 404):
            raise AssertionError(f"the server answers {answer.status} past the proxy: {answer.body[:200]!r}")
        return answer.body if answer.status == 200 else None

    def put(self, container: str, name: str, content: bytes) -> None:
        """Write an object."""
        done(self.send("PUT", f"/{container}/{name}", body=content))

    def remove(self, container: str, name: str) -> None:
        """Delete an object, with its segments if it has some."""
        # Swift says 200 to the first, and deletes nothing, if the object is no manifest.
        self.send("DELETE", f"/{container}/{name}", {"multipart-manifest": "delete"})
        self.send("DELETE", f"/{container}/{name}")

    def make(self, container: str) -> None:
        """Make a container."""
        done(self.send("PUT", f"/{container}"))

    def has(self, container: str) -> bool:
        """Whether a container is there."""
        return self.send("HEAD", f"/{container}").status < 300


def done(answer: web.Answer) -> web.Answer:
    """The answer, which must be one of success."""
    assert answer.status < 300, (answer.status, answer.body[:300])
    return answer
