"""zarr, by its own tests of stores too, and xarray."""

from __future__ import annotations

import asyncio
import pickle
from pathlib import Path
from typing import Any

import fsspec
import numpy as np
import pytest
import xarray as xr
import zarr
from fsspec.implementations.asyn_wrapper import AsyncFileSystemWrapper
from zarr.core.buffer import Buffer, cpu
from zarr.storage import FsspecStore
from zarr.testing.store import StoreTests

from obs_client.fsspec import AsyncObjectStorageFileSystem
from test.adapters.fsspec.stores import Store, memory

pytestmark = [
    pytest.mark.usefixtures("starts_servers"),  # as all of them do, which so is known before zarr is loaded
    pytest.mark.filterwarnings("ignore::zarr.errors.ZarrUserWarning", "ignore::FutureWarning"),
]


class TestStore(StoreTests[FsspecStore, cpu.Buffer]):
    """zarr's own tests."""

    store_cls = FsspecStore
    buffer_cls = cpu.Buffer

    @pytest.fixture
    def store_kwargs(self, mostly_s3: Store) -> dict[str, Any]:
        return {"fs": AsyncFileSystemWrapper(mostly_s3.fs, asynchronous=True), "path": mostly_s3.path("group")}

    @pytest.fixture
    def store(self, open_kwargs: dict[str, Any]) -> FsspecStore:
        return asyncio.run(self.store_cls.open(**open_kwargs))

    @pytest.fixture
    def store_not_open(self, store_kwargs: dict[str, Any]) -> FsspecStore:
        return self.store_cls(**store_kwargs)

    async def set(self, store: FsspecStore, key: str, value: Buffer) -> None:
        store.fs.sync_fs.pipe(f"{store.path}/{key}", value.to_bytes())

    async def get(self, store: FsspecStore, key: str) -> Buffer:
        return self.buffer_cls.from_bytes(store.fs.sync_fs.cat(f"{store.path}/{key}"))

    def test_store_repr(self, store: FsspecStore) -> None:
        assert store.path in repr(store)

    def test_store_supports_writes(self, store: FsspecStore) -> None:
        assert store.supports_writes

    def test_store_supports_listing(self, store: FsspecStore) -> None:
        assert store.supports_listing


class TestAsynchronousStore(TestStore):
    """The same on a file system that is asynchronous by itself, as `zarr.open` asks for it."""

    @pytest.fixture
    def store_kwargs(self, mostly_s3: Store) -> dict[str, Any]:
        fs = fsspec.filesystem(mostly_s3.protocol, asynchronous=True, **mostly_s3.options)
        return {"fs": fs, "path": mostly_s3.path("group")}


def test_zarr_takes_what_is_asynchronous_by_itself(tmp_path: Path) -> None:
    store = memory(tmp_path)
    array = zarr.create_array(store.url("a.zarr"), shape=(4,), chunks=(2,), dtype="i4", storage_options=store.options)
    assert isinstance(array.store, FsspecStore)
    assert isinstance(array.store.fs, AsyncObjectStorageFileSystem)
    assert pickle.loads(pickle.dumps(array.store)) == array.store


def test_zarr_keeps_groups_and_shards(served: Store) -> None:
    url, options = served.url("a.zarr"), served.options
    group = zarr.open_group(url, mode="w", storage_options=options)
    content: Any = np.arange(10_000, dtype="i4").reshape(100, 100)
    array = group.create_array("sharded", shape=(100, 100), chunks=(10, 10), shards=(50, 50), dtype="i4")
    array[:] = content
    plain = group.create_array("plain", shape=(100, 100), chunks=(50, 50), dtype="i4", attributes={"unit": "m"})
    plain[:] = content
    zarr.consolidate_metadata(group.store)
    again = zarr.open_group(url, mode="r", storage_options=options)
    assert np.array_equal(again["sharded"][20:31, 5:77], content[20:31, 5:77])
    assert np.array_equal(again["plain"][:], content)
    assert again["plain"].attrs["unit"] == "m"
    assert sorted(again.array_keys()) == ["plain", "sharded"]
    assert served.fs.isfile(served.path("a.zarr/plain/c/1/1"))


def test_xarray_writes_appends_and_reads(served: Store) -> None:
    url, options = served.plain_url("b.zarr"), served.plain_options
    values = xr.Dataset({"t": (("time", "x"), np.arange(60.0).reshape(6, 10))}, {"time": range(6), "x": range(10)})
    values.isel(time=slice(0, 3)).to_zarr(url, storage_options=options)
    values.isel(time=slice(3, 6)).to_zarr(url, append_dim="time", storage_options=options)
    read = xr.open_zarr(url, storage_options=options, chunks=None)
    xr.testing.assert_equal(read.load(), values)


def test_zarr_reads_through_a_mapper(served: Store) -> None:
    mapper = served.fs.get_mapper(served.path("m"))
    mapper["a/b"] = b"1"
    mapper.setitems({"c": b"2", "d": b"3"})
    assert dict(mapper) == {"a/b": b"1", "c": b"2", "d": b"3"}
    assert mapper.getitems(["c", "none"], on_error="omit") == {"c": b"2"}
    del mapper["c"]
    with pytest.raises(KeyError):
        mapper["c"]
    mapper.clear()
    assert list(mapper) == []
