"""Entries of `clouds.yaml`: each client has its own, whole; two projects in one process, each closed to the other."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from obs_client import AuthorizationError, ConfigurationError, SwiftClient, from_url
from test.loopback.tls import make_authority
from test.servers import SwiftServer
from test.swift.support import QUICK

pytestmark = pytest.mark.slow

NOWHERE = "http://127.0.0.1:1/v3"


def entry(credentials: Mapping[str, str], **more: Any) -> dict[str, Any]:
    """A login as an entry has it, but for the password."""
    names = ("auth_url", "username", "project_name", "user_domain_name", "project_domain_name")
    auth = {name: credentials[f"OS_{name.upper()}"] for name in names if f"OS_{name.upper()}" in credentials}
    return {"auth": auth, "identity_api_version": "3", **more}


def password(credentials: Mapping[str, str]) -> dict[str, Any]:
    return {"auth": {"password": credentials["OS_PASSWORD"]}}


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An environment that leads nowhere, and says where openstacksdk's files are."""
    for name in [name for name in os.environ if name.startswith(("OS_", "ST_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("OS_AUTH_URL", NOWHERE)
    monkeypatch.setenv("OS_USERNAME", "nobody")
    monkeypatch.setenv("OS_PASSWORD", "canary-of-the-environment")
    monkeypatch.setenv("OS_REGION_NAME", "nowhere")
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(tmp_path / "clouds.yaml"))
    monkeypatch.setenv("OS_CLIENT_SECURE_FILE", str(tmp_path / "secure.yaml"))


@pytest.fixture
def clouds(keystone: SwiftServer, tmp_path: Path) -> Path:
    """Two projects of one Keystone, their passwords in `secure.yaml`."""
    logins = {"old": keystone.credentials, "new": keystone.second.credentials}
    open_part = {name: entry(login, region_name=login.get("OS_REGION_NAME")) for name, login in logins.items()}
    secure_part = {name: password(login) for name, login in logins.items()}
    (tmp_path / "clouds.yaml").write_text(yaml.safe_dump({"clouds": open_part}))
    (tmp_path / "secure.yaml").write_text(yaml.safe_dump({"clouds": secure_part}))
    return tmp_path


def test_two_clouds_in_one_process(clouds: Path, keystone: SwiftServer) -> None:
    with SwiftClient(cloud="old", options=QUICK) as old, from_url("swift://?cloud=new", options=QUICK) as new:
        for client in (old, new):
            assert client.container_create("clouds-test")
        old.object_write("a", b"old", container_name="clouds-test")
        assert new.object_info("a", "clouds-test") is None
        new.object_write("a", b"new", container_name="clouds-test")
        assert old.object_read("a", "clouds-test") == b"old"
        assert new.object_read("a", "clouds-test") == b"new"
        for client in (old, new):
            client.container_delete("clouds-test", force=True)
    other = SwiftClient(keystone.storage_url, cloud="new", options=QUICK)
    with pytest.raises(AuthorizationError):
        other.container_list()


def test_the_environment_names_a_cloud(clouds: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OS_CLOUD", "old")
    with SwiftClient(options=QUICK) as client:
        client.container_list()
    with SwiftClient(credentials={"OS_CLOUD": "new"}, options=QUICK) as client:
        client.container_list()
        assert client.native.get_account()[0]


def test_files_are_found_where_openstacksdk_looks(tmp_path: Path) -> None:
    """It looks into the current directory at its import, so each look is a process of its own."""
    code = "import obs_client; obs_client.SwiftClient(cloud='mine')"
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONPATH": os.pathsep.join(sys.path)}

    def look() -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment, stderr=-1, text=True)

    assert "there is no clouds.yaml that can be read, to look for the cloud 'mine' in" in look().stderr
    folder = tmp_path / ".config" / "openstack"
    folder.mkdir(parents=True)
    told = {"auth": {"auth_url": NOWHERE, "username": "me", "project_name": "p", "password": "canary"}}
    (folder / "clouds.yaml").write_text(yaml.safe_dump({"clouds": {"mine": told}}))
    assert (look().returncode, look().stderr) == (0, "")


def test_an_entry_is_used_whole(tmp_path: Path) -> None:
    authority = str(make_authority(tmp_path).file)
    told = {
        "auth": {"auth_url": NOWHERE, "application_credential_id": "it", "application_credential_secret": "canary"},
        "auth_type": "v3applicationcredential",
        "regions": ["one", "two"],
        "interface": "internal",
        "object_store_endpoint_override": "https://store.example/v1/AUTH_x",
        "cacert": authority,
    }
    (tmp_path / "clouds.yaml").write_text(yaml.safe_dump({"clouds": {"mine": told}}))
    client = SwiftClient(cloud="mine", region="two")
    session = client._http.session
    get = session.login.credentials.get
    assert session.login.kind == "application credential"
    assert (get("OS_REGION_NAME"), get("OS_INTERFACE"), get("OS_CACERT")) == ("two", "internal", authority)
    assert session._storage_url == "https://store.example/v1/AUTH_x"
    with pytest.raises(ConfigurationError, match="three"):
        SwiftClient(cloud="mine", region="three")


def test_certificates_that_an_entry_leaves_unchecked(tmp_path: Path) -> None:
    login = {"OS_AUTH_URL": NOWHERE, "OS_USERNAME": "me", "OS_PROJECT_NAME": "p", "OS_PASSWORD": "canary"}
    told = entry(login, verify=False)
    told["auth"]["password"] = "canary"
    (tmp_path / "clouds.yaml").write_text(yaml.safe_dump({"clouds": {"mine": told}}))
    with pytest.warns(RuntimeWarning, match="certificates are not checked"):
        SwiftClient(cloud="mine")
    assert "canary" not in repr(SwiftClient(cloud="mine", verify=str(make_authority(tmp_path).file)))


def test_what_is_wrong_is_said_by_name(tmp_path: Path) -> None:
    file = tmp_path / "clouds.yaml"
    file.write_text(yaml.safe_dump({"clouds": {"a": {"auth": {"auth_url": NOWHERE, "username": "me"}}}}))
    with pytest.raises(ConfigurationError, match=r"no cloud 'mine' in .*clouds\.yaml; there are a$"):
        SwiftClient(cloud="mine")
    with pytest.raises(ConfigurationError, match=r"login by password lacks OS_PASSWORD.* in the cloud 'a'"):
        SwiftClient(cloud="a")
    file.write_text(yaml.safe_dump({"clouds": {"a": {"auth": {"auth_url": NOWHERE, "colour": "red"}}}}))
    with pytest.raises(ConfigurationError, match=r"'a' of clouds\.yaml is not usable: .*colour"):
        SwiftClient(cloud="a")
    with pytest.raises(ConfigurationError, match="a cloud and credentials exclude each other"):
        SwiftClient(cloud="a", credentials={})


def test_a_broken_file_is_not_shown(tmp_path: Path) -> None:
    (tmp_path / "clouds.yaml").write_text("clouds:\n  a:\n    password: canary: [\n")
    with pytest.raises(ConfigurationError, match=r"no clouds\.yaml that can be read") as caught:
        SwiftClient(cloud="a")
    assert "canary" not in f"{caught.value!r} {caught.value.__cause__!r}"


def test_the_package_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openstack.config", None)
    with pytest.raises(ConfigurationError, match="openstacksdk reads: pip install openstacksdk"):
        SwiftClient(cloud="mine")


def test_a_pickled_client_carries_the_name_only(clouds: Path) -> None:
    pickled = pickle.dumps(SwiftClient(cloud="old", options=QUICK))
    assert b"password" not in pickled.lower()
    pickle.loads(pickled).container_list()
