"""The lines that say where servers are not as S3: what they let pass, what they do not, and how the run tells them."""

import io
import re
import unittest
from collections.abc import Callable

import pytest

from obs_client import LocalClient, ObjectStorageClient, S3Client, SwiftClient
from obs_client.testing import Conformance, differences, run
from obs_client.testing.differences import Difference
from test.loopback.s3_double import Ways as S3Ways
from test.loopback.s3_double import s3_double
from test.loopback.s3_named import RGW_S3
from test.loopback.swift_double import Ways as SwiftWays
from test.loopback.swift_double import swift_double
from test.loopback.swift_named import RGW_SWIFT
from test.servers.shared import Servers


def outcome(test: Callable[[unittest.TestCase], None], *, always: bool = True) -> unittest.TestResult:
    """The result of a test in which a server is known to differ: it says `folders stay` then."""

    class Case(unittest.TestCase):
        test_it = test

    def end(line: str) -> None:
        raise unittest.SkipTest(line)

    lines = {"odd": {"test_it": Difference("folders are objects", "folders? stay", always)}}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(differences, "SERVERS", lines)
        differences.apply(Case, "odd", end)  # type: ignore[arg-type]
    result = unittest.TestResult()
    Case("test_it").run(result)
    return result


def test_a_test_that_fails_as_declared_ends_with_its_line() -> None:
    result = outcome(lambda self: self.fail("the folder stay"))
    assert [line for _, line in result.skipped] == ["odd differs in test_it: folders are objects"]
    assert result.wasSuccessful()


def test_a_test_that_fails_otherwise_fails() -> None:
    result = outcome(lambda self: self.fail("the client lost a byte"))
    assert "lost a byte" in result.failures[0][1]


def test_an_error_is_not_what_a_line_declares() -> None:
    def broken(_: unittest.TestCase) -> None:
        raise OSError("folders stay")

    assert len(outcome(broken).errors) == 1


def test_a_difference_that_does_not_show_is_told() -> None:
    result = outcome(lambda _: None)
    assert "take the line away: odd differs in test_it" in result.failures[0][1]
    assert outcome(lambda _: None, always=False).wasSuccessful()


def test_a_skipped_test_stays_skipped() -> None:
    result = outcome(lambda self: self.skipTest("no such capability"))
    assert [reason for _, reason in result.skipped] == ["no such capability"]


@pytest.mark.parametrize("prefix", ["", "some/prefix/obs-test-044ee410b5b6/"])
@pytest.mark.parametrize(
    ("name", "failure"),
    [
        ("test_names_read", "could not write '{}\\r\\n' in container 'box': PutObject failed: NOT FOUND (404)"),
        ("test_cleanup_keeps_young_uploads", "First extra element 0:\n'{}object (upload 8Mh_YA)'"),
        ("test_writers_of_one_object", "could not complete '{}object' in container 'box': failed (500)"),
    ],
)
def test_moto_differs_below_a_prefix_too(name: str, failure: str, prefix: str) -> None:
    sign = differences.SERVERS["moto"][name].sign
    assert re.search(sign, failure.format(prefix))
    assert not re.search(sign, failure.format(f"{prefix}other "))


@pytest.mark.parametrize("name", differences.SERVERS)
def test_each_line_is_of_a_test_and_says_how_it_fails(name: str) -> None:
    for test, difference in differences.SERVERS[name].items():
        assert callable(getattr(Conformance, test))
        assert difference.reason
        assert not re.search(difference.sign, "the client lost a byte")


@pytest.mark.parametrize("kind", ["seaweedfs", "swift", "moto"])
def test_servers_are_recognised_by_their_own_answer(
    kind: str, servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("no_proxy", "*")
    running = servers.speaking_s3(kind)
    client = S3Client(endpoint_url=running.endpoint_url, region=running.region, credentials=running.s3_credentials)
    assert differences.recognise(client) == (None if kind == "swift" else kind)


@pytest.mark.parametrize("ways", [RGW_S3, S3Ways()])
def test_ceph_is_recognised_by_the_ids_of_its_requests(ways: S3Ways) -> None:
    with s3_double(ways) as server:
        client = S3Client(endpoint_url=server.url, region=server.region, credentials=server.credentials)
        assert differences.recognise(client) == ("radosgw" if ways is RGW_S3 else None)


@pytest.mark.parametrize("ways", [RGW_SWIFT, SwiftWays()])
def test_its_swift_api_too(ways: SwiftWays) -> None:
    with swift_double(ways) as server, SwiftClient(credentials=server.credentials) as client:
        assert differences.recognise(client) == ("radosgw-swift" if ways is RGW_SWIFT else None)


def test_who_may_not_list_is_told_so_by_the_same_server(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")
    wrong = {"AWS_ACCESS_KEY_ID": "nobody", "AWS_SECRET_ACCESS_KEY": "wrong"}
    stranger = S3Client(endpoint_url=servers.seaweedfs().endpoint_url, credentials=wrong)
    assert differences.recognise(stranger) == "seaweedfs"


def test_other_stores_are_no_servers() -> None:
    found: ObjectStorageClient = LocalClient("anywhere")
    assert differences.recognise(found) is None


@pytest.fixture
def url(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of SeaweedFS, with the credentials in the environment; three tests of the suite are taken."""
    wanted = ("test_folder_is_absent", "test_list_long_delimiter", "test_ranges")

    def few(case: type[unittest.TestCase]) -> unittest.TestSuite:
        return unittest.TestSuite([case(name) for name in wanted])

    monkeypatch.setattr(unittest.defaultTestLoader, "loadTestsFromTestCase", few)
    monkeypatch.setenv("no_proxy", "*")
    for name, value in servers.seaweedfs().environment().items():
        monkeypatch.setenv(name, value)
    return "s3://"


def test_the_run_names_the_server_and_each_reason(url: str) -> None:
    output = io.StringIO()
    assert run.main([url], output) == 0
    assert output.getvalue().splitlines()[-3:] == [
        "seaweedfs differs in test_folder_is_absent: a folder that objects are in is an object",
        "seaweedfs differs in test_list_long_delimiter: names are paths: slashes doubled or leading, and content where "
        "one is last, would be lost, and are refused",
        "2 passed, 0 failed, 0 skipped, 4 where the server differs",
    ]


def test_a_server_that_is_named_goes_before_its_own_word(url: str) -> None:
    output = io.StringIO()
    assert run.main([url, "--server", "swift"], output) == 1
    assert output.getvalue().endswith("2 passed, 4 failed, 0 skipped\n")


def test_a_server_that_nobody_knows_is_one_line(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run.main([url, "--server", "nonesuch"]) == 2
    said = capsys.readouterr()
    assert said.err.count("\n") == 1
    assert "seaweedfs, swift, moto" in said.err
