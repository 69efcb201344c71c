"""The ways to write an object."""

from __future__ import annotations

import dataclasses
import os
import threading
from io import BytesIO
from typing import IO, cast

from test.faults.matrix.bench import OLD, Bench
from test.faults.matrix.operations import BEGUN, Operation, Step


def _write(bench: Bench) -> None:
    bench.expect(bench.client.object_write(bench.key, bench.content), True, "object_write")
    bench.expect_stored(bench.key, bench.content)


def _upload(bench: Bench) -> None:
    stream = BytesIO(b"before" + bench.content)
    stream.seek(6)
    bench.expect(bench.client.object_upload(stream, bench.key), True, "object_upload")
    bench.expect_stored(bench.key, bench.content)


def _upload_file(bench: Bench) -> None:
    path = bench.directory / "source"
    path.write_bytes(bench.content)
    bench.expect(bench.client.upload_file(path, bench.key), True, "upload_file")
    bench.expect_stored(bench.key, bench.content)


def _pipe(bench: Bench) -> None:
    with piped(bench.content) as stream:
        bench.expect(bench.client.object_upload(stream, bench.key), True, "object_upload of a pipe")
    bench.expect_stored(bench.key, bench.content)


def _open_write(bench: Bench) -> None:
    with bench.client.object_open(bench.key, "wb") as file:
        for start in range(0, len(bench.content), 30_000):
            file.write(bench.content[start : start + 30_000])
    bench.expect_stored(bench.key, bench.content)


class FailingStream:
    """A producer that fails midway."""

    def __init__(self, content: bytes) -> None:
        self._stream = BytesIO(content)

    def read(self, count: int = -1) -> bytes:
        data = self._stream.read(min(count, 20_000) if count >= 0 else 20_000)
        if not data:
            raise RuntimeError("the producer failed")
        return data


def _failing(bench: Bench) -> None:
    stream = cast("IO[bytes]", FailingStream(bench.content))
    bench.client.object_upload(stream, bench.key)


def piped(content: bytes) -> IO[bytes]:
    """The end to read of a pipe that a thread fills."""
    end, other = os.pipe()

    def fill() -> None:
        with open(other, "wb") as stream:
            try:
                stream.write(content)
            except BrokenPipeError:
                return

    threading.Thread(target=fill, daemon=True).start()
    return open(end, "rb")


def _old_there(bench: Bench) -> None:
    bench.provide_old()


def _old_stays(bench: Bench) -> None:
    bench.expect_stored(bench.key, OLD)


def _writing(name: str, run: Step, aim: str = "data") -> Operation:
    return Operation(name, aim, run, _old_there, _old_stays, aim != "data")


_WRITES: dict[str, Step] = {
    "write": _write,
    "upload": _upload,
    "upload file": _upload_file,
    "pipe": _pipe,
    "open w": _open_write,
}
WRITES = tuple(_writing(name, run) for name, run in _WRITES.items())


def writes_large(aim: str) -> tuple[Operation, ...]:
    """The writes of objects of several parts, with faults for their begin, a part, or the completion."""
    made = (_writing(f"{name} {aim}", run, aim) for name, run in _WRITES.items())
    return tuple(dataclasses.replace(each, stores=BEGUN) if aim == "begin" else each for each in made)


FAILING = Operation("producer", "data", _failing, _old_there, _old_stays)
FAILING_LARGE = Operation("producer large", "part", _failing, _old_there, _old_stays, large=True)
