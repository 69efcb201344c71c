"""dask with worker processes, duckdb, universal_pathlib, and what fsspec lays above a file system."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import fsspec
import pandas as pd
import pytest
from upath import UPath

from obs_client.fsspec.upath import ObjectStoragePath
from test.adapters.fsspec.stores import KEYS, Store

ROWS = 10_000


def _frame() -> pd.DataFrame:
    return pd.DataFrame({"number": range(ROWS), "text": ["x", "ü"] * (ROWS // 2)})


@pytest.fixture(scope="module")
def workers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Two processes of dask's."""
    from distributed import Client, LocalCluster

    with (
        LocalCluster(
            n_workers=2,
            threads_per_worker=2,
            processes=True,
            dashboard_address=None,
            host="127.0.0.1",
            local_directory=str(tmp_path_factory.mktemp("dask")),
            protocol="tcp",
        ) as cluster,
        Client(cluster) as client,
    ):
        yield client


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")  # dask's own
def test_dask_works_in_processes(mostly_swift: Store, workers: Any) -> None:
    import dask.dataframe as dd

    keys = {name: os.environ[name] for name in os.environ if name.startswith(KEYS)}
    workers.run(lambda: os.environ.update(keys))
    frame = dd.from_pandas(_frame(), npartitions=4)
    frame.to_parquet(mostly_swift.url("parquet"), storage_options=mostly_swift.options)
    read = dd.read_parquet(mostly_swift.url("parquet"), storage_options=mostly_swift.options, columns=["number"])
    assert read["number"].sum().compute() == ROWS * (ROWS - 1) // 2
    frame.to_csv(
        mostly_swift.url("csv/part-*.csv.gz"), compression="gzip", index=False, storage_options=mostly_swift.options
    )
    csv = dd.read_csv(
        mostly_swift.url("csv/*.csv.gz"), compression="gzip", blocksize=None, storage_options=mostly_swift.options
    )
    assert len(csv) == ROWS
    assert len(mostly_swift.fs.ls(mostly_swift.path("csv"))) == 4
    sizes = workers.gather(workers.map(mostly_swift.fs.size, mostly_swift.fs.find(mostly_swift.path("csv"))))
    assert sum(sizes) == mostly_swift.fs.du(mostly_swift.path("csv"))


def test_duckdb_reads_and_writes(served: Store) -> None:
    _frame().to_parquet(served.url("a/1.parquet"), storage_options=served.options)
    _frame().to_parquet(served.url("a/2.parquet"), storage_options=served.options)
    with duckdb.connect() as database:
        database.register_filesystem(served.fs)
        count = database.sql(f"select count(*), max(number) from read_parquet('{served.url('a/*.parquet')}')")
        assert count.fetchall() == [(2 * ROWS, ROWS - 1)]
        database.sql(f"copy (select 1 as one, 'ü' as text) to '{served.url('out.csv')}' (header)")
    assert served.fs.cat(served.path("out.csv")) == "one,text\n1,ü\n".encode()


def test_duckdb_writes_partitions_into_a_folder_that_is_there(served: Store) -> None:
    """It looks what is in the folder, and wants one: the marker that some tools write is one."""
    rows = "select i % 3 as part, i from range(10) as numbers(i)"
    url = served.url("parts")
    with duckdb.connect() as database:
        database.register_filesystem(served.fs)
        served.fs.touch(f"{served.path('parts')}/")
        database.sql(f"copy ({rows}) to '{url}' (format parquet, partition_by (part))")
        assert len(served.fs.find(served.path("parts"))) == 3
        read = f"read_parquet('{url}/*/*.parquet', hive_partitioning=true)"
        counted = database.sql(f"select part, count(*) from {read} group by part order by part")
        assert counted.fetchall() == [(0, 4), (1, 3), (2, 3)]


def test_paths_of_pathlib(served: Store) -> None:
    root = UPath(served.url(""), **served.options)
    assert isinstance(root, ObjectStoragePath)
    (root / "a" / "b.txt").write_text("ü")
    (root / "a" / "c.bin").write_bytes(b"12")
    path = UPath(served.url("a/b.txt"), **served.options)
    assert path.read_text() == "ü"
    assert path.exists()
    assert path.is_file()
    assert path.parent.is_dir()
    assert (path.stat().st_size, path.name, path.suffix) == (2, "b.txt", ".txt")
    assert sorted(each.name for each in (root / "a").iterdir()) == ["b.txt", "c.bin"]
    assert [each.path for each in root.rglob("*.bin")] == [served.path("a/c.bin")]
    with path.open("w") as file:
        file.write("other")
    assert path.read_bytes() == b"other"
    path.unlink()
    assert not path.exists()
    with pytest.raises(FileNotFoundError):
        path.read_text()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")
def test_caches_of_fsspec(served: Store, tmp_path: Path) -> None:
    content = bytes(range(256)) * 4000
    served.fs.pipe(served.path("a"), content)
    options = {served.protocol: served.options}
    for kind in ("simplecache", "filecache", "blockcache"):
        with fsspec.open(
            f"{kind}::{served.url('a')}", "rb", **{**options, kind: {"cache_storage": str(tmp_path / kind)}}
        ) as file:
            file.seek(1000)
            assert file.read(10) == content[1000:1010]
            assert file.read() == content[1010:]
    below = fsspec.filesystem("dir", path=served.container, fs=served.fs)
    assert below.cat("a") == content
    assert below.ls("", detail=False) == ["a"]


def test_blocks_that_are_kept_are_of_one_version(served: Store) -> None:
    """Whoever caches blocks of a file asks for them one by one."""
    served.fs.pipe(served.path("a"), b"first version")
    with served.fs.open(served.path("a")) as file:
        assert file._fetch_range(0, 5) == b"first"
        served.fs.pipe(served.path("a"), b"other version")
        with pytest.raises(OSError) as caught:  # noqa: PT011 - its number is looked at
            file._fetch_range(6, 13)
        assert caught.value.errno == errno.ESTALE


def test_content_is_signed_and_dated(served: Store) -> None:
    import datetime as dt

    fs, path = served.fs, served.path("a")
    fs.pipe(path, b"content", content_type="text/plain", metadata={"color": "blue"})
    assert fs.info(path)["content_type"] == "text/plain"
    assert abs(dt.datetime.now(dt.UTC) - fs.modified(path)) < dt.timedelta(minutes=5)
    with pytest.raises(NotImplementedError):
        fs.created(path)
    before = fs.ukey(path), fs.checksum(path)
    fs.pipe(path, b"other")
    assert before[0] != fs.ukey(path)
    assert before[1] != fs.checksum(path)
    if served.protocol == "obs+s3":
        from urllib.request import urlopen

        with urlopen(fs.sign(path, expiration=60)) as answer:
            assert answer.read() == b"other"


def test_ranges_come_together(served: Store) -> None:
    content = bytes(range(256)) * 1000
    fs, paths = served.fs, [served.path("a"), served.path("b")]
    fs.pipe(dict.fromkeys(paths, content))
    starts, ends = [0, 10, 200_000, -6, 5, 255_990], [4, 30, 200_001, None, 5, 300_000]
    many = [paths[number % 2] for number in range(6)]
    slices = [content[start:end] for start, end in zip(starts, ends, strict=True)]
    assert fs.cat_ranges(many, starts, ends) == slices
    assert fs.cat_ranges(paths[:1] * 3, [0, 100, 50_000], [100, 200, 50_001]) == [
        content[:100],
        content[100:200],
        content[50_000:50_001],
    ]
    found = fs.cat_ranges([paths[0], served.path("none")], 0, 2, on_error="return")
    assert found[0] == content[:2]
    assert isinstance(found[1], FileNotFoundError)
    with pytest.raises(FileNotFoundError):
        fs.cat_ranges([served.path("none")], 0, 2, on_error="raise")
    assert (fs.head(paths[0], 3), fs.tail(paths[0], 3)) == (content[:3], content[-3:])
    assert fs.read_block(paths[0], 10, 20) == content[10:30]
