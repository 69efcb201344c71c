"""Start Keystone, and Swift behind it."""

import base64
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...limits import SwiftLimits
from ...requests import web
from ..children import Children
from ..ports import listen, port_of
from ..swift.files import Section, write_swift_files
from ..swift.start import S3_REGION, SERVERS, launch_swift, wait_for_swift
from .users import SERVICE_PASSWORD, SERVICE_USER, provide_users

LOGIN = ("authtoken", "s3api", "s3token", "keystoneauth")


def start_keystone(children: Children, request: Mapping[str, Any]) -> dict[str, Any]:
    """Start Keystone and Swift, make users, and say how all is reached."""
    limits = SwiftLimits.from_json(request["limits"])
    keystone, listeners = listen(), {name: listen() for name in SERVERS}
    auth_url = f"http://127.0.0.1:{port_of(keystone)}/v3"
    url = f"http://127.0.0.1:{port_of(listeners['proxy'])}"
    configuration = _write_keystone_files(children, limits)
    children.start_module("keystone.server", str(configuration), str(keystone.fileno()), auth_url, listeners=[keystone])
    write_swift_files(children.etc, children.data, limits, LOGIN, _login_sections(auth_url))
    launch_swift(children, listeners)
    children.wait_until(lambda: web.request("GET", auth_url, seconds=60).status == 200, "Keystone")
    accounts = provide_users(auth_url, url)
    wait_for_swift(children, url)
    return {"endpoint_url": url, "auth_url": auth_url, "region": S3_REGION, "accounts": accounts}


def _write_keystone_files(children: Children, limits: SwiftLimits) -> Path:
    home = children.scratch.path / "keystone"
    keys = home / "keys"
    keys.mkdir(parents=True, mode=0o700)
    for name in ("0", "1"):
        (keys / name).write_bytes(base64.urlsafe_b64encode(os.urandom(32)))
    path = children.etc / "keystone.conf"
    path.write_text(CONFIGURATION.format(home=home, keys=keys, token_life=limits.token_life))
    return path


CONFIGURATION = """
[DEFAULT]
use_stderr = true
default_log_levels = werkzeug=WARNING,alembic=WARNING

[database]
connection = sqlite:///{home}/keystone.db
sqlite_synchronous = false

# Without it each validation of a token is hundreds of queries.
[cache]
enabled = true
backend = oslo_cache.dict

[token]
provider = fernet
expiration = {token_life}
allow_expired_window = 0

[fernet_tokens]
key_repository = {keys}

[fernet_receipts]
key_repository = {keys}

[credential]
key_repository = {keys}

# The cheapest hash: the passwords of a test server are no secret.
[identity]
password_hash_rounds = 4
"""


def _login_sections(auth_url: str) -> dict[str, Section]:
    token_filter = {
        "paste.filter_factory": f"{__package__}.filter:filter_factory",
        "www_authenticate_uri": auth_url,
        "interface": "internal",
        "service_token_roles_required": "true",
        "include_service_catalog": "false",
        "cache": "swift.cache",
        # As real ones do: to ask Keystone each time takes longer than the rest of a request.
        "token_cache_time": 300,
    }
    # Signed uploads in chunks need the secret itself, which only the cache keeps.
    keys_filter = {
        "use": "egg:swift#s3token",
        "auth_uri": auth_url,
        "reseller_prefix": "AUTH_",
        "secret_cache_duration": 60,
    }
    return {
        "filter:authtoken": {**token_filter, **_service_login(auth_url)},
        "filter:s3token": {**keys_filter, **_service_login(auth_url)},
        "filter:keystoneauth": _roles(),
    }


def _service_login(auth_url: str) -> Section:
    return {
        "auth_url": auth_url,
        "auth_type": "password",
        "project_domain_id": "default",
        "user_domain_id": "default",
        "project_name": "service",
        "username": SERVICE_USER,
        "password": SERVICE_PASSWORD,
        "region_name": "RegionOne",
        "delay_auth_decision": "true",
    }


def _roles() -> Section:
    return {
        "use": "egg:swift#keystoneauth",
        "reseller_prefix": "AUTH_",
        "operator_roles": "admin, member",
        "project_reader_roles": "reader",
        "reseller_admin_role": "ResellerAdmin",
    }
