"""Each finding comes out either way: on stores that keep all promises, and on odd ones that break one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from obs_client import MemoryClient, NotSupportedError, Outcome
from obs_client.backend import MultipartUpload, NewObject
from obs_client.probing import listings as of_listings
from obs_client.probing import network as of_network
from obs_client.probing import probe
from obs_client.probing.conditions import conditions
from obs_client.probing.large import large
from obs_client.probing.listings import listings
from obs_client.probing.metadata import metadata
from obs_client.probing.names import names
from obs_client.probing.network import network
from obs_client.probing.run import Topic
from test.loopback.s3_double import Ways
from test.loopback.s3_named import PART_CHECKSUMS_REFUSED
from test.loopback.tls import make_authority
from test.probing import odd
from test.probing.cases import HOLDS, NOT, ODD, Case
from test.probing.choosy import Choosy
from test.probing.trying import probed, tried


@pytest.mark.slow
@pytest.mark.parametrize("case", ODD, ids=lambda case: f"{case.topic.__name__}: {case.name}: {case.detail[:20]}")
def test_an_odd_store_is_seen_to_be_so(case: Case) -> None:
    found = tried(case.store(), case.topic)[case.name]
    assert found.outcome is case.outcome, found
    assert case.detail in found.detail


def test_small_requests_that_are_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(of_network, "SLOW_SECONDS", 0.01)
    found = tried(odd.Slow(seconds=0.02), network)["small requests take less than 0.01 s"]
    assert found.outcome is NOT
    assert (median := re.search(r"the median of 9 was (\d+)", found.detail))
    assert int(median[1]) >= 20
    monkeypatch.setattr(of_network, "SLOW_SECONDS", 60)
    assert tried(odd.Slow(seconds=0), network)["small requests take less than 60 s"].outcome is HOLDS


def test_pages_are_seen_where_there_are_enough_names() -> None:
    client = MemoryClient()
    client.use_container("c", create=True)
    for number in range(1001):
        client.object_write(f"others/{number}", b"")
    found = tried(client, listings)["pages of 1,000 names"]
    assert (found.outcome, found.detail) == (HOLDS, "a page had 1,000")


@pytest.mark.slow
def test_what_never_shows_is_waited_for_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(of_listings, "LAG_SECONDS", 0.5)
    found = tried(odd.Lagging(1.5), listings)["a write is listed at once"]
    assert (found.outcome, found.detail) == (NOT, "it was not listed within 0.5 s")


@pytest.mark.parametrize("topic", [metadata, names, conditions])
def test_what_only_the_client_complains_of_is_no_refusal(topic: Topic) -> None:
    found = tried(odd.Complaining(), topic)
    told = {finding.outcome for name, finding in found.items() if "of large objects" not in name}  # not written at once
    assert told == {Outcome.CANNOT_BE_TOLD}, found


def test_a_large_object_that_fails_is_sent_once() -> None:
    class Failing(MemoryClient):
        begun = 0

        def _object_multipart(self, new: NewObject) -> MultipartUpload:
            self.begun += 1
            raise NotSupportedError("no parts here")

    client = Failing()
    found = tried(client, large)
    assert client.begun == 1
    assert {finding.outcome for finding in found.values()} == {NOT}


@pytest.mark.slow
def test_every_finding_comes_out_either_way(tmp_path: Path) -> None:
    """A trial that always ends in the same way tells nothing."""
    stores = [
        Choosy(takes={"addressing_style": [None, "path"]}),
        Choosy(takes={"sign_payload": [True]}, verifies=False),
        Choosy(takes={"sign_payload": [None, False], "addressing_style": [None, "virtual"], "checksums": [None]}),
    ]
    context = make_authority(tmp_path).server_context("IP:127.0.0.1", days=30)
    findings = [*probed(Ways()).findings, *probed(Ways(), context, str(tmp_path / "authority.pem")).findings]
    findings += probed(PART_CHECKSUMS_REFUSED).findings
    memory = MemoryClient("c")
    memory.container_create("c")
    findings += probe(memory).findings
    for client in stores:
        client.use_container("c", create=True)
        findings += probe(client, another=client.another).findings
    all_names = {
        finding.name for finding in findings if finding.topic != "endpoint"
    }  # which the client says, not a trial
    held = {finding.name for finding in findings if finding.outcome is HOLDS}
    held |= {case.name for case in ODD if case.outcome is HOLDS} | {"pages of 1,000 names"}
    not_held = {finding.name for finding in findings if finding.outcome is NOT} | {case.name for case in ODD}
    not_held |= {"all that it made is removed", "small requests take less than 1 s"}
    assert sorted(all_names - held) == []
    assert sorted(all_names - not_held) == []
