"""A probe ends in time, and sends no more than it may; what it had no room for cannot be told."""

from __future__ import annotations

import dataclasses

import pytest

from obs_client import Capabilities, MemoryClient, ObjectInfo, Outcome, TemporaryError
from obs_client.probing import Bounds, StoreProfile, bounds, ground, listings, probe
from obs_client.probing.bounds import Exhausted, Ledger
from test.cli.process import soon
from test.engine.clock import Clock
from test.loopback.s3_double import Ways, s3_double
from test.probing import odd
from test.probing.trying import held, s3_client

pytestmark = pytest.mark.slow


def unknown(profile: StoreProfile, words: str) -> int:
    return sum(words in finding.detail and finding.outcome is Outcome.CANNOT_BE_TOLD for finding in profile.findings)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A time of the probe's own: here a machine that is busy has no part in it."""
    clock = Clock()
    clock.rule(monkeypatch)
    for module in (bounds, ground, listings, odd):
        monkeypatch.setattr(module, "time", clock)
    return clock


def test_it_ends_in_time(clock: Clock) -> None:
    client = odd.Slow(seconds=0.1)
    client.use_container("c", create=True)
    began = clock.now
    profile = probe(client, bounds=Bounds(seconds=2.0))
    assert 2.0 <= clock.now - began < 4.0
    assert unknown(profile, "the 2 s of the probe were over") > 20
    assert profile.outcome("clock", "the store's clock is right within 60 s") is Outcome.HOLDS
    assert len(profile.findings) > 50
    assert held(client) == []


def test_a_trial_that_hangs_is_cut_off_and_the_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = soon(10, 1.0)  # the other trials need some time of this machine
    monkeypatch.setattr(ground, "TRIAL_SECONDS", seconds)
    with s3_double(Ways(copy_seconds=3 * seconds)) as double, s3_client(double) as client:
        profile = probe(client)
        assert unknown(profile, f"there was no end within {seconds:,.0f} s") >= 2
        assert profile.outcome("copies", "an object is copied within the store") is Outcome.CANNOT_BE_TOLD
        assert profile.outcome("names", "a backslash") is Outcome.HOLDS
    assert list(double.state.buckets["container"].objects) == []


def test_it_makes_no_more_requests_than_it_may() -> None:
    with s3_double(Ways()) as double, s3_client(double) as client:
        profile = probe(client, bounds=Bounds(requests=30))
        writing = [each for each in double.operations() if not each.startswith(("Delete", "List", "Abort", "Head"))]
        assert len(writing) <= 30
        assert unknown(profile, "had made its 30 requests") > 40


def test_it_sends_no_more_bytes_than_it_may() -> None:
    with s3_double(Ways()) as double, s3_client(double) as client:
        profile = probe(client, bounds=Bounds(size=100_000))
        sent = sum(int(seen.headers.get("content-length", "0")) for seen in double.seen)
        assert sent < 110_000
        assert unknown(profile, "would have sent more than its 100,000 bytes") == 4
        assert profile.outcome("conditions", "a large object if the name is free") is Outcome.HOLDS


def test_a_whole_probe_is_within_the_bounds_that_are_documented() -> None:
    with s3_double(Ways()) as double, s3_client(double) as client:
        probe(client, another=lambda **options: s3_client(double, **options))
        assert sum(int(seen.headers.get("content-length", "0")) for seen in double.seen) < 12 * 1024 * 1024
        assert len(double.seen) < 600


def test_parts_that_are_too_large_to_try_are_not_sent() -> None:
    class Wide(MemoryClient):
        def _capabilities(self) -> Capabilities:
            return dataclasses.replace(super()._capabilities(), part_size_minimum=50_000_000)

    client = Wide("c")
    client.container_create("c")
    assert unknown(probe(client), "more than a probe sends") == 4


def test_names_outside_are_refused_before_anything_is_written() -> None:
    ledger = Ledger("obs-probe-x/", Bounds(seconds=0.0))
    with pytest.raises(ValueError, match="outside of the probe's own prefix"):
        ledger.note("others")
    with pytest.raises(Exhausted, match="the 0 s of the probe were over"):
        ledger.count_request()


def test_errors_that_come_again_are_not_tried_for_long(clock: Clock) -> None:
    class Down(MemoryClient):
        tries = 0

        def _object_info(self, container: str, name: str) -> ObjectInfo:
            self.tries += 1
            raise TemporaryError("down")

    client = Down("c")
    client.container_create("c")
    began = clock.now
    profile = probe(client)
    assert 0 < clock.now - began < 20
    assert unknown(profile, "down (gave up after 3 tries)") > 10
