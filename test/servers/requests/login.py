"""A login to Swift without any SDK, for tests that look at a server past the library."""

import json
from collections.abc import Mapping
from typing import Any

from ..running import Account
from . import web


class Login:
    """The storage URL and the token that an account's credentials lead to.

    A token that ran out is renewed by `send()`; a `web.request()` with `token` shows how it is without.
    """

    def __init__(self, account: Account) -> None:
        self._account = account
        self.storage_url, self.token = log_in(account.credentials)

    def send(self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> web.Answer:
        """Send a request for a path below the storage URL, already quoted, and give the answer."""
        answer = self._send(method, path, body, headers or {})
        if answer.status != 401:
            return answer
        _, self.token = log_in(self._account.credentials)
        return self._send(method, path, body, headers or {})

    def _send(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> web.Answer:
        return web.request(method, self.storage_url + path, headers={"X-Auth-Token": self.token, **headers}, body=body)


def log_in(credentials: Mapping[str, str]) -> tuple[str, str]:
    """Give the storage URL and a token, from `ST_*` or from `OS_*`.

    Raises:
        PermissionError: The server refused.
    """
    return _by_version_1(credentials) if "ST_AUTH" in credentials else _by_keystone(credentials)


def _by_version_1(keys: Mapping[str, str]) -> tuple[str, str]:
    answer = web.request("GET", keys["ST_AUTH"], headers={"X-Auth-User": keys["ST_USER"], "X-Auth-Key": keys["ST_KEY"]})
    _expect(answer, 200, 204)
    return answer.headers["x-storage-url"], answer.headers["x-auth-token"]


def _by_keystone(keys: Mapping[str, str]) -> tuple[str, str]:
    login = _password(keys) if "OS_PASSWORD" in keys else _application_credential(keys)
    body, headers = json.dumps({"auth": login}).encode(), {"Content-Type": "application/json"}
    answer = web.request("POST", f"{keys['OS_AUTH_URL']}/auth/tokens", headers=headers, body=body)
    _expect(answer, 201)
    return _endpoint(json.loads(answer.body)["token"]["catalog"], keys), answer.headers["x-subject-token"]


def _password(keys: Mapping[str, str]) -> dict[str, object]:
    user = {"name": keys["OS_USERNAME"], "domain": {"name": keys["OS_USER_DOMAIN_NAME"]}}
    project = {"name": keys["OS_PROJECT_NAME"], "domain": {"name": keys["OS_PROJECT_DOMAIN_NAME"]}}
    password = {"user": {**user, "password": keys["OS_PASSWORD"]}}
    return {"identity": {"methods": ["password"], "password": password}, "scope": {"project": project}}


def _application_credential(keys: Mapping[str, str]) -> dict[str, object]:
    login = {"id": keys["OS_APPLICATION_CREDENTIAL_ID"], "secret": keys["OS_APPLICATION_CREDENTIAL_SECRET"]}
    return {"identity": {"methods": ["application_credential"], "application_credential": login}}


def _endpoint(catalog: list[dict[str, Any]], keys: Mapping[str, str]) -> str:
    place = keys["OS_INTERFACE"], keys["OS_REGION_NAME"]
    endpoints = [each for service in catalog if service["type"] == "object-store" for each in service["endpoints"]]
    (url,) = [each["url"] for each in endpoints if (each["interface"], each["region"]) == place]
    return str(url)


def _expect(answer: web.Answer, *statuses: int) -> None:
    if answer.status not in statuses:
        raise PermissionError(f"{answer.status}: {answer.body.decode(errors='replace')}")
