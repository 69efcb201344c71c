"""What botocore is asked for (access points, other endpoints, S3 Express, profiles), and when it is not."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
from pathlib import Path
from socket import socket

import pytest

from obs_client import ConfigurationError, NotSupportedError
from obs_client.backends.s3.reading import get_object
from obs_client.backends.s3.requests import Requests
from obs_client.backends.s3.settings import Choices, check
from test.loopback.raw import answer, raw_server, read_request
from test.s3.protocol import witness
from test.s3.protocol.amazon import OBJECT, Amazon
from test.s3.protocol.operations import KEYS, OPERATIONS, Address, Operation, compare, compare_sent
from test.s3.support import leave_the_machine

pytestmark = pytest.mark.slow

ACCESS_POINT = "arn:aws:s3:eu-west-1:123456789012:accesspoint/mine"
OUTPOST = "arn:aws:s3-outposts:us-west-2:123456789012:outpost/op-01234567890123456/accesspoint/mine"
SEVERAL_REGIONS = "arn:aws:s3::123456789012:accesspoint/mfzwi23gnjvgw.mrap"
EXPRESS = "docs--use1-az4--x-s3"
OF_OBJECTS = {name: each for name, each in OPERATIONS.items() if "Bucket" not in name}
SESSION = (
    b"<CreateSessionResult><Credentials><AccessKeyId>id</AccessKeyId><SecretAccessKey>secret</SecretAccessKey>"
    b"<SessionToken>token-of-%d</SessionToken><Expiration>%b</Expiration></Credentials></CreateSessionResult>"
)


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    leave_the_machine(monkeypatch, tmp_path)


def of_environment() -> Requests:
    """Requests of a client that is told nothing."""
    return Requests(check(None, None, None, True, 60.0, None, Choices()))


@pytest.mark.parametrize("container", [ACCESS_POINT, OUTPOST])
@pytest.mark.parametrize("operation", OF_OBJECTS.values(), ids=list(OF_OBJECTS))
def test_an_access_point_is_asked_as_botocore_does_it(operation: Operation, container: str) -> None:
    compare(Address("us-east-1", token="token"), operation, container, "a b/\u00e4//c")


@pytest.mark.parametrize("variable", ["AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT"])
@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=list(OPERATIONS))
def test_other_endpoints_of_amazon(operation: Operation, variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (*KEYS.items(), ("AWS_REGION", "us-west-2"), (variable, "true")):
        monkeypatch.setenv(name, value)
    option = variable.lower().removeprefix("aws_")
    compare_sent(of_environment(), witness.shared("us-west-2", **{option: True}), operation, "docs", "a b")


def test_the_regional_endpoint_of_us_east_1(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_S3_US_EAST_1_REGIONAL_ENDPOINT", "regional")
    requests = Requests(check("us-east-1", None, KEYS, True, 60.0, None, Choices()))
    assert requests.signed(get_object("docs", "a"))[0] == "https://docs.s3.us-east-1.amazonaws.com/a"


PROFILES = {
    "region": ("region = eu-west-1\n", "https://docs.s3.eu-west-1.amazonaws.com/a", "eu-west-1"),
    "endpoint": ("endpoint_url = https://store.example:9000\n", "https://store.example:9000/docs/a", "us-east-1"),
    "style": (
        "endpoint_url = https://store.example\nregion = here\ns3 =\n  addressing_style = virtual\n",
        "https://docs.store.example/a",
        "here",
    ),
    "path at Amazon": ("s3 =\n  addressing_style = path\n", "https://s3.amazonaws.com/docs/a", "us-east-1"),
    "services": (
        "services = mine\n[services mine]\ns3 =\n  endpoint_url = http://store.example/s3\n",
        "http://store.example/s3/docs/a",
        "us-east-1",
    ),
    "dual stack": (
        "region = eu-west-1\nuse_dualstack_endpoint = true\n",
        "https://docs.s3.dualstack.eu-west-1.amazonaws.com/a",
        "eu-west-1",
    ),
}


@pytest.mark.parametrize("keys", ["in the profile", "in the environment"])
@pytest.mark.parametrize(("lines", "url", "region"), PROFILES.values(), ids=list(PROFILES))
def test_what_a_profile_says_is_done(
    keys: str, lines: str, url: str, region: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    if keys == "in the profile":
        lines = "aws_access_key_id = id\naws_secret_access_key = secret\n" + lines
    else:
        for name, value in KEYS.items():
            monkeypatch.setenv(name, value)
    (tmp_path / "config").write_text(f"[default]\n{lines}")
    requests = of_environment()
    for _ in range(2):
        made, headers = requests.signed(get_object("docs", "a"))
        assert made == url
        assert f"/{region}/s3/aws4_request" in headers["Authorization"]
    assert requests.presign(get_object("docs", "a"), 60).startswith(f"{url}?X-Amz-Algorithm=")
    assert requests.is_amazon is ("amazonaws" in url)


def test_what_is_given_goes_before_the_profile(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "config").write_text(
        "[default]\naws_access_key_id = id\naws_secret_access_key = secret\nregion = there\n"
        "endpoint_url = http://there\ns3 =\n  addressing_style = path\n"
    )
    given = check("here", "http://store.example", None, True, 60.0, "virtual", Choices())
    url, headers = Requests(given).signed(get_object("docs", "a"))
    assert url == "http://docs.store.example/a"
    assert "/here/s3/" in headers["Authorization"]


def sessions(amazon: Amazon, seconds: list[int]) -> None:
    """Let each session of S3 Express that is asked for last so long."""
    asked: list[str] = []

    def reply(host: str, head: bytes) -> bytes:
        if b"?session" not in head.split(b"\r\n")[0]:
            return answer(b"data", headers=OBJECT)
        asked.append(host)
        end = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=seconds[min(len(asked), len(seconds)) - 1])
        return answer(SESSION % (len(asked), end.strftime("%Y-%m-%dT%H:%M:%SZ").encode()))

    amazon.answers = reply


@pytest.mark.parametrize("operation", OF_OBJECTS.values(), ids=list(OF_OBJECTS))
def test_express_is_asked_as_botocore_does_it(operation: Operation, amazon: Amazon) -> None:
    """By the keys of a session, but for copies; both sides get the same session here."""
    sessions(amazon, [3600])
    first = amazon.answers("", b"GET /?session")
    amazon.answers = lambda *_: first
    requests = Requests(check("us-east-1", None, KEYS, amazon.authority, 60.0, None, Choices()))
    compare_sent(requests, witness.witness("us-east-1", version=None), operation, EXPRESS, "a b/\u00e4//c")


def test_a_session_of_express_is_renewed_before_its_end(amazon: Amazon) -> None:
    sessions(amazon, [3600, 30, 30, 3600])
    requests = Requests(check("us-east-1", None, KEYS, amazon.authority, 60.0, None, Choices()))
    tokens = [requests.signed(get_object(EXPRESS, "a"))[1]["X-Amz-S3session-Token"] for _ in range(4)]
    assert tokens == ["token-of-2", "token-of-3", "token-of-4", "token-of-4"], "the first was botocore's own"
    assert {host for host, _ in amazon.heads} == {f"{EXPRESS}.s3express-use1-az4.us-east-1.amazonaws.com"}


def test_an_access_point_of_several_regions_needs_another_package() -> None:
    requests = Requests(check("us-east-1", None, KEYS, True, 60.0, None, Choices()))
    with pytest.raises(NotSupportedError):
        requests.presign(get_object(SEVERAL_REGIONS, "a"), 60)
    try:
        import awscrt  # noqa: F401
    except ImportError:
        with pytest.raises(ConfigurationError, match="awscrt"):
            requests.signed(get_object(SEVERAL_REGIONS, "a"))
    else:
        url, headers = requests.signed(get_object(SEVERAL_REGIONS, "a"))
        assert url == "https://mfzwi23gnjvgw.mrap.accesspoint.s3-global.amazonaws.com/a"
        assert headers["Authorization"].startswith("AWS4-ECDSA-P256-SHA256 Credential=id/")
        assert headers["X-Amz-Region-Set"] == "*"


PROGRAM = """
import sys
from obs_client import S3Client
url, given = sys.argv[1:]
keys = {"AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret"} if given == "given" else None
client = S3Client("docs", endpoint_url=url, credentials=keys)
assert client.object_read("a") == b"data"
assert client.object_generate_download_url("a")
known = ("boto", "urllib3", "s3transfer", "keystoneauth1", "swiftclient", "requests")
print(*sorted(name for name in sys.modules if name.startswith(known) or name in (
    "email", "http.client", "urllib.request", "html", "xml.etree", "tempfile", "quopri")))
"""


@pytest.mark.parametrize("given", ["given", "environment"])
def test_botocore_is_not_imported_where_keys_and_endpoint_are_plain(given: str) -> None:
    def script(connection: socket, _: int) -> None:
        while read_request(connection)[0]:
            connection.sendall(answer(b"data", headers=OBJECT))

    with raw_server(script) as server:
        environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
        command = [sys.executable, "-c", PROGRAM, server.url, given]
        done = subprocess.run(command, env=environment | KEYS, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
