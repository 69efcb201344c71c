"""Calls in a thread, stopped from another one: they end soon, and nothing is published or left."""

from __future__ import annotations

import dataclasses
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from obs_client import LocalClient, ObjectStorageClient, Stopped, stoppable, wrappers
from obs_client.backend import stopping

pytestmark = pytest.mark.slow  # it takes seconds in all

SIZE = 3_000_000

CALLS: dict[str, Callable[[ObjectStorageClient, Path], object]] = {
    "upload_file": lambda client, path: client.upload_file(path / "source", "target"),
    "object_write": lambda client, path: client.object_write("target", bytes(SIZE)),
    "object_read": lambda client, path: client.object_read("large"),
    "download_file": lambda client, path: client.download_file("large", path / "copy"),
}


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("part_size", [SIZE // 5, 2 * SIZE], ids=["in parts", "in one"])
def test_a_call_is_stopped_from_another_thread(tmp_path: Path, name: str, part_size: int) -> None:
    (tmp_path / "source").write_bytes(bytes(SIZE))
    local = LocalClient(tmp_path / "store", "box")
    (tmp_path / "store" / "box").mkdir(parents=True)
    local.object_write("large", bytes(SIZE))
    client = wrappers.limited(local, bytes_per_second=SIZE / 200)
    client.options = dataclasses.replace(client.options, part_size=part_size)
    begun, stop = threading.Event(), threading.Event()
    ended: list[BaseException] = []

    def run() -> None:
        try:
            with stoppable(stop):
                begun.set()
                CALLS[name](client, tmp_path)
        except BaseException as error:  # noqa: BLE001 - looked at below
            ended.append(error)
        ended.extend([KeyError()] if stopping.is_worker() else [])

    thread = threading.Thread(target=run)
    thread.start()
    assert begun.wait(60)
    thread.join(0.1)
    stop.set()
    thread.join(60)  # by itself it would take 200 s
    assert [type(error) for error in ended] == [Stopped]
    assert sorted(os.listdir(tmp_path)) == ["source", "store"]
    assert os.listdir(tmp_path / "store" / "box") == ["large"]
    assert not [each for each in threading.enumerate() if each.name.startswith("obs_client_")]


def test_a_call_that_begins_after_it_was_stopped_does_nothing() -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(Stopped), stoppable(stop):
        raise AssertionError("never")
    assert not issubclass(Stopped, Exception)
    stopping.check_stopped()
