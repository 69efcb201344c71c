"""Outages: how long a client tries, what the store asks it to wait, and that an outage leaves no trace behind."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any

import pytest

from obs_client import ClientOptions, ObjectStorageClient, PartialFailureError, TemporaryError, parallel, retry
from test.faults import spoiling
from test.faults.cells import LISTED, MATRIX, Stage
from test.faults.matrix import staged
from test.faults.proxy import Fault
from test.faults.scenarios import BROKEN, SLOW_DOWN, balancer, said
from test.faults.servers import BRISK
from test.faults.spoiling import Action
from test.faults.wire import Answer

pytestmark = pytest.mark.full

GIVE_UP = 3.0
CONTENT = b"what is written in an outage"


@pytest.fixture(scope="module", params=["seaweedfs", "swift"])
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    with staged(request.param) as one:
        one.store.put(MATRIX, "thing", CONTENT)
        yield one


@pytest.fixture
def client(stage: Stage) -> Iterator[ObjectStorageClient]:
    with stage.store.client(stage.proxy.url, timeout=1.0) as one:
        one.container_name = MATRIX
        one.options = dataclasses.replace(BRISK, part_size=stage.store.part_size)
        one.object_info("thing")
        yield one
        stage.proxy.aim()


def _always(action: Action, times: int | None = None) -> Fault:
    return Fault("outage", lambda request: True, action, times)


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.pauses: list[float] = []
        self._lock = threading.Lock()

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.now += seconds
            self.pauses.append(seconds)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    one = Clock()
    monkeypatch.setattr(retry, "time", one)
    monkeypatch.setattr(parallel, "sleep", one.sleep)
    return one


def test_after_a_minute_of_outage_no_call_fails_for_one_passing_500(
    stage: Stage, client: ObjectStorageClient, clock: Clock
) -> None:
    client.options = ClientOptions(part_size=stage.store.part_size)
    stage.proxy.aim(_always(spoiling.refuse(SLOW_DOWN)))
    begin = clock.now
    while clock.now < begin + 60:
        with pytest.raises(TemporaryError):
            client.object_read("thing")
    for number in range(20):
        stage.proxy.aim(_always(spoiling.refuse(BROKEN), 1))
        if number % 2:
            assert client.object_read("thing") == CONTENT
        else:
            assert client.object_write("written", CONTENT)
        assert stage.proxy.faults[0].fired == 1


@pytest.mark.parametrize("answer", [said(503, "Slow Down", "SlowDown"), balancer(503, "Busy"), balancer(429, "Busy")])
@pytest.mark.parametrize("wanted", ["7", "date"])
def test_what_the_store_asks_to_wait_is_waited(
    stage: Stage, client: ObjectStorageClient, clock: Clock, answer: Answer, wanted: str
) -> None:
    client.options = ClientOptions(part_size=stage.store.part_size)
    text = wanted if wanted == "7" else time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + 8))
    stage.proxy.aim(_always(spoiling.refuse(answer.with_header("Retry-After", text)), 1))
    assert client.object_read("thing") == CONTENT
    (pause,) = clock.pauses
    assert 5.0 <= pause <= 8.0, f"after {answer.status} waited {pause:.2f} s"


def test_no_wait_is_longer_than_a_minute(stage: Stage, client: ObjectStorageClient, clock: Clock) -> None:
    client.options = ClientOptions(part_size=stage.store.part_size)
    stage.proxy.aim(_always(spoiling.refuse(SLOW_DOWN.with_header("Retry-After", "86400")), 1))
    assert client.object_read("thing") == CONTENT
    assert clock.pauses == [60.0]


def test_a_long_wait_that_is_asked_for_ends_in_the_time_that_was_set(stage: Stage, client: ObjectStorageClient) -> None:
    client.options = dataclasses.replace(client.options, give_up_after=GIVE_UP)
    stage.proxy.aim(_always(spoiling.refuse(SLOW_DOWN.with_header("Retry-After", "86400"))))
    begin = time.monotonic()
    with pytest.raises(TemporaryError, match=r"gave up after \d+ tr"):
        client.object_read("thing")
    assert time.monotonic() - begin < GIVE_UP


def _calls(stage: Stage) -> dict[str, Callable[[ObjectStorageClient], Any]]:
    large = bytes(2 * stage.store.part_size)
    return {
        "read": lambda client: client.object_read("thing"),
        "open": lambda client: client.object_open("thing").read(),
        "info": lambda client: client.object_info("thing"),
        "list": lambda client: client.object_list(container_name=LISTED),
        "write": lambda client: client.object_write("written", CONTENT),
        "write large": lambda client: client.object_write("written", large),
        "upload large": lambda client: client.object_upload(BytesIO(large), "written"),
        "copy": lambda client: client.object_copy("thing", "copied"),
        "metadata": lambda client: client.object_set_metadata("thing", "a", "b"),
        "delete": lambda client: client.object_delete("deleted"),
        "delete many": lambda client: client.object_delete_many(["deleted", "gone"]),
        "container": lambda client: client.container_create("made-in-an-outage"),
        "cleanup": lambda client: client.cleanup(),
    }


_PERSISTENT: dict[str, Action] = {
    "500": spoiling.refuse(BROKEN),
    "closed": spoiling.close_unanswered(),
    "no answer": spoiling.stall(),
    "not http": spoiling.not_http(),
}


@pytest.mark.parametrize("call", ["read", "open", "info", "list", "write", "write large",
    "upload large", "copy", "metadata", "delete", "delete many", "container", "cleanup"])  # fmt: skip
@pytest.mark.parametrize(
    "fault", [pytest.param(name, marks=() if name == "no answer" else pytest.mark.full) for name in _PERSISTENT]
)
def test_what_lasts_ends_in_the_time_that_was_set(
    stage: Stage, client: ObjectStorageClient, fault: str, call: str
) -> None:
    client.options = dataclasses.replace(client.options, give_up_after=GIVE_UP, attempts=1000)
    _ends_in_time(stage, client, _always(_PERSISTENT[fault]), call)


@pytest.mark.parametrize("call", ["write large", "upload large"])
def test_what_lasts_from_the_middle_of_an_upload_ends_in_the_time_that_was_set(
    stage: Stage, client: ObjectStorageClient, call: str
) -> None:
    """A part has no answer, nor has anything after it: not the next tries, not the removal of what was sent."""
    client.options = dataclasses.replace(client.options, give_up_after=GIVE_UP, attempts=1000)
    began: list[bool] = []

    def wants(request: Any) -> bool:
        began.extend([True] * stage.store.aimed("part", request, MATRIX, "written"))
        return bool(began)

    error = _ends_in_time(stage, client, Fault("outage", wants, spoiling.stall(), None), call)
    stage.proxy.aim()
    for left in stage.store.leftovers(MATRIX):
        assert left.partition("/")[0] in "".join(error.__notes__), "the error does not say what is left"
    client.cleanup(older_than=0.0)
    assert not stage.store.leftovers(MATRIX)


def _ends_in_time(stage: Stage, client: ObjectStorageClient, fault: Fault, call: str) -> TemporaryError:
    stage.proxy.aim(fault)
    begin = time.monotonic()
    with pytest.raises((TemporaryError, PartialFailureError), match=r"gave up after \d+ tr") as caught:
        _calls(stage)[call](client)
    seconds = time.monotonic() - begin
    raised = caught.value
    error = next(iter(raised.failures.values())) if isinstance(raised, PartialFailureError) else raised
    assert isinstance(error, TemporaryError)
    assert error.tries >= 1
    assert error.__cause__ is not None
    assert seconds < GIVE_UP + 1.0, f"took {seconds:.1f} s where {GIVE_UP} s were set"
    return error


def test_a_server_that_is_not_there_is_told_in_time(stage: Stage) -> None:
    options = dataclasses.replace(BRISK, give_up_after=GIVE_UP, attempts=1000)
    with stage.store.client("http://127.0.0.1:9", options=options) as client:
        begin = time.monotonic()
        with pytest.raises(TemporaryError, match=r"127\.0\.0\.1:9.*gave up after \d+ tr"):
            client.object_read("thing", MATRIX)
        assert time.monotonic() - begin < GIVE_UP + 1.0


@pytest.mark.full
def test_at_defaults_what_lasts_ends_within_three_minutes(stage: Stage) -> None:
    calls = ("read", "write", "list", "upload large")
    took: dict[str, float] = {}
    stage.proxy.aim(_always(spoiling.stall()))
    with stage.store.client(stage.proxy.url, timeout=60.0, options=ClientOptions()) as client:
        client.container_name = MATRIX

        def run(call: str) -> None:
            begin = time.monotonic()
            with pytest.raises(TemporaryError):
                _calls(stage)[call](client)
            took[call] = time.monotonic() - begin

        threads = [threading.Thread(target=run, args=(call,), daemon=True) for call in calls]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(200)
    stage.proxy.aim()
    assert took.keys() == set(calls)
    assert max(took.values()) < 180.0, took
