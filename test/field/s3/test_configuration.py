"""Sections D and F: what the SDKs' configuration says, endpoints that lead into a container, and keys that end."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from obs_client import AuthorizationError, ConfigurationError, ObjectInfo
from obs_client.backends.s3.client import S3Client
from test.field.running import QUICK, s3_client
from test.field.s3.steps import LARGE, made
from test.loopback.raw import raw_server
from test.loopback.s3_double import CREDENTIALS, Failure, S3Double, Ways, s3_double
from test.loopback.s3_named import SIGNED_ONLY
from test.loopback.serving import Request, Response, script_of

pytestmark = pytest.mark.slow

HOST = "http://s3.example"


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Nothing of this machine's own AWS configuration; gives the path of the configuration file."""
    for name in [name for name in os.environ if name.startswith("AWS_") or name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return tmp_path / "config"


def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)


def does_all(client: S3Client) -> None:
    assert client.use_container("box", create=True)
    assert client.object_write("a", b"1")
    assert client.object_read("a") == b"1"
    assert client.object_write("large", LARGE)
    assert client.object_read("large") == LARGE
    assert client.object_copy("a", "b")
    client.object_delete_many(["a", "b", "large"])
    assert client.object_list() == []


class TestSignedPayloads:
    """s3fs#380, aws-cdk#24711."""

    def test_by_option(self) -> None:
        with s3_double(SIGNED_ONLY) as double:
            does_all(s3_client(double, sign_payload=True))
            with pytest.raises(AuthorizationError) as caught:
                s3_client(double, "box").object_write("a", b"1")
            assert "sign_payload" in caught.value.hint

    @pytest.mark.parametrize("named", [True, False])
    def test_by_profile(self, named: bool, environment: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        with s3_double(SIGNED_ONLY) as double:
            secret = CREDENTIALS["AWS_SECRET_ACCESS_KEY"]
            environment.write_text(
                "[profile work]\naws_access_key_id = double\n"
                f"aws_secret_access_key = {secret}\nregion = {double.region}\nendpoint_url = {double.url}\n"
                "s3 =\n  payload_signing_enabled = true\n"
            )
            if not named:
                monkeypatch.setenv("AWS_PROFILE", "work")
            does_all(S3Client(profile="work" if named else None, options=QUICK))
            with pytest.raises(AuthorizationError):
                S3Client("box", profile="work", sign_payload=False, options=QUICK).object_write("a", b"1")

    def test_a_server_that_does_not_know_unsigned_ones(self) -> None:
        with s3_double() as double:
            respond = double.respond

            def strict(request: Request) -> Response:
                if request.header("x-amz-content-sha256") == "UNSIGNED-PAYLOAD" and request.method != "HEAD":
                    body = b"<Error><Code>XAmzContentSHA256Mismatch</Code></Error>"
                    return Response(400, {"x-amz-request-id": "1"}, body)
                return respond(request)

            double.respond = strict  # type: ignore[method-assign]
            does_all(s3_client(double))


class TestEndpoints:
    def test_endpoints_that_are_to_be_ignored(self, environment: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """aws-sdk-rust#1194, botocore#2973."""
        keys(monkeypatch)
        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://own.example")
        assert S3Client()._requests.endpoint == "http://own.example"
        monkeypatch.setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")
        assert S3Client()._requests.endpoint == "https://s3.amazonaws.com"
        assert S3Client(endpoint_url="http://x.example")._requests.endpoint == "http://x.example"
        given = {**CREDENTIALS, "AWS_ENDPOINT_URL_S3": "http://own.example"}
        assert S3Client(credentials=given)._requests.endpoint == "http://own.example"
        given["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"] = "TRUE"
        assert S3Client(credentials=given)._requests.endpoint == "https://s3.amazonaws.com"

    def test_a_profile_that_says_so(self, environment: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        keys(monkeypatch)
        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://own.example")
        environment.write_text("[default]\nignore_configured_endpoint_urls = true\nregion = eu-west-1\n")
        assert S3Client()._requests.endpoint.endswith(".amazonaws.com")
        environment.write_text("[default]\nregion = eu-west-1\n")
        assert S3Client()._requests.endpoint == "http://own.example"

    @pytest.mark.parametrize("container", ["box", "other"])
    def test_a_container_in_the_path(self, container: str) -> None:
        """picgo#55: objects land under the container's name."""
        with s3_double() as double:
            made(double)
            client = s3_client(double, container, endpoint_url=f"{double.url}/box")
            calls: list[Callable[[], object]] = [
                lambda: client.object_write("a", b"1"),
                lambda: client.object_list(),
                lambda: client.container_info(container),
                lambda: client.object_info("a"),
            ]
            for ask in calls:
                with pytest.raises(ConfigurationError, match="leave the container's name out"):
                    ask()
            assert double.state.bucket("box").objects == {}

    def test_a_container_in_the_host(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with through(Ways(virtual_host="s3.example"), monkeypatch) as double:
            double.state.create("box")
            client = s3_client(double, "box", endpoint_url="http://box.s3.example")
            with pytest.raises(ConfigurationError, match="leave the container's name out"):
                client.object_write("a", b"1")
            with pytest.raises(ConfigurationError) as caught:
                client.object_list(container_name="other")
            assert "endpoint URL" in caught.value.hint
            assert double.state.bucket("box").objects == {}

    def test_a_server_below_a_path_is_well(self) -> None:
        page = b"<ListBucketResult><Name>box</Name><IsTruncated>false</IsTruncated></ListBucketResult>"
        lines: list[str] = []

        class Mounted:
            def early(self, request: Request) -> Response | None:
                return None

            def respond(self, request: Request) -> Response:
                lines.append(f"{request.method} {request.target}")
                return Response(
                    200, {"ETag": '"c4ca4238a0b923820dcc509a6f75849b"'}, page if request.method == "GET" else b""
                )

        with s3_double() as double, raw_server(script_of(Mounted())) as server:
            client = s3_client(double, "box", endpoint_url=f"{server.url}/store/s3")
            for _ in range(2):
                assert client.object_write("a", b"1")
        assert [line.split("?")[0] for line in lines] == ["GET /store/s3/box", *["PUT /store/s3/box/a"] * 2]


@contextmanager
def through(ways: Ways, monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Double]:
    """A double that plays whatever host is asked for, as a proxy."""
    with s3_double(ways) as double:
        monkeypatch.setenv("HTTP_PROXY", double.url)
        monkeypatch.setenv("http_proxy", double.url)
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        yield double


@pytest.mark.parametrize("separator", [":", "/"])
def test_an_access_point_is_a_container(monkeypatch: pytest.MonkeyPatch, separator: str) -> None:
    """fluent-bit#7904, boto3#2779."""
    point = f"arn:aws:s3:us-east-1:123456789012:accesspoint{separator}mine"
    with through(Ways(virtual_host="s3.example"), monkeypatch) as double:
        double.state.create("mine-123456789012")
        client = s3_client(double, endpoint_url=HOST)
        assert client.use_container(point)
        info = client.container_info(point)
        assert info
        assert info.name == point
        assert client.object_write("a", b"1")
        assert client.object_read("a") == b"1"
        assert client.object_write("large", LARGE)
        assert client.object_read("large") == LARGE
        assert [each.name for each in client.object_list() if isinstance(each, ObjectInfo)] == ["a", "large"]
        client.object_delete_many(["a", "large"])
        assert client.object_list() == []


class TestKeysThatEnd:
    """s3cmd, s5cmd#678."""

    def config(self, path: Path, double: S3Double) -> None:
        """A profile whose program gives other keys each time."""
        program = path.parent / "keys.py"
        program.write_text(
            "import json, pathlib\n"
            f"count = pathlib.Path({str(path.parent / 'count')!r})\n"
            "number = int(count.read_text()) + 1 if count.exists() else 1\n"
            "count.write_text(str(number))\n"
            "print(json.dumps({'Version': 1, 'AccessKeyId': f'key{number}', 'SecretAccessKey': 'secret',\n"
            "                  'SessionToken': f'token{number}', 'Expiration': '2099-01-01T00:00:00Z'}))\n"
        )
        path.write_text(
            f"[profile work]\ncredential_process = {sys.executable} {program}\nregion = {double.region}\n"
            f"endpoint_url = {double.url}\n"
        )

    def test_one_early_end_is_mended_by_new_keys(self, environment: Path) -> None:
        ends = Failure("PutObject", 400, "ExpiredToken", "The provided token has expired.")
        with s3_double(Ways(failures=(ends,))) as double:
            for number in range(1, 9):
                double.accept(f"key{number}", "secret")
            self.config(environment, double)
            client = S3Client("box", profile="work", options=QUICK)
            assert client.container_create("box")
            assert client.object_write("a", b"1")
            tokens = [each.headers["x-amz-security-token"] for each in double.seen if each.operation == "PutObject"]
            assert len(tokens) == 2
            assert tokens[0] != tokens[1]

    def test_keys_that_always_end_are_an_error(self, environment: Path) -> None:
        ends = Failure("PutObject", 400, "ExpiredToken", "The provided token has expired.", times=None)
        with s3_double(Ways(failures=(ends,))) as double:
            for number in range(1, 9):
                double.accept(f"key{number}", "secret")
            self.config(environment, double)
            client = S3Client("box", profile="work", options=QUICK)
            assert client.container_create("box")
            with pytest.raises(AuthorizationError) as caught:
                client.object_write("a", b"1")
            assert "get new ones" in caught.value.hint
            assert double.operations().count("PutObject") == 2

    def test_keys_that_were_given_are_not_asked_for_again(self) -> None:
        ends = Failure("PutObject", 400, "ExpiredToken", "The provided token has expired.", times=None)
        with s3_double(Ways(failures=(ends,))) as double:
            client = made(double)
            with pytest.raises(AuthorizationError):
                client.object_write("a", b"1")
            assert double.operations().count("PutObject") == 1
