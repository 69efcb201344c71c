"""Azure Blob Storage, by Azurite."""

from __future__ import annotations

import base64
import datetime as dt
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode
from xml.sax.saxutils import escape

from obs_client.backends.azure.client import AzureClient
from test.faults.stores.base import BRISK, PAGE, TIMEOUT, Store, done
from test.faults.wire.messages import Request
from test.servers import AzuriteServer
from test.servers.requests import web

_SNAPSHOTS = {"restype": "container", "comp": "list", "include": "snapshots"}


class AzureStore(Store):
    """Azurite. What goes past the library has a SAS of azure-storage-blob's."""

    def __init__(self, server: AzuriteServer) -> None:
        from azure.storage.blob import AccountSasPermissions, ResourceTypes, generate_account_sas  # it takes long

        self.label = server.kind
        self.part_size = 64 * 1024
        self.endpoint = server.endpoint_url
        self.credentials = server.credentials
        account, key = self.credentials["AZURE_STORAGE_ACCOUNT"], self.credentials["AZURE_STORAGE_KEY"]
        self.base = f"/{account}"
        self.secrets = (key,)
        everything = ResourceTypes(service=True, container=True, object=True)
        rights = AccountSasPermissions.from_string("rwdlac")
        tomorrow = dt.datetime.now(dt.UTC) + dt.timedelta(days=1)
        self._sas = generate_account_sas(account, key, everything, rights, tomorrow)

    def client(self, proxy_url: str | None = None, **options: Any) -> AzureClient:
        given = {"timeout": TIMEOUT, "options": BRISK, **options}
        return AzureClient(account_url=(proxy_url or self.endpoint) + self.base, credentials=self.credentials, **given)

    def send(self, method: str, path: str, query: Mapping[str, str] | None = None, body: bytes = b"") -> web.Answer:
        plain = path.count("/") > 1
        place = query or ({} if plain else {"restype": "container"})
        headers = {"x-ms-version": "2021-12-02"}
        if method == "PUT" and plain:
            headers["x-ms-blob-type"] = "BlockBlob"
        return web.request(method, self.endpoint + self._target(path, place), headers=headers, body=body)

    def _target(self, path: str, query: Mapping[str, str]) -> str:
        return f"{self.base}{quote(path)}?{urlencode(query, quote_via=quote)}&{self._sas}".replace("?&", "?")

    def remove(self, container: str, name: str) -> None:
        self.send("DELETE", f"/{container}/{name}")

    def leftovers(self, container: str) -> set[str]:
        """None that anybody sees: Azure drops the blocks of an upload that has not ended by itself."""
        found = done(self.send("GET", f"/{container}", _SNAPSHOTS))
        return {name.decode() for name in re.findall(rb"<Snapshot>[^<]*</Snapshot>", found.body)}

    def blocks(self, container: str, name: str) -> int:
        """How many blocks of a name are there that no object has."""
        found = self.send("GET", f"/{container}/{name}", {"comp": "blocklist", "blocklisttype": "uncommitted"})
        return found.body.count(b"<Block>")

    def paged(self, request: Request, _body: bytes) -> tuple[str, Mapping[str, str]] | None:
        if request.method != "GET" or request.query.get("comp") != "list":
            return None
        return self._again(request, {**request.query, "maxresults": str(PAGE)})

    def unranged(self, request: Request, _body: bytes) -> tuple[str, Mapping[str, str]] | None:
        return self._again(request, request.query)

    def redirected(self, request: Request, path: str) -> tuple[str, Mapping[str, str]]:
        _, headers = self._again(request, request.query)
        return self._target(path, request.query), headers

    def _again(self, request: Request, query: Mapping[str, str]) -> tuple[str, Mapping[str, str]]:
        """The same request without its range and its signature, for which it has a SAS."""
        dropped = ("range", "authorization")
        headers = {name: value for name, value in request.headers.items() if name not in dropped}
        return self._target(request.path.removeprefix(self.base), query), headers

    def told(self, name: str, listing: bytes) -> bytes:
        return escape(name).encode()

    def aimed(self, what: str, request: Request, container: str, name: str) -> bool:
        method, path, query = request.method, request.path, request.query
        plain, comp = path == f"{self.base}/{container}/{name}", query.get("comp")
        place = path.rstrip("/") == f"{self.base}/{container}" and query.get("restype") == "container"
        copies = "x-ms-copy-source" in request.headers
        block = base64.b64decode(query.get("blockid", ""))
        found = {
            "get": method == "GET" and plain,
            "unchanged": method == "GET" and plain,
            "head": method == "HEAD" and plain,
            "data": method == "PUT" and plain and comp is None and not copies,
            "part": method == "PUT" and plain and comp == "block" and block.endswith(b"00000002"),
            "complete": method == "PUT" and plain and comp == "blocklist",
            "delete": method == "DELETE" and plain,
            "bulk": method == "POST" and comp == "batch",
            "copy": method == "PUT" and copies,
            "metadata": method == "PUT" and plain and comp == "metadata",
            "list": method == "GET" and place and comp == "list",
            "containers": method == "GET" and path.rstrip("/") == self.base and comp == "list",
            "create": method == "PUT" and place,
            "look": method == "HEAD" and place,
            "remove": method == "DELETE" and place,
        }
        return found.get(what, False)
