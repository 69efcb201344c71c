"""What must never happen: tokens elsewhere, strange answers as success, names that lead out, secrets shown."""

from __future__ import annotations

import concurrent.futures
import io
import logging
import pickle
import socket
import threading
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from swiftclient.exceptions import ClientException

from obs_client.backends.swift.client import SwiftClient
from obs_client.credentials import Secret
from obs_client.errors import (
    AuthorizationError,
    ConfigurationError,
    InvalidNameError,
    PartialFailureError,
    ServiceError,
    TemporaryError,
)
from obs_client.models import ClientOptions
from test.loopback.proxy import forward_proxy
from test.loopback.raw import RawServer, Script, answer, header, raw_server, read_request
from test.loopback.tls import make_authority, tls_front
from test.servers import SwiftServer
from test.swift.support import QUICK, login_of, new_container

ONCE = ClientOptions(attempts=1)
TRANSACTION = b"X-Trans-Id: tx1\r\n"
TOKEN = {"OS_AUTH_TOKEN": "a-secret-token"}


def scripted(*answers: bytes) -> tuple[Script, list[bytes]]:
    """A script that gives these answers in order, the last again and again; and the heads that it was sent."""
    left, heads, lock = list(answers), list[bytes](), threading.Lock()

    def script(connection: socket.socket, _number: int) -> None:
        while True:
            head, _ = read_request(connection)
            if not head:
                return
            with lock:
                heads.append(head)
                current = left.pop(0) if len(left) > 1 else left[0]
            connection.sendall(current)

    return script, heads


def client_of(server: RawServer, options: ClientOptions = ONCE) -> SwiftClient:
    return SwiftClient(f"{server.url}/v1/AUTH_x", "container", credentials=TOKEN, options=options, timeout=5)


def test_token_goes_to_no_other_host() -> None:
    thief, seen = scripted(answer(b"stolen", headers=TRANSACTION + b"ETag: x\r\n"))
    with raw_server(thief) as other:
        headers = TRANSACTION + b"Location: " + other.url.encode() + b"/v1/AUTH_x/container/name\r\n"
        script, _ = scripted(answer(b"", b"307 Temporary Redirect", headers))
        with raw_server(script) as server, client_of(server) as client:
            for call in (
                lambda: client.object_read("name"),
                lambda: client.object_write("name", b"content"),
                lambda: client.object_list(),
                lambda: client.object_delete_many(["a", "b"]),
            ):
                with pytest.raises(Exception) as caught:  # noqa: PT011 - any but success
                    call()
                assert "a-secret-token" not in str(caught.value)
    assert seen == []


STRANGE = {
    "no transaction id": answer(b"<html>log in here</html>", headers=b"Content-Type: text/html\r\n"),
    "not found by a proxy": answer(b"", b"404 Not Found"),
    "cut head": b"HTTP/1.1 200 OK\r\nX-Trans-Id: tx1\r\nContent-Le",
    "no length": b"HTTP/1.1 200 OK\r\nX-Trans-Id: tx1\r\n\r\n",
    "not HTTP": b"220 mail.example.com ready\r\n\r\n",
    "no JSON": answer(b"[{", headers=TRANSACTION),
    "JSON of something else": answer(b'{"a": 1}', headers=TRANSACTION),
}


@pytest.mark.parametrize("strange", STRANGE)
def test_strange_answer_is_never_a_success(strange: str) -> None:
    def script(connection: socket.socket, number: int) -> None:
        if read_request(connection)[0]:
            connection.sendall(STRANGE[strange])

    with raw_server(script) as server, client_of(server) as client:
        calls: list[Callable[[], object]] = [client.object_list, lambda: client.object_delete_many(["a", "b"])]
        if "JSON" not in strange:
            calls += [lambda: client.object_read("name"), lambda: client.object_info("name")]
            calls += [lambda: client.object_write("name", b"content"), lambda: client.object_delete("name")]
        for call in calls:
            client._http._ask_info_at = 0.0
            with pytest.raises((ServiceError, PartialFailureError)):
                call()


@pytest.mark.slow
def test_silent_server() -> None:
    def script(connection: socket.socket, _number: int) -> None:
        connection.recv(1)
        server.stopped.wait(60)

    with raw_server(script) as server:
        client = SwiftClient(f"{server.url}/v1/AUTH_x", "container", credentials=TOKEN, options=ONCE, timeout=0.5)
        with pytest.raises(TemporaryError, match=r"0\.5 s"):
            client.object_info("name")


def test_https_login_does_not_lead_to_http(tmp_path: Path, keystone: SwiftServer) -> None:
    authority = make_authority(tmp_path)
    parts = urlsplit(keystone.auth_url)
    context = authority.server_context("IP:127.0.0.1")
    with tls_front(context, parts.hostname or "", parts.port or 0) as front:
        keys = {**keystone.credentials, "OS_AUTH_URL": f"{front.url}/v3", "OS_CACERT": str(authority.file)}
        with SwiftClient(credentials=keys) as client, pytest.raises(ConfigurationError, match="allow_http_storage"):
            client.container_info("absent")
        with SwiftClient(credentials=keys, allow_http_storage=True, options=QUICK) as allowed:
            assert allowed.container_info("absent") is None


def test_tls_on_every_path(tmp_path: Path, swift: SwiftServer) -> None:
    authority = make_authority(tmp_path)
    parts = urlsplit(swift.storage_url)
    with tls_front(authority.server_context("IP:127.0.0.1"), parts.hostname or "", parts.port or 0) as front:
        url, keys = front.url + parts.path, {"OS_AUTH_TOKEN": login_of(swift).token}
        with new_container(swift) as owner:
            name = owner.container_name
            with SwiftClient(url, name, credentials=keys, verify=str(authority.file), options=QUICK) as client:
                client.object_write("name", bytes(70_000))
                assert client.object_read("name") == bytes(70_000)
            distrustful = SwiftClient(url, name, credentials=keys, options=QUICK)
            with pytest.raises(ServiceError, match="certificate"):
                distrustful.object_read("name")


def test_proxy_on_every_path(monkeypatch: pytest.MonkeyPatch, swift: SwiftServer) -> None:
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with forward_proxy("user:password") as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        with new_container(swift) as client:
            client.object_upload(io.BytesIO(bytes(70_000)), "name")
            assert client.object_read("name") == bytes(70_000)
            container = client.container_name
        lines = " ".join(proxy.request_lines)
        assert "/auth/v1.0" in lines
        assert f"/{container}" in lines


@pytest.fixture
def counted() -> Iterator[tuple[SwiftClient, list[bytes]]]:
    """A client of a server that counts requests, and their heads."""
    script, heads = scripted(answer(b"", headers=TRANSACTION))
    with raw_server(script) as server, client_of(server) as client:
        yield client, heads


@pytest.mark.parametrize("name", [".", "..", "../x", "a/../b", "a/.", "a/..", "./a"])
def test_dots_never_reach_the_wire(counted: tuple[SwiftClient, list[bytes]], name: str) -> None:
    client, heads = counted
    for call in (
        lambda: client.object_write(name, b""),
        lambda: client.object_read(name),
        lambda: client.object_delete(name),
        lambda: client.object_delete_many([name]),
        lambda: client.object_copy("a", name),
        lambda: client.object_generate_download_url(name),
    ):
        with pytest.raises(InvalidNameError):
            call()
    assert heads == []


def test_names_are_sent_as_they_are() -> None:
    script, heads = scripted(answer(b"", b"204 No Content", headers=TRANSACTION))
    with raw_server(script) as server, client_of(server) as client:
        client._http.call("delete_object", "container", "a//b/%41?c#d e\u00fc")
    assert heads[0].split(b" ")[1] == b"/v1/AUTH_x/container/a//b/%2541%3Fc%23d%20e%C3%BC"
    assert header(heads[0], b"x-auth-token") == b"a-secret-token"


def frames(error: BaseException) -> str:
    """A traceback with all local variables."""
    return "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())


def wrong_client(swift: SwiftServer) -> SwiftClient:
    keys = {**swift.credentials, "ST_KEY": "canary-password"}
    return SwiftClient(credentials=keys, temp_url_key="canary-key", options=ONCE)


def test_nothing_shows_a_secret(caplog: pytest.LogCaptureFixture, swift: SwiftServer) -> None:
    caplog.set_level(logging.DEBUG)
    with wrong_client(swift) as client:
        with pytest.raises(AuthorizationError) as caught:
            client.object_read("name", "container")
        shown = " ".join([repr(client), repr(vars(client)), repr(client._http.session.login), frames(caught.value)])
        assert "canary" not in shown
    with raw_server(scripted(answer(b"", b"500 Internal Server Error", TRANSACTION))[0]) as server:
        failing = client_of(server)
        with pytest.raises(TemporaryError) as failed:
            failing.object_write("name", b"content")
        shown = frames(failed.value)
        assert "a-secret-token" not in shown
    with new_container(swift, temp_url_key="canary-key") as good:
        good.object_write("name", b"content")
        token = good._http.session.access().token
        assert token is not None
        assert token.reveal() not in caplog.text
    assert "canary" not in caplog.text
    assert "a-secret-token" not in caplog.text


def test_nothing_is_louder_than_debug(caplog: pytest.LogCaptureFixture, swift: SwiftServer) -> None:
    with new_container(swift) as client:
        caplog.set_level(logging.INFO)
        assert client.object_info("absent") is None
        assert caplog.records == []
        # What the program does by swiftclient itself is logged as ever.
        with pytest.raises(ClientException):
            client.native.head_object(client.container_name, "absent")
        assert {record.levelname for record in caplog.records if record.name == "swiftclient"} == {"INFO"}
        caplog.clear()
        caplog.set_level(logging.DEBUG)
        assert client.object_info("absent") is None
        assert {record.levelname for record in caplog.records if record.name == "swiftclient"} == {"DEBUG"}


def test_a_secret_keeps_itself() -> None:
    secret = Secret("canary")
    assert "canary" not in f"{secret} {secret!r} {[secret]}"
    assert secret == Secret("canary")
    with pytest.raises(TypeError):
        pickle.dumps(secret)


def test_one_connection_is_not_shared_by_threads(swift: SwiftServer) -> None:
    with new_container(swift) as client:
        for number in range(16):
            client.object_write(f"{number}", bytes([number]) * 5000)
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            found = list(pool.map(lambda number: client.object_read(f"{number % 16}"), range(320)))
        assert found == [bytes([number % 16]) * 5000 for number in range(320)]
