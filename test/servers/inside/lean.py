"""Start `rclone serve s3`, or s3rver: each keeps objects in a folder."""

import socket
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from .children import ChildDiedError, Children
from .ports import HOST, free_ports

ATTEMPTS = 3
KEYS = {"AWS_ACCESS_KEY_ID": "member-key", "AWS_SECRET_ACCESS_KEY": "member-secret"}
#: The only ones that s3rver knows.
S3RVERS_KEYS = {"AWS_ACCESS_KEY_ID": "S3RVER", "AWS_SECRET_ACCESS_KEY": "S3RVER"}


def start_rclone(children: Children, request: Mapping[str, Any]) -> dict[str, Any]:
    """Start rclone's server and say how it is reached."""
    keys = ",".join(KEYS.values())
    options = ["--auth-key", keys, "--vfs-cache-mode", "off", "--poll-interval", "0", "--config", "/dev/null"]
    command = [*request["command"], "serve", "s3", str(children.data), *options]
    return _started(children, KEYS, lambda port: [*command, "--addr", f"{HOST}:{port}"])


def start_s3rver(children: Children, request: Mapping[str, Any]) -> dict[str, Any]:
    """Start s3rver and say how it is reached."""
    command = [*request["command"], "--directory", str(children.data), "--silent", "--address", HOST]
    return _started(children, S3RVERS_KEYS, lambda port: [*command, "--port", str(port)])


def _started(children: Children, keys: Mapping[str, str], command: Callable[[int], list[str]]) -> dict[str, Any]:
    """Start a server, which cannot inherit sockets: with a port lost to others, once more."""
    children.data.mkdir(exist_ok=True)
    for remaining in reversed(range(ATTEMPTS)):
        (port,) = free_ports(1)
        try:
            children.start(command(port))
            children.wait_until(partial(_answers, port), command(port)[0])
            break
        except ChildDiedError:
            children.stop()
            if not remaining:
                raise
    account = {"credentials": keys, "s3_credentials": keys}
    return {"endpoint_url": f"http://{HOST}:{port}", "region": "us-east-1", "accounts": {"member": account}}


def _answers(port: int) -> bool:
    """Tell whether it takes connections, which it does when it is ready."""
    socket.create_connection((HOST, port), timeout=5).close()
    return True
