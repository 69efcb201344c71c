"""Signed URLs of a store in this process, and the server on the loopback address that answers them."""

from __future__ import annotations

import hashlib
import hmac
import http.server
import secrets
import shutil
import threading
import time
import weakref
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from obs_client.backend.values import UrlTerms
from obs_client.client import ObjectStorageClient
from obs_client.errors import NotFoundError, ObjectStorageClientError

_TERMS = (("content_type", "Content-Type"), ("content_disposition", "Content-Disposition"), ("size", "Content-Length"))
"""What a URL may be about, and the header of it."""


class UrlServer:
    """Signs URLs, and answers them until `stop`, or the end of the process.

    Args:
        client: Whose objects they are of; the server does not keep it alive.
    """

    def __init__(self, client: weakref.ref[ObjectStorageClient]) -> None:
        self._key = secrets.token_bytes(32)
        handler = type("Handler", (_Handler,), {"client": client, "sign": self._signature})
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def url(self, method: str, container: str, name: str, seconds: int, terms: UrlTerms) -> str:
        """A URL for one method that expires after so many seconds."""
        path = f"/{quote(container, safe='')}/{quote(name, safe='')}"
        pairs = {"expires": str(time.time() + seconds), **_given(terms)}
        signature = self._signature(method, path, pairs)
        query = urlencode({**pairs, "signature": signature})
        return f"http://127.0.0.1:{self._server.server_port}{path}?{query}"

    def stop(self) -> None:
        """Answer no more."""
        self._server.shutdown()
        self._server.server_close()

    def _signature(self, method: str, path: str, pairs: Mapping[str, str]) -> str:
        text = f"{method}\n{path}\n{sorted(pairs.items())}"
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    client: Any
    sign: Any
    query: dict[str, str]

    def do_GET(self) -> None:
        self._answer("GET", self._get)

    def do_HEAD(self) -> None:
        self._answer("GET", self._get)

    def do_PUT(self) -> None:
        self._answer("PUT", self._put)

    def log_message(self, *_: Any) -> None:
        """Nothing: a program's own output is not this server's."""

    def _answer(self, method: str, work: Any) -> None:
        client = self.client()
        parts = urlsplit(self.path)
        self.query = dict(parse_qsl(parts.query))
        if client is None or not self._is_allowed(method, parts.path):
            self._refuse(403)
            return
        container, _, name = parts.path.removeprefix("/").partition("/")
        try:
            work(client, unquote(container), unquote(name))
        except NotFoundError:
            self._refuse(404)
        except ObjectStorageClientError:
            self._refuse(500)

    def _is_allowed(self, method: str, path: str) -> bool:
        pairs = {name: value for name, value in self.query.items() if name != "signature"}
        right = hmac.compare_digest(self.sign(method, path, pairs), self.query.get("signature", ""))
        return right and time.time() < float(pairs["expires"]) and (method != "PUT" or self._has_all_that_is_bound())

    def _has_all_that_is_bound(self) -> bool:
        """Whether a PUT has the headers and the size that its URL is for."""
        return all(
            self.headers.get(header) == self.query.get(name, self.headers.get(header)) for name, header in _TERMS
        )

    def _get(self, client: ObjectStorageClient, container: str, name: str) -> None:
        with client.object_open(name, "rb", container) as file:
            info = client.object_info(name, container)
            self.send_response(200)
            told = {header: self.query[name] for name, header in _TERMS if name in self.query}
            for header, value in {**_headers(info), **told}.items():
                self.send_header(header, value)
            self.end_headers()
            if self.command == "GET":
                shutil.copyfileobj(file, self.wfile)

    def _put(self, client: ObjectStorageClient, container: str, name: str) -> None:
        if any(self.headers.get(name) != value for name, value in client.capabilities.upload_url_headers):
            self._refuse(400)
            return
        size = int(self.headers.get("Content-Length") or 0)
        kind, disposition = self.headers.get("Content-Type"), self.headers.get("Content-Disposition")
        data = self.rfile.read(size)
        client.object_write(name, data, None, container, content_type=kind, content_disposition=disposition)
        self._refuse(201)

    def _refuse(self, status: int) -> None:
        """An answer without content; after a refusal what was sent with the request is not read."""
        self.send_response(status)
        self.send_header("Content-Length", "0")
        if status >= 400:
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()


def _given(terms: UrlTerms) -> dict[str, str]:
    return {name: str(getattr(terms, name)) for name, _ in _TERMS if getattr(terms, name) is not None}


def _headers(info: Any) -> dict[str, str]:
    told = {
        "Content-Length": str(info.size),
        "Content-Type": info.content_type,
        "Content-Encoding": info.content_encoding,
        "Content-Disposition": info.content_disposition,
        "Content-Language": info.content_language,
        "Cache-Control": info.cache_control,
        "ETag": f'"{info.hash}"' if info.hash else None,
    }
    return {name: value for name, value in told.items() if value}
