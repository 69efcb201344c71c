"""AWS profiles: each client has its own, whole; two accounts in one process, each closed to the other."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from obs_client import AuthorizationError, ConfigurationError, S3Client, StorageUrl, from_url
from obs_client.backends.s3.reading import get_object
from test.s3.running import QUICK, container
from test.s3.support import leave_the_machine
from test.servers import RunningServer
from test.servers.shared import Servers

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An environment that leads nowhere."""
    leave_the_machine(monkeypatch, tmp_path)
    for name, value in {
        "AWS_ACCESS_KEY_ID": "nobody",
        "AWS_SECRET_ACCESS_KEY": "canary",
        "AWS_SESSION_TOKEN": "canary",
        "AWS_REGION": "nowhere-1",
        "AWS_DEFAULT_REGION": "nowhere-1",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:1",
        "AWS_USE_DUALSTACK_ENDPOINT": "true",
        "AWS_PROFILE": "nowhere",
    }.items():
        monkeypatch.setenv(name, value)


def lines_of(server: RunningServer) -> str:
    keys = "".join(f"{name.lower()} = {value}\n" for name, value in server.s3_credentials.items())
    return f"{keys}endpoint_url = {server.endpoint_url}\nregion = {server.region}\n"


@pytest.fixture
def profiles(servers: Servers, tmp_path: Path) -> None:
    """Two servers, of which each knows the keys of its own profile only."""
    old, new = lines_of(servers.seaweedfs()), lines_of(servers.swift())
    (tmp_path / "config").write_text(f"[profile old]\n{old}[profile new]\n{new}")


def test_two_profiles_in_one_process(profiles: None) -> None:
    with S3Client(profile="old", options=QUICK) as old, S3Client(profile="new", options=QUICK) as new:
        name = container(old)
        new.use_container(name, create=True)
        old.object_write("a", b"old")
        new.object_write("a", b"new")
        assert (old.object_read("a"), new.object_read("a")) == (b"old", b"new")
        assert old.native.meta.endpoint_url != new.native.meta.endpoint_url
    with from_url(f"s3://{name}?profile=old") as again:
        assert again.object_read("a") == b"old"


def test_each_server_refuses_the_other_profile(profiles: None, servers: Servers) -> None:
    for profile, server in (("new", servers.seaweedfs()), ("old", servers.swift())):
        stranger = S3Client(profile=profile, endpoint_url=server.endpoint_url, region=server.region, options=QUICK)
        with pytest.raises(AuthorizationError):
            stranger.container_list()


def url_and_headers(client: S3Client) -> tuple[str, dict[str, str]]:
    return client._requests.signed(get_object("docs", "a"))


KEYS = "aws_access_key_id = id\naws_secret_access_key = secret\n"


@pytest.mark.parametrize(
    ("lines", "url", "region"),
    [
        ("region = eu-west-1\n", "https://docs.s3.eu-west-1.amazonaws.com/a", "eu-west-1"),
        ("", "https://docs.s3.amazonaws.com/a", "us-east-1"),
        (
            "services = mine\n[services mine]\ns3 =\n  endpoint_url = http://store.example/s3\n",
            "http://store.example/s3/docs/a",
            "us-east-1",
        ),
        (
            "endpoint_url = http://store.example\ns3 =\n  addressing_style = virtual\n",
            "http://docs.store.example/a",
            "us-east-1",
        ),
        (
            "endpoint_url = http://store.example\nignore_configured_endpoint_urls = true\n",
            "https://docs.s3.amazonaws.com/a",
            "us-east-1",
        ),
        (
            "use_dualstack_endpoint = true\nregion = eu-west-1\n",
            "https://docs.s3.dualstack.eu-west-1.amazonaws.com/a",
            "eu-west-1",
        ),
    ],
)
def test_a_profile_is_used_whole_and_nothing_of_the_environment(
    lines: str, url: str, region: str, tmp_path: Path
) -> None:
    (tmp_path / "config").write_text(f"[profile mine]\n{KEYS}{lines}")
    made, headers = url_and_headers(S3Client(profile="mine"))
    assert made == url
    assert headers["Authorization"].startswith("AWS4-HMAC-SHA256 Credential=id/")
    assert f"/{region}/s3/aws4_request" in headers["Authorization"]
    assert "X-Amz-Security-Token" not in headers


def test_arguments_go_before_the_profile(tmp_path: Path) -> None:
    (tmp_path / "config").write_text(f"[profile mine]\n{KEYS}region = there\nendpoint_url = http://there\n")
    client = S3Client(profile="mine", region="here", endpoint_url="http://store.example", addressing_style="virtual")
    url, headers = url_and_headers(client)
    assert url == "http://docs.store.example/a"
    assert "/here/s3/" in headers["Authorization"]


def test_a_profile_and_credentials_exclude_each_other() -> None:
    with pytest.raises(ConfigurationError, match="a profile and credentials exclude each other"):
        S3Client(profile="mine", credentials={})
    with pytest.raises(ConfigurationError, match="profile is empty"):
        S3Client(profile="")
    with pytest.raises(ConfigurationError, match="exclude each other"):
        from_url("s3://box?profile=mine&anonymous=true")


def test_a_profile_that_is_not_there_is_named() -> None:
    with pytest.raises(ConfigurationError, match="mine"):
        S3Client(profile="mine").container_list()


def test_a_profile_is_a_name_and_never_what_a_probe_made(tmp_path: Path) -> None:
    assert StorageUrl.parse("s3://box?profile=work").options == {"profile": "work"}
    with pytest.raises(ConfigurationError, match=r"names a profile of the AWS configuration files.*store_profile="):
        StorageUrl.parse(f"s3://box?profile={tmp_path}/work.json")
    with pytest.raises(ConfigurationError, match=r"no profile can be read from .*work\.json"):
        StorageUrl.parse(f"s3://box?store_profile={tmp_path}/work.json")


def test_a_pickled_client_carries_the_name_only(tmp_path: Path) -> None:
    (tmp_path / "config").write_text(f"[profile mine]\n{KEYS}region = there\nendpoint_url = http://there\n")
    pickled = pickle.dumps(S3Client(profile="mine"))
    assert b"canary" not in pickled
    assert url_and_headers(pickle.loads(pickled))[0] == "http://there/docs/a"
