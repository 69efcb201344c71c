"""A probe stays in its own prefix and leaves nothing, whatever comes between."""

from __future__ import annotations

import _thread
import logging
import threading
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from obs_client import (
    AuthorizationError,
    ContainerNotFoundError,
    ContainerNotSpecified,
    LocalClient,
    MemoryClient,
    Outcome,
    RequestRecord,
    TemporaryError,
)
from obs_client.models import ClientOptions
from obs_client.probing import Finding, probe
from test.loopback.s3_double import Failure, S3Double, Ways, s3_double
from test.probing import odd
from test.probing.trying import held, s3_client

pytestmark = pytest.mark.slow


class EnoughError(Exception):
    """What a caller's own function raises."""


def memory() -> MemoryClient:
    client = MemoryClient("c")
    client.container_create("c")
    client.object_write("others", b"content")
    return client


def nothing_left(double: S3Double) -> None:
    assert list(double.state.buckets) == ["container"]
    assert list(double.state.buckets["container"].objects) == []
    assert double.open_uploads() == []


def touched(double: S3Double) -> set[str]:
    """The names that requests changed or looked at, and the prefixes that were listed."""
    found = set()
    for seen in double.seen:
        parts = urlsplit(seen.target)
        name = unquote(parts.path).partition("/container/")[2] or unquote(parts.path).partition("/container")[2]
        if seen.operation.startswith("List"):
            name = parse_qs(parts.query).get("prefix", [""])[0]
        if seen.operation not in ("HeadBucket", "CreateBucket", "DeleteObjects"):
            found.add(name)
    return found


@pytest.mark.parametrize("prefix", ["", "some/place/", "beside"])
def test_nothing_is_touched_outside_of_the_own_prefix(prefix: str) -> None:
    with s3_double(Ways()) as double, s3_client(double) as client:
        profile = probe(client, prefix=prefix, another=lambda **options: s3_client(double, **options))
        assert profile.outcome("probe", "all that it made is removed") is Outcome.HOLDS
        names = touched(double) - {prefix}  # which is listed once, to see the size of its page
        own = min(names, key=len).partition("/obs-probe-" if prefix.endswith("/") else "obs-probe-")
        assert own[1]
        assert [name for name in names if not name.startswith(f"{prefix}obs-probe-")] == []
        assert len({name.removeprefix(prefix).partition("/")[0] for name in names}) == 1, "one random prefix"
        nothing_left(double)


@pytest.mark.parametrize("number", [1, 5, 12, 20, 26, 31, 40, 50])
@pytest.mark.parametrize("error", [EnoughError, KeyboardInterrupt])
def test_an_interrupt_between_two_findings_leaves_nothing(number: int, error: type[BaseException]) -> None:
    findings: list[Finding] = []

    def stop(finding: Finding) -> None:
        findings.append(finding)
        if len(findings) == number:
            raise error

    with s3_double(Ways()) as double, s3_client(double) as client:
        with pytest.raises(error):
            probe(client, on_finding=stop)
        assert len(findings) == number
        nothing_left(double)


@pytest.mark.parametrize("part_of_name", ["begin", "order/x.b", "2/object", "/size", "14/sss"])
def test_an_interrupt_in_a_trial_leaves_nothing(part_of_name: str) -> None:
    client = odd.Waiting(part_of_name)
    client.use_container("c", create=True)
    client.object_write("others", b"content")

    def interrupt() -> None:
        assert client.reached.wait(20.0)
        _thread.interrupt_main()
        client.go_on.wait(0.5)
        client.go_on.set()

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        probe(client)
    thread.join()
    assert held(client) == ["others"]


def test_an_interrupt_while_a_server_is_silent_leaves_nothing() -> None:
    over = threading.Event()
    with s3_double(Ways(complete_seconds=3.0)) as double, s3_client(double) as client:

        def interrupt() -> None:
            while not over.wait(0.01):
                if "CompleteMultipartUpload" in double.operations():
                    _thread.interrupt_main()
                    return

        thread = threading.Thread(target=interrupt)
        thread.start()
        try:
            with pytest.raises(KeyboardInterrupt):
                probe(client)
        finally:
            over.set()
            thread.join()
    nothing_left(double)


@pytest.mark.slow
@pytest.mark.parametrize("operation", ["PutObject", "HeadObject", "ListObjectsV2", "UploadPart"])
def test_a_server_that_begins_to_fail_leaves_findings_that_cannot_be_told(operation: str) -> None:
    ways = Ways(failures=(Failure(operation, 500, times=None, skip=5),))
    with s3_double(ways) as double, s3_client(double) as client:
        profile = probe(client)
        unknown = [finding for finding in profile.findings if finding.outcome is Outcome.CANNOT_BE_TOLD]
        assert [finding for finding in unknown if "internal error" in finding.detail or "(500)" in finding.detail]
        assert len(profile.findings) > 50
        assert profile.outcome("clock", "the store's clock is right within 60 s") is Outcome.HOLDS
        nothing_left(double)


def test_what_cannot_be_removed_is_told(caplog: pytest.LogCaptureFixture) -> None:
    client = odd.Stubborn("c")
    client.container_create("c")

    def harden(_: Finding) -> None:
        client.stubborn = True

    with caplog.at_level(logging.WARNING, "obs_client"):
        profile = probe(client, on_finding=harden)
    last = profile.findings[-1]
    assert (last.topic, last.outcome) == ("probe", Outcome.DOES_NOT_HOLD)
    left = held(client)
    assert isinstance(left, list)
    assert all(repr(name) in last.detail for name in left)
    assert len([message for message in caplog.messages if "remove it yourself" in message]) == len(left) > 1


def test_a_deletion_that_fails_for_a_while_is_tried_again() -> None:
    ways = Ways(failures=(Failure("DeleteObject", 503, times=4),))
    with s3_double(ways) as double, s3_client(double) as client:
        probe(client)
        nothing_left(double)


def test_a_container_that_is_absent_or_not_named_is_an_error() -> None:
    client = MemoryClient()
    with pytest.raises(ContainerNotSpecified):
        probe(client)
    with pytest.raises(ContainerNotFoundError):
        probe(client, "absent")
    assert client.container_list() == []


def test_a_store_that_refuses_the_login_is_an_error(caplog: pytest.LogCaptureFixture) -> None:
    with s3_double(Ways()) as double, s3_client(double) as client:
        keys = {"AWS_ACCESS_KEY_ID": "double", "AWS_SECRET_ACCESS_KEY": "wrong"}
        other = type(client)("container", endpoint_url=double.url, credentials=keys)
        with pytest.raises(AuthorizationError):
            probe(other, another=lambda **options: s3_client(double, credentials=keys, **options))
        nothing_left(double)
    assert [message for message in caplog.messages if "remove" in message] == []


def test_a_store_that_cannot_be_reached_is_an_error(caplog: pytest.LogCaptureFixture) -> None:
    seen: list[RequestRecord] = []
    with s3_double(Ways()) as double:
        client = s3_client(double, options=ClientOptions(first_pause=0.01, observe=seen.append))
    seen.clear()
    with pytest.raises(TemporaryError):
        probe(client)
    assert 0 < len(seen) <= 6
    assert [message for message in caplog.messages if "remove" in message] == []


def test_a_root_on_this_machine_is_as_it_was(tmp_path: Path) -> None:
    client = LocalClient(tmp_path, "c")
    client.container_create("c")
    client.object_write("a/b", b"content")
    probe(client)
    assert sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")) == ["c", "c/a", "c/a/b"]
