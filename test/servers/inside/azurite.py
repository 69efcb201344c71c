"""Start Azurite's blob service, which keeps everything in memory."""

import base64
import secrets
import socket
from collections.abc import Mapping
from functools import partial
from typing import Any

from .children import ChildDiedError, Children
from .ports import HOST, free_ports

ATTEMPTS = 3
#: Of the account that every emulator has: no secret.
DEVELOPMENT = (
    "devstoreaccount1",
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==",
)


def start_azurite(children: Children, request: Mapping[str, Any]) -> dict[str, Any]:
    """Start Azurite and say how it is reached. It cannot inherit sockets: with a port lost to others, once more."""
    keys = {
        "member": ("memberaccount", base64.b64encode(secrets.token_bytes(64)).decode()),
        "second": ("secondaccount", base64.b64encode(secrets.token_bytes(64)).decode()),
        "development": DEVELOPMENT,
    }
    for remaining in reversed(range(ATTEMPTS)):
        try:
            url = _attempt(children, request, ";".join(f"{name}:{key}" for name, key in keys.values()))
            break
        except ChildDiedError:
            children.stop()
            if not remaining:
                raise
    accounts = {
        role: {
            "credentials": {"AZURE_STORAGE_ACCOUNT": name, "AZURE_STORAGE_KEY": key},
            "s3_credentials": {},
            "storage_url": f"{url}/{name}",
        }
        for role, (name, key) in keys.items()
    }
    return {"endpoint_url": url, "region": "", "accounts": accounts}


def _attempt(children: Children, request: Mapping[str, Any], accounts: str) -> str:
    (port,) = free_ports(1)
    scheme = "https" if request["certificate"] else "http"
    secured = ["--oauth", "basic", *request["certificate"]] if request["certificate"] else []
    options = ["--blobHost", HOST, "--blobPort", str(port), "--inMemoryPersistence", "--silent"]
    # Its makers' own client sends a version of the protocol that it does not know yet.
    options += ["--disableTelemetry", "--skipApiVersionCheck"]
    environment = {"AZURITE_ACCOUNTS": accounts}
    children.start([*request["command"], *options, *secured], environment=environment)
    url = f"{scheme}://{HOST}:{port}"
    children.wait_until(partial(_answers, port), "Azurite")
    return url


def _answers(port: int) -> bool:
    """Tell whether it takes connections, which it does when it is ready."""
    socket.create_connection((HOST, port), timeout=5).close()
    return True
