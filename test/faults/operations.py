"""What a user does: each operation prepares the store, makes one call, and sees that the result is right."""

from __future__ import annotations

import dataclasses
import os
import threading
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import IO, cast

from obs_client import ObjectInfo
from test.faults.bench import OLD, Bench

Step = Callable[[Bench], None]


@dataclasses.dataclass(frozen=True)
class Operation:
    """One operation.

    Attributes:
        name: For the table.
        aim: The request that faults are for; see `Store.aimed`.
        run: Makes the call; raises `WrongResultError` if it gives or does what is wrong.
        prepare: Puts there what the call needs.
        after: Looks whether a call that raised left everything as it was.
        large: It is about an object of several parts.
        stores: The kinds of servers that have it.
    """

    name: str
    aim: str
    run: Step
    prepare: Step
    after: Step
    large: bool = False
    stores: tuple[str, ...] = ("seaweedfs", "swift", "keystone")


# ---- reading --------------------------------------------------------------------------------------------------------


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


def _object_there(bench: Bench) -> None:
    bench.provide()
    (bench.directory / "target").write_bytes(OLD)


def _file_as_it_was(bench: Bench) -> None:
    bench.expect((bench.directory / "target").read_bytes(), OLD, "the local file after an error")


# ---- writing --------------------------------------------------------------------------------------------------------


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


# ---- the rest of one object -----------------------------------------------------------------------------------------


def _info(bench: Bench) -> None:
    info = bench.client.object_info(bench.key)
    assert info is not None
    bench.expect((info.name, info.size), (bench.key, len(bench.content)), "object_info")


def _delete(bench: Bench) -> None:
    bench.expect(bench.client.object_delete(bench.key), True, "object_delete")
    bench.expect_stored(bench.key, None)


def _delete_many(bench: Bench) -> None:
    bench.client.object_delete_many([bench.key, f"{bench.key}-2", f"{bench.key}-absent"])
    bench.expect_stored(bench.key, None)
    bench.expect_stored(f"{bench.key}-2", None)


def _copy(bench: Bench) -> None:
    bench.expect(bench.client.object_copy(f"{bench.key}-2", bench.key), True, "object_copy")
    bench.expect_stored(bench.key, bench.content)


def _metadata(bench: Bench) -> None:
    bench.expect(bench.client.object_replace_metadata(bench.key, {"colour": "blue"}), True, "object_replace_metadata")
    info = bench.store.direct.object_info(bench.key, bench.container)
    bench.expect(info and info.metadata, {"colour": "blue"}, "the metadata")
    bench.expect_stored(bench.key, bench.content)


def _url(bench: Bench) -> None:
    url = bench.client.object_generate_download_url(bench.key)
    bench.expect("temp_url_sig" in url, True, "a signed URL")


def _two_there(bench: Bench) -> None:
    bench.provide()
    bench.store.put(bench.container, f"{bench.key}-2", bench.content)


def _copy_there(bench: Bench) -> None:
    bench.provide_old()
    bench.store.put(bench.container, f"{bench.key}-2", bench.content)


def _content_stays(bench: Bench) -> None:
    bench.expect_stored(bench.key, bench.content)


def _content_stays_or_goes(bench: Bench) -> None:
    if bench.store.get(bench.container, bench.key) is not None:
        _content_stays(bench)


# ---- listings and containers ----------------------------------------------------------------------------------------


def listed(bench: Bench) -> list[str]:
    """The names of the container that is listed; see `MANY` in the scenarios."""
    return [f"item-{number:02d}/x" for number in range(45)]


def _list(bench: Bench) -> None:
    found = [entry.name for entry in bench.client.object_list() if isinstance(entry, ObjectInfo)]
    bench.expect(sorted(found), listed(bench), "object_list")


def _list_metadata(bench: Bench) -> None:
    found = [entry for entry in bench.client.object_list(fetch_metadata=True) if isinstance(entry, ObjectInfo)]
    bench.expect(sorted(entry.name for entry in found), listed(bench), "object_list with metadata")
    bench.expect({entry.metadata is None for entry in found}, {False}, "the metadata")


def _list_folders(bench: Bench) -> None:
    found = bench.client.object_list(delimiter="/")
    wanted = [name.removesuffix("x") for name in listed(bench)]
    bench.expect(sorted(getattr(entry, "subdir", "") for entry in found), wanted, "object_list with a delimiter")


def _iterate(bench: Bench) -> None:
    found = list(_names(bench))
    bench.expect(sorted(found), [name for name in listed(bench) if name > "item-03/x"], "object_iter")


def _names(bench: Bench) -> Iterator[str]:
    for entry in bench.client.object_iter(start_after="item-03/x"):
        yield entry.name if isinstance(entry, ObjectInfo) else entry.subdir


def _containers(bench: Bench) -> None:
    found = {entry.name for entry in bench.client.container_list()}
    bench.expect({f"other-{number:02d}" for number in range(25)} <= found, True, "container_list")


def _cleanup(bench: Bench) -> None:
    report = bench.client.cleanup(older_than=3600.0)
    bench.expect(report.removed, (), "what cleanup removed")


def _container_create(bench: Bench) -> None:
    bench.client.container_create(bench.container)
    bench.expect(bench.store.has(bench.container), True, "the new container")


def _container_info(bench: Bench) -> None:
    found = bench.client.container_info(bench.container)
    bench.expect(found and found.name, bench.container, "container_info")


def _container_delete(bench: Bench) -> None:
    bench.expect(bench.client.container_delete(bench.container), True, "container_delete")
    bench.expect(bench.store.has(bench.container), False, "the deleted container")


def _use_container(bench: Bench) -> None:
    bench.expect(bench.client.use_container(bench.container), True, "use_container")


def _container_there(bench: Bench) -> None:
    bench.store.make(bench.container)


def _nothing(bench: Bench) -> None:
    pass


def _reading(name: str, run: Step, large: bool = False) -> Operation:
    return Operation(name, "get", run, _object_there, _file_as_it_was, large)


def _writing(name: str, run: Step, aim: str = "data") -> Operation:
    return Operation(name, aim, run, _old_there, _old_stays, aim != "data")


READS = (_reading("read", _read), _reading("stream", _stream), _reading("file", _file), _reading("open", _open))
RANGE = _reading("range", _read_range)
READS_LARGE = tuple(
    _reading(f"{each.name} large", each.run, large=True) for each in (*READS, RANGE) if each.name != "range"
)
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
    return tuple(_writing(f"{name} {aim}", run, aim) for name, run in _WRITES.items())


FAILING = Operation("producer", "data", _failing, _old_there, _old_stays)
FAILING_LARGE = Operation("producer large", "part", _failing, _old_there, _old_stays, large=True)
INFO = Operation("info", "head", _info, _object_there, _content_stays)
DELETE = Operation("delete", "delete", _delete, _object_there, _content_stays_or_goes)
DELETE_LARGE = Operation("delete large", "delete", _delete, _object_there, _content_stays_or_goes, large=True)
DELETE_MANY = Operation("delete many", "bulk", _delete_many, _two_there, _content_stays_or_goes)
COPY = Operation("copy", "copy", _copy, _copy_there, _nothing)
METADATA = Operation("metadata", "metadata", _metadata, _object_there, _content_stays)
METADATA_HEAD = Operation("metadata head", "head", _metadata, _object_there, _content_stays)
URL = Operation("url", "look", _url, _object_there, _content_stays, stores=("swift", "keystone"))
LIST = Operation("list", "list", _list, _nothing, _nothing)
LIST_METADATA = Operation("list metadata", "list", _list_metadata, _nothing, _nothing)
LIST_FOLDERS = Operation("list folders", "list", _list_folders, _nothing, _nothing)
ITERATE = Operation("iterate", "list", _iterate, _nothing, _nothing)
CONTAINERS = Operation("containers", "containers", _containers, _nothing, _nothing)
CLEANUP = Operation("cleanup", "leftovers", _cleanup, _nothing, _nothing)
CREATE = Operation("create", "create", _container_create, _nothing, _nothing)
LOOK = Operation("look", "look", _container_info, _container_there, _nothing)
USE = Operation("use", "look", _use_container, _container_there, _nothing)
REMOVE = Operation("remove", "remove", _container_delete, _container_there, _nothing)

LISTS = (LIST, LIST_METADATA, LIST_FOLDERS, ITERATE)
ON_OBJECTS = (INFO, DELETE, DELETE_MANY, COPY, METADATA)
ON_CONTAINERS = (CREATE, LOOK, USE, REMOVE)
