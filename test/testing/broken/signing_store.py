"""A store with signed URLs: memory behind a small HTTP server on loopback, for the suite's tests of such URLs."""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
import http.server
import secrets
import threading
import time
from urllib.parse import parse_qs, quote, unquote, urlsplit

from obs_client import Capabilities, MemoryClient
from test.testing.broken.backends import BrokenClient, caught_by

KEY = secrets.token_bytes(16)


class SigningClient(BrokenClient):
    """Nothing is broken in this one; its server starts with the first URL and ends with `close`."""

    server: http.server.ThreadingHTTPServer | None = None
    needed_header = ""
    """What a PUT must have."""

    def _capabilities(self) -> Capabilities:
        return dataclasses.replace(super()._capabilities(), download_urls=True, upload_urls=True)

    def close(self) -> None:
        if self.server:
            self.server.shutdown()
            self.server.server_close()
            self.server = None

    def _object_generate_download_url(self, container: str, name: str, seconds: int) -> str:
        return self.url("GET", container, name, seconds)

    def _object_generate_upload_url(self, container: str, name: str, seconds: int) -> str:
        return self.url("PUT", container, name, seconds)

    def url(self, method: str, container: str, name: str, seconds: int) -> str:
        """A URL for one method on one object."""
        expires = str(time.time() + seconds)
        path = f"/{quote(container, safe='')}/{self.quoted(name)}"
        signature = self.signature(method, unquote(path), expires)
        return f"http://127.0.0.1:{self.port()}{path}?expires={expires}&signature={signature}"

    def quoted(self, name: str) -> str:
        """The name as it stands in a URL."""
        return quote(name, safe="")

    def signature(self, method: str, path: str, expires: str) -> str:
        """What only this client can make."""
        return hmac.new(KEY, f"{method} {path} {expires}".encode(), hashlib.sha256).hexdigest()

    def port(self) -> int:
        """Where the server listens."""
        if self.server is None:
            self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
            threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        return self.server.server_address[1]

    def allows(self, method: str, url: str) -> bool:
        """Whether a URL is signed for this, and has not expired."""
        parts = urlsplit(url)
        query = parse_qs(parts.query)
        expires = query.get("expires", ["0"])[0]
        right = self.signature(method, unquote(parts.path), expires)
        return hmac.compare_digest(right, query.get("signature", [""])[0]) and float(expires) > time.time()


def _handler_of(client: SigningClient) -> type[http.server.BaseHTTPRequestHandler]:
    store: MemoryClient = client.inner

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.answer("GET")

        def do_PUT(self) -> None:
            self.answer("PUT")

        def answer(self, method: str) -> None:
            container, _, name = unquote(urlsplit(self.path).path)[1:].partition("/")
            data = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            allowed = client.allows(method, self.path)
            if method == "PUT" and client.needed_header and client.needed_header not in self.headers:
                allowed = False
            if allowed and method == "PUT":
                store.object_write(name, data, container_name=container)
            body = store.object_read(name, container) if allowed and method == "GET" else b""
            self.send_response(200 if allowed else 403)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    return Handler


@caught_by("test_url_expires")
class UrlsNeverExpire(SigningClient):
    def url(self, method: str, container: str, name: str, seconds: int) -> str:
        return super().url(method, container, name, 10**6)


@caught_by("test_url_is_bound")
class UrlsForAnything(SigningClient):
    def signature(self, method: str, path: str, expires: str) -> str:
        return "the same for all"


@caught_by("test_download_url")
class UrlsWithoutQuoting(SigningClient):
    def quoted(self, name: str) -> str:
        return quote(name, safe="/%?#&")


@caught_by("test_upload_url")
class UploadUrlsThatAreNone(SigningClient):
    def _object_generate_upload_url(self, container: str, name: str, seconds: int) -> str:
        return self._object_generate_download_url(container, name, seconds)
