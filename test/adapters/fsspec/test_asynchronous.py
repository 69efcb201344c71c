"""What `asynchronous=True` makes: the same file system, for who works in a loop."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import pickle
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import fsspec
import pytest
from fsspec.asyn import AsyncFileSystem

from obs_client.backend import stopping
from obs_client.fsspec import AsyncObjectStorageFileSystem, ObjectStorageFileSystem
from test.adapters.fsspec.stores import Store, memory


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return memory(tmp_path)


def _asynchronous(store: Store) -> Any:
    return fsspec.filesystem(store.protocol, asynchronous=True, **store.options)


def test_it_is_the_twin_of_the_synchronous_one(store: Store) -> None:
    fs = _asynchronous(store)
    assert isinstance(fs, AsyncObjectStorageFileSystem)
    assert fs.asynchronous
    assert fs.async_impl
    assert fs.sync_fs is store.fs
    assert fs is _asynchronous(store)
    assert fs.fsid == store.fs.fsid
    assert isinstance(fsspec.filesystem(store.protocol, asynchronous=False), ObjectStorageFileSystem)


def test_a_pickle_and_a_text_of_it_are_equal(store: Store) -> None:
    fs = _asynchronous(store)
    assert pickle.loads(pickle.dumps(fs)) is fs
    assert AsyncFileSystem.from_json(fs.to_json()) == fs
    assert len({fs, AsyncFileSystem.from_json(fs.to_json())}) == 1


def test_those_that_two_threads_made_are_equal(store: Store) -> None:
    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(lambda: _asynchronous(store)).result()
    assert other == _asynchronous(store)
    assert other.sync_fs == store.fs
    assert hash(other.sync_fs) == hash(store.fs)
    assert other != fsspec.filesystem(store.protocol, asynchronous=True, **{**store.options, "attempts": 9})


def test_what_fsspec_knows_to_await_is_awaited() -> None:
    """Else fsspec's own would make many calls of what is one here."""
    own = vars(AsyncObjectStorageFileSystem)
    public = {name for name in dir(ObjectStorageFileSystem) if not name.startswith("_")}
    known = {name for name, each in vars(AsyncFileSystem).items() if inspect.iscoroutinefunction(each)}
    left = {name for name in known - set(own) if name.removeprefix("_") in public}
    assert left == {"_size", "_sizes"}  # of `info` and of `find`'s like


def test_all_is_done(store: Store) -> None:
    async def work() -> None:
        fs, path = _asynchronous(store), store.path
        await fs._pipe({path("a/1"): b"one", path("b"): b"two"})
        await fs._cp_file(path("b"), path("c"))
        await fs._touch(path("d"))
        assert await fs._find(store.container) == [path("a/1"), path("b"), path("c"), path("d")]
        assert [each async for each in fs._walk(store.container)][1] == (path("a"), [], ["1"])
        assert await fs._cat_ranges([path("b"), path("b")], [0, 1], [1, 3]) == [b"t", b"wo"]
        assert await fs._cat_file(path("a/1"), start=-2) == b"ne"
        assert (await fs._exists(path("d")), await fs._isdir(path("a")), await fs._size(path("b"))) == (True, True, 3)
        await fs._rm(path("a"), recursive=True)
        with pytest.raises(FileNotFoundError):
            await fs._cat_file(path("a/1"))
        with fs.open(path("b")) as file:
            assert file.read() == b"two"

    asyncio.run(work())


def test_a_task_that_is_cancelled_stops_its_call(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, stopped = threading.Event(), threading.Event()

    def cat_file(path: str) -> bytes:
        begun.set()
        try:
            while True:
                threading.Event().wait(0.01)
                stopping.check_stopped()
        finally:
            stopped.set()

    async def work() -> None:
        fs = _asynchronous(store)
        monkeypatch.setattr(fs.sync_fs, "cat_file", cat_file)
        task = asyncio.create_task(fs._cat_file("x"))
        await asyncio.to_thread(begun.wait)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        assert stopped.is_set()

    asyncio.run(work())
