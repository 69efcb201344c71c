"""An upload behind the border: which errors its parts raise, and how it ends after one."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from obs_client import ObjectInfo, ServiceError, TemporaryError
from obs_client._engine.border import Border
from obs_client._engine.transfers import guarded_upload
from obs_client._engine.transfers.guarded_upload import GuardedUpload
from obs_client.backend.body import Body, BytesBody
from obs_client.backend.multipart import MultipartUpload, Part
from obs_client.backend.values import NewObject
from obs_client.models import Attributes
from test.engine.clock import Clock
from test.engine.scripted import QUICK, Outage, ScriptedClient

PART = Part(3, 10, 4)
SOURCE = ObjectInfo("source", 4, "hash", "text/plain", {}, 1.0)


class Upload(MultipartUpload):
    """Notes what is called; `fail` runs first, and may raise."""

    def __init__(self, new: NewObject, source: tuple[str, ObjectInfo] | None = None) -> None:
        self.new, self.source = new, source
        self.calls: list[tuple[Any, ...]] = []
        self.fail: Callable[[str], object] = lambda _: None

    def __str__(self) -> str:
        return "the upload 17"

    def put_part(self, part: Part, body: Body) -> None:
        self.calls.append(("put", part, body.readall()))
        self.fail("put")

    def copy_part(self, part: Part) -> None:
        self.calls.append(("copy", part))
        self.fail("copy")

    def complete(self) -> ObjectInfo | None:
        self.calls.append(("complete",))
        self.fail("complete")
        return None

    def abort(self) -> None:
        self.calls.append(("abort",))
        self.fail("abort")


class Store(ScriptedClient):
    """Its uploads are those above."""

    upload: Upload

    def _object_multipart(self, new: NewObject) -> MultipartUpload:
        self.upload = Upload(new)
        return self.upload

    def _object_begin_copy(self, container: str, source: ObjectInfo, new: NewObject) -> MultipartUpload:
        self.upload = Upload(new, (container, source))
        return self.upload


@pytest.fixture
def store() -> Store:
    return Store()


def begin(store: Store, source: tuple[str, ObjectInfo] | None = None) -> GuardedUpload:
    return GuardedUpload(Border(store), NewObject("box", "name", Attributes("text/plain", {}), 14), source)


def failing(what: str, error: Exception) -> Callable[[str], object]:
    def fail(called: str) -> None:
        if called == what:
            raise error

    return fail


def test_it_is_marked_so_that_it_is_known_again(store: Store) -> None:
    begin(store)
    begun = store.upload.new
    assert (begun.container, begun.name, store.upload.source) == ("box", "name", None)
    assert begun.attributes.write_id
    begin(store)
    assert store.upload.new.attributes.write_id != begun.attributes.write_id


def test_a_copy_begins_with_its_source(store: Store) -> None:
    guarded = begin(store, ("other", SOURCE))
    assert store.upload.source == ("other", SOURCE)
    assert store.upload.new.attributes.write_id
    guarded.copy_part(PART)
    assert store.upload.calls == [("copy", PART)]


def test_a_part_is_sent_again_from_its_start(store: Store) -> None:
    guarded = begin(store)
    errors = [Outage("busy")]
    store.upload.fail = lambda _: errors and (_ for _ in ()).throw(errors.pop())
    guarded.put_part(PART, BytesBody(b"data"))
    assert store.upload.calls == [("put", PART, b"data")] * 2


@pytest.mark.parametrize(
    ("what", "told"),
    [("put", "write part 3 of"), ("copy", "copy part 3 of"), ("complete", "complete"), ("abort", "abort")],
)
def test_an_error_names_what_was_done_and_where(what: str, told: str, store: Store) -> None:
    guarded = begin(store)
    store.upload.fail = failing(what, Outage("busy"))
    calls: dict[str, Callable[[], object]] = {
        "put": lambda: guarded.put_part(PART, BytesBody(b"data")),
        "copy": lambda: guarded.copy_part(PART),
        "complete": guarded.complete,
        "abort": lambda: guarded._abort(ValueError()),
    }
    with pytest.raises(TemporaryError) as caught:
        calls[what]()
    assert (caught.value.container, caught.value.object_name) == ("box", "name")
    assert caught.value.args[0].startswith(f"could not {told} 'name' in container 'box': Outage: busy (gave up after")
    assert len(store.upload.calls) == QUICK.attempts


def test_only_after_a_completion_it_is_asked_whether_it_was_published(store: Store) -> None:
    guarded = begin(store)
    guarded.abort_after(ValueError("no"))
    assert store.upload.calls == [("abort",)]
    assert store.calls["_object_info"] == 0
    store.upload.fail = failing("complete", ValueError("not done"))
    with pytest.raises(ValueError, match="not done"):
        guarded.complete()
    guarded.abort_after(ValueError("no"))
    assert store.calls["_object_info"] == 1
    assert store.upload.calls[-1] == ("abort",)


def test_what_cannot_be_aborted_is_noted_on_the_error(store: Store) -> None:
    guarded = begin(store)
    store.upload.fail = failing("abort", ServiceError("no abort today"))
    error = ValueError("the first")
    guarded.abort_after(error)
    assert error.__notes__ == [
        "the upload 17 of 'name' in container 'box' may have left parts; cleanup() removes them later: no abort today"
    ]


def test_a_child_process_leaves_it_alone(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    guarded = begin(store)
    monkeypatch.setattr(os, "getpid", lambda: -1)
    guarded.abort_after(ValueError("no"))
    assert store.upload.calls == []


def late(deadline: float) -> TemporaryError:
    """An error of a call that was to be over at a time of the clock, which is at 1000."""
    error = TemporaryError("the store is down")
    error.deadline = deadline
    return error


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        (KeyboardInterrupt(), guarded_upload.LAST_SECONDS),
        (ValueError(), None),
        (TemporaryError("down"), None),
        (late(900.0), guarded_upload.SHORTEST_SECONDS),
        (late(1060.0), 60.0),
    ],
)
def test_how_long_the_store_may_take_to_remove_parts(
    error: BaseException, seconds: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[float | None] = []
    monkeypatch.setattr("obs_client._engine.parallel.within", lambda call, seconds: given.append(seconds))
    monkeypatch.setattr(guarded_upload, "time", Clock())
    called: list[None] = []
    guarded_upload.abort_in_time(lambda: called.append(None), error, "it")
    if seconds is None:
        assert (given, called) == ([], [None])
    else:
        assert given == [seconds]


def test_a_store_that_does_not_answer_in_time_is_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guarded_upload, "LAST_SECONDS", 0.05)
    asked = threading.Event()
    error = KeyboardInterrupt()

    def abort() -> None:
        asked.set()
        time.sleep(0.3)

    guarded_upload.abort_in_time(abort, error, "it")
    assert asked.is_set()
    assert error.__notes__ == ["it may have left parts; cleanup() removes them later: no response in time"]
