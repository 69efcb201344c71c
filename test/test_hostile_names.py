"""Names made to get out: of the container in requests, of the root on a disk."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import unquote_to_bytes

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from obs_client import (
    ClientOptions,
    LocalClient,
    MemoryClient,
    ObjectStorageClient,
    ObjectStorageClientError,
    S3Client,
    SwiftClient,
)
from test.faults.cells import MATRIX, Stage
from test.faults.matrix import staged
from test.loopback.raw import RawServer, raw_server, read_request

pytestmark = pytest.mark.full

HOSTILE = (
    "../escape",
    "a/../../escape",
    "a/../b",
    "..",
    ".",
    "a/..",
    "./a",
    "a/./b",
    "/etc/escape",
    "//host/share",
    "a//b",
    "a/",
    "C:escape",
    "C:\\escape",
    "a\\..\\..\\escape",
    "CON",
    "nul.txt",
    "trailing. ",
    "%2e%2e/escape",
    "%2e%2e%2fescape",
    "~root/escape",
    "$HOME/escape",
    "-rf",
    "new\nline",
    "\x1b[31mred",
    "nul\0byte",
    "e\u0301 and \u00e9",
    "linked/escape",
    "n" * 300,
    "?versions&uploads#fragment",
    "+ &=;%00",
)
CONTAINER = MATRIX
FOLDED_BY_SEAWEEDFS = frozenset({"/etc/escape", "//host/share", "a//b", "a/", "C:\\escape"})
"""SeaweedFS itself stores these under another name, or as a folder: it has a file system's names."""

_FEW = [pytest.param(100, id="100"), pytest.param(10_000, id="10000", marks=pytest.mark.full)]

_pieces = st.sampled_from(
    ["..", ".", "", "a", "%2e%2e", "%2F", "..\\", "\\", "C:", "linked", "~", " ", "\n", "\r", "\t", "\x7f", "\0", "é",
     "e\u0301", "\u2024\u2024", "?x", "#y", "%", "+", "&", "..;", "con", "x" * 260, "%obs_t_", "\ufffe", "😀"]
)  # fmt: skip
_names = st.one_of(
    st.lists(_pieces, min_size=1, max_size=6).map("/".join),
    st.lists(_pieces, min_size=1, max_size=6).map("".join),
    st.text(min_size=1, max_size=40),
)


def test_there_are_thirty_one() -> None:
    assert len(set(HOSTILE)) == 31


# ---- on real servers ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=["seaweedfs", "swift"])
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    with staged(request.param) as one:
        one.store.put("other-00", "sentinel", b"of another container")
        yield one


def _calls(client: ObjectStorageClient, name: str, directory: Path) -> dict[str, Callable[[], object]]:
    target = directory / "target"
    source = directory / "source"
    source.write_bytes(b"content")
    return {
        "write": lambda: client.object_write(name, b"content"),
        "read": lambda: client.object_read(name),
        "info": lambda: client.object_info(name),
        "upload file": lambda: client.upload_file(source, name),
        "download file": lambda: client.download_file(name, target),
        "metadata": lambda: client.object_set_metadata(name, "a", "b"),
        "copy from": lambda: client.object_copy(name, "plain"),
        "copy to": lambda: client.object_copy("plain", name),
        "list": lambda: client.object_list(prefix=name),
        "list after": lambda: list(client.object_iter(start_after=name)),
        "url": lambda: client.object_generate_download_url(name),
        "delete many": lambda: client.object_delete_many([name, "plain too"]),
        "delete": lambda: client.object_delete(name),
    }


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_no_request_leaves_the_container(stage: Stage, tmp_path: Path, name: str) -> None:
    stage.store.put(CONTAINER, "plain", b"plain")
    with stage.store.client(stage.proxy.url, timeout=20.0) as client:
        client.container_name = CONTAINER
        stage.proxy.aim()
        for call in _calls(client, name, tmp_path).values():
            try:
                call()
            except (ObjectStorageClientError, ValueError):
                continue
        requests = [entry.request for entry in stage.proxy.journal]
        leaving = [
            request.target for request in requests
            if not _stays(request.target, stage.store.base, (CONTAINER, f"{CONTAINER}_segments"), name)
        ]  # fmt: skip
    assert not leaving
    assert stage.store.get("other-00", "sentinel") == b"of another container"
    assert not {path.name for path in tmp_path.iterdir()} - {"source", "target"}


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_what_is_taken_comes_back_under_its_own_name_only(stage: Stage, name: str) -> None:
    if stage.store.label == "seaweedfs" and name in FOLDED_BY_SEAWEEDFS:
        return
    with stage.store.client(stage.proxy.url, timeout=20.0) as client:
        client.container_name = CONTAINER
        before = {getattr(entry, "name", None) for entry in client.object_list()}
        try:
            client.object_write(name, b"its own content")
        except ObjectStorageClientError:
            assert {getattr(entry, "name", None) for entry in client.object_list()} == before
            return
        assert client.object_read(name) == b"its own content"
        found = {getattr(entry, "name", None) for entry in client.object_list()}
        assert found - before == {name}
        assert client.object_delete(name)
        assert {getattr(entry, "name", None) for entry in client.object_list()} == before


def _stays(target: str, base: str, containers: tuple[str, ...], name: str) -> bool:
    """Whether a request's target is in one of the containers, however a server between may read the path."""
    path = target.partition("?")[0]
    if path in ("/info", base, base + "/", "/"):
        return True
    place, rest = path.removeprefix(base).removeprefix("/").partition("/")[::2]
    if not path.startswith(base) or place not in containers:
        return False
    segments = unquote_to_bytes(rest).split(b"/")
    return not rest or (b"." not in segments and b".." not in segments)


# ---- generated names, before a server that says yes -----------------------------------------------------------------


class Yes:
    """A server that says yes to everything, and notes the targets."""

    def __init__(self) -> None:
        self.targets: list[str] = []
        self.server: RawServer | None = None

    def serve(self, connection: socket.socket, _number: int) -> None:
        while True:
            head, _ = read_request(connection)
            if not head:
                return
            method, target, _version = head.split(b"\r\n")[0].decode("latin-1").split(" ")
            self.targets.append(target)
            status = "404 Not Found" if "_segments" in target or method == "GET" else "201 Created"
            if target == "/info":
                status = "404 Not Found"
            tag = "d41d8cd98f00b204e9800998ecf8427e"
            connection.sendall(
                f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nETag: {tag}\r\nX-Trans-Id: t\r\nx-amz-request-id: t\r\n"
                "Last-Modified: Mon, 23 Nov 2026 00:00:00 GMT\r\nX-Timestamp: 1.0\r\n\r\n".encode()
            )


def _client_of(kind: str, url: str) -> tuple[ObjectStorageClient, str]:
    options = ClientOptions(attempts=1, first_pause=0.0)
    if kind == "s3":
        keys = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"}
        return S3Client("container", endpoint_url=url, credentials=keys, timeout=5.0, options=options), ""
    storage, token = f"{url}/v1/AUTH_a", {"OS_AUTH_TOKEN": "token"}
    return SwiftClient(storage, "container", credentials=token, timeout=5.0, options=options), "/v1/AUTH_a"


@pytest.mark.parametrize("count", _FEW)
@pytest.mark.parametrize("kind", ["s3", "swift"])
def test_no_generated_name_leaves_the_container(kind: str, count: int) -> None:
    yes = Yes()
    with raw_server(yes.serve) as yes.server:
        client, base = _client_of(kind, yes.server.url)

        @settings(max_examples=count, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        @given(name=_names)
        def check(name: str) -> None:
            yes.targets.clear()
            for call in (
                lambda: client.object_write(name, b""),
                lambda: client.object_info(name),
                lambda: client.object_delete(name),
                lambda: client.object_copy(name, "plain"),
            ):
                try:
                    call()
                except (ObjectStorageClientError, ValueError):
                    continue
            places = ("container", "container_segments")
            assert not [target for target in yes.targets if not _stays(target, base, places, name)]
            assert not _spelled_otherwise(yes.targets, f"{base}/container/", name)

        with client:
            check()


def _spelled_otherwise(targets: list[str], place: str, name: str) -> list[str]:
    """The targets of objects that are neither this name nor the target of the copy."""
    known = {place.encode() + name.encode("utf-8", "surrogatepass"), place.encode() + b"plain"}
    paths = [target.partition("?")[0] for target in targets]
    return [path for path in paths if path.startswith(place) and unquote_to_bytes(path) not in known]


# ---- on a disk and in memory ----------------------------------------------------------------------------------------


def _outside(directory: Path) -> dict[str, bytes | None]:
    """All that is beside the root."""
    found: dict[str, bytes | None] = {}
    for folder, folders, files in os.walk(directory / "outside"):
        for name in folders:
            found[os.path.join(folder, name)] = None
        for name in files:
            found[os.path.join(folder, name)] = Path(folder, name).read_bytes()
    found.update({path.name: None for path in directory.iterdir()})
    return found


def _planted(directory: Path) -> LocalClient:
    """A local store with links out of it."""
    outside, container = directory / "outside", directory / "root" / "container"
    outside.mkdir()
    container.mkdir(parents=True)
    (outside / "file").write_bytes(b"not yours")
    for place in (container, container / "a"):
        place.mkdir(exist_ok=True)
        (place / "linked").symlink_to(outside)
        (place / "linked file").symlink_to(outside / "file")
        (place / "dangling").symlink_to(outside / "not there")
    return LocalClient(directory / "root", "container")


def _try_all(client: ObjectStorageClient, name: str, directory: Path) -> None:
    for call in _calls(client, name, directory).values():
        try:
            call()
        except (ObjectStorageClientError, ValueError):
            continue


@pytest.mark.parametrize("name", [*HOSTILE, "linked file", "dangling", "a/linked/x", "linked/file"], ids=ascii)
def test_no_name_gets_out_of_a_directory(tmp_path: Path, name: str) -> None:
    client = _planted(tmp_path)
    files = tmp_path / "files"
    files.mkdir()
    before = _outside(tmp_path)
    _try_all(client, name, files)
    assert _outside(tmp_path) == before
    try:
        client.object_write(name, b"its own content")
    except ObjectStorageClientError:
        return
    assert client.object_read(name) == b"its own content"
    assert _outside(tmp_path) == before


@pytest.mark.parametrize("count", _FEW)
def test_no_generated_name_gets_out_of_a_directory(tmp_path: Path, count: int) -> None:
    client = _planted(tmp_path)
    memory = MemoryClient("container")
    memory.container_create("container")
    files = tmp_path / "files"
    files.mkdir()
    before = _outside(tmp_path)

    @settings(max_examples=count, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(name=_names)
    def check(name: str) -> None:
        content = name.encode("utf-8", "replace")
        _try_all(client, name, files)
        try:
            client.object_write(name, content)
            memory.object_write(name, content)
        except (ObjectStorageClientError, ValueError):
            return
        assert client.object_read(name) == memory.object_read(name) == content
        assert client.object_delete(name)
        assert memory.object_delete(name)
        assert _outside(tmp_path) == before

    check()
    assert _outside(tmp_path) == before
