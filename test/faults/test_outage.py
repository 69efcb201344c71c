"""Outages: how long a client tries, what the store asks it to wait, and that an outage leaves no trace behind."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator

import pytest

from obs_client import ClientOptions, ObjectStorageClient, TemporaryError
from test.engine.clock import Clock
from test.faults.matrix.cells import MATRIX, Stage
from test.faults.matrix.scenarios import BROKEN, SLOW_DOWN, balancer, said
from test.faults.stores.base import BRISK
from test.faults.wire import spoiling
from test.faults.wire.exchange import Fault
from test.faults.wire.messages import Answer
from test.faults.wire.spoiling import Action

pytestmark = pytest.mark.full

GIVE_UP = 3.0
CONTENT = b"what is written in an outage"


@pytest.fixture(scope="module")
def stage(stage: Stage) -> Stage:
    stage.store.put(MATRIX, "thing", CONTENT)
    return stage


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


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    one = Clock()
    one.rule(monkeypatch)
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


def test_a_long_wait_that_is_asked_for_ends_in_the_time_that_was_set(
    stage: Stage, client: ObjectStorageClient, clock: Clock
) -> None:
    client.options = dataclasses.replace(client.options, give_up_after=GIVE_UP)
    stage.proxy.aim(_always(spoiling.refuse(SLOW_DOWN.with_header("Retry-After", "86400"))))
    begin = clock.now
    with pytest.raises(TemporaryError, match=r"gave up after \d+ tr"):
        client.object_read("thing")
    assert clock.now - begin < GIVE_UP


def test_a_server_that_is_not_there_is_told_in_time(stage: Stage, clock: Clock) -> None:
    options = dataclasses.replace(BRISK, give_up_after=GIVE_UP, attempts=1000)
    with stage.store.client("http://127.0.0.1:9", options=options) as client:
        begin = clock.now
        with pytest.raises(TemporaryError, match=r"127\.0\.0\.1:9.*gave up after \d+ tr"):
            client.object_read("thing", MATRIX)
        assert len(clock.pauses) > GIVE_UP / BRISK.longest_pause / 2, "it was tried again as long as there was time"
        assert clock.now - begin < GIVE_UP
