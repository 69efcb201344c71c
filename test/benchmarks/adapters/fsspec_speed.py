"""The file system of fsspec against s3fs and obstore's: `python -m test.benchmarks.adapters.fsspec_speed [TASK ...]`.

All on one SeaweedFS, taking turns; the least seconds of some rounds, and what the others take in times of ours. What is
not installed takes no part.
"""

from __future__ import annotations

import gc
import importlib.util
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import fsspec
import numpy as np
import pyarrow as pa
import zarr
from pyarrow import parquet

from obs_client import S3Client
from test.servers import start_seaweedfs

CONTAINER = "benchmark"
COLUMNS = 10
ROWS = 2_600_000
MANY = 10_000
FEW = 1_000
CHUNKS = 2_000
ROUNDS = 3

Task = Callable[[Any, str], object]


def file_systems(url: str, keys: dict[str, str]) -> dict[str, Any]:
    """A file system of each, by what it is called."""
    key, secret = keys["AWS_ACCESS_KEY_ID"], keys["AWS_SECRET_ACCESS_KEY"]
    ours = fsspec.filesystem("obs", store=f"s3://?region=us-east-1&endpoint_url={url}", credentials=keys)
    found: dict[str, Any] = {"obs_client": ours}
    if importlib.util.find_spec("s3fs"):
        found["s3fs"] = fsspec.filesystem(
            "s3", key=key, secret=secret, client_kwargs={"endpoint_url": url, "region_name": "us-east-1"}
        )
    if importlib.util.find_spec("obstore"):
        from obstore.fsspec import FsspecStore

        found["obstore"] = FsspecStore(
            "s3", endpoint=url, region="us-east-1", access_key_id=key, secret_access_key=secret,
            client_options={"allow_http": True},
        )  # fmt: skip
    return found


def table() -> pa.Table:
    """200 MB in ten columns that cannot be compressed."""
    generator = np.random.default_rng(1)
    return pa.table({f"column {number}": generator.random(ROWS) for number in range(COLUMNS)})


TABLE: list[pa.Table] = []


def write_parquet(fs: Any, name: str) -> None:
    TABLE[:] = TABLE or [table()]
    with fs.open(f"{CONTAINER}/{name}.parquet", "wb") as file:
        parquet.write_table(TABLE[0], file, row_group_size=ROWS // 3 + 1)


def read_parquet(fs: Any, name: str) -> None:
    with fs.open(f"{CONTAINER}/{name}.parquet", "rb") as file:
        assert parquet.read_table(file).num_rows == ROWS


def read_parquet_by_file_system(fs: Any, name: str) -> None:
    assert parquet.read_table(f"{CONTAINER}/{name}.parquet", filesystem=fs).num_rows == ROWS


def read_one_column(fs: Any, name: str) -> None:
    path = f"{CONTAINER}/{name}.parquet"
    assert parquet.read_table(path, filesystem=fs, columns=["column 3"]).num_rows == ROWS


def find(fs: Any, _: str) -> None:
    fs.invalidate_cache()
    assert len(fs.find(f"{CONTAINER}/many")) == MANY


def ls(fs: Any, _: str) -> None:
    fs.invalidate_cache()
    assert len(fs.ls(f"{CONTAINER}/many", detail=False)) == MANY


def cat(fs: Any, _: str) -> None:
    assert len(fs.cat([f"{CONTAINER}/many/{number:05}" for number in range(FEW)])) == FEW


def _store(fs: Any, name: str) -> Any:
    from zarr.storage import FsspecStore

    if not fs.async_impl:
        return FsspecStore(fs.awaited, path=f"{CONTAINER}/{name}.zarr")
    own = type(fs)(*fs.storage_args, **{**fs.storage_options, "asynchronous": True})
    return FsspecStore(own, path=f"{CONTAINER}/{name}.zarr")


def write_zarr(fs: Any, name: str) -> None:
    array = zarr.create_array(
        _store(fs, name), shape=(CHUNKS * 100,), chunks=(100,), dtype="f8", compressors=None, overwrite=True
    )
    array[:] = np.arange(CHUNKS * 100, dtype="f8")


def read_zarr(fs: Any, name: str) -> None:
    assert zarr.open_array(_store(fs, name), mode="r")[:].shape == (CHUNKS * 100,)


TASKS: dict[str, Task] = {
    "parquet of 200 MB, written": write_parquet,
    "parquet of 200 MB, read by a file object": read_parquet,
    "parquet of 200 MB, read by filesystem=": read_parquet_by_file_system,
    "one column of ten": read_one_column,
    f"find of {MANY}": find,
    f"ls of {MANY}": ls,
    f"cat of {FEW}": cat,
    f"zarr, {CHUNKS} chunks written": write_zarr,
    f"zarr, {CHUNKS} chunks read": read_zarr,
}


def compare(task: Task, systems: dict[str, Any]) -> dict[str, float]:
    """The least seconds of each, taking turns."""
    seconds: dict[str, list[float]] = {name: [] for name in systems}
    for _ in range(ROUNDS):
        for name, fs in systems.items():
            gc.collect()
            started = time.perf_counter()
            task(fs, name)
            seconds[name].append(time.perf_counter() - started)
    return {name: min(taken) for name, taken in seconds.items()}


def main(words: list[str]) -> None:
    """Run all tasks, or those in whose names a word is."""
    with start_seaweedfs() as server:
        keys = dict(server.s3_credentials)
        client = S3Client(CONTAINER, region="us-east-1", endpoint_url=server.endpoint_url, credentials=keys)
        client.container_create(CONTAINER)
        with ThreadPoolExecutor(16) as pool:
            list(pool.map(lambda number: client.object_write(f"many/{number:05}", b"x" * 100), range(MANY)))
        systems = file_systems(server.endpoint_url, keys)
        for what, task in TASKS.items():
            if words and not any(word in what for word in words):
                continue
            found = compare(task, systems)
            shown = (f"{name} {taken:7.3f} s ({taken / found['obs_client']:5.2f} x)" for name, taken in found.items())
            sys.stdout.write(f"{what:45} {'   '.join(shown)}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
