"""The options that follow from what was found; and those without which a store takes nothing."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import pytest

from obs_client import EndpointFact, MemoryClient, NotSupportedError, Origin, Outcome
from obs_client.probing import probe
from test.loopback import s3_named
from test.loopback.s3_double import Ways
from test.probing.choosy import Choosy
from test.probing.trying import probed

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("ways", "conditional_writes", "checksums"),
    [
        (Ways(), True, True),
        (Ways(put_conditions="ignore"), False, True),
        (Ways(complete_conditions="ignore"), False, True),
        (Ways(copy_conditions="refuse"), False, True),
        (Ways(condition_seconds=0.05), False, True),
        (Ways(checksums="ignore"), True, False),
        (Ways(checksums="refuse"), True, False),
        (s3_named.B2, False, False),
        (s3_named.V1_ONLY, False, False),
    ],
    ids=lambda value: getattr(value, "server", None) or str(value)[:40],
)
def test_a_server_is_asked_for_what_it_was_seen_to_keep(ways: Ways, conditional_writes: bool, checksums: bool) -> None:
    profile = probed(ways)
    assert profile.endpoint.startswith("http://127.0.0.1:")
    assert profile.options == {
        "endpoint_url": profile.endpoint,
        "conditional_writes": conditional_writes,
        **({"atomic_conditions": True} if conditional_writes else {}),
        "checksums": checksums,
        "addressing_style": "path",
    }


@pytest.mark.parametrize(
    ("option", "value"), [("sign_payload", True), ("checksums", False), ("addressing_style", "virtual")]
)
def test_an_option_without_which_nothing_is_taken_is_found(option: str, value: bool | str) -> None:
    client = Choosy(takes={option: [value]})
    client.use_container("c", create=True)
    with pytest.raises(NotSupportedError):
        probe(client)
    profile = probe(client, another=client.another)
    assert profile.options[option] == value
    assert profile.outcome("conditions", "a write if the name is free") is Outcome.HOLDS
    assert client.object_list() == []


def test_two_options_that_are_both_needed_are_not_guessed() -> None:
    client = Choosy(takes={"sign_payload": [True], "checksums": [False]})
    client.use_container("c", create=True)
    with pytest.raises(NotSupportedError, match="not with sign_payload=None"):
        probe(client, another=client.another)


def test_without_other_clients_their_options_cannot_be_told_and_are_not_set() -> None:
    client = Choosy()
    client.use_container("c", create=True)
    profile = probe(client)
    for topic, name in (("checksums", "writes with CRC-32 in headers of S3"), ("addressing", "containers in the path")):
        assert profile.outcome(topic, name) is Outcome.CANNOT_BE_TOLD
    assert profile.options == {"endpoint_url": "http://choosy.example", "conditional_writes": True}


class Vendor(Choosy):
    """A store without an address of its own."""

    def _location(self, container: str) -> tuple[str, str]:
        return "vendor", f"{container}/"


def test_no_option_of_a_vendor_goes_along_to_another_endpoint() -> None:
    client = Vendor()
    client.use_container("c", create=True)
    profile = probe(client, another=client.another)
    assert profile.outcome("conditions", "a write if the name is free") is Outcome.HOLDS
    assert (profile.endpoint, profile.options) == ("http://choosy.example", {})


class Knowing(Choosy):
    """A client that finds out by itself."""

    def __init__(self, *, lean: bool | None = None, name: str = "") -> None:
        super().__init__()

    def _endpoint_facts(self) -> Sequence[EndpointFact]:
        known = EndpointFact("has the lean way", Outcome.HOLDS, Origin.TRIAL, "lean")
        return [
            dataclasses.replace(known, name="not known", outcome=Outcome.CANNOT_BE_TOLD),
            dataclasses.replace(known, name="documented", outcome=Outcome.DOES_NOT_HOLD, origin=Origin.DOCUMENT),
            dataclasses.replace(known, name="of a text", option="name"),
            dataclasses.replace(known, name="of another", option="another"),
            dataclasses.replace(known, name="of what is tried", option="checksums"),
            known,
        ]


def test_what_the_client_found_out_by_itself_counts_as_far_as_an_option_says_it() -> None:
    client = Knowing()
    client.use_container("c", create=True)
    profile = probe(client)
    assert profile.options == {"lean": True}
    found = {finding.name: finding.detail for finding in profile.findings if finding.topic == "endpoint"}
    assert found["has the lean way"] == "found by trial; lean=... decides it"
    assert len(found) == 6


def test_a_store_in_this_process_has_no_options() -> None:
    client = MemoryClient("c")
    client.container_create("c")
    profile = probe(client)
    assert (profile.store, profile.endpoint, profile.options) == ("MemoryClient", "", {})
