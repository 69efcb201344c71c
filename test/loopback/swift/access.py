"""Logins, tokens, and who may do what: v1 login, a small Keystone, and the access lists of containers."""

from __future__ import annotations

import dataclasses
import json
import secrets
import threading
import time
from collections.abc import Mapping
from typing import Any

from test.loopback.serving import Request, Response

from .place import Place
from .refusals import Refusal
from .state import State
from .ways import Ways

TOKEN_SECONDS = 86_400
READS = ("GET", "HEAD")


@dataclasses.dataclass(frozen=True)
class User:
    """Somebody who may log in; the owner of an account may do everything in it.

    Attributes:
        name: As access lists have it, `account:user`.
    """

    name: str
    password: str
    account: str
    owner: bool = True


class Access:
    """Knows the users and the tokens."""

    def __init__(self, state: State, users: Mapping[str, User], url: str = "") -> None:
        self._state = state
        self._users = users
        self._tokens: dict[str, User] = {}
        self._lock = threading.Lock()
        self.url = url

    def expire_all(self) -> None:
        """Let no token that was given out be good any more."""
        with self._lock:
            self._tokens.clear()

    def log_in(self, request: Request) -> Response:
        """The v1 login."""
        user = self._users.get(request.header("x-auth-user") or request.header("x-storage-user"))
        if user is None or user.password != (request.header("x-auth-key") or request.header("x-storage-pass")):
            raise Refusal(401)
        token = self._token(user)
        headers = {
            "X-Storage-Url": self.url + _path(self._state.ways, user.account),
            "X-Auth-Token": token,
            "X-Storage-Token": token,
            "X-Auth-Token-Expires": str(TOKEN_SECONDS),
        }
        return Response(self._state.ways.login_status, headers)

    def log_in_to_keystone(self, request: Request) -> Response:
        """POST /v3/auth/tokens, by password or by a token."""
        user = self._identified(json.loads(request.body)["auth"]["identity"])
        expires = time.strftime("%Y-%m-%dT%H:%M:%S.000000Z", time.gmtime(time.time() + TOKEN_SECONDS))
        token = {
            "methods": ["password"],
            "expires_at": expires,
            "issued_at": expires,
            "user": {"id": user.name, "name": user.name, "domain": {"id": "default", "name": "Default"}},
            "project": {"id": user.account, "name": user.account, "domain": {"id": "default", "name": "Default"}},
            "roles": [{"id": "member", "name": "member"}],
            "catalog": [{"type": "object-store", "name": "swift", "id": "swift", "endpoints": self._endpoints(user)}],
        }
        body = json.dumps({"token": token}).encode()
        return Response(201, {"X-Subject-Token": self._token(user), "Content-Type": "application/json"}, body)

    def discovery(self) -> Response:
        """GET /v3."""
        version = {
            "id": "v3.14",
            "status": "stable",
            "updated": "2020-04-07T00:00:00Z",
            "links": [{"rel": "self", "href": f"{self.url}/v3/"}],
            "media-types": [{"base": "application/json", "type": "application/vnd.openstack.identity-v3+json"}],
        }
        return Response(200, {"Content-Type": "application/json"}, json.dumps({"version": version}).encode())

    def check(self, request: Request, place: Place) -> None:
        """Refuse a request that its token does not allow."""
        token = request.header("x-auth-token")
        with self._lock:
            user = self._tokens.get(token)
        if token and user is None:
            raise Refusal(401, headers={"Www-Authenticate": 'Swift realm="unknown"'})
        if user and user.owner and place.account.startswith(user.account):
            return
        if self._listed(request, place, user):
            return
        raise Refusal(403 if user else 401)

    def _identified(self, identity: Mapping[str, Any]) -> User:
        if "token" in identity["methods"]:
            with self._lock:
                known = self._tokens.get(identity["token"]["id"])
            if known is None:
                raise Refusal(401)
            return known
        told = identity.get("password", {}).get("user", {})
        for user in self._users.values():
            if user.name.rpartition(":")[2] == told.get("name") and user.password == told.get("password"):
                return user
        raise Refusal(401)

    def _listed(self, request: Request, place: Place, user: User | None) -> bool:
        """Whether the access list of the container names the user, or everybody."""
        with self._state.lock:
            container = self._state.account(place.account).containers.get(place.container)
        if container is None:
            return False
        reads = request.method in READS
        names = container.headers.get(f"x-container-{'read' if reads else 'write'}", "").split(",")
        if user and user.name in names:
            return bool(place.name) or reads
        return reads and ".r:*" in names and (bool(place.name) or ".rlistings" in names)

    def _token(self, user: User) -> str:
        token = f"AUTH_tk{secrets.token_hex(16)}"
        with self._lock:
            self._tokens[token] = user
        return token

    def _endpoints(self, user: User) -> list[dict[str, str]]:
        return [
            {
                "id": f"{region}-{interface}",
                "interface": interface,
                "region": region,
                "region_id": region,
                "url": self.url + _path(self._state.ways, f"{user.account}-{region}"),
            }
            for region in self._state.ways.regions
            for interface in ("public", "internal")
        ]


def _path(ways: Ways, account: str) -> str:
    return ways.account_path.replace("{account}", account)
