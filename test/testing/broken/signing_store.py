"""A store with signed URLs: memory behind a small HTTP server on loopback, for the suite's tests of such URLs."""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
import http.server
import secrets
import threading
import time
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlencode, urlsplit

from obs_client import Capabilities, SignedUrl
from obs_client.backend.values import NO_TERMS, UrlTerms
from test.testing.broken.backends import BrokenClient, caught_by

KEY = secrets.token_bytes(16)
HEADERS = {"content_type": "Content-Type", "content_disposition": "Content-Disposition", "size": "Content-Length"}


class SigningClient(BrokenClient):
    """Nothing is broken in this one; its server starts with the first URL and ends with `close`."""

    server: http.server.ThreadingHTTPServer | None = None
    needed_header = ""
    """What a PUT must have."""
    bound: tuple[str, ...] = ("content_type", "content_disposition", "size")
    """The terms that a PUT must keep."""
    told: tuple[str, ...] = ("content_type", "content_disposition")
    """The terms that a GET is answered with."""

    def _capabilities(self) -> Capabilities:
        return dataclasses.replace(
            super()._capabilities(),
            download_urls=True,
            upload_urls=True,
            download_url_content_type=True,
            download_url_content_disposition=True,
            upload_url_content_type=True,
            upload_url_content_disposition=True,
            upload_url_size=True,
        )

    def close(self) -> None:
        if self.server:
            self.server.shutdown()
            self.server.server_close()
            self.server = None

    def _object_generate_download_url(self, container: str, name: str, seconds: int, terms: UrlTerms = NO_TERMS) -> str:
        return self.url("GET", container, name, seconds, terms)

    def _object_generate_upload_url(self, container: str, name: str, seconds: int, terms: UrlTerms = NO_TERMS) -> str:
        return self.url("PUT", container, name, seconds, terms)

    def url(self, method: str, container: str, name: str, seconds: int, terms: UrlTerms) -> str:
        """A URL for one method on one object."""
        expires = str(time.time() + seconds)
        path = f"/{quote(container, safe='')}/{self.quoted(name)}"
        given = {key: str(value) for key, value in dataclasses.asdict(terms).items() if value is not None}
        signature = self.signature(method, unquote(path), expires + str(sorted(given.items())))
        query = urlencode({**given, "expires": expires, "signature": signature})
        return f"http://127.0.0.1:{self.port()}{path}?{query}"

    def quoted(self, name: str) -> str:
        """The name as it stands in a URL."""
        return quote(name, safe="")

    def signature(self, method: str, path: str, expires: str) -> str:
        """What only this client can make."""
        return hmac.new(KEY, f"{method} {path} {expires}".encode(), hashlib.sha256).hexdigest()

    def port(self) -> int:
        """Where the server listens."""
        if self.server is None:
            self.server = http.server.ThreadingHTTPServer(
                ("127.0.0.1", 0), type("Handler", (_Handler,), {"client": self})
            )
            threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        return self.server.server_address[1]

    def allows(self, method: str, url: str) -> bool:
        """Whether a URL is signed for this, and has not expired."""
        parts = urlsplit(url)
        query = parse_qs(parts.query)
        expires = query.get("expires", ["0"])[0]
        given = {key: values[0] for key, values in query.items() if key not in ("expires", "signature")}
        right = self.signature(method, unquote(parts.path), expires + str(sorted(given.items())))
        return hmac.compare_digest(right, query.get("signature", [""])[0]) and float(expires) > time.time()


class _Handler(http.server.BaseHTTPRequestHandler):
    client: SigningClient

    def do_GET(self) -> None:
        self.answer("GET")

    def do_PUT(self) -> None:
        self.answer("PUT")

    def answer(self, method: str) -> None:
        container, _, name = unquote(urlsplit(self.path).path)[1:].partition("/")
        data = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        allowed = self.client.allows(method, self.path)
        if method == "PUT" and self.client.needed_header and self.client.needed_header not in self.headers:
            allowed = False
        given = {key: values[0] for key, values in parse_qs(urlsplit(self.path).query).items()}
        if allowed and method == "PUT":
            allowed = self.put(name, container, data, given)
        body = self.client.inner.object_read(name, container) if allowed and method == "GET" else b""
        self.send_response(200 if allowed else 403)
        for term in set(self.client.told) & set(given):
            self.send_header(HEADERS[term], given[term])
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def put(self, name: str, container: str, data: bytes, given: dict[str, str]) -> bool:
        own = {term: self.headers.get(header) for term, header in HEADERS.items()}
        if any(own[term] != given.get(term, own[term]) for term in self.client.bound):
            return False
        kind, disposition = own["content_type"], own["content_disposition"]
        self.client.inner.object_write(name, data, None, container, content_type=kind, content_disposition=disposition)
        return True

    def log_message(self, format: str, *arguments: object) -> None:
        pass


@caught_by("test_url_expires")
class UrlsNeverExpire(SigningClient):
    def url(self, method: str, container: str, name: str, seconds: int, terms: UrlTerms) -> str:
        return super().url(method, container, name, 10**6, terms)


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
    def _object_generate_upload_url(self, container: str, name: str, seconds: int, terms: UrlTerms = NO_TERMS) -> str:
        return self._object_generate_download_url(container, name, seconds, terms)


@caught_by("test_download_url_terms")
class UrlsThatForgetTheDisposition(SigningClient):
    told = ("content_type",)


@caught_by("test_upload_url_terms")
class UrlsForAnySize(SigningClient):
    bound = ("content_type", "content_disposition")


@caught_by("test_url_terms_undeclared")
class UrlsThatIgnoreTheirTerms(BrokenClient):
    def object_generate_download_url(self, *_: Any, **__: Any) -> SignedUrl:
        return SignedUrl("http://localhost/")


@caught_by("test_impossible_url_terms")
class UrlsForTermsThatAreNone(BrokenClient):
    def object_generate_upload_url(self, *_: Any, **__: Any) -> SignedUrl:
        return SignedUrl("http://localhost/")
