"""The fault layer: every second call of every primitive fails, by turns before it was done and after."""

from __future__ import annotations

import dataclasses
import pickle
import tempfile

import pytest

from obs_client import (
    LocalClient,
    MemoryClient,
)
from obs_client.backend.values import ObjectReader
from obs_client.testing import FaultyClient


def test_faults_come_by_turns() -> None:
    """Each primitive fails in every second call, first before it was done, then after."""
    store = MemoryClient()
    client = FaultyClient(store)
    with pytest.raises(Exception, match="before it was done"):
        client._container_create("c")
    assert store.container_list() == []
    client._container_create("c")
    with pytest.raises(Exception, match="its response was lost"):
        client._container_create("d")
    assert [info.name for info in store.container_list()] == ["c", "d"]


def test_every_second_reader_breaks_midway() -> None:
    store = MemoryClient("c")
    store.container_create("c")
    store.object_write("o", bytes(100))
    client = FaultyClient(store)
    counts = []
    for _ in range(8):
        try:
            reader = client._object_open("c", "o", 0, None, None)
        except Exception:  # noqa: BLE001 - an injected failure of the opening
            continue
        counts.append(read_until_it_breaks(reader))
    assert counts == [50, 100, 50, 100]


def read_until_it_breaks(reader: ObjectReader) -> int:
    """How many bytes a reader gives."""
    buffer, total = memoryview(bytearray(30)), 0
    try:
        while count := reader.readinto(buffer):
            total += count
    except Exception:  # noqa: BLE001 - the injected failure
        return total
    return total


def test_a_faulty_client_is_pickled_with_its_inner_client() -> None:
    with tempfile.TemporaryDirectory() as directory:
        client = FaultyClient(LocalClient(directory, "c"))
        client.options = dataclasses.replace(client.options, workers=7)
        copy = pickle.loads(pickle.dumps(client))
        copy.container_create("c")
        copy.object_write("o", b"content")
        assert client.object_read("o") == b"content"
        assert (copy.container_name, copy.options) == ("c", client.options)
    with pytest.raises(TypeError):
        pickle.dumps(FaultyClient(MemoryClient()))
