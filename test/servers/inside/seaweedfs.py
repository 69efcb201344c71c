"""Start SeaweedFS with its S3 gateway, in one process."""

import json
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from ..requests import web
from ..requests.signing import signed_headers
from .children import ChildDiedError, Children
from .ports import HOST, free_ports

REGION = "us-east-1"
ATTEMPTS = 3
#: The sockets that SeaweedFS makes, wherever the folder for temporary files is.
SOCKET = "/tmp/seaweedfs-{part}-grpc-{port}.sock"
PARTS = ("s3", "filer", "master", "volume")
#: Each of these would have a fixed default, and most another one 10,000 above.
PORTS = (*(f"{part}.port" for part in PARTS), *(f"{part}.port.grpc" for part in PARTS))
ACCOUNTS = {
    "member": {"AWS_ACCESS_KEY_ID": "member-key", "AWS_SECRET_ACCESS_KEY": "member-secret"},
    "reader": {"AWS_ACCESS_KEY_ID": "reader-key", "AWS_SECRET_ACCESS_KEY": "reader-secret"},
}
ACTIONS = {"member": ["Admin", "Read", "Write", "List", "Tagging"], "reader": ["Read", "List"]}


def start_seaweedfs(children: Children, _request: Mapping[str, Any]) -> dict[str, Any]:
    """Start SeaweedFS and say how it is reached. It cannot inherit sockets: with a port lost to others, once more."""
    for remaining in reversed(range(ATTEMPTS)):
        try:
            url = _attempt(children)
            break
        except ChildDiedError:
            children.stop()
            if not remaining:
                raise
    accounts = {name: {"credentials": keys, "s3_credentials": keys} for name, keys in ACCOUNTS.items()}
    return {"endpoint_url": url, "region": REGION, "accounts": accounts}


def _attempt(children: Children) -> str:
    """Start the process on ports that are free now, and give the URL of its gateway."""
    ports = dict(zip(PORTS, free_ports(len(PORTS)), strict=True))
    url = f"http://{HOST}:{ports['s3.port']}"
    sockets = [SOCKET.format(part=part, port=ports[f"{part}.port.grpc"]) for part in PARTS]
    children.scratch.adopt([Path(path) for path in sockets])
    options = {**_options(children), **ports}
    command = [str(Path(sys.executable).with_name("weed")), "-logtostderr=true", "server", "-filer", "-s3"]
    # One volume for each container instead of seven, so that many containers fit.
    growth = {"WEED_MASTER_VOLUME_GROWTH_COPY_1": "1"}
    children.start([*command, *(f"-{name}={value}" for name, value in options.items())], environment=growth)
    children.wait_until(partial(_stores, url), "SeaweedFS")
    return url


def _options(children: Children) -> dict[str, object]:
    identities = children.etc / "s3.json"
    identities.write_text(json.dumps({"identities": [_identity(name) for name in ACCOUNTS]}))
    return {
        "dir": children.data,
        "ip": HOST,
        "ip.bind": HOST,
        "s3.config": identities,
        "s3.localSocket": children.scratch.path / "tmp" / "s3.sock",
        "filer.localSocket": children.scratch.path / "tmp" / "filer.sock",
        "s3.port.iceberg": 0,
        "s3.port.lance": 0,
        # As S3 itself does it: a container with objects stays, and a write makes no container.
        "s3.allowDeleteBucketNotEmpty": "false",
        "s3.autoCreateBucket": "false",
        # By default it reports to its makers.
        "master.telemetry": "false",
        "master.volumeSizeLimitMB": 1024,
        "volume.max": 1000,
        "volume.preStopSeconds": 0,
    }


def _identity(name: str) -> dict[str, Any]:
    keys = ACCOUNTS[name]
    pair = {"accessKey": keys["AWS_ACCESS_KEY_ID"], "secretKey": keys["AWS_SECRET_ACCESS_KEY"]}
    return {"name": name, "credentials": [pair], "actions": ACTIONS[name]}


def _stores(url: str) -> bool:
    """Tell whether an object can be stored; the gateway answers before it knows a volume to write to."""
    steps = [("PUT", "/ready"), ("PUT", "/ready/object"), ("DELETE", "/ready/object"), ("DELETE", "/ready")]
    return all(_succeeds(method, url + path) for method, path in steps)


def _succeeds(method: str, url: str) -> bool:
    status = web.request(method, url, headers=signed_headers(method, url, ACCOUNTS["member"], region=REGION)).status
    return status < 300 or (status == 409 and method == "PUT")  # 409: made by an earlier question
