"""What a client knows of its server: a value that users see, and a record in the log when it is learned."""

from __future__ import annotations

import logging
import pickle
from collections.abc import Sequence

import pytest

from obs_client import EndpointFact, MemoryClient, Origin, Outcome
from obs_client.backend import learned
from obs_client.testing.wrapper import WrappedClient

FACT = EndpointFact("supports conditions of writes", Outcome.DOES_NOT_HOLD, Origin.TRIAL, "conditional_writes")


class Knowing(MemoryClient):
    """A store that was found out about."""

    def _endpoint_facts(self) -> Sequence[EndpointFact]:
        return [FACT]


def test_a_client_that_knows_nothing_more_says_so() -> None:
    assert MemoryClient().endpoint_facts == ()


def test_facts_are_seen_through_a_wrapper_and_cannot_be_changed_by_their_reader() -> None:
    facts = WrappedClient(Knowing()).endpoint_facts
    assert facts == (FACT,)
    with pytest.raises(AttributeError):
        facts[0].outcome = Outcome.HOLDS  # type: ignore[misc]  # that it cannot be is the test
    assert pickle.loads(pickle.dumps(facts)) == facts


def test_outcomes_and_origins_read_as_what_they_say() -> None:
    assert [str(outcome) for outcome in Outcome] == ["holds", "does not hold", "cannot be told"]
    assert [str(origin) for origin in Origin] == ["found by trial", "declared by an option", "documented"]


def test_learning_a_fact_is_logged_with_the_option_that_decides_it(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "obs_client"):
        assert learned(FACT, "http://store.example") is FACT
        learned(EndpointFact("bulk delete", Outcome.HOLDS, Origin.DOCUMENT))
    first, second = caplog.messages
    assert first == (
        "learned of http://store.example: 'supports conditions of writes' does not hold (found by trial; "
        "conditional_writes=... decides it)"
    )
    assert second == "learned of the endpoint: 'bulk delete' holds (documented)"
    assert {record.levelno for record in caplog.records} == {logging.DEBUG}
