"""What a sync does while things go wrong under way: callbacks that raise, stores that fail, content that changes."""

from __future__ import annotations

import dataclasses
import gc
import tempfile
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from obs_client import (
    AuthorizationError,
    ClientOptions,
    ContainerNotFoundError,
    LocalClient,
    MemoryClient,
    ObjectChangedError,
    ServiceError,
    TemporaryError,
)
from obs_client.backend.values import NewObject, ObjectReader
from obs_client.client import ObjectStorageClient
from obs_client.models import Capabilities, ContainerInfo, ObjectInfo
from obs_client.sync import Done, Place, SavedPlan, SyncOptions, apply, check, plan_sync, sync
from obs_client.testing.wrapper import RecordingClient
from test.sync.support import PART, QUICK, contents, memory, set_time, without_hashes

MIB = 1024 * 1024


def threads() -> set[threading.Thread]:
    """The threads of pools that are alive."""
    return {thread for thread in threading.enumerate() if thread.name.startswith("obs_client")}


# ---- callbacks ------------------------------------------------------------------------------------------------------


def run_sync(source: Place, target: Place, **how: Any) -> object:
    return sync(source, target, SyncOptions(delete=True), **how)


def run_apply(source: Place, target: Place, **how: Any) -> object:
    return apply(list(plan_sync(source, target, SyncOptions(delete=True))), source, target, **how)


@pytest.mark.parametrize("run", [run_sync, run_apply])
@pytest.mark.parametrize("error", [RuntimeError("enough"), OSError("the bar has gone"), TemporaryError("own")])
def test_what_progress_raises_goes_out_unchanged_for_an_object_of_many_parts(
    run: Callable[..., object], error: Exception, tmp_path: Path
) -> None:
    client = LocalClient(tmp_path, options=QUICK)
    client.container_create("box")
    source, target = memory(large=b"x" * 9 * PART, small=b"1"), Place(client, "box")
    client.object_write("old", b"old", container_name="box")

    def stop(_: int) -> None:
        raise error

    with pytest.raises(type(error)) as raised:
        run(source, target, progress=stop)
    assert raised.value is error
    assert contents(target) == {"old": b"old"}
    assert not list(tmp_path.rglob("*obs_*")), "the upload under way was undone"


def test_a_failure_of_a_large_object_is_in_the_report_though_there_is_progress() -> None:
    class Refusing(RecordingClient):
        def _object_multipart(self, new: NewObject) -> Any:
            raise ServiceError("no large ones today")

    seen: list[int] = []
    source, target = memory(large=b"x" * 9 * PART, small=b"1"), memory()
    report = sync(source, Place(Refusing(target.client), "box"), progress=seen.append)
    assert list(report.failures) == ["large"]
    assert (report.copied, seen) == (1, [1])


# ---- threads --------------------------------------------------------------------------------------------------------


class Slow(RecordingClient):
    """Takes its time, and counts."""

    def __init__(self, inner: ObjectStorageClient) -> None:
        super().__init__(inner)
        self.moved = 0

    def _object_open(self, *arguments: Any) -> ObjectReader:
        self.moved += 1
        time.sleep(0.02)
        return super()._object_open(*arguments)

    def _object_write(self, new: NewObject, body: Any) -> None:
        self.moved += 1
        time.sleep(0.02)
        super()._object_write(new, body)


def stop_at_once(*_: object) -> None:
    raise RuntimeError("enough")


@pytest.mark.parametrize(
    "run",
    [
        lambda one, other: sync(one, other, SyncOptions(checksum=True), on_done=stop_at_once),
        lambda one, other: apply(plan_sync(one, other, SyncOptions(checksum=True)), one, other, on_done=stop_at_once),
        lambda one, other: check(one, other, on_done=stop_at_once),
    ],
    ids=["sync", "apply", "check"],
)
def test_no_thread_is_left_while_the_exception_is_kept(run: Callable[[Place, Place], object]) -> None:
    things = {f"{number:03}": b"1" for number in range(100)}
    source, target = memory(**things), memory(**things)
    without_hashes(source)
    without_hashes(target)
    before = threads()
    with pytest.raises(RuntimeError, match="enough") as kept:
        run(Place(Slow(source.client), "box"), Place(Slow(target.client), "box"))
    assert threads() <= before
    assert kept.value.__traceback__ is not None


class FullDisk:
    """A file on a disk without space."""

    def write(self, _: str) -> int:
        raise OSError(28, "No space left on device")

    def close(self) -> None:
        pass


def test_nothing_is_copied_after_the_file_of_the_plan_could_not_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    source = memory(**{f"{number:03}": b"1" for number in range(60)})
    target = Slow(memory(zz=b"1").client)
    before = threads()
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda *_, **__: FullDisk())
    with pytest.raises(OSError, match="No space") as kept:
        sync(source, Place(target, "box"), SyncOptions(delete=True, workers=4))
    moved = target.moved
    assert threads() <= before
    time.sleep(0.1)
    assert target.moved == moved < 60
    assert kept.value.errno == 28


def test_a_plan_that_cannot_be_saved_closes_its_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[str] = []

    def steps() -> Iterator[Any]:
        try:
            yield from plan_sync(memory(a=b"1", b=b"1"), memory())
        finally:
            closed.append("closed")

    monkeypatch.setattr(tempfile, "TemporaryFile", lambda *_, **__: FullDisk())
    given = steps()
    with pytest.raises(OSError, match="No space"):
        SavedPlan(given)
    assert closed == ["closed"]


# ---- what changes under way -----------------------------------------------------------------------------------------


def test_a_target_that_changed_is_never_taken_for_a_copy_since_it_is_newer(tmp_path: Path) -> None:
    source = Place.of_directory(tmp_path)
    for name in ("changed", "made", "same"):
        (tmp_path / name).write_bytes(b"right")
        set_time(source, name, 1_000_000_000)
    target = memory(changed=b"wrong")
    steps = list(plan_sync(source, target, SyncOptions(checksum=True)))
    target.client.object_write("changed", b"WRONG", container_name="box")
    target.client.object_write("made", b"other", container_name="box")
    target.client.object_write("same", b"right", container_name="box")
    report = apply(steps, source, target)
    assert set(report.failures) == {"changed", "made"}
    assert all(isinstance(error, ObjectChangedError) for error in report.failures.values())
    assert set(report.notes) == {"same"}, "read, and found to be a copy"
    assert contents(target) == {"changed": b"WRONG", "made": b"other", "same": b"right"}


def test_a_copy_is_proved_by_reading_where_no_hash_is_told(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    for name in ("same", "other", "gone"):
        (tmp_path / "one" / name).write_bytes(b"right")
    source, target = Place.of_directory(tmp_path / "one"), Place.of_directory(tmp_path / "two")
    steps = list(plan_sync(source, target))
    for name, content in {"same": b"right", "other": b"WRONG", "gone": b"right"}.items():
        (tmp_path / "two" / name).write_bytes(content)
    (tmp_path / "one" / "gone").unlink()
    assert {info.hash for place in (source, target) for info in place.objects()} == {None}
    report = apply(steps, source, target)
    assert (set(report.notes), set(report.failures)) == ({"same"}, {"other", "gone"})
    assert all(isinstance(error, ObjectChangedError) for error in report.failures.values())


class Editing(RecordingClient):
    """Edits a file each time one is written, a few times: the change keeps the size."""

    def __init__(self, inner: ObjectStorageClient, path: Path, edits: int) -> None:
        super().__init__(inner)
        self._path = path
        self._left = edits

    def _object_write(self, new: NewObject, body: Any) -> None:
        if self._left:
            self._left -= 1
            self._path.write_bytes(b"new%d" % self._left)
            time.sleep(0.01)
        super()._object_write(new, body)


@pytest.mark.parametrize("ask", [False, True])
@pytest.mark.parametrize("recorded", [False, True], ids=["plain", "with a recorded hash"])
def test_an_edit_of_equal_size_while_a_file_is_copied_is_copied_too(ask: bool, recorded: bool, tmp_path: Path) -> None:
    source, target = Place.of_directory(tmp_path / "source"), memory()
    path = tmp_path / "source" / "file"
    source.client.object_write("file", b"old!")
    if not recorded:
        path.write_bytes(b"old!")
        set_time(source, "file", 1_000_000_000.5)
    assert (next(source.objects()).hash is not None) == recorded
    report = apply(plan_sync(source, target), source, Place(Editing(target.client, path, 1), "box"), ask=ask)
    assert (report.ok, report.copied) == (True, 1)
    assert contents(target) == {"file": b"new0"} == contents(source)
    assert sync(source, target).copied == 0


def test_a_file_that_changes_all_the_time_fails_by_name(tmp_path: Path) -> None:
    source, target = Place.of_directory(tmp_path), memory()
    (tmp_path / "file").write_bytes(b"old!")
    report = sync(source, Place(Editing(target.client, tmp_path / "file", 100), "box"))
    assert isinstance(report.failures["file"], ObjectChangedError)
    assert sync(source, target, SyncOptions(checksum=True)).ok
    assert contents(target) == contents(source)


def test_a_file_of_a_directory_takes_one_read_and_the_target_one_request(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(b"1")
    target = RecordingClient(memory().client)
    assert sync(Place.of_directory(tmp_path), Place(target, "box")).copied == 2
    assert sorted(target.calls) == ["object_list", "object_write", "object_write"]


class Replacing(RecordingClient):
    """Replaces the object `one/a` when it was asked for the first time."""

    replaced = False

    def _object_info(self, container: str, name: str) -> ObjectInfo:
        info = super()._object_info(container, name)
        if name == "one/a" and not self.replaced:
            self.replaced = True
            self.inner.object_write(name, b"quite another", container_name=container)
        return info


@pytest.mark.parametrize("by_store", [True, False])
def test_within_one_store_what_is_copied_is_what_was_checked(by_store: bool) -> None:
    class Client(Replacing):
        def _capabilities(self) -> Capabilities:
            return dataclasses.replace(super()._capabilities(), server_side_copy=by_store)

        def _object_open(self, container: str, name: str, *rest: Any) -> ObjectReader:
            if not by_store:
                self._object_info(container, name)
            return super()._object_open(container, name, *rest)

    plain = memory("one", a=b"1").client
    steps = list(plan_sync(Place(plain, "box", "one"), Place(plain, "box", "two")))
    client = Client(plain)
    report = apply(steps, Place(client, "box", "one"), Place(client, "box", "two"))
    assert isinstance(report.failures["a"], ObjectChangedError)
    assert contents(Place(plain, "box", "two")) == {}


def test_within_one_store_the_size_is_that_of_what_was_copied() -> None:
    plain = memory("one", a=b"1").client
    source, target = Place(plain, "box", "one"), Place(plain, "box", "two")
    steps = list(plan_sync(source, target))
    plain.object_write("one/a", b"quite another", container_name="box")
    client, seen = RecordingClient(plain), list[int]()
    report = apply(steps, Place(client, "box", "one"), Place(client, "box", "two"), ask=False, progress=seen.append)
    assert (report.copied, report.copied_size, seen) == (1, 13, [13])
    assert sorted(client.calls) == ["object_copy", "object_info"]


# ---- deletions ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("at", ["object_delete_many", "container_info"])
def test_deletions_that_fail_as_a_whole_fail_by_name(at: str) -> None:
    class Refusing(RecordingClient):
        def _object_delete_many(self, container: str, names: Any) -> Mapping[str, Exception]:
            if at == "object_delete_many":
                raise AuthorizationError("no deletions")
            return super()._object_delete_many(container, names)

        def _container_info(self, container: str) -> ContainerInfo:
            if at == "container_info":
                raise AuthorizationError("no looking")
            return super()._container_info(container)

    source, target = memory(a=b"1", b=b"2"), memory("x", old=b"3", older=b"4")
    report = sync(
        Place(Refusing(source.client), "box"), Place(Refusing(target.client), "box", "x"), SyncOptions(delete=True)
    )
    assert (report.copied, report.deleted) == (2, 0)
    assert set(report.failures) == {"old", "older"}
    assert all(isinstance(error, AuthorizationError) for error in report.failures.values())
    assert set(contents(target)) == {"a", "b", "old", "older"}


@pytest.mark.parametrize("bulk", [True, False])
def test_little_is_asked_before_it_is_deleted(bulk: bool) -> None:
    class Counting(RecordingClient):
        asked = 0
        most = 0

        def _capabilities(self) -> Capabilities:
            found = super()._capabilities()
            return found if bulk else dataclasses.replace(found, delete_batch_maximum=1)

        def _object_info(self, container: str, name: str) -> ObjectInfo:
            self.asked += 1
            return super()._object_info(container, name)

        def _object_delete_many(self, container: str, names: Any) -> Mapping[str, Exception]:
            self.most = max(self.most, self.asked)
            self.asked -= len(names)
            return super()._object_delete_many(container, names)

    client = Counting(memory(**{f"{number:03}": b"1" for number in range(100)}).client)
    report = sync(memory(keep=b"1"), Place(client, "box"), SyncOptions(delete=True, workers=3))
    assert (report.deleted, report.ok) == (100, True)
    assert client.most == (12 if bulk else 3)


def test_a_source_that_goes_away_while_its_names_are_asked_for_does_not_count_as_empty() -> None:
    class Vanishing(RecordingClient):
        def _object_info(self, container: str, name: str) -> ObjectInfo:
            if self.inner.container_info(container) is not None:
                self.inner.container_delete(container, force=True)
            return super()._object_info(container, name)

    source, target = memory(keep=b"1"), memory(keep=b"1", old=b"2")
    with pytest.raises(ContainerNotFoundError, match="nothing more is deleted"):
        sync(Place(Vanishing(source.client), "box"), target, SyncOptions(delete=True))
    assert set(contents(target)) == {"keep", "old"}


# ---- many failures --------------------------------------------------------------------------------------------------


class Refusing(RecordingClient):
    """Takes the whole body, and refuses it."""

    def _object_write(self, new: NewObject, body: Any) -> None:
        body.read()
        raise ServiceError("no space") from OSError("the cause has frames, too")


def large_places(options: ClientOptions) -> tuple[Place, Place]:
    clients = MemoryClient(options=options), MemoryClient(options=options)
    for client in clients:
        client.container_create("box")
    content = b"x" * MIB
    for number in range(40):
        clients[0].object_write(f"{number}", content, container_name="box")
    return Place(clients[0], "box"), Place(clients[1], "box")


def held(run: Callable[[], Any]) -> tuple[Any, float]:
    """What a call gives, and the MiB that it keeps alive."""
    tracemalloc.start()
    try:
        given = run()
        gc.collect()
        return given, tracemalloc.get_traced_memory()[0] / MIB
    finally:
        tracemalloc.stop()


def test_failures_do_not_keep_contents() -> None:
    source, target = large_places(ClientOptions(workers=2, attempts=1))
    report, kept = held(lambda: sync(source, Place(Refusing(target.client), "box")))
    assert len(report.failures) == 40
    assert all(isinstance(error.__cause__, OSError) for error in report.failures.values())
    assert kept < 1


def test_failures_of_a_check_do_not_keep_contents() -> None:
    class Broken(RecordingClient):
        def _object_open(self, container: str, name: str, *rest: Any) -> ObjectReader:
            held_here = bytearray(MIB)
            raise ServiceError(f"no reading, {len(held_here):,}")

    source, target = large_places(ClientOptions(workers=2, attempts=1))
    sync(source, target)
    without_hashes(target)
    report, kept = held(lambda: check(source, Place(Broken(target.client), "box")))
    assert len(report.failures) == 40
    assert kept < 1


# ---- a store that goes down -----------------------------------------------------------------------------------------


class Down(RecordingClient):
    """Goes down after so many writes and deletions."""

    def __init__(self, inner: ObjectStorageClient, after: int) -> None:
        super().__init__(inner)
        self.left = after
        self.refused = 0

    def _through(self, primitive: str, call: Callable[[], Any]) -> Any:
        if primitive in ("object_write", "object_delete_many"):
            self.left -= 1
            if self.left < 0:
                self.refused += 1
                raise TemporaryError("it is down")
        return super()._through(primitive, call)


def test_a_store_that_goes_down_stops_the_sync() -> None:
    source, target = memory(**{f"{number:03}": b"1" for number in range(300)}), memory(old=b"old")
    told: list[Done] = []
    down = Down(target.client, 100)
    with pytest.raises(TemporaryError, match=r"20 names failed one after another.*it is down") as raised:
        sync(source, Place(down, "box"), SyncOptions(delete=True, workers=2), on_done=told.append)
    assert [done.outcome for done in told] == ["copied"] * 100 + ["failed"] * 20
    assert isinstance(raised.value.__cause__, TemporaryError)
    assert down.refused <= (20 + 5 * 2) * QUICK.attempts
    report = sync(source, target, SyncOptions(delete=True))
    assert (report.copied, report.deleted) == (200, 1)


def test_a_store_that_goes_down_stops_the_deletions() -> None:
    target = memory(**{f"{number:03}": b"1" for number in range(300)})
    with pytest.raises(TemporaryError, match="names failed one after another"):
        sync(memory(keep=b"1"), Place(Down(target.client, 3), "box"), SyncOptions(delete=True, workers=2))
    assert len(contents(target)) == 300 + 1 - 2 * 8, "one write, and two batches of eight"


def test_failures_between_which_something_works_do_not_stop_it() -> None:
    class Flaky(RecordingClient):
        def _object_write(self, new: NewObject, body: Any) -> None:
            if not new.name.endswith("0"):
                raise TemporaryError("not now")
            super()._object_write(new, body)

    source, target = memory(**{f"{number:03}": b"1" for number in range(100)}), memory()
    report = sync(source, Place(Flaky(target.client), "box"), SyncOptions(workers=2))
    assert (report.copied, len(report.failures)) == (10, 90)


def test_failures_of_other_kinds_do_not_stop_it() -> None:
    class Failing(RecordingClient):
        def _object_write(self, new: NewObject, body: Any) -> None:
            raise ServiceError("never")

    source = memory(**{f"{number:03}": b"1" for number in range(100)})
    assert len(sync(source, Place(Failing(memory().client), "box"), SyncOptions(workers=2)).failures) == 100
