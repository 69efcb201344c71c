"""Real servers as the fault tests see them: clients by way of a proxy, and a way past it to see what is stored."""

from __future__ import annotations

import abc
import contextlib
import dataclasses
import functools
import json
import re
import secrets
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from obs_client import ClientOptions, ObjectStorageClient, S3Client, SwiftClient
from test.faults.wire import Request
from test.servers import RunningServer, SwiftLimits, SwiftServer, start_keystone, start_seaweedfs, start_swift, web
from test.servers.login import Login
from test.servers.signing import signed_headers

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
    """

    label: str
    part_size: int
    credentials: Mapping[str, str]
    secrets: tuple[str, ...]
    endpoint: str
    base: str = ""

    @functools.cached_property
    def direct(self) -> ObjectStorageClient:
        """A client past the proxy, with small parts, to prepare and to look."""
        patient = dataclasses.replace(BRISK, part_size=self.part_size, attempts=8, give_up_after=60.0)
        return self.client(timeout=20.0, options=patient)

    @abc.abstractmethod
    def client(self, proxy_url: str | None = None, **options: Any) -> ObjectStorageClient:
        """A client, by way of a proxy if one is given."""

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

    def get(self, container: str, name: str) -> bytes | None:
        """An object's content, None if it is absent."""
        answer = self.send("GET", f"/{container}/{name}")
        if answer.status not in (200, 404):
            raise AssertionError(f"the server answers {answer.status} past the proxy: {answer.body[:200]!r}")
        return answer.body if answer.status == 200 else None

    def put(self, container: str, name: str, content: bytes) -> None:
        """Write an object."""
        _done(self.send("PUT", f"/{container}/{name}", body=content))

    def remove(self, container: str, name: str) -> None:
        """Delete an object, with its segments if it has some."""
        # Swift says 200 to the first, and deletes nothing, if the object is no manifest.
        self.send("DELETE", f"/{container}/{name}", {"multipart-manifest": "delete"})
        self.send("DELETE", f"/{container}/{name}")

    def make(self, container: str) -> None:
        """Make a container."""
        _done(self.send("PUT", f"/{container}"))

    def has(self, container: str) -> bool:
        """Whether a container is there."""
        return self.send("HEAD", f"/{container}").status < 300


class S3Store(Store):
    """A server that speaks S3."""

    def __init__(self, server: RunningServer) -> None:
        self.label = server.kind
        self.part_size = 5 * 1024 * 1024
        self.endpoint = server.endpoint_url
        self.credentials = server.credentials
        self._server = server
        self.secrets = (server.credentials["AWS_SECRET_ACCESS_KEY"],)

    def client(self, proxy_url: str | None = None, **options: Any) -> S3Client:
        given = {"timeout": TIMEOUT, "options": BRISK, "region": self._server.region, **options}
        return S3Client(endpoint_url=proxy_url or self.endpoint, credentials=self.credentials, **given)

    def send(self, method: str, path: str, query: Mapping[str, str] | None = None, body: bytes = b"") -> web.Answer:
        target = quote(path) + ("?" + urlencode(sorted(query.items()), quote_via=quote) if query else "")
        headers = self._sign(method, self.endpoint + target, body)
        return web.request(method, self.endpoint + target, headers=headers, body=body)

    def _sign(self, method: str, url: str, body: bytes = b"") -> dict[str, str]:
        return signed_headers(method, url, self._server.credentials, region=self._server.region, body=body)

    def remove(self, container: str, name: str) -> None:
        self.send("DELETE", f"/{container}/{name}")

    def leftovers(self, container: str) -> set[str]:
        content = _done(self.send("GET", f"/{container}", {"uploads": ""})).body.decode()
        return set(re.findall(r"<UploadId>([^<]+)</UploadId>", content))

    def paged(self, request: Request, _body: bytes) -> tuple[str, Mapping[str, str]] | None:
        query = request.query
        if request.method != "GET" or query.get("list-type") != "2":
            return None
        return self._again(request, {**query, "max-keys": str(PAGE)})

    def unranged(self, request: Request, _body: bytes) -> tuple[str, Mapping[str, str]] | None:
        return self._again(request, request.query)

    def _again(self, request: Request, query: Mapping[str, str]) -> tuple[str, Mapping[str, str]]:
        """The same request without its conditions and its range, signed anew."""
        path = urlsplit(request.target).path
        target = path + ("?" + urlencode(sorted(query.items()), quote_via=quote) if query else "")
        return target, self._sign(request.method, self.endpoint + target)

    def aimed(self, what: str, request: Request, container: str, name: str) -> bool:
        method, path, query = request.method, request.path, request.query
        plain = path == f"/{container}/{name}"
        place = path.rstrip("/") == f"/{container}"
        copies = "x-amz-copy-source" in request.headers
        found = {
            "get": method == "GET" and plain,
            "head": method == "HEAD" and plain,
            "data": method == "PUT" and plain and not query and not copies,
            "begin": method == "POST" and plain and "uploads" in query,
            "part": method == "PUT" and plain and query.get("partNumber") == "2",
            "complete": method == "POST" and plain and "uploadId" in query,
            "abort": method == "DELETE" and plain and "uploadId" in query,
            "delete": method == "DELETE" and plain and not query,
            "bulk": method == "POST" and place and "delete" in query,
            "copy": method == "PUT" and copies,
            "metadata": method == "PUT" and copies,
            "list": method == "GET" and place and query.get("list-type") == "2",
            "containers": method == "GET" and path == "/",
            "leftovers": method == "GET" and place and "uploads" in query,
            "create": method == "PUT" and place,
            "look": method == "HEAD" and place,
            "remove": method == "DELETE" and place,
        }
        return found.get(what, False)


class SwiftStore(Store):
    """Swift, with a login of its own or behind Keystone; the account is the second one, whose secrets are no words."""

    def __init__(self, server: SwiftServer) -> None:
        self.label = server.kind
        self.part_size = 64 * 1024
        self.credentials = server.second.credentials
        self._login = Login(server.second)
        self.endpoint = server.second.storage_url
        names = ("ST_KEY", "OS_PASSWORD")
        self.base = urlsplit(self.endpoint).path
        key = f"key-{secrets.token_hex(8)}"
        self._login.send("POST", "", headers={"X-Account-Meta-Temp-URL-Key": key})
        self.secrets = (key, *(value for name, value in self.credentials.items() if name in names))

    def client(self, proxy_url: str | None = None, **options: Any) -> SwiftClient:
        url = None if proxy_url is None else proxy_url + urlsplit(self.endpoint).path
        given = {"timeout": TIMEOUT, "options": BRISK, **options}
        return SwiftClient(storage_url=url, credentials=self.credentials, **given)

    def send(self, method: str, path: str, query: Mapping[str, str] | None = None, body: bytes = b"") -> web.Answer:
        return self._login.send(method, quote(path) + (f"?{urlencode(query)}" if query else ""), body)

    def leftovers(self, container: str) -> set[str]:
        segments = {row["name"] for row in self._rows(f"{container}_segments")}
        for row in self._rows(container) if segments else ():
            if "slo_etag" in row:
                segments -= self._named(container, row["name"])
        return segments

    def _named(self, container: str, name: str) -> set[str]:
        answer = self.send("GET", f"/{container}/{name}", {"multipart-manifest": "get"})
        return {entry["name"].removeprefix(f"/{container}_segments/") for entry in json.loads(answer.body)}

    def _rows(self, container: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while True:
            marker = found[-1]["name"] if found else ""
            answer = self.send("GET", f"/{container}", {"format": "json", "marker": marker})
            rows = json.loads(answer.body) if answer.status == 200 else []
            found += rows
            if len(rows) < PAGE:
                return found

    def aimed(self, what: str, request: Request, container: str, name: str) -> bool:
        method, path, query = request.method, request.path, request.query
        account = urlsplit(self.endpoint).path
        plain = path == f"{account}/{container}/{name}"
        place = path.rstrip("/") == f"{account}/{container}"
        segment = path.startswith(f"{account}/{container}_segments/")
        manifest = query.get("multipart-manifest")
        found = {
            "get": method == "GET" and plain and not manifest,
            "manifest": method == "GET" and plain and manifest == "get",
            "head": method == "HEAD" and plain,
            "data": method == "PUT" and plain and not manifest,
            "begin": method == "HEAD" and place,
            "part": method == "PUT" and segment and path.endswith("/00000002"),
            "complete": method == "PUT" and plain and manifest == "put",
            "abort": method in ("POST", "DELETE") and ("bulk-delete" in query or segment),
            "delete": method == "DELETE" and plain,
            "bulk": method == "POST" and "bulk-delete" in query,
            "copy": method == "PUT" and plain and "x-copy-from" in request.headers,
            "metadata": method == "POST" and plain,
            "list": method == "GET" and place,
            "containers": method == "GET" and path.rstrip("/") == account,
            "leftovers": method == "GET" and path.rstrip("/") == f"{account}/{container}_segments",
            "create": method == "PUT" and place,
            "look": method == "HEAD" and place,
            "remove": method == "DELETE" and place,
        }
        return found.get(what, False)


@contextlib.contextmanager
def started(kind: str) -> Iterator[Store]:
    """Start a server: `seaweedfs`, `swift` or `keystone`."""
    if kind == "seaweedfs":
        with start_seaweedfs() as seaweedfs:
            yield S3Store(seaweedfs)
        return
    start = start_keystone if kind == "keystone" else start_swift
    with start(SwiftLimits(container_listing_limit=PAGE, account_listing_limit=PAGE)) as swift:
        yield SwiftStore(swift)


def _done(answer: web.Answer) -> web.Answer:
    assert answer.status < 300, (answer.status, answer.body[:300])
    return answer
