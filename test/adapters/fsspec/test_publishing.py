"""What is published: nothing that failed, and all that did not, however a file is wrapped and closed."""

from __future__ import annotations

import contextlib
import gc
import gzip
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import pandas as pd
import pytest

from test.adapters.fsspec.stores import EMBEDDED, Store

pytestmark = pytest.mark.slow  # it loads what takes seconds

OLD = b"what was there before"
FORGOTTEN = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
"""Of tests that leave a writer to the garbage collection, which says so."""


class Broken(Exception):
    """What goes wrong while something is written."""


@pytest.fixture(params=["memory", "local"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return EMBEDDED[request.param](tmp_path)


WAYS: dict[str, tuple[str, str | None]] = {
    "bytes": ("wb", None),
    "text": ("w", None),
    "compressed": ("wb", "gzip"),
    "compressed text": ("w", "gzip"),
    "xz": ("wb", "xz"),
    "bz2": ("wb", "bz2"),
    "exclusive": ("xb", None),
}


@contextlib.contextmanager
def _by_instance(store: Store, mode: str, compression: str | None) -> Iterator[Any]:
    with store.fs.open(store.path("name"), mode, compression=compression) as file:
        yield file


@contextlib.contextmanager
def _by_url(store: Store, mode: str, compression: str | None) -> Iterator[Any]:
    with fsspec.open(store.url("name"), mode, compression=compression, **store.options) as file:
        yield file


OPENED = {"by the file system": _by_instance, "by a URL": _by_url}


def _some(mode: str) -> Any:
    return "half, " * 50_000 if "b" not in mode else b"half, " * 50_000


def _kept(store: Store) -> bytes:
    return bytes(store.fs.cat(store.path("name")))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("opened", OPENED)
def test_what_failed_is_not_published(store: Store, opened: str, way: str) -> None:
    mode, compression = WAYS[way]
    if "x" not in mode:
        store.fs.pipe(store.path("name"), OLD)
    with pytest.raises(Broken), OPENED[opened](store, mode, compression) as file:
        file.write(_some(mode))
        raise Broken
    gc.collect()
    if "x" in mode:
        assert not store.fs.exists(store.path("name"))
    else:
        assert _kept(store) == OLD


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("opened", OPENED)
def test_what_did_not_fail_is_there(store: Store, opened: str, way: str) -> None:
    mode, compression = WAYS[way]
    with OPENED[opened](store, mode, compression) as file:
        file.write(_some(mode))
    reading = "rb" if "b" in mode else "r"
    with store.fs.open(store.path("name"), reading, compression=compression) as file:
        assert file.read() == _some(mode)
    assert (_kept(store)[:2] == b"\x1f\x8b") == (compression == "gzip")


@pytest.mark.parametrize("way", WAYS)
def test_close_publishes(store: Store, way: str) -> None:
    mode, compression = WAYS[way]
    file = store.fs.open(store.path("name"), mode, compression=compression)
    file.write(_some(mode))
    assert not store.fs.exists(store.path("name"))
    file.close()
    file.close()
    assert store.fs.exists(store.path("name"))


@pytest.mark.parametrize("way", WAYS)
@FORGOTTEN
def test_what_is_forgotten_is_not_published(store: Store, way: str) -> None:
    mode, compression = WAYS[way]
    file = store.fs.open(store.path("name"), mode, compression=compression)
    file.write(_some(mode))
    del file
    gc.collect()
    assert not store.fs.exists(store.path("name"))


def test_discard_publishes_nothing(store: Store) -> None:
    for mode, compression in WAYS.values():
        file = store.fs.open(store.path("name"), mode, compression=compression)
        file.write(_some(mode))
        file.discard()
        file.close()
        assert file.closed
        assert not store.fs.exists(store.path("name"))


@FORGOTTEN
def test_a_foreign_wrapper_that_an_exception_closes_publishes_nothing(store: Store) -> None:
    with pytest.raises(Broken), gzip.open(store.fs.open(store.path("a"), "wb"), "wt") as file:
        file.write("half")
        raise Broken
    with pytest.raises(Broken), io.TextIOWrapper(store.fs.open(store.path("b"), "wb")) as text:
        text.write("half")
        raise Broken
    gc.collect()
    assert store.fs.find(store.container) == []


def test_a_close_in_a_handler_is_told_of(store: Store) -> None:
    """It cannot be known whether the content is right: so nothing is published, and nothing is kept silent."""
    file = store.fs.open(store.path("name"), "wb")
    with pytest.raises(Broken) as caught:
        try:
            file.write(b"whole")
            raise Broken
        except Broken:
            file.close()
    assert "close it after the `except` block" in caught.value.__notes__[0]
    assert not store.fs.exists(store.path("name"))


def test_a_file_of_a_handler_is_published(store: Store) -> None:
    try:
        raise Broken
    except Broken:
        with fsspec.open(store.url("log"), "w", **store.options) as file:
            file.write("it broke")
        report = store.fs.open(store.path("report"), "wb")
        report.write(b"it broke")
        report.close()
    assert sorted(store.fs.find(store.container)) == [store.path("log"), store.path("report")]


def test_a_handler_that_raises_again_publishes_nothing(store: Store) -> None:
    with pytest.raises(Broken):
        try:
            raise Broken
        except Broken:
            with store.fs.open(store.path("log"), "w") as file:
                file.write("half")
                raise
    assert not store.fs.exists(store.path("log"))


@pytest.mark.parametrize("name", ["table.csv", "table.csv.gz", "table.parquet"])
def test_a_table_that_fails_is_not_published(store: Store, name: str) -> None:
    class Unwritable:
        def __str__(self) -> str:
            raise Broken

        __repr__ = __str__

    frame = pd.DataFrame({"a": [*range(20_000), Unwritable()]})
    write = {"csv": frame.to_csv, "gz": frame.to_csv, "parquet": frame.to_parquet}
    with pytest.raises(Exception) as caught:  # noqa: PT011 - each format has its own
        write[name.rpartition(".")[2]](store.url(name), storage_options=store.options)
    assert not isinstance(caught.value, OSError)
    gc.collect()
    assert store.fs.find(store.container) == []


@pytest.mark.parametrize("name", ["table.csv", "table.csv.gz", "table.parquet"])
def test_a_table_is_published(store: Store, name: str) -> None:
    frame = pd.DataFrame({"a": range(20_000), "b": ["x", "ü"] * 10_000})
    if name.endswith("parquet"):
        frame.to_parquet(store.url(name), storage_options=store.options)
        read = pd.read_parquet(store.url(name), storage_options=store.options)
    else:
        frame.to_csv(store.url(name), index=False, storage_options=store.options)
        read = pd.read_csv(store.url(name), storage_options=store.options)
    assert read.equals(frame)


# ---- transactions ---------------------------------------------------------------------------------------------------


def test_a_transaction_publishes_at_its_end(store: Store, tmp_path: Path) -> None:
    fs = store.fs
    (tmp_path / "local").write_bytes(b"four")
    with fs.transaction:
        with fs.open(store.path("a"), "wb") as file:
            file.write(b"one")
        with fs.open(store.path("b.gz"), "w", compression="infer") as file:
            file.write("two")
        fs.pipe(store.path("c"), b"three")
        fs.pipe({store.path("d"): b"3", store.path("e"): b"4"})
        fs.put_file(tmp_path / "local", store.path("f"))
        assert fs.find(store.container) == []
    assert [fs.cat(store.path(name)) for name in "acdef"] == [b"one", b"three", b"3", b"4", b"four"]
    assert fs.open(store.path("b.gz"), "r", compression="gzip").read() == "two"


def test_a_transaction_that_fails_publishes_nothing(store: Store) -> None:
    fs = store.fs
    with pytest.raises(Broken), fs.transaction:
        with fs.open(store.path("a"), "wb") as file:
            file.write(b"one")
        fs.pipe(store.path("c"), b"three")
        raise Broken
    assert fs.find(store.container) == []
    fs.pipe(store.path("c"), b"after it")
    assert fs.cat(store.path("c")) == b"after it"


@pytest.mark.parametrize("mode", ["w", "wb"])
def test_a_file_that_is_open_at_the_end_of_a_transaction_is_told_of(store: Store, mode: str) -> None:
    """Something of it may be missing: what a wrapper holds, or what was still to be written."""
    fs = store.fs
    with pytest.raises(ValueError, match=r"first.* is open at the end"), fs.transaction:
        file = fs.open(store.path("first"), mode)
        file.write(_some(mode))
        fs.pipe(store.path("second"), b"whole")
    assert fs.find(store.container) == []
    fs.pipe(store.path("after"), b"it")
    assert fs.cat(store.path("after")) == b"it"


def test_a_transaction_that_cannot_be_ended_ends_all_the_same(store: Store) -> None:
    fs = store.fs
    with pytest.raises(FileExistsError), fs.transaction:
        for name in "abc":
            with fs.open(store.path(name), "xb") as file:
                file.write(b"new")
        fs.client.object_write("b", OLD, container_name=store.container)
    assert fs.cat(store.path("b")) == OLD
    assert not fs.exists(store.path("c"))
    fs.pipe(store.path("after"), b"it")
    assert fs.cat(store.path("after")) == b"it"


def test_nothing_is_kept_of_a_listing_before_a_transaction(store: Store) -> None:
    kept = fsspec.filesystem(store.protocol, **store.options, use_listings_cache=True)
    assert kept.ls(store.container) == []
    with kept.transaction, kept.open(store.path("a"), "wb") as file:
        file.write(b"one")
    assert kept.ls(store.container, detail=False) == [store.path("a")]
