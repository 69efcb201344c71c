"""How a sync runs: callbacks, threads, many failures, and a store that goes down."""

from __future__ import annotations

import gc
import re
import threading
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from obs_client import (
    AuthorizationError,
    ClientOptions,
    LocalClient,
    MemoryClient,
    ServiceError,
    TemporaryError,
)
from obs_client.backend.values import NewObject, ObjectReader
from obs_client.client import ObjectStorageClient
from obs_client.sync import (
    Done,
    Place,
    SyncOptions,
    apply,
    check,
    plan_sync,
    sync,
)
from obs_client.testing.wrapper import RecordingClient
from test.sync.support import (
    PART,
    QUICK,
    Refusing,
    Slow,
    Thing,
    contents,
    fill,
    make_place,
    memory,
    threads,
    tree,
    without_hashes,
)


def test_callbacks_come_in_the_callers_thread() -> None:
    source = memory(**{f"{number}": b"x" * (number * PART) for number in range(20)})
    threads = set()
    sync(
        source,
        memory(),
        progress=lambda _: threads.add(threading.get_ident()),
        on_done=lambda _: threads.add(threading.get_ident()),
    )
    assert threads == {threading.get_ident()}


@pytest.mark.parametrize("callback", ["progress", "on_done"])
@pytest.mark.parametrize("kind", ["memory", "directory"])
def test_an_exception_in_a_callback_stops_it_and_it_goes_on_later(callback: str, kind: str, tmp_path: Path) -> None:
    source, target = make_place("memory", tmp_path), make_place(kind, tmp_path)
    fill(source, tree())
    fill(target, {"old": Thing(b"old", {})})
    told: list[object] = []

    def stop(what: object) -> None:
        told.append(what)
        if len(told) == 5:
            raise InterruptedError("enough")

    callbacks: dict[str, Any] = {callback: stop}
    before = threading.active_count()
    with pytest.raises(InterruptedError, match="enough"):
        sync(source, target, SyncOptions(delete=True, workers=2), **callbacks)
    assert threading.active_count() == before
    left = contents(target)
    assert left.pop("old") == b"old", "nothing was deleted"
    assert len(left) < len(tree())
    assert left.items() <= contents(source).items(), "what was copied is whole"
    report = sync(source, target, SyncOptions(delete=True))
    assert report.ok
    assert report.copied == len(tree()) - len(left)
    assert contents(target) == contents(source)
    assert not list(tmp_path.rglob("%obs_*"))


MIB = 1024 * 1024


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


@pytest.mark.slow
def test_failures_do_not_keep_contents() -> None:
    source, target = large_places(ClientOptions(workers=2, attempts=1))
    report, kept = held(lambda: sync(source, Place(Refusing(target.client), "box")))
    assert len(report.failures) == 40
    assert all(isinstance(error.__cause__, OSError) for error in report.failures.values())
    assert kept < 1


@pytest.mark.slow
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
    with pytest.raises(TemporaryError, match=r"20 names in a row failed.*it is down") as raised:
        sync(source, Place(down, "box"), SyncOptions(delete=True, workers=2), on_done=told.append)
    outcomes = [done.outcome for done in told]
    # Which of two names that are written at once comes before the store goes down is open.
    assert (outcomes.count("copied"), outcomes[-20:]) == (100, ["failed"] * 20)
    assert len(outcomes) <= 100 + 20 + 1
    assert isinstance(raised.value.__cause__, TemporaryError)
    assert down.refused <= (20 + 5 * 2) * QUICK.attempts
    report = sync(source, target, SyncOptions(delete=True))
    assert (report.copied, report.deleted) == (200, 1)


class Unlisted(RecordingClient):
    """Goes down at the second page of a listing."""

    def _through(self, primitive: str, call: Callable[[], Any]) -> Any:
        answer = super()._through(primitive, call)
        if primitive == "object_list" and self.calls.count("object_list") > 1:
            raise TemporaryError("it is down")
        return answer


def test_a_listing_that_fails_midway_says_how_many_were_copied() -> None:
    source, target = memory(**{f"{number:04}": b"1" for number in range(1500)}), memory()
    with pytest.raises(TemporaryError, match="it is down") as raised:
        sync(Place(Unlisted(source.client), "box"), target, SyncOptions(workers=2))
    copied = len(target.client.object_list(container_name="box"))
    said = re.search(r"; before, (\d+) names were copied", str(raised.value))
    assert said
    assert copied - 10 <= int(said[1]) <= copied <= 1000


def test_a_store_that_goes_down_stops_the_deletions() -> None:
    target = memory(**{f"{number:03}": b"1" for number in range(300)})
    with pytest.raises(TemporaryError, match="names in a row failed"):
        sync(memory(keep=b"1"), Place(Down(target.client, 3), "box"), SyncOptions(delete=True, workers=2))
    assert len(contents(target)) == 300 + 1 - 2 * 8, "one write, and two batches of eight"


@pytest.mark.parametrize("allowed", [0, 1])
def test_a_store_that_refuses_all_stops_the_sync(allowed: int) -> None:
    class Refusing(RecordingClient):
        def _object_write(self, new: NewObject, body: Any) -> None:
            if int(new.name) >= allowed:
                raise AuthorizationError("not yours")
            super()._object_write(new, body)

    source, target = memory(**{f"{number:03}": b"1" for number in range(100)}), memory(old=b"old")
    told: list[Done] = []
    end = Place(Refusing(target.client), "box")
    if allowed:
        assert len(sync(source, end, SyncOptions(workers=2)).failures) == 99
        return
    with pytest.raises(AuthorizationError, match=r"20 names in a row were refused.*not"):
        sync(source, end, SyncOptions(workers=2), on_done=told.append)
    assert [done.outcome for done in told] == ["failed"] * 20


@pytest.mark.slow
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
