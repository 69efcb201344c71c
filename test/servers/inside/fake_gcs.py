"""Start fake-gcs-server, which keeps everything in memory."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from ..requests import web
from .children import ChildDiedError, Children
from .ports import HOST, free_ports

ATTEMPTS = 3


def start_fake_gcs(children: Children, request: Mapping[str, Any]) -> dict[str, Any]:
    """Start the server and say how it is reached. It cannot inherit sockets: with a port lost to others, once more."""
    for remaining in reversed(range(ATTEMPTS)):
        try:
            host = _attempt(children, str(request["program"]))
            break
        except ChildDiedError:
            children.stop()
            if not remaining:
                raise
    account = {"credentials": {"STORAGE_EMULATOR_HOST": host}, "s3_credentials": {}}
    return {"endpoint_url": f"http://{host}", "region": "", "accounts": {"member": account}}


def _attempt(children: Children, program: str) -> str:
    (port,) = free_ports(1)
    host = f"{HOST}:{port}"
    options = ["-backend", "memory", "-scheme", "http", "-host", HOST, "-port", str(port)]
    children.start([program, *options, "-public-host", host, "-external-url", f"http://{host}"])
    listed = f"http://{host}/storage/v1/b?project=p"
    children.wait_until(partial(_answers, listed), "fake-gcs-server")
    return host


def _answers(url: str) -> bool:
    return web.request("GET", url).status == 200
