"""The recipe of the page on FastAPI, under uvicorn: what it answers, and what is left when clients go away."""

from __future__ import annotations

import contextlib
import dataclasses
import gc
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from obs_client import ClientOptions, ObjectStorageClient, from_url
from obs_client.aio import AsyncBody
from test.docs.pages import blocks, text_of
from test.loopback.s3.ways import Ways
from test.loopback.s3_double import s3_double
from test.servers.shared import Servers
from test.swift.support import client_of

pytestmark = pytest.mark.slow

(RECIPE,) = blocks(text_of("fastapi.md"))
CONTENT = bytes(range(256)) * 1000
LARGE = 40 * 1024 * 1024


@contextlib.contextmanager
def serving(store: str) -> Iterator[httpx.Client]:
    """The service over a store, and a client of it; at the end it must stop."""
    os.environ["STORE"] = store
    names: dict[str, Any] = {"__name__": "recipe"}
    exec(compile(RECIPE, "fastapi.md", "exec"), names)
    server = uvicorn.Server(uvicorn.Config(names["app"], host="127.0.0.1", port=0, log_level="critical"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
        address = server.servers[0].sockets[0].getsockname()
        with httpx.Client(base_url=f"http://127.0.0.1:{address[1]}", trust_env=False) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join(30)
        assert not thread.is_alive()


@pytest.fixture(autouse=True)
def _store_variable() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STORE", "")
        yield


@pytest.fixture
def store(tmp_path: Path) -> ObjectStorageClient:
    """What is behind the service, seen from beside it."""
    client = from_url(f"file://{tmp_path}?container_name=box")
    client.container_create("box")
    return client


@pytest.fixture
def service(store: ObjectStorageClient, tmp_path: Path) -> Iterator[httpx.Client]:
    with serving(f"file://{tmp_path}?container_name=box") as client:
        yield client


def test_files_go_up_and_down(service: httpx.Client, store: ObjectStorageClient) -> None:
    put = service.put("/files/a b/ä.bin", content=iter([CONTENT] * 20), headers={"Content-Type": "image/x"})
    assert put.status_code == 201
    assert store.object_read("a b/ä.bin") == CONTENT * 20
    with service.stream("GET", "/files/a b/ä.bin") as got:
        assert got.read() == CONTENT * 20
    info = store.object_info("a b/ä.bin")
    assert info
    assert got.headers["etag"] == f'"{info.hash}"'
    assert got.headers["content-length"] == str(info.size)
    assert got.headers["content-type"] == "image/x"
    told = service.head("/files/a b/ä.bin")
    assert {name: told.headers[name] for name in ("etag", "content-length", "content-type", "accept-ranges")} == {
        name: got.headers[name] for name in ("etag", "content-length", "content-type", "accept-ranges")
    }
    assert service.get("/files/absent").status_code == 404
    assert service.head("/files/absent").status_code == 404
    assert service.get("/files/absent").json() == {"detail": "Not Found"}
    refused = service.put("/files/a/%2E%2E/b", content=b"")
    assert refused.status_code == 400
    assert "'..'" in refused.json()["detail"]


@pytest.mark.parametrize(
    ("asked", "first", "stop"),
    [
        ("0-9", 0, 10),
        ("10-", 10, 256_000),
        ("-7", 255_993, 256_000),
        ("255990-999999", 255_990, 256_000),
        ("-999999", 0, 256_000),
    ],
)
def test_ranges(service: httpx.Client, store: ObjectStorageClient, asked: str, first: int, stop: int) -> None:
    store.object_write("name", CONTENT)
    got = service.get("/files/name", headers={"Range": f"bytes={asked}"})
    assert (got.status_code, got.content) == (206, CONTENT[first:stop])
    assert got.headers["content-range"] == f"bytes {first}-{stop - 1}/256000"
    assert got.headers["content-length"] == str(stop - first)


def test_a_range_that_is_not_there_or_not_understood(service: httpx.Client, store: ObjectStorageClient) -> None:
    store.object_write("name", CONTENT)
    got = service.get("/files/name", headers={"Range": "bytes=256000-"})
    assert (got.status_code, got.headers["content-range"]) == (416, "bytes */256000")
    for odd in ("bytes=0-1,4-5", "lines=1-2"):
        assert service.get("/files/name", headers={"Range": odd}).status_code == 200
    assert service.get("/files/absent", headers={"Range": "bytes=0-1"}).status_code == 404


def test_conditions_of_readers(service: httpx.Client, store: ObjectStorageClient) -> None:
    store.object_write("name", CONTENT)
    tag = service.get("/files/name").headers["etag"]
    for known in (tag, f"W/{tag}"):
        same = service.get("/files/name", headers={"If-None-Match": known})
        assert (same.status_code, same.content) == (304, b"")
    for several in ("*", f'{tag}, "other"'):
        got = service.get("/files/name", headers={"If-None-Match": several})
        assert (got.status_code, got.content) == (200, CONTENT), "as the page says"
    assert service.get("/files/name", headers={"If-Match": tag}).content == CONTENT
    resumed = {"Range": "bytes=5-", "If-Range": tag}
    assert service.get("/files/name", headers=resumed).content == CONTENT[5:]
    store.object_write("name", b"another")
    assert service.get("/files/name", headers={"If-None-Match": tag}).content == b"another"
    assert service.get("/files/name", headers={"If-Match": tag}).status_code == 412
    assert service.get("/files/name", headers=resumed).content == b"another"


def test_conditions_of_writers(service: httpx.Client, store: ObjectStorageClient) -> None:
    def put(content: bytes, **headers: str) -> int:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return service.put("/files/name", content=content, headers=sent).status_code

    assert put(b"first", If_None_Match="*") == 201
    assert put(b"second", If_None_Match="*") == 412
    tag = service.get("/files/name").headers["etag"]
    assert put(b"third", If_Match=tag) == 201
    assert put(b"fourth", If_Match=tag) == 412
    assert put(b"fifth", If_Match=f'{tag}, "other"') == 412, "a condition that is not understood does not hold"
    assert store.object_read("name") == b"third"


def test_a_link_leads_to_the_store() -> None:
    with s3_double() as double, _logged_in(double.credentials):
        url = f"s3://box?endpoint_url={double.url}"
        with from_url(url) as client, serving(url) as service:
            client.container_create("box")
            client.object_write("a/name", CONTENT)
            found = service.get("/links/a/name")
            assert found.status_code == 307
            assert found.headers["location"].startswith(f"{double.url}/box/a/name?")
            assert "X-Amz-Signature=" in found.headers["location"]
            assert httpx.get(found.headers["location"], trust_env=False).content == CONTENT


def test_a_store_that_signs_nothing_says_so(service: httpx.Client) -> None:
    refused = service.get("/links/name")
    assert refused.status_code == 501
    assert "capabilities.download_urls" in refused.json()["detail"]


def test_damaged_content_is_not_taken_for_complete() -> None:
    with s3_double() as double, _logged_in(double.credentials):
        url = f"s3://box?endpoint_url={double.url}"
        with from_url(url) as client, serving(url) as service:
            client.container_create("box")
            client.object_write("name", CONTENT * 10)
            assert service.get("/files/name").content == CONTENT * 10
            with double.state.lock:
                objects = double.state.bucket("box").objects
                objects["name"] = dataclasses.replace(objects["name"], content=bytes(len(CONTENT) * 10))
            with pytest.raises(httpx.RemoteProtocolError):
                service.get("/files/name")


@contextlib.contextmanager
def _logged_in(credentials: Mapping[str, str]) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in credentials.items():
            patch.setenv(name, value)
        yield


def gone_in_an_upload(service: httpx.Client, while_there: Callable[[], bool] = lambda: True) -> None:
    """A client that says how much it will send, and goes away after the half of it, if all is as it should be then."""
    with _connection(service) as connection:
        head = f"PUT /files/gone HTTP/1.1\r\nHost: h\r\nContent-Length: {LARGE}\r\n\r\n"
        connection.sendall(head.encode())
        block = bytes(1024 * 1024)
        for _ in range(LARGE // len(block) // 2):
            connection.sendall(block)
        assert while_there()


def gone_in_a_download(service: httpx.Client, name: str) -> None:
    """A client that goes away after the first bytes."""
    with _connection(service) as connection:
        connection.sendall(f"GET /files/{name} HTTP/1.1\r\nHost: h\r\n\r\n".encode())
        assert connection.recv(1000).startswith(b"HTTP/1.1 200")


@contextlib.contextmanager
def _connection(service: httpx.Client) -> Iterator[socket.socket]:
    address = service.base_url
    with socket.create_connection((address.host, address.port or 80), timeout=30) as connection:
        yield connection


def open_bodies() -> list[AsyncBody]:
    """Those that hold a connection of a store."""
    return [found for found in gc.get_objects() if type(found) is AsyncBody and not found._closed]


def eventually(is_so: Callable[[], bool], seconds: float = 20.0) -> bool:
    """Whether something is so by then."""
    deadline = time.monotonic() + seconds
    while not (found := is_so()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return found


@pytest.mark.slow
def test_clients_that_go_away_leave_nothing_in_a_directory(
    service: httpx.Client, store: ObjectStorageClient, tmp_path: Path
) -> None:
    store.object_write("large", bytes(LARGE))
    for _ in range(3):
        gone_in_a_download(service, "large")
        gone_in_an_upload(service)
    assert service.get("/files/gone").status_code == 404
    assert eventually(lambda: [path.name for path in (tmp_path / "box").rglob("*")] == ["large"])
    assert eventually(lambda: open_bodies() == [])
    assert service.get("/files/large", headers={"Range": "bytes=-5"}).content == bytes(5)


@pytest.mark.slow
def test_clients_that_go_away_leave_nothing_in_s3() -> None:
    with s3_double(Ways()) as double, _logged_in(double.credentials):
        url = f"s3://box?endpoint_url={double.url}"
        with from_url(url) as client, serving(url) as service:
            client.container_create("box")
            client.object_write("large", bytes(LARGE))
            gone_in_a_download(service, "large")
            gone_in_an_upload(service, while_there=lambda: eventually(lambda: double.open_uploads() == ["gone"]))
            assert eventually(lambda: double.open_uploads() == [])
            assert eventually(lambda: open_bodies() == [])
            assert [entry.name for entry in client.object_list()] == ["large"]


def test_clients_that_go_away_leave_nothing_in_swift(servers: Servers) -> None:
    box = f"box-{secrets.token_hex(6)}"
    server = servers.swift()
    with client_of(server, options=ClientOptions()) as client, _logged_in(server.credentials):
        client.use_container(box, create=True)
        client.object_write("large", bytes(LARGE))
        before = len(client.object_list(container_name=f"{box}_segments"))
        with serving(f"{server.storage_url}/{box}") as service:
            gone_in_a_download(service, "large")
            gone_in_an_upload(service)
            assert eventually(lambda: open_bodies() == [])
            assert service.get("/files/gone").status_code == 404
        assert [entry.name for entry in client.object_list()] == ["large"]
        assert eventually(lambda: len(client.object_list(container_name=f"{box}_segments")) == before)
