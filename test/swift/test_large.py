"""Large objects of Swift: our own, those of other tools, copies, and what is left of any of them."""

from __future__ import annotations

import hashlib
import io
import json
import random
import time
from collections.abc import Iterator
from typing import IO, cast
from urllib.parse import urlsplit

import pytest

from obs_client.backend.body import BytesBody
from obs_client.backend.multipart import Part
from obs_client.backend.values import NewObject
from obs_client.backends.swift.client import SwiftClient
from obs_client.errors import IntegrityError, InvalidNameError, PreconditionError
from obs_client.models import Attributes, ObjectInfo
from test.faults.wire.exchange import Fault
from test.faults.wire.proxy import FaultProxy, fault_proxy
from test.faults.wire.spoiling import close_unanswered
from test.servers import SwiftLimits, SwiftServer, start_swift
from test.servers.requests.login import Login
from test.swift.support import QUICK, login_of, new_container, path_of, segments_of

DATA = random.Random(5).randbytes(70_000)


def put_segment(other: Login, client: SwiftClient, name: str, data: bytes) -> dict[str, object]:
    """Store an object past the library; gives its entry in a manifest."""
    assert other.send("PUT", path_of(client, name), data).status == 201
    path = f"/{client.container_name}/{name}"
    return {"path": path, "etag": hashlib.md5(data, usedforsecurity=False).hexdigest(), "size_bytes": len(data)}


def put_manifest(other: Login, client: SwiftClient, name: str, entries: list[dict[str, object]]) -> None:
    answer = other.send("PUT", path_of(client, name) + "?multipart-manifest=put", json.dumps(entries).encode())
    assert answer.status == 201, answer.body


def verified(client: SwiftClient, name: str) -> bool:
    """Whether a whole read could be compared with digests."""
    with client.object_open(name) as file:
        while file.read(7000):
            pass
        return bool(file.verified)


def requests_of(client: SwiftClient) -> list[str]:
    """Collect the method of every request from now on."""
    methods: list[str] = []
    send = client._http._send_once

    def counted(method: str, *arguments: object) -> object:
        methods.append(method)
        return send(method, *arguments)  # type: ignore[arg-type]

    client._http._send_once = counted  # type: ignore[assignment, method-assign]
    return methods


# ---- our own --------------------------------------------------------------------------------------------------------


def test_overwriting_and_deleting_removes_segments(client: SwiftClient) -> None:
    client.object_write("name", DATA)
    assert len(segments_of(client)) == 4
    client.object_write("name", DATA[::-1])
    assert len(segments_of(client)) == 4
    assert client.object_read("name") == DATA[::-1]
    client.object_write("name", b"small")
    assert segments_of(client) == []
    client.object_write("name", DATA)
    client.object_delete("name")
    assert segments_of(client) == []
    for name in ("a", "b"):
        client.object_write(name, DATA)
    client.object_write("plain", b"")
    client.object_delete_many(["a", "absent", "b", "plain"])
    assert segments_of(client) == []


def test_small_write_is_one_request_without_segments(client: SwiftClient) -> None:
    client.object_write("first", b"")
    methods = requests_of(client)
    client.object_write("name", b"content")
    client.object_delete("name")
    assert methods == ["PUT", "DELETE"]
    client.object_write("large", DATA)
    methods.clear()
    client.object_write("name", b"content")
    assert methods == ["HEAD", "PUT"]


def test_many_are_deleted_by_few_requests(low_swift: SwiftServer) -> None:
    with new_container(low_swift) as client:
        names = [f"{number:02}" for number in range(28)]
        for name in names:
            client.object_write(name, b"")
        client._segments.forget(client.container_name or "")
        methods = requests_of(client)
        client.object_delete_many(names)
        # Seven names a request; the threads that send them look together, once, whether there are segments.
        assert sorted(methods) == ["HEAD", "POST", "POST", "POST", "POST"]
        assert client.object_list() == []


def test_large_object_is_verified(client: SwiftClient) -> None:
    client.object_write("name", DATA)
    assert verified(client, "name")


class FailingStream:
    """Gives what it has, then fails."""

    def __init__(self, data: bytes) -> None:
        self._rest = io.BytesIO(data)

    def read(self, size: int) -> bytes:
        data = self._rest.read(size)
        if not data:
            raise RuntimeError("the producer failed")
        return data


def test_failed_upload_leaves_no_segment(client: SwiftClient) -> None:
    client.object_write("name", b"old")
    with pytest.raises(RuntimeError, match="producer"):
        client.object_upload(cast("IO[bytes]", FailingStream(DATA)), "name")
    assert client.object_read("name") == b"old"
    assert segments_of(client) == []
    assert client.object_write("name", DATA, if_absent=True) is False
    assert segments_of(client) == []


def test_versions_keep_their_segments(client: SwiftClient, other: Login) -> None:
    answer = other.send("POST", f"/{client.container_name}", headers={"X-Versions-Enabled": "true"})
    assert answer.status == 204
    client.object_write("name", DATA)
    client.object_write("name", b"small")
    client.object_delete("name")
    assert len(segments_of(client)) == 4
    assert client.cleanup(older_than=0).removed == ()
    versions = json.loads(other.send("GET", f"/{client.container_name}?versions&format=json").body)
    large = next(row["version_id"] for row in versions if row["bytes"] == len(DATA))
    answer = other.send("GET", f"{path_of(client, 'name')}?version-id={large}")
    assert answer.body == DATA
    for row in versions:
        other.send("DELETE", f"{path_of(client, 'name')}?version-id={row['version_id']}")
    assert len(client.cleanup(older_than=0).removed) == 4


def test_missing_segment_is_an_integrity_error(client: SwiftClient, other: Login) -> None:
    for missing in (0, 2):
        client.object_write("name", DATA)
        segment = sorted(entry.name for entry in segments_of(client))[missing]
        other.send("DELETE", f"/{client.container_name}_segments/{segment}")
        for read in (
            lambda: client.object_read("name"),
            lambda: client.object_read("name", start=1),
            lambda: client.object_download("name", io.BytesIO()),
        ):
            with pytest.raises(IntegrityError, match="segment"):
                read()


def test_lowest_limits(low_swift: SwiftServer) -> None:
    data = random.Random(6).randbytes(5 * 1024 * 1024 + 3)
    with new_container(low_swift) as client:
        client.object_write("name", data, {"key": "value"})
        assert len(segments_of(client)) == 6
        assert client.object_read("name") == data
        client.object_copy("name", "copy")
        client.object_delete("name")
        assert client.object_read("copy") == data
        assert verified(client, "copy")
        info = client.container_info(client.container_name or "")
        assert info is not None
        assert (info.size, info.count) == (len(data), 1)


@pytest.mark.server
def test_names_too_long_for_the_cluster() -> None:
    limits = SwiftLimits(max_object_name_length=20, max_container_name_length=60)
    with start_swift(limits) as server, new_container(server) as client:
        assert client.capabilities.object_name_maximum == 20
        client.object_write("n" * 20, b"content")
        methods = requests_of(client)
        for refused in (
            lambda: client.object_write("ü" * 11, b"content"),
            lambda: client.object_upload(io.BytesIO(DATA), "n" * 21),
            lambda: client.object_open("n" * 21, "wb"),
            lambda: client.object_copy("n" * 20, "n" * 21),
            lambda: client.container_create("c" * 61),
        ):
            with pytest.raises(InvalidNameError, match="this store takes"):
                refused()
        assert methods == []
        assert client.object_read("n" * 20) == b"content"
        assert client.object_info("n" * 21) is None


# ---- of other tools -------------------------------------------------------------------------------------------------


def test_manifest_of_another_tool(client: SwiftClient, other: Login) -> None:
    entries = [put_segment(other, client, f"part{number}", DATA[number::3]) for number in range(3)]
    put_manifest(other, client, "name", entries)
    whole = b"".join(DATA[number::3] for number in range(3))
    assert client.object_read("name") == whole
    assert client.object_read("name", start=23_000, stop=50_000) == whole[23_000:50_000]
    assert verified(client, "name")
    client.object_write("name", b"new")
    client.object_delete("name")
    assert sorted(entry.name for entry in client.object_list() if isinstance(entry, ObjectInfo)) == [
        "part0",
        "part1",
        "part2",
    ]


def test_ranges_nested_manifests_and_inline_data(client: SwiftClient, other: Login) -> None:
    whole = put_segment(other, client, "part", DATA)
    put_manifest(other, client, "inner", [{**whole, "range": "100-60099"}, {"data": "aW5saW5l"}])
    inner = DATA[100:60100] + b"inline"
    put_manifest(other, client, "outer", [{"path": f"/{client.container_name}/inner"}, whole])
    for name, expected in (("inner", inner), ("outer", inner + DATA)):
        assert client.object_read(name) == expected
        assert client.object_read(name, start=59_990, stop=60_050) == expected[59_990:60_050]
        assert not verified(client, name)
        client.object_copy(name, "copy")
        assert client.object_read("copy") == expected
    put_manifest(other, client, "mixed", [whole, {"data": "aW5saW5l"}])
    assert verified(client, "mixed")


def test_dynamic_large_object(client: SwiftClient, other: Login) -> None:
    for number in range(3):
        put_segment(other, client, f"parts/{number}", DATA[number::3])
    whole = b"".join(DATA[number::3] for number in range(3))
    manifest = {"X-Object-Manifest": f"{client.container_name}/parts/", "X-Object-Meta-Key": "value"}
    assert other.send("PUT", path_of(client, "name"), headers=manifest).status == 201
    assert client.object_read("name") == whole
    assert client.object_read("name", start=20_000, stop=40_000) == whole[20_000:40_000]
    client.object_set_metadata("name", "more", "metadata")
    assert client.object_read("name") == whole
    client.object_copy("name", "copy")
    client.object_delete("name")
    assert client.object_read("copy") == whole
    assert client.object_read("parts/0") == DATA[0::3]


# ---- copies ---------------------------------------------------------------------------------------------------------


def test_copy_of_a_large_object_is_independent(client: SwiftClient) -> None:
    client.object_write("name", DATA, {"key": "value"}, content_type="text/x-test", cache_control="no-cache")
    for target in ("copy", "copy of copy"):
        client.object_copy("name" if target == "copy" else "copy", target)
    client.object_delete("name")
    client.object_delete("copy")
    assert client.object_read("copy of copy") == DATA
    assert client.object_read("copy of copy", start=5, stop=60_000) == DATA[5:60_000]
    info = client.object_info("copy of copy")
    assert info is not None
    assert (info.metadata, info.content_type, info.cache_control) == ({"key": "value"}, "text/x-test", "no-cache")
    client.object_delete("copy of copy")
    assert segments_of(client) == []


def test_copy_that_another_tool_made_plain(client: SwiftClient, other: Login) -> None:
    """Swift judges If-Match on such a copy by the hash that its source had."""
    client.object_write("name", DATA)
    headers = {"X-Copy-From": path_of(client, "name")}
    assert other.send("PUT", path_of(client, "flat"), headers=headers).status == 201
    assert client.object_read("flat") == DATA
    with client.object_open("flat") as file:
        file.seek(100)
        assert file.read(10) == DATA[100:110]
        file.seek(50_000)
        assert file.read(10) == DATA[50_000:50_010]
    client.object_copy("flat", "again")
    assert client.object_read("again") == DATA


def test_copy_if_absent(client: SwiftClient) -> None:
    client.object_write("small", b"content", {"key": "value"})
    client.object_write("large", DATA, {"key": "value"})
    client.object_write("empty", b"")
    for name, data in (("small", b"content"), ("large", DATA), ("empty", b"")):
        assert client.object_copy(name, f"{name} copy", if_absent=True) is True
        assert client.object_read(f"{name} copy") == data
        with pytest.raises(PreconditionError):
            client.object_copy("small", f"{name} copy", if_absent=True)
        assert client.object_read(f"{name} copy") == data


def test_expiry_survives(client: SwiftClient, other: Login) -> None:
    expires = str(int(time.time()) + 3600)
    for name, data in (("small", b"content"), ("large", DATA)):
        client.object_write(name, data, {"key": "value"}, content_encoding="x-own")
        headers = {"X-Delete-At": expires, "Content-Encoding": "x-own", "X-Object-Meta-Key": "value"}
        assert other.send("POST", path_of(client, name), headers=headers).status == 202
        client.object_set_metadata(name, "more", "metadata")
        client.object_copy(name, f"{name} copy")
        for each in (name, f"{name} copy"):
            found = other.send("HEAD", path_of(client, each)).headers
            assert (found["x-delete-at"], found["content-encoding"]) == (expires, "x-own"), each
            assert found["x-object-meta-more"] == "metadata"


# ---- answers that are lost ------------------------------------------------------------------------------------------


@pytest.fixture
def lossy(swift: SwiftServer, client: SwiftClient) -> Iterator[tuple[SwiftClient, FaultProxy]]:
    """A client of the same container, and the proxy before its server."""
    parts = urlsplit(swift.storage_url)
    keys = {"OS_AUTH_TOKEN": login_of(swift).token}
    with (
        fault_proxy(swift.storage_url) as proxy,
        SwiftClient(proxy.url + parts.path, client.container_name, credentials=keys, options=QUICK) as made,
    ):
        yield made, proxy


@pytest.mark.parametrize("done", [False, True], ids=["not done", "done"])
@pytest.mark.parametrize("method", ["HEAD", "PUT", "POST", "DELETE"])
def test_no_lost_answer_leaves_segments(
    lossy: tuple[SwiftClient, FaultProxy], client: SwiftClient, method: str, done: bool
) -> None:
    """Of each kind of request the answer is lost once, whichever of them the call makes."""
    losing, proxy = lossy
    client.object_write("source", b"content")
    for number in range(4):
        for call in (
            lambda: losing.object_write("name", b"small"),
            lambda: losing.object_copy("source", "name"),
            lambda: losing.object_delete("name"),
            lambda: losing.object_delete_many(["name", "absent"]),
        ):
            client.object_write("name", DATA)
            fault = Fault("lost", lambda request: request.method == method, close_unanswered(done=done), 1, number)
            proxy.aim(fault)
            call()
            assert segments_of(client) == [], (number, [entry.request.target for entry in proxy.journal])


# ---- cleaning up ----------------------------------------------------------------------------------------------------


def test_cleanup_finds_orphans_and_nothing_else(client: SwiftClient, other: Login) -> None:
    client.object_write("kept", DATA)
    client.object_write("folder/lost", DATA)
    client.object_write("lost", DATA)
    put_segment(other, client, "name of another tool", b"")
    place = f"/{client.container_name}_segments"
    for name in ("folder/lost", "lost"):
        other.send("DELETE", path_of(client, name))
    assert other.send("PUT", f"{place}/kept/slo/1/2/3/00000000", b"of another tool").status == 201
    assert client.cleanup().removed == ()
    assert client.cleanup(prefix="other/", older_than=0).removed == ()
    report = client.cleanup(prefix="folder/", older_than=0)
    assert (len(report.removed), report.size) == (4, len(DATA))
    assert len(client.cleanup(older_than=0).removed) == 4
    assert client.cleanup(older_than=0).removed == ()
    assert len(segments_of(client)) == 5
    assert client.object_read("kept") == DATA


def test_cleanup_spares_what_another_manifest_names(client: SwiftClient, other: Login) -> None:
    client.object_write("name", DATA)
    headers = {"X-Copy-From": path_of(client, "name")}
    assert other.send("PUT", path_of(client, "copy") + "?multipart-manifest=get", headers=headers).status == 201
    other.send("DELETE", path_of(client, "name"))
    assert client.cleanup(older_than=0).removed == ()
    assert client.object_read("copy") == DATA


def test_container_goes_with_its_place_for_segments(client: SwiftClient) -> None:
    client.object_write("name", DATA)
    name = client.container_name or ""
    assert client.container_delete(name, force=True) is True
    assert client.container_info(f"{name}_segments") is None


def test_segments_that_are_not_listed_yet_are_taken_up(client: SwiftClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Container listings of a cluster at work lag; else the upload would begin anew, and leave them behind."""
    assert client.container_name
    new = NewObject(client.container_name, "large", Attributes("text/plain", {}, write_id="mine"), 9, 3)
    parts = [Part(number, 3 * (number - 1), 3) for number in (1, 2, 3)]
    upload = client._object_multipart(new)
    for part in parts[:2]:
        upload.put_part(part, BytesBody(b"abc"))
    receipts = {part: upload.receipt(part) for part in parts[:2]} | {parts[2]: "of one that is not there"}
    monkeypatch.setattr("obs_client.backends.swift.large.upload.marked_segments", lambda *_: [])
    again = client._object_reopen(new, upload.identity or "")
    assert list(again.take_up(receipts)) == parts[:2]
    again.put_part(parts[2], BytesBody(b"def"))
    again.complete()
    assert client.object_read("large") == b"abcabcdef"
