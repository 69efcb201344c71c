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
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

from obs_client.client import ObjectStorageClient
from obs_client.errors import NotFoundError, ObjectStorageClientError


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

    def url(self, method: str, container: str, name: str, seconds: int) -> str:
        """A URL for one method that expires after so many seconds."""
        path = f"/{quote(container, safe='')}/{quote(name, safe='')}"
        expires = str(time.time() + seconds)
        signature = self._signature(method, path, expires)
        return f"http://127.0.0.1:{self._server.server_port}{path}?expires={expires}&signature={signature}"

    def stop(self) -> None:
        """Answer no more."""
        self._server.shutdown()
        self._server.server_close()

    def _signature(self, method: str, path: str, expires: str) -> str:
        return hmac.new(self._key, f"{method}\n{path}\n{expires}".encode(), hashlib.sha256).hexdigest()


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    client: Any
    sign: Any

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
        if client is None or not self._is_allowed(method, parts.path, parse_qs(parts.query)):
            self._refuse(403)
            return
        container, _, name = parts.path.removeprefix("/").partition("/")
        try:
            work(client, unquote(container), unquote(name))
        except NotFoundError:
            self._refuse(404)
        except ObjectStorageClientError:
            self._refuse(500)

    def _is_allowed(self, method: str, path: str, query: dict[str, list[str]]) -> bool:
        expires, signature = (query.get(name, [""])[0] for name in ("expires", "signature"))
        right = hmac.compare_digest(self.sign(method, path, expires), signature)
        return right and time.time() < float(expires)

    def _get(self, client: ObjectStorageClient, container: str, name: str) -> None:
        with client.object_open(name, "rb", container) as file:
            info = client.object_info(name, container)
            self.send_response(200)
            for header, value in _headers(info).items():
                self.send_header(header, value)
            self.end_headers()
            if self.command == "GET":
                shutil.copyfileobj(file, self.wfile)

    def _put(self, client: ObjectStorageClient, container: str, name: str) -> None:
        size = int(self.headers.get("Content-Length") or 0)
        kind = self.headers.get("Content-Type")
        client.object_write(name, self.rfile.read(size), None, container, content_type=kind)
        self._refuse(201)

    def _refuse(self, status: int) -> None:
        """An answer without content; after a refusal what was sent with the request is not read."""
        self.send_response(status)
        self.send_header("Content-Length", "0")
        if status >= 400:
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()


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
