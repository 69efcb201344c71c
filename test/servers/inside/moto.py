"""Start moto's server."""

from collections.abc import Mapping
from typing import Any

from ..requests import web
from .children import Children
from .ports import listen, port_of

#: Any keys will do: this server checks no signature.
KEYS = {"AWS_ACCESS_KEY_ID": "member-key", "AWS_SECRET_ACCESS_KEY": "member-secret"}


def start_moto(children: Children, _request: Mapping[str, Any]) -> dict[str, Any]:
    """Start moto's server and say how it is reached. It has no users, so there is no reader."""
    listener = listen()
    url = f"http://127.0.0.1:{port_of(listener)}"
    children.start_module("moto_server", str(listener.fileno()), listeners=[listener])
    children.wait_until(lambda: web.request("GET", f"{url}/moto-api/").status == 200, "moto")
    account = {"credentials": KEYS, "s3_credentials": KEYS}
    return {"endpoint_url": url, "region": "us-east-1", "accounts": {"member": account}}
