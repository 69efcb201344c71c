"""What was learned of an endpoint is kept for every client of the process, shown to users, and logged once."""

from __future__ import annotations

import logging
import os

import pytest

from obs_client import EndpointFact, Origin, Outcome
from obs_client.backends.s3.client import S3Client
from obs_client.backends.s3.endpoints import KEEPS_CONDITIONS, KEEPS_RACES, VERIFIES_PARTS, experience_of
from test.s3.uploads import CRC32, KEYS, LARGE, Server, uploading


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")


def another(client: S3Client) -> S3Client:
    """Another client of the same server, by another spelling of its URL."""
    return S3Client("c", endpoint_url=f"{client._requests.endpoint}/", credentials=KEYS, options=client.options)


def outcomes(client: S3Client) -> dict[str, Outcome]:
    return {fact.name: fact.outcome for fact in client.endpoint_facts}


def test_a_trial_is_made_once_for_all_clients_of_an_endpoint(caplog: pytest.LogCaptureFixture) -> None:
    server = Server(verifies=True)
    with caplog.at_level(logging.DEBUG, "obs_client"), uploading(server) as owner:
        assert owner.endpoint_facts == ()
        owner.object_write("a", LARGE)
        second = another(owner)
        second.object_write("b", LARGE)
        fact = EndpointFact(VERIFIES_PARTS, Outcome.HOLDS, Origin.TRIAL, "checksums")
        assert owner.endpoint_facts == second.endpoint_facts
        assert fact in owner.endpoint_facts
        assert sum("learned of" in message and VERIFIES_PARTS in message for message in caplog.messages) == 1
    assert server.probes() == 1
    assert server.parts() == [{CRC32.decode()}] * 4


def test_another_endpoint_is_tried_by_itself() -> None:
    first, second = Server(verifies=True), Server()
    with uploading(first) as one, uploading(second) as other:
        one.object_write("a", LARGE)
        other.object_write("a", LARGE)
        assert outcomes(one)[VERIFIES_PARTS] is Outcome.HOLDS
        assert outcomes(other)[VERIFIES_PARTS] is Outcome.DOES_NOT_HOLD


def test_what_could_not_be_told_does_not_hide_what_was() -> None:
    experience = experience_of("http://store.example")
    experience.learn(VERIFIES_PARTS, None)
    assert experience.of(VERIFIES_PARTS) is None
    assert [fact.outcome for fact in experience.facts] == [Outcome.CANNOT_BE_TOLD]
    experience.learn(VERIFIES_PARTS, True)
    experience.learn(VERIFIES_PARTS, None)
    assert experience.of(VERIFIES_PARTS) is True


def test_what_an_option_says_is_a_fact_too() -> None:
    told = S3Client(endpoint_url="http://store.example", credentials=KEYS, checksums=False, conditional_writes=True)
    assert set(told.endpoint_facts) == {
        EndpointFact(VERIFIES_PARTS, Outcome.DOES_NOT_HOLD, Origin.OPTION, "checksums"),
        EndpointFact(KEEPS_CONDITIONS, Outcome.HOLDS, Origin.OPTION, "conditional_writes"),
    }
    experience_of("http://store.example").learn(VERIFIES_PARTS, True)
    assert len(told.endpoint_facts) == 2, "the option goes before"


def test_what_amazon_documents_is_known_without_a_request() -> None:
    facts = S3Client(region="eu-west-1", credentials=KEYS).endpoint_facts
    assert {(fact.name, fact.outcome, fact.origin) for fact in facts} == {
        (VERIFIES_PARTS, Outcome.HOLDS, Origin.DOCUMENT), (KEEPS_CONDITIONS, Outcome.HOLDS, Origin.DOCUMENT),
        (KEEPS_RACES, Outcome.HOLDS, Origin.DOCUMENT),
    }  # fmt: skip


def test_a_child_process_knows_what_its_parent_knew() -> None:
    server = Server(refuses=b"501 Not Implemented")
    with uploading(server) as owner:
        owner.object_write("a", LARGE)
        assert outcomes(owner)[VERIFIES_PARTS] is Outcome.DOES_NOT_HOLD
        child = os.fork()
        if not child:
            os._exit(0 if another(owner).endpoint_facts == owner.endpoint_facts else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
