"""The one retry loop: how long it waits, when it gives up, and what it says of that."""

from __future__ import annotations

import logging

import pytest

from obs_client import ClientOptions, TemporaryError
from obs_client._engine.retry import HINT, Retries
from obs_client.backend import stopping
from test.engine.clock import Clock


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    one = Clock()
    one.rule(monkeypatch)
    return one


@pytest.fixture
def pauses(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that were made, each drawn as long as it may be."""
    made: list[float] = []

    def sleep(seconds: float) -> None:
        made.append(seconds)
        clock.now += seconds

    monkeypatch.setattr(stopping, "sleep", sleep)
    monkeypatch.setattr("random.uniform", lambda low, high: high)
    return made


def busy(*, first_contact: bool = False) -> TemporaryError:
    error = TemporaryError("the store is busy")
    error.first_contact = first_contact
    return error


def give_up(retries: Retries, error: TemporaryError | None = None) -> TemporaryError:
    """Try until it is given up."""
    with pytest.raises(TemporaryError) as caught:
        for _ in range(1000):
            retries.wait(error or busy(), None)
    return caught.value


def test_pauses_double_up_to_the_longest(pauses: list[float]) -> None:
    retries = Retries(ClientOptions(attempts=6, first_pause=0.5, longest_pause=3.0), timeout=1.0)
    give_up(retries)
    assert pauses == [0.5, 1.0, 2.0, 3.0, 3.0]
    assert retries.tries == 6


def test_at_the_first_contact_pauses_are_at_least_half_as_long(pauses: list[float], clock: Clock) -> None:
    drawn: list[tuple[float, ...]] = []

    def draw(*bounds: float) -> float:
        drawn.append(bounds)
        return bounds[1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("random.uniform", draw)
        options = ClientOptions(attempts=5, first_pause=0.5, longest_pause=1.5, give_up_first_after=60.0)
        give_up(Retries(options, timeout=1.0), busy(first_contact=True))
    assert drawn[:4] == [(0.25, 0.5), (0.5, 1.0), (0.75, 1.5), (0.75, 1.5)]


def test_other_pauses_may_be_none_at_all(pauses: list[float]) -> None:
    drawn: list[tuple[float, ...]] = []

    def draw(*bounds: float) -> float:
        drawn.append(bounds)
        return bounds[1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("random.uniform", draw)
        Retries(ClientOptions(first_pause=0.5), timeout=1.0).wait(busy(), None)
    assert drawn == [(0.0, 0.5)]


@pytest.mark.parametrize(("asked", "pause"), [(0.0, 0.5), (0.4, 0.5), (7.0, 7.0), (60.0, 60.0), (86400.0, 60.0)])
def test_what_the_store_asks_for_is_the_least_and_a_minute_the_most(
    asked: float, pause: float, pauses: list[float]
) -> None:
    Retries(ClientOptions(first_pause=0.5), timeout=1.0).wait(busy(), asked)
    assert pauses == [pause]


@pytest.mark.parametrize(("first_after", "tries"), [(2.9, 2), (3.0, 3), (100.0, 5)])
def test_the_first_contact_is_given_up_sooner(first_after: float, tries: int, pauses: list[float]) -> None:
    """Its tries begin at 1, 3, 7, 15 seconds; the timeout of the last is not counted."""
    options = ClientOptions(attempts=5, first_pause=1.0, longest_pause=60.0, give_up_first_after=first_after)
    assert give_up(Retries(options, timeout=60.0), busy(first_contact=True)).tries == tries


@pytest.mark.parametrize(("after", "tries"), [(4.9, 2), (5.0, 3), (8.9, 3), (9.0, 4)])
def test_a_try_begins_only_if_there_is_time_for_it(after: float, tries: int, pauses: list[float]) -> None:
    """They would begin at 1, 3 and 7 seconds, and take two."""
    options = ClientOptions(attempts=100, first_pause=1.0, longest_pause=60.0, give_up_after=after)
    assert give_up(Retries(options, timeout=2.0)).tries == tries


def test_with_a_timeout_that_leaves_no_room_for_two_a_try_is_taken_to_be_as_long_as_the_last(clock: Clock) -> None:
    options = ClientOptions(attempts=100, first_pause=0.0, give_up_after=100.0)
    retries = Retries(options, timeout=50.1)
    for _ in range(4):
        clock.now += 20.0
        retries.wait(busy(), None)
    clock.now += 20.0  # it is time now
    error = give_up(retries)
    assert error.tries == 5


@pytest.mark.parametrize(("timeout", "room"), [(50.0, False), (50.5, True)])
def test_two_timeouts_that_fit_are_counted_as_they_are(timeout: float, room: bool, clock: Clock) -> None:
    options = ClientOptions(attempts=100, first_pause=0.0, give_up_after=100.0)
    retries = Retries(options, timeout=timeout)
    clock.now += 50.1
    if room:
        clock.now -= 0.2
        retries.wait(busy(), None)
        assert retries.tries == 2
    else:
        assert give_up(retries).tries == 1


def test_two_timeouts_that_fit_just_so_are_counted_as_they_are(clock: Clock) -> None:
    retries = Retries(ClientOptions(attempts=100, first_pause=0.0, give_up_after=100.0), timeout=50.0)
    clock.now += 30.0
    retries.wait(busy(), None)
    clock.now += 25.0
    assert give_up(retries).tries == 2


def test_what_is_raised_says_how_often_and_until_when(clock: Clock, pauses: list[float]) -> None:
    began = clock.now
    options = ClientOptions(attempts=3, first_pause=0.1)
    error = give_up(Retries(options, timeout=1.0))
    assert error.args == ("the store is busy (gave up after 3 tries)",)
    assert (error.tries, error.hint) == (3, HINT)
    assert error.deadline == began + options.give_up_after
    once = give_up(Retries(ClientOptions(attempts=1), timeout=1.0))
    assert once.args == ("the store is busy (gave up after 1 try)",)


def test_a_hint_that_is_better_stays(pauses: list[float]) -> None:
    error = busy()
    error.hint = "turn it on"
    assert give_up(Retries(ClientOptions(attempts=2), timeout=1.0), error).hint == "turn it on"


def test_each_try_is_logged_and_its_end(caplog: pytest.LogCaptureFixture, pauses: list[float]) -> None:
    retries = Retries(ClientOptions(attempts=3, first_pause=0.25), timeout=1.0)
    with caplog.at_level(logging.INFO, "obs_client"):
        error = give_up(retries)
    assert [(record.name, record.levelname, record.getMessage()) for record in caplog.records] == [
        ("obs_client", "WARNING", "try 1 failed, the next in 0.25 s: the store is busy"),
        ("obs_client", "WARNING", "try 2 failed, the next in 0.50 s: the store is busy"),
        ("obs_client.requests", "INFO", f"gave up after try 3: {error}"),
    ]
    assert [record.__dict__.get("failed_try") for record in caplog.records] == [1, 2, None]
    assert all(isinstance(each, (int, float, str)) for record in caplog.records for each in record.args or ()), (
        "a record may be kept for long: it holds no error, nor by it a buffer"
    )


@pytest.mark.parametrize(
    ("error", "said"), [(None, "done at try 2"), (ValueError("no"), "ended at try 2: no")], ids=["done", "failed"]
)
def test_how_it_ended_is_logged_if_there_was_more_than_one_try(
    error: Exception | None, said: str, caplog: pytest.LogCaptureFixture, pauses: list[float]
) -> None:
    retries = Retries(ClientOptions(first_pause=0.25), timeout=1.0)
    with caplog.at_level(logging.INFO, "obs_client.requests"):
        retries.end(error)
        assert caplog.records == []
        retries.wait(busy(), None)
        caplog.clear()
        retries.end(error)
    assert [(record.name, record.levelname, record.getMessage()) for record in caplog.records] == [
        ("obs_client.requests", "INFO", said)
    ]
