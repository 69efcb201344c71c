"""Swift, with a login of its own or behind Keystone."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote, urlencode, urlsplit

from obs_client import SwiftClient
from test.faults.stores.base import BRISK, PAGE, TIMEOUT, Store
from test.faults.wire.messages import Request
from test.servers import SwiftServer
from test.servers.requests import web
from test.servers.requests.login import Login


class SwiftStore(Store):
    """Swift, with a login of its own or behind Keystone.

    Args:
        login: The name of the account; the secrets of the second one are no words, so that they can be searched for.
    """

    def __init__(self, server: SwiftServer, login: str = "second") -> None:
        account = server.accounts[login]
        self.label = server.kind
        self.part_size = 64 * 1024
        self.credentials = account.credentials
        self._login = Login(account)
        self.endpoint = account.storage_url
        names = ("ST_KEY", "OS_PASSWORD", "OS_APPLICATION_CREDENTIAL_SECRET")
        self.base = urlsplit(self.endpoint).path
        if "OS_AUTH_URL" in self.credentials:
            self.others = {"/v3/": self.credentials["OS_AUTH_URL"]}
        key = f"key-{secrets.token_hex(8)}"
        self._login.send("POST", "", headers={"X-Account-Meta-Temp-URL-Key": key})
        self.secrets = (key, *(value for name, value in self.credentials.items() if name in names))

    def client(self, proxy_url: str | None = None, **options: Any) -> SwiftClient:
        url = None if proxy_url is None else proxy_url + urlsplit(self.endpoint).path
        given = {"timeout": TIMEOUT, "options": BRISK, **options}
        return SwiftClient(storage_url=url, credentials=self.credentials, **given)

    def newcomer(self, proxy_url: str, **options: Any) -> SwiftClient:
        place = next(name for name in ("OS_AUTH_URL", "ST_AUTH") if name in self.credentials)
        login = {place: proxy_url + urlsplit(self.credentials[place]).path}
        storage_url = proxy_url + urlsplit(self.endpoint).path
        given = {"timeout": TIMEOUT, "options": BRISK, "storage_url": storage_url, **options}
        return SwiftClient(credentials={**self.credentials, **login}, **given)

    def send(self, method: str, path: str, query: Mapping[str, str] | None = None, body: bytes = b"") -> web.Answer:
        return self._login.send(method, quote(path) + (f"?{urlencode(query)}" if query else ""), body)

    def redirected(self, request: Request, path: str) -> tuple[str, Mapping[str, str]]:
        return self.base + quote(path), request.headers

    def told(self, name: str, listing: bytes) -> bytes:
        return json.dumps(name).strip('"').encode()

    def leftovers(self, container: str) -> set[str]:
        # A busy server's listings come late: the manifests and the segments themselves are asked.
        place = f"{container}_segments"
        rows = self._rows(place)
        segments = {row["name"] for row in rows}
        owners = {unquote(row["content_type"].partition("object=")[2]) for row in rows}
        owners |= {row["name"] for row in self._rows(container) if segments and "slo_etag" in row}
        for name in owners - {""}:
            segments -= self._named(container, name)
        return {name for name in segments if self.send("HEAD", f"/{place}/{name}").status != 404}

    def _named(self, container: str, name: str) -> set[str]:
        answer = self.send("GET", f"/{container}/{name}", {"multipart-manifest": "get"})
        if answer.status == 404 or "x-static-large-object" not in answer.headers:
            return set()
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
            "login": (method == "GET" and path == "/auth/v1.0") or (method == "POST" and path == "/v3/auth/tokens"),
            "get": method == "GET" and plain and not manifest,
            "unchanged": method == "GET" and plain and not manifest,
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
