"""What `cleanup` takes on real servers: what a killed writer left, and nothing that is younger, in use or not ours."""

from __future__ import annotations

import dataclasses
import os
import random
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import IO, Any, cast

import pytest

from obs_client import GCSClient, ObjectStorageClient
from test.faults.endurance.programs import command, environment, reach
from test.faults.stores.base import BRISK, Store
from test.faults.stores.swift import SwiftStore

CONTAINER = "cleanup-tests"
OLD_AGE = 8.0
"""Seconds for which a killed writer's parts lie there before a younger writer begins."""

OLDER_THAN = 6.0


@pytest.fixture(scope="module")
def store(store: Store) -> Store:
    store.make(CONTAINER)
    return store


@pytest.fixture
def client(store: Store) -> Iterator[ObjectStorageClient]:
    options = dataclasses.replace(BRISK, part_size=store.part_size, give_up_after=60.0)
    with store.client(timeout=20.0, options=options) as one:
        one.container_name = CONTAINER
        yield one
        one.cleanup(older_than=0.0)


def _content(store: Store, seed: int) -> bytes:
    return random.Random(seed).randbytes(4 * store.part_size + 1000)


def _killed(store: Store) -> set[str]:
    """What a writer leaves that is killed when parts of it are on the server."""
    before = store.leftovers(CONTAINER)
    told = {**reach(store), "container": CONTAINER, "part_size": store.part_size, "pace": 0.001}
    program = subprocess.Popen(command("stopping", told), env=environment(), stdout=subprocess.PIPE)
    try:
        assert program.stdout
        assert program.stdout.readline() == b"ready\n"
        _until(lambda: store.leftovers(CONTAINER) - before)
    finally:
        program.send_signal(signal.SIGKILL)
        program.communicate()
    return _settled(store) - before


def _settled(store: Store) -> set[str]:
    """The leftovers, when the server has done what it was still doing."""
    found = store.leftovers(CONTAINER)
    while True:
        time.sleep(0.5)
        before, found = found, store.leftovers(CONTAINER)
        if found == before:
            return found


def _until(holds: Callable[[], object]) -> None:
    until = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < until, "it did not come about"
        time.sleep(0.05)


def test_a_younger_upload_goes_on_beside_a_cleanup(store: Store, client: ObjectStorageClient) -> None:
    left = _killed(store)
    assert left
    time.sleep(OLD_AGE)
    content = _content(store, 1)
    with client.object_open("younger", "wb") as file:
        file.write(content[: 2 * store.part_size + 10])
        _until(lambda: store.leftovers(CONTAINER) - left)
        report = client.cleanup(older_than=OLDER_THAN)
        assert len(report.removed) == len(left)
        assert not store.leftovers(CONTAINER) & left
        assert store.leftovers(CONTAINER), "the younger one's parts are gone"
        file.write(content[2 * store.part_size + 10 :])
    assert store.get(CONTAINER, "younger") == content
    assert store.leftovers(CONTAINER) == set()


class _Cleaning:
    """A sink that has the container cleaned up when the first bytes come, and one that takes them slowly."""

    def __init__(self, cleanup: Callable[[], object]) -> None:
        self.content = bytearray()
        self._cleanup = cleanup

    def write(self, data: bytes) -> int:
        if not self.content:
            self._cleanup()
        self.content += data
        return len(data)


def test_live_readers_read_on_beside_a_cleanup(store: Store, client: ObjectStorageClient, tmp_path: Path) -> None:
    """A file object, a stream and a file, all of a large object, while all that is left over goes at once."""
    left = _killed(store)
    content = _content(store, 2)
    client.object_write("live", content)
    removed: list[str] = []
    with client.object_open("live") as file:
        first = file.read(1000)
        sink = _Cleaning(lambda: removed.extend(client.cleanup(older_than=0.0).removed))
        assert client.object_download("live", cast("IO[bytes]", sink))
        assert first + file.read() == content
        assert file.verified
    assert bytes(sink.content) == content
    assert len(removed) == len(left)
    progress: list[int] = []

    def cleaned(count: int) -> None:
        if not progress:
            assert client.cleanup(older_than=0.0).removed == ()
        progress.append(count)

    assert client.download_file("live", tmp_path / "target", progress=cleaned)
    assert (tmp_path / "target").read_bytes() == content
    assert progress
    assert store.leftovers(CONTAINER) == set()


def test_what_other_tools_have_there_stays(store: Store, client: ObjectStorageClient) -> None:
    left = _killed(store)
    client.object_write("ours", _content(store, 3))
    others = {"seaweedfs": _other_tools_of_s3, "swift": _other_tools_of_swift, "google": _other_tools_of_google}
    stays = others[store.label](store)
    before = store.leftovers(CONTAINER) - left
    assert before
    # S3 and Google do not tell who began an upload: there, other tools' open ones are told apart by prefix and age.
    prefix = "" if store.label == "swift" else "stopped"
    report = client.cleanup(prefix=prefix, older_than=0.0)
    assert len(report.removed) == len(left)
    assert store.leftovers(CONTAINER) == before
    for name, content in {**stays, "ours": _content(store, 3)}.items():
        assert client.object_read(name) == content, name
    assert client.cleanup(older_than=3600.0).removed == ()
    assert store.leftovers(CONTAINER) == before


def _other_tools_of_s3(store: Store) -> dict[str, bytes]:
    """An object of several parts, and an upload that is not done, both by boto3; gives the objects."""
    import boto3

    keys = {name.lower(): value for name, value in store.credentials.items()}
    tool: Any = boto3.client("s3", endpoint_url=store.endpoint, region_name="us-east-1", **keys)
    content = os.urandom(2 * store.part_size)
    tool.upload_fileobj(BytesIO(content), CONTAINER, "others/whole")
    assert tool.head_object(Bucket=CONTAINER, Key="others/whole")["ETag"].endswith('-2"')
    begun = tool.create_multipart_upload(Bucket=CONTAINER, Key="others/open")
    tool.upload_part(Bucket=CONTAINER, Key="others/open", UploadId=begun["UploadId"], PartNumber=1, Body=b"part")
    return {"others/whole": content}


def _other_tools_of_google(store: Store) -> dict[str, bytes]:
    """An object by Google's own client, and an upload that is not done; gives the objects."""
    content = os.urandom(2 * store.part_size)
    assert isinstance(store.direct, GCSClient)
    store.direct.native.bucket(CONTAINER).blob("others/whole").upload_from_string(content)
    assert store.send("POST", f"/{CONTAINER}/others/open", {"uploads": ""}).status == 200
    return {"others/whole": content}


def _other_tools_of_swift(store: Store) -> dict[str, bytes]:
    """Static and dynamic large objects by swiftclient's service, in our place for segments, and lost segments."""
    assert isinstance(store, SwiftStore)
    from swiftclient.service import SwiftService, SwiftUploadObject

    content = os.urandom(100_000)
    keys = {name: value for name, value in store.credentials.items() if name.startswith("ST_")}
    login = {"auth": keys["ST_AUTH"], "user": keys["ST_USER"], "key": keys["ST_KEY"], "auth_version": "1.0"}
    with SwiftService({**login, "segment_size": 30_000, "segment_container": f"{CONTAINER}_segments"}) as service:
        for name, static in (("others/static", True), ("others/dynamic", False), ("others/lost", True)):
            wanted = SwiftUploadObject(BytesIO(content), object_name=name)
            options = {"use_slo": static}
            assert all(done["success"] for done in service.upload(CONTAINER, [wanted], options))
    assert store.send("DELETE", f"/{CONTAINER}/others/lost").status == 204
    # Named as ours are, by chance: whose they are is told by their content type.
    store.put(f"{CONTAINER}_segments", f"{'0123456789abcdef' * 2}/00000001", b"of another tool")
    return {"others/static": content, "others/dynamic": content}
