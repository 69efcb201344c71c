"""Fill an empty Keystone with a catalogue, projects, users and keys, over its own API."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...errors import ServerError
from ...requests import web

REGION = "RegionOne"
ADMIN_PASSWORD = "admin-password"
SERVICE_USER = "swift"
SERVICE_PASSWORD = "swift-password"
RESELLER_ROLE = "ResellerAdmin"


@dataclass(frozen=True, slots=True)
class User:
    """A user in the default domain."""

    name: str
    password: str
    project: str
    roles: tuple[str, ...]


SERVICE = User(SERVICE_USER, SERVICE_PASSWORD, "service", ("admin", "service"))
ADMIN = User("admin", ADMIN_PASSWORD, "admin", ("admin", RESELLER_ROLE))
USERS = {
    "member": User("tester", "testing", "test", ("member",)),
    "reader": User("reader", "reading", "test", ("reader",)),
    "second": User("tester2", "testing2", "test2", ("member",)),
}


class Session:
    """Requests as one user. A token that ran out is renewed: it may live for a few seconds only."""

    def __init__(self, url: str, user: User) -> None:
        self.url = url
        self._user = user
        self._token = ""
        self.login: dict[str, Any] = {}

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Send a request, logging in as often as it takes, and give the answer's JSON, or None when it is empty."""
        if not self._token:
            self._log_in()
        answer = self._send(method, path, body)
        if answer.status == 401:
            self._log_in()
            answer = self._send(method, path, body)
        return _content(answer, f"{method} {path}")

    def _send(self, method: str, path: str, body: Mapping[str, Any] | None) -> web.Answer:
        content = b"" if body is None else json.dumps(body).encode()
        headers = {"X-Auth-Token": self._token, "Content-Type": "application/json"}
        return web.request(method, self.url + path, headers=headers, body=content)

    def _log_in(self) -> None:
        password = {"user": {"name": self._user.name, "password": self._user.password, "domain": {"id": "default"}}}
        scope = {"project": {"name": self._user.project, "domain": {"id": "default"}}}
        identity = {"methods": ["password"], "password": password}
        self._token = ""
        answer = self._send("POST", "/auth/tokens", {"auth": {"identity": identity, "scope": scope}})
        self.login = _content(answer, f"login of {self._user.name}")["token"]
        self._token = answer.headers["x-subject-token"]


def provide_users(auth_url: str, swift_url: str) -> dict[str, dict[str, Any]]:
    """Make all that the tests need, and give the accounts by name.

    Args:
        auth_url: Keystone's, with `/v3`.
        swift_url: The proxy's, without a path.
    """
    session = Session(auth_url, ADMIN)
    _publish(session, f"{swift_url}/v1/AUTH_$(project_id)s")
    session.call("POST", "/roles", {"role": {"name": RESELLER_ROLE}})
    roles = {role["name"]: role["id"] for role in session.call("GET", "/roles")["roles"]}
    projects = {name: _project(session, name) for name in ("service", "test", "test2")}
    projects[ADMIN.project] = session.login["project"]["id"]
    users = {user.name: _create(session, user) for user in (SERVICE, *USERS.values())}
    users[ADMIN.name] = session.login["user"]["id"]
    for user in (SERVICE, ADMIN, *USERS.values()):
        for role in user.roles:
            session.call("PUT", f"/projects/{projects[user.project]}/users/{users[user.name]}/roles/{roles[role]}")
    accounts = {
        name: _account(session, user, users[user.name], projects[user.project], swift_url)
        for name, user in (USERS | {"admin": ADMIN}).items()
    }
    member = Session(auth_url, USERS["member"])
    return {**accounts, "application_credential": _application_credential(member, accounts["member"])}


def _publish(session: Session, endpoint: str) -> None:
    service = {"type": "object-store", "name": "swift"}
    identifier = session.call("POST", "/services", {"service": service})["service"]["id"]
    for interface in ("public", "internal", "admin"):
        fields = {"service_id": identifier, "region_id": REGION, "interface": interface, "url": endpoint}
        session.call("POST", "/endpoints", {"endpoint": fields})


def _project(session: Session, name: str) -> str:
    answer = session.call("POST", "/projects", {"project": {"name": name, "domain_id": "default"}})
    return str(answer["project"]["id"])


def _create(session: Session, user: User) -> str:
    fields = {"name": user.name, "password": user.password, "domain_id": "default"}
    return str(session.call("POST", "/users", {"user": fields})["user"]["id"])


def _account(session: Session, user: User, identifier: str, project: str, swift_url: str) -> dict[str, Any]:
    keys = session.call("POST", f"/users/{identifier}/credentials/OS-EC2", {"tenant_id": project})["credential"]
    return {
        "credentials": _credentials(session.url, user),
        "s3_credentials": {"AWS_ACCESS_KEY_ID": keys["access"], "AWS_SECRET_ACCESS_KEY": keys["secret"]},
        "storage_url": f"{swift_url}/v1/AUTH_{project}",
        "ids": {
            "OS_PROJECT_ID": project,
            "OS_USER_ID": identifier,
            "OS_PROJECT_DOMAIN_ID": "default",
            "OS_USER_DOMAIN_ID": "default",
        },
    }


def _place(auth_url: str) -> dict[str, str]:
    where = {"OS_AUTH_URL": auth_url, "OS_REGION_NAME": REGION, "OS_INTERFACE": "public"}
    return where | {"OS_IDENTITY_API_VERSION": "3"}


def _credentials(auth_url: str, user: User) -> dict[str, str]:
    login = {"OS_USERNAME": user.name, "OS_PASSWORD": user.password, "OS_PROJECT_NAME": user.project}
    domains = {"OS_USER_DOMAIN_NAME": "Default", "OS_PROJECT_DOMAIN_NAME": "Default"}
    return _place(auth_url) | login | domains


def _application_credential(session: Session, member: Mapping[str, Any]) -> dict[str, Any]:
    path = f"/users/{member['ids']['OS_USER_ID']}/application_credentials"
    made = session.call("POST", path, {"application_credential": {"name": "test-run"}})["application_credential"]
    login = {"OS_AUTH_TYPE": "v3applicationcredential"}
    login |= {"OS_APPLICATION_CREDENTIAL_ID": made["id"], "OS_APPLICATION_CREDENTIAL_SECRET": made["secret"]}
    ids = {**member["ids"], "OS_APPLICATION_CREDENTIAL_NAME": "test-run"}
    return {**member, "credentials": _place(session.url) | login, "ids": ids}


def _content(answer: web.Answer, what: str) -> Any:
    if answer.status >= 300:
        raise ServerError(f"Keystone answered {answer.status} to {what}: {answer.body.decode(errors='replace')}")
    return json.loads(answer.body) if answer.body else None
