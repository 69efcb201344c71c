"""Hostile names on real servers, and generated ones before a server that says yes: no request leaves the container."""

from __future__ import annotations

import re
import socket
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

import pytest
from hypothesis import given

from obs_client import ClientOptions, ObjectStorageClient, ObjectStorageClientError, S3Client, SwiftClient
from test.faults.hostile import FEW, HOSTILE, NAMES, generated, stays, try_all
from test.faults.matrix.cells import MATRIX, Stage
from test.faults.matrix.matrix import staged
from test.loopback.raw import RawServer, raw_server, read_request

CONTAINER = MATRIX
FOLDED_BY_SEAWEEDFS = frozenset({"/etc/escape", "//host/share", "a//b", "a/", "C:\\escape"})
"""SeaweedFS itself stores these under another name, or as a folder: it has a file system's names."""
REFUSED_BY_SEAWEEDFS = frozenset({"a\\..\\..\\escape", "n" * 300})
"""It takes a backslash for a slash, and segments of 255 bytes at most."""


WAYS_OUT = {
    "a step up": r"(^|/)\.\.(/|$)",
    "a step to where one is": r"(^|/)\.(/|$)",
    "from the root": r"^/",
    "another host": r"^//",
    "an empty segment": r"[^/]//",
    "no last segment": r"/$",
    "another drive": r"^[A-Z]:",
    "steps up by backslashes": r"\\\.\.\\",
    "a device": r"^(CON|nul)\b",
    "an end that is dropped": r"[. ]$",
    "a step up in code": r"^%2e%2e/",
    "a slash in code": r"%2f",
    "a home": r"^~",
    "a variable": r"^\$",
    "an option": r"^-",
    "a line end": r"\n",
    "a terminal's code": r"\x1b",
    "an end of a C string": r"\0",
    "two spellings of a letter": r"e\u0301.*\u00e9",
    "a link": r"^linked/",
    "a segment that no disk holds": r"^[^/]{256}",
    "a query": r"\?",
    "a fragment": r"#",
    "a form's code": r"\+",
}
"""What could lead out of a container or directory, or be taken for something else, and how to know it."""


def test_each_way_out_has_a_name_and_each_name_is_one() -> None:
    ways = {name: {way for way, sign in WAYS_OUT.items() if re.search(sign, name)} for name in HOSTILE}
    assert set().union(*ways.values()) == set(WAYS_OUT)
    assert [name for name in HOSTILE if not ways[name]] == []
    assert len(ways) == len(HOSTILE) == 31, "a name is there twice, or lost"


# ---- on real servers ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def stage(request: pytest.FixtureRequest, starts_servers: None) -> Iterator[Stage]:
    with staged(request.param) as one:
        one.store.put("other-00", "sentinel", b"of another container")
        yield one


def _on_servers(leave_out: Mapping[str, Collection[str]]) -> list[Any]:
    return [
        pytest.param(kind, name, id=f"{kind}-{name!a}", marks=pytest.mark.full)
        for kind in ("seaweedfs", "swift")
        for name in HOSTILE
        if name not in leave_out.get(kind, ())
    ]


def _is_refused(name: str) -> bool:
    """Whether no store at all takes it."""
    return "\0" in name or not {".", ".."}.isdisjoint(name.split("/"))


@pytest.mark.parametrize(("stage", "name"), _on_servers({}), indirect=["stage"])
def test_no_request_leaves_the_container(stage: Stage, tmp_path: Path, name: str) -> None:
    stage.store.put(CONTAINER, "plain", b"plain")
    with stage.store.client(stage.proxy.url, timeout=20.0) as client:
        client.container_name = CONTAINER
        client.container_info(CONTAINER)
        stage.proxy.aim()
        try_all(client, name, tmp_path)
        requests = [entry.request for entry in stage.proxy.journal]
    places = (CONTAINER, f"{CONTAINER}_segments")
    assert not [each.target for each in requests if not stays(each.target, stage.store.base, places)]
    assert any(each.method == "PUT" for each in requests) != _is_refused(name)
    assert stage.store.get("other-00", "sentinel") == b"of another container"
    assert not {path.name for path in tmp_path.iterdir()} - {"source", "target"}


@pytest.mark.parametrize(("stage", "name"), _on_servers({"seaweedfs": FOLDED_BY_SEAWEEDFS}), indirect=["stage"])
def test_what_is_taken_comes_back_under_its_own_name_only(stage: Stage, name: str) -> None:
    with stage.store.client(stage.proxy.url, timeout=20.0) as client:
        client.container_name = CONTAINER
        before = {getattr(entry, "name", None) for entry in client.object_list()}
        try:
            client.object_write(name, b"its own content")
        except ObjectStorageClientError:
            assert _is_refused(name) or (stage.store.label == "seaweedfs" and name in REFUSED_BY_SEAWEEDFS)
            assert {getattr(entry, "name", None) for entry in client.object_list()} == before
            return
        assert client.object_read(name) == b"its own content"
        found = {getattr(entry, "name", None) for entry in client.object_list()}
        assert found - before == {name}
        assert client.object_delete(name)
        assert {getattr(entry, "name", None) for entry in client.object_list()} == before


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


@pytest.mark.slow
@pytest.mark.parametrize("count", FEW)
@pytest.mark.parametrize("kind", ["s3", "swift"])
def test_no_generated_name_leaves_the_container(kind: str, count: int) -> None:
    yes = Yes()
    with raw_server(yes.serve) as yes.server:
        client, base = _client_of(kind, yes.server.url)

        asked: list[str] = []

        @generated(count)
        @given(name=NAMES)
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
            asked.extend([name] * bool(yes.targets))
            assert not [target for target in yes.targets if not stays(target, base, places)]
            assert not _spelled_otherwise(yes.targets, f"{base}/container/", name)

        with client:
            check()
        assert len(set(asked)) > count / 4, "hardly a name was let through to the server"


def _spelled_otherwise(targets: list[str], place: str, name: str) -> list[str]:
    """The targets of objects that are neither this name nor the target of the copy."""
    known = {place.encode() + name.encode("utf-8", "surrogatepass"), place.encode() + b"plain"}
    paths = [target.partition("?")[0] for target in targets]
    return [path for path in paths if path.startswith(place) and unquote_to_bytes(path) not in known]
