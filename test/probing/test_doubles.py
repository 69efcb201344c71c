"""Servers that are known from reports, as doubles: what is seen of them, and the options that follow."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from obs_client import Outcome, SwiftClient
from obs_client.probing import Finding, probe
from test.loopback import s3_named, swift_named
from test.loopback.s3_double import Ways as S3Ways
from test.loopback.s3_double import s3_double
from test.loopback.swift_double import SwiftDouble, swift_double
from test.loopback.swift_double import Ways as SwiftWays
from test.probing.trying import probed, s3_client

pytestmark = pytest.mark.slow

HOLDS, NOT = Outcome.HOLDS, Outcome.DOES_NOT_HOLD
CONDITIONS, CHECKSUMS = "conditions", "checksums"


@pytest.mark.parametrize(
    ("name", "conditional_writes", "checksums"),
    [
        ("R2", False, True),
        ("B2", False, False),
        ("OSS", False, False),
        ("RGW_S3", False, False),
        ("V1_ONLY", False, False),
        ("MINIO_NO_COMPAT", True, True),
        ("PART_CHECKSUMS_REFUSED", True, False),
    ],
)
def test_a_server_is_believed_in_what_it_keeps(name: str, conditional_writes: bool, checksums: bool) -> None:
    profile = probed(getattr(s3_named, name))
    assert profile.options["conditional_writes"] is conditional_writes
    assert profile.options["checksums"] is checksums


def test_a_server_that_verifies_single_writes_only_is_not_asked_to_verify_parts() -> None:
    profile = probed(s3_named.PART_CHECKSUMS_REFUSED)
    assert profile.outcome(CHECKSUMS, "a write with a wrong CRC-32 is refused") is HOLDS
    assert profile.outcome(CHECKSUMS, "parts with CRC-32 in headers of S3") is NOT


def test_tags_that_are_no_digests_are_seen() -> None:
    profile = probed(s3_named.MINIO_NO_COMPAT)
    assert profile.outcome("tags", "the hash is the MD5 of the content") is NOT
    assert profile.outcome("large objects", "the hash is that of the MD5s of the parts") is NOT
    assert profile.outcome("codings", "gzip-coded content comes back as it is stored") is HOLDS


@pytest.mark.parametrize(
    ("folds", "names"),
    [
        ("slashes", {"an empty segment (a//b)", "a slash at the beginning, below the prefix"}),
        ("case", {"upper and lower case, apart", "%2F apart from a slash"}),
    ],
)
def test_a_server_that_folds_names_is_seen_to(folds: Any, names: set[str]) -> None:
    profile = probed(S3Ways(folds=folds))
    assert {found.name for found in profile.findings if found.topic == "names" and found.outcome is NOT} == names


@pytest.mark.slow
def test_a_listing_that_lags_is_waited_for_in_all_trials() -> None:
    profile = probed(S3Ways(listing_lag=0.5))
    assert profile.outcome("listings", "a write is listed at once") is NOT
    assert profile.outcome("listings", "byte order of names") is HOLDS
    assert {found.outcome for found in profile.findings if found.topic == "names"} == {HOLDS}


@pytest.mark.parametrize(("host", "told"), [("s3.test", HOLDS), ("other.test", NOT)])
def test_containers_in_host_names(host: str, told: Outcome, monkeypatch: pytest.MonkeyPatch) -> None:
    ask = socket.getaddrinfo

    def resolve(name: Any, *arguments: Any, **options: Any) -> Any:
        return ask("127.0.0.1" if "s3.test" in str(name) else name, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setenv("no_proxy", "*")
    with s3_double(S3Ways(virtual_host=host)) as double:
        url = double.url.replace("127.0.0.1", "s3.test")

        def another(**options: Any) -> Any:
            return s3_client(double, endpoint_url=url, **options)

        with another(addressing_style="path") as client:
            profile = probe(client, another=another)
    assert profile.outcome("addressing", "containers in the name of the host") is told
    assert profile.outcome("addressing", "containers in the path") is HOLDS
    assert profile.options["addressing_style"] == "path"


def swift_client(double: SwiftDouble) -> SwiftClient:
    client = SwiftClient(credentials=double.credentials, create_temp_url_key=True)
    client.use_container("container", create=True)
    return client


@pytest.mark.parametrize("ways", [SwiftWays(), swift_named.RGW_SWIFT, swift_named.SHORT_PAGES])
def test_servers_of_swift(ways: SwiftWays) -> None:
    with swift_double(ways) as double, swift_client(double) as client:
        profile = probe(client)
        assert [info.name for info in client.container_list()] == ["container"]
        assert client.object_list() == []
    assert profile.outcome(CONDITIONS, "of two writers at once, one succeeds") is NOT
    assert profile.outcome(CHECKSUMS, "a write with a wrong digest is refused") is HOLDS
    assert profile.outcome("names", "a/b beside a") is HOLDS
    short = profile.outcome("listings", "pages of 1,000 names")
    assert short is (NOT if ways is swift_named.SHORT_PAGES else Outcome.CANNOT_BE_TOLD)


@pytest.mark.parametrize("number", [3, 13, 14, 16, 18, 27, 28, 30])
def test_an_interrupted_probe_of_swift_leaves_no_segments(number: int) -> None:
    findings: list[Finding] = []

    def stop(finding: Finding) -> None:
        findings.append(finding)
        if len(findings) == number:
            raise KeyboardInterrupt

    with swift_double() as double, swift_client(double) as client:
        with pytest.raises(KeyboardInterrupt):
            probe(client, on_finding=stop)
        assert [info.name for info in client.container_list()] == ["container"]
        assert client.object_list() == []
