"""Credentials of `S3Client`: where they come from, what is said when they are wrong, and that none is shown."""

import logging
import pickle
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from socket import socket

import pytest

from obs_client import AuthorizationError, ConfigurationError, NotSupportedError, TemporaryError
from obs_client.backends.s3.client import S3Client
from obs_client.models import ClientOptions
from test.loopback.raw import answer, raw_server, read_request
from test.s3.running import QUICK, client, container
from test.s3.support import leave_the_machine
from test.servers.shared import Servers

ONCE = ClientOptions(attempts=1)
KEYS = {"AWS_ACCESS_KEY_ID": "id-of-the-key", "AWS_SECRET_ACCESS_KEY": "canary-of-the-secret"}


CALLS: list[Callable[[S3Client, str], object]] = [
    lambda other, name: other.container_info(name),
    lambda other, _: other.container_list(),
    lambda other, _: other.object_info("a"),
    lambda other, _: other.object_read("a"),
    lambda other, _: other.object_list(),
    lambda other, _: other.object_write("a", b"data"),
    lambda other, _: other.object_delete("a"),
]


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    leave_the_machine(monkeypatch, tmp_path)


def seaweedfs(servers: Servers, credentials: Mapping[str, str] | None) -> S3Client:
    return S3Client(endpoint_url=servers.seaweedfs().endpoint_url, credentials=credentials, options=QUICK)


def set_environment(monkeypatch: pytest.MonkeyPatch, names: Mapping[str, str]) -> None:
    for name, value in names.items():
        monkeypatch.setenv(name, value)


def test_a_constructor_loads_no_sdk() -> None:
    code = (
        "import sys; from obs_client.backends.s3.client import S3Client; S3Client('name', region='eu-west-1');"
        "assert not [name for name in sys.modules if name.startswith(('boto', 'urllib3', 's3transfer'))]"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("missing", list(KEYS))
def test_a_missing_key_is_named(missing: str) -> None:
    with pytest.raises(ConfigurationError, match=missing):
        S3Client(credentials={name: value for name, value in KEYS.items() if name != missing})


@pytest.mark.parametrize(
    "options",
    [
        {"endpoint_url": "127.0.0.1:80"},
        {"endpoint_url": "ftp://127.0.0.1"},
        {"endpoint_url": "http://user:password@127.0.0.1"},
        {"endpoint_url": ""},
        {"region": ""},
        {"addressing_style": "upside-down"},
        {"timeout": 0},
    ],
)
def test_an_option_that_makes_no_sense_is_refused(options: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError) as caught:
        S3Client(**options)  # type: ignore[arg-type]
    assert "password" not in str(caught.value)


def test_no_credentials_are_named(servers: Servers) -> None:
    with pytest.raises(ConfigurationError, match="AWS_ACCESS_KEY_ID"):
        seaweedfs(servers, None).container_info("container")


def test_a_profile_that_is_not_there(monkeypatch: pytest.MonkeyPatch, servers: Servers) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nowhere")
    with pytest.raises(ConfigurationError, match="nowhere"):
        seaweedfs(servers, None).container_info("container")


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch, servers: Servers) -> None:
    running = servers.seaweedfs()
    set_environment(monkeypatch, {**running.s3_credentials, "AWS_ENDPOINT_URL": running.endpoint_url})
    with S3Client(options=QUICK) as owner:
        container(owner)
        assert not owner.capabilities.if_absent


def test_a_profile_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, servers: Servers) -> None:
    keys = servers.seaweedfs().s3_credentials
    lines = [f"{name.lower()} = {value}" for name, value in keys.items()]
    (tmp_path / "credentials").write_text("[mine]\n" + "\n".join(lines))
    monkeypatch.setenv("AWS_PROFILE", "mine")
    with seaweedfs(servers, None) as owner:
        container(owner)


def test_a_mapping_replaces_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, servers: Servers) -> None:
    running = servers.seaweedfs()
    (tmp_path / "config").write_text("[default]\nregion = nowhere-1\nendpoint_url = http://127.0.0.1:1\n")
    set_environment(monkeypatch, {**KEYS, "AWS_SESSION_TOKEN": "token", "AWS_ENDPOINT_URL": "http://127.0.0.1:1"})
    monkeypatch.setenv("AWS_PROFILE", "nowhere")
    with S3Client(credentials={**running.s3_credentials, "AWS_ENDPOINT_URL": running.endpoint_url}) as owner:
        container(owner)
        assert owner.native.meta.region_name == "us-east-1"


@pytest.mark.parametrize("kind", ["seaweedfs", "swift"])
def test_a_wrong_key_is_refused_by_every_call(kind: str, servers: Servers) -> None:
    running = servers.speaking_s3(kind)
    name = container(client(servers.speaking_s3(kind)))
    right = dict(running.s3_credentials)
    for wrong in ({**right, "AWS_SECRET_ACCESS_KEY": "wrong"}, {**right, "AWS_ACCESS_KEY_ID": "nobody"}):
        stranger = S3Client(name, endpoint_url=running.endpoint_url, credentials=wrong, options=QUICK)
        for call in CALLS:
            with pytest.raises(AuthorizationError) as caught:
                call(stranger, name)
            assert "wrong" not in str(caught.value)


def test_the_reason_of_a_refused_head_is_told(servers: Servers) -> None:
    wrong = {**servers.seaweedfs().s3_credentials, "AWS_ACCESS_KEY_ID": "nobody"}
    with pytest.raises(AuthorizationError, match="InvalidAccessKeyId"):
        seaweedfs(servers, wrong).container_info("container")


def test_a_reader_may_not_write(servers: Servers) -> None:
    name = container(client(servers.seaweedfs()))
    reader = seaweedfs(servers, servers.seaweedfs().reader.s3_credentials)
    assert reader.object_list(container_name=name) == []
    with pytest.raises(AuthorizationError):
        reader.object_write("a", b"data", container_name=name)


def test_an_anonymous_client_signs_nothing() -> None:
    heads = []
    headers = b'ETag: "8d777f385d3dfec8815d20f7496026dc"\r\nLast-Modified: Sun, 22 Nov 2026 10:00:00 GMT\r\n'

    def script(connection: socket, _: int) -> None:
        heads.append(read_request(connection)[0])
        connection.sendall(answer(b"data", headers=headers))

    with raw_server(script) as running:
        public = S3Client("public", endpoint_url=running.url, credentials={})
        assert public.object_read("a") == b"data"
        assert not public.capabilities.download_urls
    assert b"authorization" not in heads[0].lower()
    with pytest.raises(NotSupportedError, match="anonymous"):
        public.object_generate_download_url("a")


def test_a_wrong_region_is_named(servers: Servers) -> None:
    running = servers.swift()
    with pytest.raises(AuthorizationError, match="us-east-1"):
        S3Client(
            region="eu-west-1", endpoint_url=running.endpoint_url, credentials=running.s3_credentials, options=QUICK
        ).container_list()


def test_an_unreachable_server_is_named() -> None:
    with raw_server(lambda *_: None) as gone:
        url = gone.url
    with pytest.raises(TemporaryError, match=r"127\.0\.0\.1"):
        S3Client(endpoint_url=url, credentials=KEYS, options=QUICK).container_list()
    with pytest.raises(TemporaryError, match=r"nowhere\.invalid"):
        S3Client(endpoint_url="http://nowhere.invalid", credentials=KEYS, options=ONCE).container_list()


def test_clock_skew_is_told() -> None:
    error = b"<Error><Code>RequestTimeTooSkewed</Code><Message>no</Message></Error>"

    def script(connection: socket, _: int) -> None:
        read_request(connection)
        connection.sendall(answer(error, b"403 Forbidden", b"Date: Sun, 22 Nov 2020 10:00:00 GMT\r\n"))

    with raw_server(script) as running, pytest.raises(AuthorizationError, match=r"clock is [\d,]+ s ahead"):
        S3Client(endpoint_url=running.url, credentials=KEYS).container_list()


def test_no_secret_is_shown(caplog: pytest.LogCaptureFixture, servers: Servers) -> None:
    caplog.set_level(logging.DEBUG, "obs_client")
    owner = seaweedfs(servers, {**KEYS, "AWS_SESSION_TOKEN": "canary-of-the-token"})
    with pytest.raises(AuthorizationError) as caught:
        owner.container_list()
    shown = [repr(owner), str(vars(owner)), repr(owner._requests.settings), caplog.text]
    error: BaseException | None = caught.value
    while error:
        shown.append(f"{error!r} {getattr(error, 'response', '')}")
        error = error.__cause__ or error.__context__
    assert "canary" not in "".join(shown)


def test_a_pickled_client_carries_the_keys_that_it_was_given(monkeypatch: pytest.MonkeyPatch, servers: Servers) -> None:
    owner = client(servers.seaweedfs())
    name = container(owner)
    assert pickle.loads(pickle.dumps(owner)).container_info(name)
    set_environment(monkeypatch, KEYS)
    assert b"canary" not in pickle.dumps(seaweedfs(servers, None))
