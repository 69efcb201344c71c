"""Copies of large objects on Swift that fail midway: nothing is left, and nothing that is published is taken away."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator

import pytest

from obs_client import ObjectStorageClient, TemporaryError
from test.faults.matrix.cells import MATRIX, Stage
from test.faults.matrix.matrix import staged
from test.faults.matrix.scenarios import BROKEN, SLOW_DOWN
from test.faults.stores.base import BRISK
from test.faults.wire import spoiling
from test.faults.wire.exchange import Fault
from test.faults.wire.messages import Request

SOURCE, TARGET = "copied", "copy"


@pytest.fixture(scope="module")
def stage(starts_servers: None) -> Iterator[Stage]:
    with staged("swift") as one:
        yield one


@pytest.fixture
def content(stage: Stage) -> bytes:
    return os.urandom(2 * stage.store.part_size + 1000)


@pytest.fixture
def client(stage: Stage, content: bytes) -> Iterator[ObjectStorageClient]:
    with stage.store.client(stage.proxy.url) as one:
        one.container_name = MATRIX
        one.options = dataclasses.replace(BRISK, part_size=stage.store.part_size, attempts=3)
        one.object_write(SOURCE, content)
        yield one
        stage.proxy.aim()
        assert one.object_delete(SOURCE)
        assert one.object_delete(TARGET)
    assert not stage.store.leftovers(MATRIX)


def _is_part_copy(request: Request) -> bool:
    return request.method == "PUT" and "_segments/" in request.path and "x-copy-from" in request.headers


def _is_manifest(request: Request) -> bool:
    return request.method == "PUT" and request.query.get("multipart-manifest") == "put"


def _removes(request: Request) -> bool:
    return request.method == "POST" and "bulk-delete" in request.query


@pytest.mark.parametrize("times", [1, None], ids=["once", "every time"])
def test_a_copy_that_fails_leaves_no_segment_though_its_removal_fails_once(
    stage: Stage, client: ObjectStorageClient, content: bytes, times: int | None
) -> None:
    parts = Fault("parts", _is_part_copy, spoiling.refuse(BROKEN, done=True), times)
    manifest = Fault("manifest", _is_manifest, spoiling.refuse(BROKEN), None)
    removal = Fault("removal", _removes, spoiling.refuse(SLOW_DOWN), 1)
    stage.proxy.aim(parts, manifest, removal) if times else stage.proxy.aim(parts, removal)
    with pytest.raises(TemporaryError, match="gave up after 3 tries"):
        client.object_copy(SOURCE, TARGET)
    assert stage.proxy.struck
    stage.proxy.aim()
    assert client.object_read(TARGET) == content  # Swift's own copy, by one request, was there before


def test_a_copy_that_was_published_keeps_its_segments_though_no_answer_says_so(
    stage: Stage, client: ObjectStorageClient, content: bytes
) -> None:
    manifest = Fault("manifest", _is_manifest, spoiling.refuse(BROKEN, done=True), None)

    def looks_for_it(request: Request) -> bool:
        sent = any(_is_manifest(entry.request) for entry in stage.proxy.journal)
        return sent and request.method in ("GET", "HEAD") and request.path.endswith(f"/{TARGET}")

    stage.proxy.aim(manifest, Fault("look", looks_for_it, spoiling.refuse(BROKEN), None))
    with pytest.raises(TemporaryError, match="gave up after 3 tries"):
        client.object_copy(SOURCE, TARGET)
    assert stage.proxy.struck
    stage.proxy.aim()
    assert client.object_read(TARGET) == content


def test_a_copy_that_was_published_is_found_though_its_manifest_is_always_refused(
    stage: Stage, client: ObjectStorageClient, content: bytes
) -> None:
    stage.proxy.aim(Fault("manifest", _is_manifest, spoiling.refuse(BROKEN, done=True), None))
    assert client.object_copy(SOURCE, TARGET)
    assert sum(_is_manifest(entry.request) for entry in stage.proxy.journal) == 1, "found, not sent again"
    stage.proxy.aim()
    assert client.object_read(TARGET) == content


def test_a_copy_goes_on_after_one_fault_in_each_of_its_requests(
    stage: Stage, client: ObjectStorageClient, content: bytes
) -> None:
    parts = Fault("parts", _is_part_copy, spoiling.refuse(BROKEN, done=True), 1)
    manifest = Fault("manifest", _is_manifest, spoiling.close_unanswered(done=True), 1)
    stage.proxy.aim(parts, manifest)
    assert client.object_copy(SOURCE, TARGET)
    assert stage.proxy.struck
    assert sum(_is_part_copy(entry.request) for entry in stage.proxy.journal) == 2
    stage.proxy.aim()
    assert client.object_read(TARGET) == content
