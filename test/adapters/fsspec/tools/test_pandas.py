"""pandas and pyarrow."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from pyarrow import csv
from pyarrow.fs import FileSelector, FSSpecHandler, PyFileSystem

from test.adapters.fsspec.stores import Store

ROWS = 20_000


def _frame() -> pd.DataFrame:
    return pd.DataFrame({"number": range(ROWS), "text": ["x", "ü"] * (ROWS // 2), "year": [2025, 2026] * (ROWS // 2)})


@pytest.mark.parametrize("name", ["a.parquet", "a.csv", "a.csv.gz", "a.csv.xz", "a.json.bz2", "a.pkl"])
def test_pandas_writes_and_reads(served: Store, name: str) -> None:
    frame, url, options = _frame(), served.url(f"tables/{name}"), served.options
    kind = name.split(".")[1]
    if kind == "csv":
        frame.to_csv(url, index=False, storage_options=options)
        read = pd.read_csv(url, storage_options=options)
    else:
        getattr(frame, {"pkl": "to_pickle"}.get(kind, f"to_{kind}"))(url, storage_options=options)
        read = getattr(pd, {"pkl": "read_pickle"}.get(kind, f"read_{kind}"))(url, storage_options=options)
    pd.testing.assert_frame_equal(read, frame)
    assert served.fs.find(served.container) == [served.path(f"tables/{name}")]


def test_pandas_reads_columns_and_filters(served: Store) -> None:
    _frame().to_parquet(served.url("table"), partition_cols=["year"], storage_options=served.options)
    read = pd.read_parquet(
        served.url("table"), columns=["number"], filters=[("year", "==", 2026)], storage_options=served.options
    )
    assert read["number"].tolist() == list(range(1, ROWS, 2))
    assert served.fs.ls(served.path("table"), detail=False) == [
        served.path(f"table/year={year}") for year in (2025, 2026)
    ]


def test_pandas_writes_excel_like_archives(served: Store) -> None:
    """A zip file is written by one who asks where it stands."""
    _frame().to_csv(served.url("a.csv.zip"), index=False, storage_options=served.options)
    pd.testing.assert_frame_equal(pd.read_csv(served.url("a.csv.zip"), storage_options=served.options), _frame())


def test_arrow_writes_and_reads_partitions(served: Store) -> None:
    table, path = pa.Table.from_pandas(_frame()), served.path("set")
    ds.write_dataset(
        table, path, filesystem=served.fs, format="parquet", partitioning=["year"], partitioning_flavor="hive"
    )
    found = ds.dataset(path, filesystem=served.fs, format="parquet", partitioning="hive")
    assert found.count_rows() == ROWS
    assert found.to_table(filter=ds.field("year") == 2025, columns=["number"]).num_rows == ROWS // 2
    ds.write_dataset(
        table.slice(0, 10),
        path,
        filesystem=served.fs,
        format="parquet",
        partitioning=["year"],
        partitioning_flavor="hive",
        existing_data_behavior="delete_matching",
    )
    assert ds.dataset(path, filesystem=served.fs, format="parquet", partitioning="hive").count_rows() == 10


def test_arrow_sees_files_and_folders(served: Store) -> None:
    served.fs.pipe({served.path(name): name.encode() for name in ("d/a", "d/e/b")})
    arrow = PyFileSystem(FSSpecHandler(served.fs))
    found = {each.path: (each.is_file, each.size) for each in arrow.get_file_info(FileSelector(served.path("d")))}
    assert found == {served.path("d/a"): (True, 3), served.path("d/e"): (False, None)}
    everything = arrow.get_file_info(FileSelector(served.path("d"), recursive=True))
    assert sorted(each.path for each in everything if each.is_file) == [served.path("d/a"), served.path("d/e/b")]
    assert all(each.mtime for each in everything if each.is_file)
    arrow.copy_file(served.path("d/a"), served.path("f"))
    arrow.move(served.path("f"), served.path("g"))
    arrow.delete_dir(served.path("d"))
    assert served.fs.find(served.container) == [served.path("g")]
    with pytest.raises(ValueError, match="changed in place"):
        arrow.open_append_stream(served.path("g"))


def test_arrow_writes_by_streams(served: Store) -> None:
    table = pa.Table.from_pandas(_frame())
    arrow = PyFileSystem(FSSpecHandler(served.fs))
    with arrow.open_output_stream(served.path("a.csv"), compression=None) as stream:
        csv.write_csv(table, stream)
    with arrow.open_input_stream(served.path("a.csv"), compression=None) as stream:
        assert csv.read_csv(stream).num_rows == ROWS
    pq.write_table(table, served.path("a.parquet"), filesystem=served.fs, row_group_size=1000)
    with served.fs.open(served.path("a.parquet")) as file:
        read = pq.ParquetFile(file)
        assert read.num_row_groups == ROWS // 1000
        assert read.read_row_group(3, columns=["number"])["number"].to_pylist() == list(range(3000, 4000))
