"""Start Swift, with its own v1 auth or with the filters of another login."""

import socket
from collections.abc import Mapping
from typing import Any

from ...limits import SwiftLimits
from ...requests import web
from ..children import Children
from ..ports import listen, port_of
from .files import Section, write_swift_files

SERVERS = ("proxy", "account", "container", "object")
S3_REGION = "us-east-1"
#: The account of each user of v1 auth: its group and its name, its password, its rights.
USERS = {
    "admin": ("admin:admin", "admin-password", ".admin .reseller_admin"),
    "member": ("test:tester", "testing", ".admin"),
    "reader": ("test:reader", "reading", ".reseller_reader"),
    "stranger": ("test:tester3", "testing3", ""),
    "second": ("test2:tester2", "testing2", ".admin"),
}


def start_swift(children: Children, request: Mapping[str, Any]) -> dict[str, Any]:
    """Start Swift with v1 auth, and say how it is reached."""
    limits = SwiftLimits.from_json(request["limits"])
    listeners = {name: listen() for name in SERVERS}
    url = f"http://127.0.0.1:{port_of(listeners['proxy'])}"
    write_swift_files(children.etc, children.data, limits, ("s3api", "tempauth"), _login_sections(limits))
    launch_swift(children, listeners)
    auth_url = f"{url}/auth/v1.0"
    wait_for_swift(children, url)
    accounts = {name: _account(url, auth_url, *user[:2]) for name, user in USERS.items()}
    return {"endpoint_url": url, "auth_url": auth_url, "region": S3_REGION, "accounts": accounts}


def launch_swift(children: Children, listeners: Mapping[str, socket.socket]) -> None:
    """Start the processes of the four servers, whose files are written already."""
    arguments = [f"{name}={listener.fileno()}:{port_of(listener)}" for name, listener in listeners.items()]
    places = [str(children.etc), str(children.data)]
    children.start_module("swift.server", *places, *arguments, listeners=list(listeners.values()))


def wait_for_swift(children: Children, url: str) -> None:
    """Wait until the proxy serves; the three others listen already, and who comes early only waits."""
    children.wait_until(lambda: web.request("GET", f"{url}/healthcheck").status == 200, "Swift")


def _login_sections(limits: SwiftLimits) -> dict[str, Section]:
    users = {f"user_{name.replace(':', '_')}": f"{password} {rights}" for name, password, rights in USERS.values()}
    return {"filter:tempauth": {"use": "egg:swift#tempauth", "token_life": limits.token_life, **users}}


def _account(url: str, auth_url: str, user: str, password: str) -> dict[str, Any]:
    return {
        "credentials": {"ST_AUTH": auth_url, "ST_USER": user, "ST_KEY": password},
        "s3_credentials": {"AWS_ACCESS_KEY_ID": user, "AWS_SECRET_ACCESS_KEY": password},
        "storage_url": f"{url}/v1/AUTH_{user.partition(':')[0]}",
    }
