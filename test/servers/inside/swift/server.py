"""The two processes of one Swift: the proxy, and the account, container and object servers; each a green thread."""

import gc
import os
import signal
import socket
import sys
import warnings
from array import array
from importlib import import_module
from pathlib import Path
from typing import Any

from ..dying import die_with
from ..ports import HOST
from .library import prepare


def main() -> None:
    """Serve; the arguments are the two folders and, for each server, `name=descriptor:port`."""
    # The folder is in memory: to give each of its operations to a thread takes longer than the operation.
    os.environ["EVENTLET_THREADPOOL_SIZE"] = "0"
    warnings.filterwarnings("ignore", message="Zero threads in tpool")
    etc, data = Path(sys.argv[1]), Path(sys.argv[2])
    servers = {name: _numbers(value) for name, _, value in (argument.partition("=") for argument in sys.argv[3:])}
    prepare(etc)
    (data / "sda1").mkdir()
    for name, (_, port) in servers.items():
        if name != "proxy":
            _write_ring(etc / f"{name}.ring.gz", port)
    mine = _divide(list(servers))
    applications = {name: _load(etc, name) for name in mine}  # all, before one serves: a fault ends the process
    warnings.filterwarnings("ignore", message="capitalize_response_headers is disabled")
    _spare_the_collector()
    spawn = import_module("eventlet").spawn
    for thread in [spawn(_serve, servers[name][0], application) for name, application in applications.items()]:
        thread.wait()


def _spare_the_collector() -> None:
    """Leave what was imported out of Python's search for garbage, and search less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


def _divide(names: list[str]) -> list[str]:
    """Fork, so that the proxy and those behind it use two cores; gives the names that this process is to serve."""
    parent = os.getpid()
    import_module("swift.common.wsgi")  # what takes longest, once for both
    child = os.fork()
    if child == 0:
        die_with(parent)()
        return [name for name in names if name != "proxy"]
    # If the one ends so does the other, and whoever watches it sees that. Libraries start processes too.
    signal.signal(signal.SIGCHLD, lambda *_: os.waitpid(child, os.WNOHANG)[0] and os._exit(1))
    return ["proxy"]


def _numbers(value: str) -> tuple[int, int]:
    descriptor, _, port = value.partition(":")
    return int(descriptor), int(port)


def _write_ring(path: Path, port: int) -> None:
    """Write a ring of one partition, one replica, one device: what the builder takes seconds for."""
    device = {"id": 0, "region": 1, "zone": 1, "ip": HOST, "port": port, "device": "sda1", "weight": 1.0, "meta": ""}
    replication = {"replication_ip": HOST, "replication_port": port}
    ring = import_module("swift.common.ring").RingData([array("H", [0])], [device | replication], 32)
    ring.save(str(path))


def _load(etc: Path, name: str) -> Any:
    names = {"log_name": f"{name}-server"}
    return import_module("swift.common.wsgi").loadapp(str(etc / f"{name}-server.conf"), global_conf=names)


def _serve(descriptor: int, application: Any) -> None:
    import_module("eventlet.wsgi").server(
        socket.socket(fileno=descriptor),  # a green one: the module is patched by now
        application,
        import_module("swift.common.utils").NullLogger(),
        **_server_options(),
    )


def _server_options() -> dict[str, Any]:
    """Give the options with which Swift itself runs its servers: S3 clients need `ETag` spelled so."""
    return {
        "protocol": import_module("swift.common.http_protocol").SwiftHttpProtocol,
        "custom_pool": import_module("eventlet").GreenPool(1024),
        "socket_timeout": 60.0,
        "capitalize_response_headers": False,
        "url_length_limit": import_module("swift.common.constraints").MAX_REQUEST_LINE,
    }


if __name__ == "__main__":
    main()
