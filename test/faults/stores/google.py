"""Google Cloud Storage, by the double that is written from its documents."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from obs_client.backends.gcs.client import GCSClient
from test.faults.stores.base import BRISK, PAGE, TIMEOUT, Store, done
from test.faults.wire.messages import Request
from test.servers import RunningServer
from test.servers.requests import web

_JSON = "/storage/v1/b"
_UPLOAD = "/upload/storage/v1/b"


class GoogleStore(Store):
    """The double, in the name of a service account."""

    def __init__(self, server: RunningServer) -> None:
        self.label = server.kind
        self.part_size = 5 * 1024 * 1024
        self.endpoint = server.endpoint_url
        self.credentials = server.credentials
        self._key = json.loads(self.credentials["GOOGLE_SERVICE_ACCOUNT_KEY"])
        self.secrets = (self._key["private_key"].splitlines()[1],)

    def client(self, proxy_url: str | None = None, **options: Any) -> GCSClient:
        given = {"timeout": TIMEOUT, "options": BRISK, "credentials": self.credentials, **options}
        return GCSClient(endpoint_url=proxy_url or self.endpoint, **given)

    def newcomer(self, proxy_url: str, **options: Any) -> GCSClient:
        key = json.dumps({**self._key, "token_uri": f"{proxy_url}/token"})
        return self.client(proxy_url, credentials={**self.credentials, "GOOGLE_SERVICE_ACCOUNT_KEY": key}, **options)

    def send(self, method: str, path: str, query: Mapping[str, str] | None = None, body: bytes = b"") -> web.Answer:
        target = quote(path) + (f"?{urlencode(query)}" if query else "")
        return web.request(method, self.endpoint + target, headers=self._login(), body=body)

    def _login(self) -> dict[str, str]:
        client = self.direct
        assert isinstance(client, GCSClient)
        assert client._requests.login.tokens
        return {
            "Authorization": f"Bearer {client._requests.login.tokens.current().reveal()}",
            "Accept-Encoding": "gzip",
        }

    def make(self, container: str) -> None:
        done(self.send("POST", _JSON, {"project": "p"}, json.dumps({"name": container}).encode()))

    def has(self, container: str) -> bool:
        return self.send("GET", f"{_JSON}/{container}").status < 300

    def remove(self, container: str, name: str) -> None:
        self.send("DELETE", f"/{container}/{name}")

    def leftovers(self, container: str) -> set[str]:
        content = done(self.send("GET", f"/{container}", {"uploads": ""})).body.decode()
        return set(re.findall(r"<UploadId>([^<]+)</UploadId>", content))

    def paged(self, request: Request, _body: bytes) -> tuple[str, Mapping[str, str]] | None:
        path = urlsplit(request.target).path
        lists = path == _JSON or (path.startswith(f"{_JSON}/") and path.endswith("/o"))
        if request.method != "GET" or not lists:
            return None
        query = {**request.query, "maxResults": str(PAGE)}
        return f"{path}?{urlencode(query)}", request.headers

    def redirected(self, request: Request, path: str) -> tuple[str, Mapping[str, str]]:
        return quote(path), request.headers

    def told(self, name: str, listing: bytes) -> bytes:
        return json.dumps(name).strip('"').encode()

    def aimed(self, what: str, request: Request, container: str, name: str) -> bool:
        method, path, query = request.method, request.path, request.query
        by_xml, by_json = path == f"/{container}/{name}", path == f"{_JSON}/{container}/o/{name}"
        sends = path == f"{_UPLOAD}/{container}/o"
        found = {
            "login": method == "POST" and path == "/token",
            "get": method == "GET" and by_xml,
            "unchanged": method == "GET" and by_json and "ifGenerationNotMatch" in query,
            "head": method == "GET" and by_json,
            "data": method == "POST" and sends and query.get("uploadType") == "multipart",
            "begin": method == "POST" and by_xml and "uploads" in query,
            "part": method == "PUT" and by_xml and query.get("partNumber") == "2",
            "complete": method == "POST" and by_xml and "uploadId" in query,
            "abort": method == "DELETE" and by_xml and "uploadId" in query,
            "delete": method == "DELETE" and by_json,
            "bulk": method == "POST" and path == "/batch/storage/v1",
            "copy": method == "POST" and "/rewriteTo/" in path,
            "metadata": method == "PATCH" and by_json,
            "list": method == "GET" and path == f"{_JSON}/{container}/o",
            "containers": method == "GET" and path == _JSON,
            "leftovers": method == "GET" and path.rstrip("/") == f"/{container}",
            "create": method == "POST" and path == _JSON,
            "look": method == "GET" and path == f"{_JSON}/{container}",
            "remove": method == "DELETE" and path == f"{_JSON}/{container}",
        }
        return found.get(what, False)
