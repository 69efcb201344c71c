"""Two accounts in one command: from the old one to the new one, each with its own keys."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from test.cli.running import done, failed
from test.servers import SwiftServer
from test.servers.shared import Servers


@pytest.fixture
def s3(servers: Servers, environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The profiles `old` and `new`, of two servers that know no keys but their own."""
    sections = []
    for name, server in (("old", servers.seaweedfs()), ("new", servers.swift())):
        keys = "".join(f"{key.lower()} = {value}\n" for key, value in server.s3_credentials.items())
        sections.append(f"[profile {name}]\n{keys}endpoint_url = {server.endpoint_url}\nregion = {server.region}\n")
    (tmp_path / "config").write_text("".join(sections))
    environment.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    environment.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))


@pytest.fixture
def swift(servers: Servers, environment: pytest.MonkeyPatch, tmp_path: Path) -> SwiftServer:
    """The clouds `old` and `new`, two projects behind one Keystone."""
    keystone = servers.keystone()
    clouds: dict[str, dict[str, object]] = {}
    for name, account in (("old", keystone.accounts["member"]), ("new", keystone.second)):
        values: dict[str, str] = {key.removeprefix("OS_").lower(): value for key, value in account.credentials.items()}
        outside = [key for key in ("region_name", "identity_api_version", "interface") if key in values]
        clouds[name] = {**{key: values.pop(key) for key in outside}, "auth": values}
    (tmp_path / "clouds.yaml").write_text(yaml.safe_dump({"clouds": clouds}))
    environment.setenv("OS_CLIENT_CONFIG_FILE", str(tmp_path / "clouds.yaml"))
    return keystone


def move(old: str, new: str, tmp_path: Path) -> None:
    """Fill a container of one account, sync it to the other, and prove it."""
    (tmp_path / "a.txt").write_text("text")
    done("mb", old)
    done("mb", new)
    done("put", tmp_path / "a.txt", old.replace("?", "/?"), "-m", "who=me")
    assert done("sync", old, new) == "copied 1 (4 B), deleted 0, left 0 as they are, failed 0\n"
    assert "1 object the same" in done("check", old, new)
    assert done("meta", "show", new.replace("?", "/a.txt?")) == "who=me\n"
    done("rm", old.replace("?", "/a.txt?"))
    assert done("cat", new.replace("?", "/a.txt?")) == "text"


def test_from_one_profile_to_another(s3: None, servers: Servers, tmp_path: Path) -> None:
    move("s3://accounts?profile=old", "s3://accounts?profile=new", tmp_path)
    for profile, server in (("new", servers.seaweedfs()), ("old", servers.swift())):
        url = f"s3://accounts?profile={profile}&endpoint_url={server.endpoint_url}&region={server.region}"
        assert "look at the credentials" in failed(1, "ls", url)


def test_from_one_cloud_to_another(swift: SwiftServer, environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    move("swift://accounts?cloud=old", "swift://accounts?cloud=new", tmp_path)
    assert "403" in failed(1, "ls", f"{swift.storage_url}/accounts?cloud=new")
