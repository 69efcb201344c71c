"""Start Ceph's gateway with its S3 and its Swift API: one monitor, one store in memory, the gateway.

Its programs are not of the package index; Debian has them as ceph-mon, ceph-osd, radosgw and ceph-common.
"""

import base64
import os
import struct
import subprocess
import time
import uuid
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from ..errors import ServerError
from ..requests import web
from .children import ChildDiedError, Children
from .ports import HOST, free_ports

REGION = "us-east-1"
ATTEMPTS = 3
#: How the gateway calls a user, its S3 keys and the password of its Swift user.
USERS = {
    "member": ("member", "member-key", "member-secret", "member-password"),
    "second": ("second", "second-key", "second-secret", "second-password"),
}
MEMORY = 4 * 1024**3
SETTINGS = {
    "auth_cluster_required": "cephx",
    "auth_service_required": "cephx",
    "auth_client_required": "cephx",
    "public_addr": HOST,
    "cluster_addr": HOST,
    "admin_socket": "",
    "log_to_file": "false",
    "mon_cluster_log_to_file": "false",
    # One copy of all, on the one store.
    "osd_pool_default_size": 1,
    "osd_pool_default_min_size": 1,
    "osd_pool_default_pg_num": 4,
    "osd_pool_default_pgp_num": 4,
    "osd_pool_default_pg_autoscale_mode": "off",
    "osd_crush_chooseleaf_type": 0,
    "mon_allow_pool_size_one": "true",
    "mon_data_avail_warn": 2,
    "mon_data_avail_crit": 1,
    "osd_objectstore": "memstore",
    "memstore_device_bytes": MEMORY,
    # Each pool that the gateway makes at its first start waits for a round of the monitor: a second by default.
    "paxos_propose_interval": 0.05,
    "paxos_min_wait": 0.01,
    "rgw_enable_usage_log": "false",
    "rgw_enable_gc_threads": "false",
    "rgw_enable_lc_threads": "false",
    "rgw_run_sync_thread": "false",
    "rgw_dynamic_resharding": "false",
}


def start_radosgw(children: Children, _request: Mapping[str, Any]) -> dict[str, Any]:
    """Start the gateway and say how it is reached. It cannot inherit sockets: with a port lost to others, once more."""
    for remaining in reversed(range(ATTEMPTS)):
        try:
            url = _attempt(children, children.data / str(remaining))
            break
        except ChildDiedError:
            children.stop()
            if not remaining:
                raise
    accounts = {name: _account(url, *user) for name, user in USERS.items()}
    return {"endpoint_url": url, "auth_url": f"{url}/auth/v1.0", "region": REGION, "accounts": accounts}


def _attempt(children: Children, folder: Path) -> str:
    """Start all processes on ports that are free now, and give the URL of the gateway."""
    monitor, older, gateway = free_ports(3)
    cluster, store = str(uuid.uuid4()), str(uuid.uuid4())
    for name in ("mon", "osd", "rgw"):
        (folder / name).mkdir(parents=True)
    places = f"[v2:{HOST}:{monitor}/0,v1:{HOST}:{older}/0]"
    _write_files(children, folder, {"fsid": cluster, "mon_host": places, **_frontend(gateway)})
    _start_cluster(children, folder, cluster, store, places.replace("/0", ""))
    children.start(["radosgw", *_options(children), "-n", "client.admin", "-f"])
    url = f"http://{HOST}:{gateway}"
    children.wait_until(lambda: web.request("GET", url).status == 200, "Ceph's gateway")
    for user in USERS.values():
        _make_user(children, *user)
    return url


def _start_cluster(children: Children, folder: Path, cluster: str, store: str, places: str) -> None:
    """Start the monitor and the store of a new cluster."""
    options, map_file = _options(children), str(folder / "monmap")
    _run(
        children, "monmaptool", "--create", "--enable-all-features", "--addv", "a", places, "--fsid", cluster, map_file
    )
    keys = str(children.etc / "keyring")
    _run(children, "ceph-mon", *options, "--mkfs", "-i", "a", "--monmap", map_file, "--keyring", keys)
    children.start(["ceph-mon", *options, "-i", "a", "-f"])
    children.wait_until(partial(_succeeds, children, "ceph", *options, "osd", "new", store), "Ceph's monitor")
    _run(children, "ceph-osd", *options, "-i", "0", "--mkfs", "--osd-uuid", store)
    children.start(["ceph-osd", *options, "-i", "0", "-f"])


def _make_user(children: Children, user: str, key_id: str, secret: str, password: str) -> None:
    options = _options(children)
    names = ["--uid", user, "--display-name", user]
    _run(children, "radosgw-admin", *options, "user", "create", *names, "--access-key", key_id, "--secret", secret)
    swift = ["--uid", user, "--subuser", f"{user}:swift", "--access", "full", "--key-type", "swift"]
    _run(children, "radosgw-admin", *options, "subuser", "create", *swift, "--secret-key", password)


def _account(url: str, user: str, key_id: str, secret: str, password: str) -> dict[str, Any]:
    return {
        "credentials": {"ST_AUTH": f"{url}/auth/v1.0", "ST_USER": f"{user}:swift", "ST_KEY": password},
        "s3_credentials": {"AWS_ACCESS_KEY_ID": key_id, "AWS_SECRET_ACCESS_KEY": secret},
        "storage_url": f"{url}/swift/v1",
    }


def _frontend(port: int) -> dict[str, str]:
    return {"rgw_frontends": f"beast endpoint={HOST}:{port}"}


def _write_files(children: Children, folder: Path, settings: Mapping[str, str]) -> None:
    places = {
        "run_dir": folder,
        "crash_dir": folder,
        "mon_data": folder / "mon",
        "osd_data": folder / "osd",
        "rgw_data": folder / "rgw",
        "keyring": children.etc / "keyring",
    }
    lines = [f"{name} = {value}" for name, value in {**SETTINGS, **settings, **places}.items()]
    (children.etc / "ceph.conf").write_text("\n".join(["[global]", *lines, ""]))
    rights = {"mon.": ["mon"], "client.admin": ["mon", "osd", "mgr"], "osd.0": ["mon", "osd"]}
    (children.etc / "keyring").write_text("".join(_key(name, parts) for name, parts in rights.items()))


def _key(name: str, parts: list[str]) -> str:
    """A section of a keyring, with a new key that may do everything with parts of the cluster."""
    secret = base64.b64encode(struct.pack("<hiih", 1, int(time.time()), 0, 16) + os.urandom(16)).decode()
    return "\n".join([f"[{name}]", f"key = {secret}", *(f'caps {part} = "allow *"' for part in parts), ""])


def _options(children: Children) -> list[str]:
    return ["-c", str(children.etc / "ceph.conf")]


def _run(children: Children, *command: str) -> None:
    if not _succeeds(children, *command):
        raise ServerError(f"{command[0]} failed")


def _succeeds(children: Children, *command: str) -> bool:
    with children.scratch.log.open("ab") as log:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, timeout=60)
    return done.returncode == 0
