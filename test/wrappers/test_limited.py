"""A store that is used no faster than allowed: bytes and requests, by all threads together."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from obs_client import ClientOptions, MemoryClient, ObjectStorageClient, Place
from obs_client.backend import stopping
from obs_client.sync import sync
from obs_client.wrappers import limited, limits

Timing = Callable[[Callable[[], object]], float]


class Clock:
    """Time that passes by pauses only, of all threads side by side: each ends so long after its thread last looked."""

    def __init__(self) -> None:
        self.now = 1000.0
        self._lock = threading.Lock()
        self._looked = threading.local()

    def monotonic(self) -> float:
        with self._lock:
            self._looked.at = self.now
            return self.now

    def sleep(self, seconds: float) -> None:
        stopping.check_stopped()
        with self._lock:
            self.now = max(self.now, getattr(self._looked, "at", self.now) + seconds)


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The time by which the limits go: here a machine that is busy has no part in it."""
    clock = Clock()
    monkeypatch.setattr(limits, "time", clock)
    monkeypatch.setattr(stopping, "sleep", clock.sleep)
    return clock


@pytest.fixture
def seconds_of(clock: Clock) -> Timing:
    """How long some work takes."""

    def seconds(work: Callable[[], object]) -> float:
        start = clock.now
        work()
        return clock.now - start

    return seconds


@pytest.fixture
def inner() -> ObjectStorageClient:
    client = MemoryClient("box", options=ClientOptions(part_size=100_000))
    client.container_create("box")
    return client


def test_bytes_flow_no_faster(inner: ObjectStorageClient, seconds_of: Timing) -> None:
    client = limited(inner, bytes_per_second=1_000_000)
    data = bytes(range(250)) * 1600
    told: list[int] = []
    assert 0.3 < seconds_of(lambda: client.object_write("a", data, progress=told.append)) < 0.5
    assert sum(told) == len(data)
    assert len(told) > 1
    assert 0.3 < seconds_of(lambda: client.object_read("a")) < 0.5
    assert inner.object_read("a") == client.object_read("a") == data
    assert seconds_of(lambda: client.object_copy("a", "b")) < 0.3, "what the store copies does not count"


def test_requests_come_no_faster(inner: ObjectStorageClient, seconds_of: Timing) -> None:
    client = limited(inner, requests_per_second=20)
    inner.object_write("a", b"1")
    assert 0.4 < seconds_of(lambda: [client.object_info("a") for _ in range(10)]) < 0.6


def test_all_threads_share_one_limit(inner: ObjectStorageClient, seconds_of: Timing) -> None:
    inner.object_write("a", b"1" * 50_000)
    client = limited(inner, bytes_per_second=2e6)
    with ThreadPoolExecutor(32) as pool:
        assert 0.7 < seconds_of(lambda: list(pool.map(client.object_read, ["a"] * 32))) < 5  # 1.6 MB
        slow = limited(inner, requests_per_second=200)
        assert 0.75 < seconds_of(lambda: list(pool.map(slow.object_info, ["a"] * 160))) < 5
        assert 0.75 < seconds_of(lambda: list(pool.map(slow.object_exists, ["a"] * 160))) < 5


@pytest.mark.parametrize("part_size", [100_000, 700_000])
def test_large_parts_side_by_side_share_it_too(inner: ObjectStorageClient, seconds_of: Timing, part_size: int) -> None:
    client = limited(inner, bytes_per_second=2e6)
    client.options = ClientOptions(part_size=part_size, workers=32)
    data = bytes(range(256)) * 8000  # 2 MB
    assert 0.9 < seconds_of(lambda: client.object_write("a", data)) < 5
    assert 0.9 < seconds_of(lambda: client.object_read("a")) < 5
    assert inner.object_read("a") == data


def test_sync_keeps_to_the_limits_of_both_sides(inner: ObjectStorageClient, seconds_of: Timing) -> None:
    for number in range(8):
        inner.object_write(str(number), b"1" * 100_000)
    for source, target in ((limited(inner, bytes_per_second=1e6), MemoryClient()), (inner, MemoryClient())):
        target.container_create("new")
        slow = target if source is not inner else limited(target, bytes_per_second=1e6)
        assert 0.7 < seconds_of(lambda: sync(Place(source, "box"), Place(slow, "new"))) < 5  # noqa: B023 - called at once
        assert len(target.object_list(container_name="new")) == 8


def test_a_pause_is_no_debt(inner: ObjectStorageClient, clock: Clock, seconds_of: Timing) -> None:
    client = limited(inner, requests_per_second=5)
    client.object_info("a")
    clock.now += 0.3
    assert seconds_of(lambda: client.object_info("a")) < 0.15


def test_limits_that_make_no_sense() -> None:
    with pytest.raises(ValueError, match="give bytes_per_second"):
        limited(MemoryClient())
    with pytest.raises(ValueError, match="more than 0"):
        limited(MemoryClient(), bytes_per_second=0)
    with pytest.raises(TypeError, match="must be a number"):
        limited(MemoryClient(), requests_per_second="5")  # type: ignore[arg-type]
    assert "requests_per_second=5" in repr(limited(MemoryClient(), requests_per_second=5))
