"""All ways in that google-auth knows, tried by it for real, with Google's hosts played on loopback.

Each runs in a process of its own: google-auth reads where the machine's login service is when it is imported.
"""

from __future__ import annotations

import base64
import json
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from socket import socket
from typing import Any
from urllib.parse import parse_qs

import pytest

from test.loopback.raw import RawServer, answer, header, raw_server, read_request
from test.loopback.tls import make_authority

pytestmark = pytest.mark.slow

OBJECT = {"name": "x", "size": "1", "generation": "17", "crc32c": "AAAAAA==", "timeCreated": "2026-01-02T03:04:05Z"}
ACTING = "acting@project.iam.gserviceaccount.com"
MACHINE = "machine@project.iam.gserviceaccount.com"

HOSTS = ("DNS:oauth2.googleapis.com", "DNS:iamcredentials.googleapis.com")

SIGN = """
import sys
from obs_client import GCSClient
client = GCSClient("box", endpoint_url=sys.argv[1])
assert client.capabilities.download_urls
print(client.object_generate_download_url("x"))
"""
LOOK = """
import sys, threading, warnings
warnings.simplefilter("error")
from obs_client import GCSClient
from obs_client.models import ClientOptions
client = GCSClient("box", endpoint_url=sys.argv[1], options=ClientOptions(attempts=2, first_pause=0.01))
threads = [threading.Thread(target=client.object_info, args=("x",)) for _ in range(8)]
[each.start() for each in threads]
[each.join() for each in threads]
print(client.object_info("x").hash)
"""
CAUGHT = """
import sys, traceback
from obs_client import GCSClient, ObjectStorageClientError
from obs_client.models import ClientOptions
client = GCSClient("box", endpoint_url=sys.argv[1], options=ClientOptions(attempts=2, first_pause=0.01))
try:
    client.object_info("x")
except ObjectStorageClientError as error:
    print(type(error).__name__, error, "".join(traceback.format_exception(error)))
"""


class Services:
    """Google's hosts as one: the machine's metadata, OAuth's and STS's tokens, somebody's own tokens, one object.

    Attributes:
        asked: Path, token and form of each request.
        refused: The path of what is refused, and by what status.
    """

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        self.asked: list[tuple[str, str, dict[str, list[str]]]] = []
        self.refused: tuple[str, bytes] = "", b""

    def serve(self, connection: socket, _: int) -> None:
        """Take the requests of a connection."""
        while (found := read_request(connection))[0]:
            if found[0].startswith(b"CONNECT"):  # to a host of Google's
                connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                with self._context.wrap_socket(connection, server_side=True) as secured:
                    self.serve(secured, 0)
                return
            connection.sendall(self._said(*found))

    def _said(self, head: bytes, body: bytes) -> bytes:
        path = head.split()[1].decode()
        token = (header(head, b"authorization") or b"").decode().removeprefix("Bearer ")
        self.asked.append((path, token, parse_qs(body.decode())))
        status, told = b"200 OK", self._told(path, token)
        if self.refused[0] and path.startswith(self.refused[0]):
            status, told = self.refused[1], {"error": "invalid_grant", "error_description": "the grant has ended"}
        return answer(
            json.dumps(told).encode(), status, b"Metadata-Flavor: Google\r\nContent-Type: application/json\r\n"
        )

    def _told(self, path: str, token: str) -> Any:
        plain = path.partition("?")[0]
        tokens = {
            "/token": "user-token",
            "/sts": "federated-token",
            "/computeMetadata/v1/instance/service-accounts/default/token": "machine-token",
        }
        if plain in tokens:
            return {
                "access_token": tokens[plain],
                "expires_in": 3600,
                "token_type": "Bearer",
                "issued_token_type": "urn:ietf:params:oauth:token-type:access_token",
            }
        if plain.endswith("/universe-domain"):
            return "googleapis.com"
        if plain == "/subject":
            return {"id_token": "subject-from-url"}
        if plain.endswith(f"{ACTING}:generateAccessToken"):
            return {"accessToken": f"acting-by-{token}", "expireTime": "2036-01-02T03:04:05Z"}
        if plain.endswith(":signBlob"):
            return {"keyId": "1", "signedBlob": base64.b64encode(b"signature").decode()}
        if "service-accounts" in plain:
            return {"email": MACHINE, "scopes": ["https://www.googleapis.com/auth/cloud-platform"]}
        return OBJECT

    def paths(self) -> list[str]:
        """What was asked, without queries."""
        return [path.partition("?")[0] for path, *_ in self.asked]

    def tokens(self) -> set[str]:
        """By which tokens the object was looked at."""
        return {token for path, token, _ in self.asked if path.startswith("/storage/")}


class Ways:
    """Programs that log in, each with an environment of its own."""

    def __init__(self, services: Services, server: RawServer, folder: Path) -> None:
        self.services, self.url, self.folder = services, server.url, folder

    def run(self, program: str = LOOK, **environment: str) -> str:
        """What a program prints; what is not set is as on a machine with nothing."""
        usual = {
            "PYTHONPATH": ":".join(filter(None, sys.path)),
            "HOME": str(self.folder),
            "PATH": "",
            "NO_GCE_CHECK": "true",
            "HTTPS_PROXY": self.url,
            "REQUESTS_CA_BUNDLE": str(self.folder / "authority.pem"),
        }
        command = [sys.executable, "-c", program, self.url]
        done = subprocess.run(
            command, env={**usual, **environment}, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr
        assert "private-token" not in done.stdout + done.stderr
        return done.stdout

    def file(self, content: object, name: str = "login.json") -> str:
        """A file; gives its path."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content) if not isinstance(content, str) else content)
        return str(path)

    def user(self) -> dict[str, Any]:
        """What `gcloud auth application-default login` writes."""
        return {
            "type": "authorized_user",
            "client_id": "764086051850-6qr4p6gpi6hn506pt8ejuq83di341hur.apps.googleusercontent.com",
            "client_secret": "private-token-1",
            "refresh_token": "private-token-2",
        }

    def external(self, source: dict[str, Any], **further: object) -> dict[str, Any]:
        """What `gcloud iam workload-identity-pools create-cred-config` writes."""
        return {
            "type": "external_account",
            "audience": "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/q",
            "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
            "token_url": f"{self.url}/sts",
            "credential_source": source,
            **further,
        }


@pytest.fixture
def ways(tmp_path: Path) -> Iterator[Ways]:
    services = Services(make_authority(tmp_path).server_context(*HOSTS))
    with raw_server(services.serve) as server:
        yield Ways(services, server, tmp_path)


def test_gcloud_s_login_is_found_where_gcloud_keeps_it(ways: Ways) -> None:
    ways.file(ways.user(), ".config/gcloud/application_default_credentials.json")
    assert ways.run().strip() == "17-00000000"
    assert ways.services.tokens() == {"user-token"}
    assert ways.services.paths().count("/token") == 1  # by eight threads
    form = ways.services.asked[0][2]
    assert form["refresh_token"] == ["private-token-2"]
    assert "scope" not in form  # Google refuses what the user did not agree to


def test_gcloud_s_login_is_found_in_the_folder_that_is_named(ways: Ways) -> None:
    folder = Path(ways.file(ways.user(), "elsewhere/application_default_credentials.json")).parent
    assert ways.run(CLOUDSDK_CONFIG=str(folder)).strip() == "17-00000000"
    assert ways.services.tokens() == {"user-token"}


def test_a_login_that_ended_says_what_to_do(ways: Ways) -> None:
    path = ways.file(ways.user())
    ways.services.refused = "/token", b"400 Bad Request"
    said = ways.run(CAUGHT, GOOGLE_APPLICATION_CREDENTIALS=path)
    assert said.startswith("AuthorizationError Google has no token for this login: ")
    assert "the grant has ended" in said
    assert "gcloud auth application-default login" in said
    assert ways.services.paths() == ["/token"]


def test_a_login_service_that_is_busy_is_asked_again(ways: Ways) -> None:
    path = ways.file(ways.user())
    ways.services.refused = "/token", b"503 Service Unavailable"
    assert ways.run(CAUGHT, GOOGLE_APPLICATION_CREDENTIALS=path).startswith("TemporaryError")


def test_a_machine_of_google_s_logs_in_by_its_metadata_server(ways: Ways) -> None:
    host = ways.url.removeprefix("http://")
    machine = {"GCE_METADATA_HOST": host, "GCE_METADATA_IP": host, "NO_GCE_CHECK": "false"}
    assert ways.run(**machine).strip() == "17-00000000"
    assert ways.services.tokens() == {"machine-token"}
    assert [path.endswith("/token") for path in ways.services.paths()].count(True) == 1


def test_urls_are_signed_for_a_machine_s_account_by_the_key_that_google_keeps(ways: Ways) -> None:
    host = ways.url.removeprefix("http://")
    url = ways.run(SIGN, GCE_METADATA_HOST=host, GCE_METADATA_IP=host, NO_GCE_CHECK="false").strip()
    assert f"X-Goog-Credential={MACHINE.replace('@', '%40')}" in url
    assert url.endswith(f"X-Goog-Signature={b'signature'.hex()}")
    assert ways.services.asked[-1][:2] == (f"/v1/projects/-/serviceAccounts/{MACHINE}:signBlob", "machine-token")
    asked = [path for path, *_ in ways.services.asked if "/default/token" in path]
    assert "cloud-platform" in asked[-1]  # which IAM wants; storage alone needs less


def test_a_file_acts_for_an_account_and_signs_as_it(ways: Ways) -> None:
    url = f"https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/{ACTING}:generateAccessToken"
    content = {"type": "impersonated_service_account", "service_account_impersonation_url": url}
    path = ways.file({**content, "source_credentials": ways.user()})
    assert ways.run(GOOGLE_APPLICATION_CREDENTIALS=path).strip() == "17-00000000"
    assert ways.services.tokens() == {"acting-by-user-token"}
    assert f"Credential={ACTING.replace('@', '%40')}" in ways.run(SIGN, GOOGLE_APPLICATION_CREDENTIALS=path)
    assert ways.services.asked[-1][:2] == (f"/v1/projects/-/serviceAccounts/{ACTING}:signBlob", "user-token")


def test_a_user_acts_for_an_account_that_the_environment_names(ways: Ways) -> None:
    ways.file(ways.user(), ".config/gcloud/application_default_credentials.json")
    assert ways.run(GOOGLE_IMPERSONATE_SERVICE_ACCOUNT=ACTING).strip() == "17-00000000"
    assert ways.services.tokens() == {"acting-by-user-token"}


def test_a_machine_without_an_account_says_so(ways: Ways) -> None:
    host = ways.url.removeprefix("http://")
    ways.services.refused = "/computeMetadata/v1/instance/service-accounts", b"404 Not Found"
    machine = {"GCE_METADATA_HOST": host, "GCE_METADATA_IP": host, "NO_GCE_CHECK": "false"}
    said = ways.run(CAUGHT, **machine)
    assert said.startswith(("AuthorizationError", "TemporaryError"))
    assert "Google has no token for this login" in said


def test_nobody_at_all_is_told_what_to_set(ways: Ways) -> None:
    said = ways.run(CAUGHT)
    assert said.startswith("ConfigurationError there is no login to Google")
    assert "GOOGLE_APPLICATION_CREDENTIALS" in said
    assert ways.services.asked == []


@pytest.mark.parametrize("kind", ["text", "json"])
def test_a_workload_s_token_comes_from_a_file(kind: str, ways: Ways) -> None:
    content = "private-token-3" if kind == "text" else {"id_token": "private-token-3"}
    form = {"type": "text"} if kind == "text" else {"type": "json", "subject_token_field_name": "id_token"}
    source = {"file": ways.file(content, "subject"), "format": form}
    path = ways.file(ways.external(source))
    assert ways.run(GOOGLE_APPLICATION_CREDENTIALS=path).strip() == "17-00000000"
    assert ways.services.tokens() == {"federated-token"}
    assert [form["subject_token"] for path, _, form in ways.services.asked if path == "/sts"] == [["private-token-3"]]


def test_a_workload_s_token_comes_from_a_url(ways: Ways) -> None:
    source = {
        "url": f"{ways.url}/subject",
        "headers": {"Authorization": "Bearer private-token-4"},
        "format": {"type": "json", "subject_token_field_name": "id_token"},
    }
    path = ways.file(ways.external(source))
    assert ways.run(GOOGLE_APPLICATION_CREDENTIALS=path).strip() == "17-00000000"
    assert ways.services.asked[0][:2] == ("/subject", "private-token-4")
    assert ways.services.asked[1][2]["subject_token"] == ["subject-from-url"]


def test_a_workload_acts_for_the_account_that_its_file_names(ways: Ways) -> None:
    source = {"file": ways.file("private-token-5", "subject")}
    url = f"{ways.url}/v1/projects/-/serviceAccounts/{ACTING}:generateAccessToken"
    path = ways.file(ways.external(source, service_account_impersonation_url=url))
    assert ways.run(GOOGLE_APPLICATION_CREDENTIALS=path).strip() == "17-00000000"
    assert ways.services.tokens() == {"acting-by-federated-token"}


def test_a_workload_without_its_token_is_told_which_file(ways: Ways) -> None:
    path = ways.file(ways.external({"file": str(ways.folder / "absent")}))
    said = ways.run(CAUGHT, GOOGLE_APPLICATION_CREDENTIALS=path)
    assert said.startswith("AuthorizationError Google has no token for this login")
    assert "absent" in said


def test_a_workload_that_is_refused(ways: Ways) -> None:
    path = ways.file(ways.external({"file": ways.file("private-token-6", "subject")}))
    ways.services.refused = "/sts", b"400 Bad Request"
    said = ways.run(CAUGHT, GOOGLE_APPLICATION_CREDENTIALS=path)
    assert said.startswith("AuthorizationError")
    assert "invalid_grant" in said


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"type": "external_account"}, "credential source"),
        ({"type": "impersonated_service_account"}, "source_credentials"),
        ({"type": "authorized_user", "client_id": "x"}, "refresh_token"),
        (
            {"type": "service_account", "client_email": "a@b", "private_key": "private-token-7"},
            "private_key is not an RSA key",
        ),
        ({"type": "gdch_service_account"}, "'gdch_service_account'"),
        ("{", "no JSON object"),
    ],
)
def test_a_file_that_lacks_something_says_what(content: object, message: str, ways: Ways) -> None:
    said = ways.run(CAUGHT, GOOGLE_APPLICATION_CREDENTIALS=ways.file(content))
    assert said.startswith("ConfigurationError there is no login to Google: ")
    assert message in said
    assert ways.services.asked == []
