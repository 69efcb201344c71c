"""The ways to read an object."""

from __future__ import annotations

import dataclasses
from io import BytesIO

from test.faults.matrix.bench import OLD, Bench
from test.faults.matrix.operations import Operation, Step


def _read(bench: Bench) -> None:
    bench.expect_read(bench.client.object_read(bench.key), "object_read")


def _read_range(bench: Bench) -> None:
    found = bench.client.object_read(bench.key, start=1000, stop=len(bench.content) - 1000)
    bench.expect(found in (bench.content[1000:-1000], (bench.also or b"")[1000:-1000]), True, "object_read of a range")


def _stream(bench: Bench) -> None:
    stream = BytesIO()
    bench.expect(bench.client.object_download(bench.key, stream), True, "object_download")
    bench.expect_read(stream.getvalue(), "the stream")


def _file(bench: Bench) -> None:
    path = bench.directory / "target"
    bench.expect(bench.client.download_file(bench.key, path), True, "download_file")
    bench.expect_read(path.read_bytes(), "the file")


def _open(bench: Bench) -> None:
    pieces = []
    with bench.client.object_open(bench.key) as file:
        while piece := file.read(7000):
            pieces.append(piece)
    bench.expect_read(b"".join(pieces), "the file object")


def _read_if_changed(bench: Bench) -> None:
    known = bench.hash_of(f"{bench.key}-2")
    bench.expect_read(bench.client.object_read(bench.key, if_none_match=known), "object_read of what has changed")


def _object_there(bench: Bench) -> None:
    bench.provide()
    (bench.directory / "target").write_bytes(OLD)


def _another_there(bench: Bench) -> None:
    _object_there(bench)
    bench.store.put(bench.container, f"{bench.key}-2", OLD)


def _file_as_it_was(bench: Bench) -> None:
    bench.expect((bench.directory / "target").read_bytes(), OLD, "the local file after an error")


def _reading(name: str, run: Step, large: bool = False) -> Operation:
    return Operation(name, "get", run, _object_there, _file_as_it_was, large)


READ_IF_CHANGED = Operation("read if changed", "get", _read_if_changed, _another_there, _file_as_it_was)
READS = (
    _reading("read", _read),
    _reading("stream", _stream),
    _reading("file", _file),
    _reading("open", _open),
    READ_IF_CHANGED,
)
RANGE = _reading("range", _read_range)
READS_LARGE = tuple(dataclasses.replace(each, name=f"{each.name} large", large=True) for each in READS)
