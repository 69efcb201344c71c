"""A server that speaks S3."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode, urlsplit
from xml.sax.saxutils import escape

from obs_client import S3Client
from test.faults.stores.base import BRISK, PAGE, TIMEOUT, Store, done
from test.faults.wire.messages import Request
from test.servers import RunningServer
from test.servers.requests import web
from test.servers.requests.signing import signed_headers


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
        content = done(self.send("GET", f"/{container}", {"uploads": ""})).body.decode()
        return set(re.findall(r"<UploadId>([^<]+)</UploadId>", content))

    def paged(self, request: Request, _body: bytes) -> tuple[str, Mapping[str, str]] | None:
        query = request.query
        if request.method != "GET" or query.get("list-type") != "2":
            return None
        return self._again(request, {**query, "max-keys": str(PAGE)})

    def unranged(self, request: Request, _body: bytes) -> tuple[str, Mapping[str, str]] | None:
        return self._again(request, request.query)

    def redirected(self, request: Request, path: str) -> tuple[str, Mapping[str, str]]:
        target = quote(path)
        return target, self._sign(request.method, self.endpoint + target)

    def told(self, name: str, listing: bytes) -> bytes:
        return (quote(name) if b"<EncodingType>url" in listing else escape(name)).encode()

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
            "unchanged": method == "GET" and plain,
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
