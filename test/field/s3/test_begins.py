"""Section A, the second kind: a begin that may have begun is found and ended, never just repeated."""

from __future__ import annotations

import dataclasses
import time

import pytest

from obs_client import ServiceError
from obs_client.backends.s3 import copying
from test.field.s3.steps import LARGE, MIB, made
from test.loopback.s3_double import Failure, S3Double, Ways, s3_double
from test.loopback.s3_named import RGW_S3

BEGIN = "CreateMultipartUpload"
LOST = Failure(BEGIN, 0, done=True)
BUSY_AFTERWARDS = Failure(BEGIN, 500, done=True)
CUT_OFF = Failure(BEGIN, 502, "", "", done=True)


@pytest.mark.parametrize("failure", [LOST, BUSY_AFTERWARDS, CUT_OFF], ids=["lost", "500", "502"])
@pytest.mark.parametrize("name", ["large", "test\x07.txt", "a b+c%/\u00fc"])
def test_what_was_begun_though_no_answer_said_so_is_ended(failure: Failure, name: str) -> None:
    with s3_double(Ways(failures=(failure,))) as double:
        client = made(double)
        assert client.object_write(name, LARGE)
        assert client.object_read(name) == LARGE
        assert double.open_uploads() == []


@pytest.mark.parametrize("ways", [Ways(), RGW_S3], ids=["s3", "rgw"])
def test_an_outage_of_answers_leaves_nothing(ways: Ways) -> None:
    with s3_double(dataclasses.replace(ways, failures=(dataclasses.replace(LOST, times=None),))) as double:
        client = made(double)
        with pytest.raises(ServiceError):
            client.object_write("test\x07.txt", LARGE)
        assert double.operations().count(BEGIN) == client.options.attempts
        assert double.open_uploads() == []


def test_an_answer_without_an_id_is_not_asked_for_again() -> None:
    with s3_double(Ways(omit_elements=frozenset({"InitiateMultipartUploadResult/UploadId"}))) as double:
        client = made(double)
        with pytest.raises(ServiceError):
            client.object_write("large", LARGE)
        assert double.operations().count(BEGIN) == 1
        assert double.open_uploads() == []


@pytest.mark.parametrize("ways", [Ways(begin_root="InitiateMultipartUpload"), Ways(request_id=None)])
def test_small_differences_of_other_servers_are_no_errors(ways: Ways) -> None:
    """`rclone serve s3` answers a begin with another root; s3rver tells no request's id at all."""
    with s3_double(ways) as double:
        client = made(double)
        assert client.object_write("large", LARGE)
        assert client.object_read("large") == LARGE
        assert double.open_uploads() == []


def test_a_copy_by_parts_begins_so_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copying, "COPY_MAXIMUM", MIB)
    with s3_double(Ways(failures=(dataclasses.replace(LOST, skip=1),))) as double:
        client = made(double, checksums=False)
        client.object_write("a", LARGE)
        assert client.object_copy("a", "b")
        assert client.object_read("b") == LARGE
        assert double.open_uploads() == []


def open_elsewhere(double: S3Double, name: str, age: float) -> str:
    """An upload that another program has open, begun so many seconds ago; gives its id."""
    with double.state.lock:
        upload = double.state.begin("box", name, {}, "", "")
        upload.begun = time.time() - age
    return upload.id


class TestOthers:
    def test_uploads_that_others_began_are_left(self) -> None:
        """Those of other names, of longer ago, and what this process has open itself."""
        with s3_double(Ways(failures=(dataclasses.replace(LOST, skip=2),))) as double:
            client = made(double, checksums=False)
            for name, age in (("large.old", 0.0), ("large", 3600.0), ("larg", 0.0)):
                open_elsewhere(double, name, age)
            with client.object_open("large", "wb") as mine:
                mine.write(LARGE)
                mine.write(LARGE)
                assert client.object_write("large", LARGE)
            assert client.object_write("large", LARGE)
            assert client.object_read("large") == LARGE
            assert double.open_uploads() == ["larg", "large", "large.old"]

    def test_where_it_cannot_be_told_which_is_ours_all_are_left_and_that_is_said(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        with s3_double(Ways(failures=(LOST,))) as double:
            client = made(double)
            open_elsewhere(double, "large", 0.0)
            assert client.object_write("large", LARGE)
            assert double.open_uploads() == ["large", "large"]
        assert any("cleanup() removes it later" in each.message for each in caplog.records)

    def test_a_server_whose_clock_is_ahead(self) -> None:
        with s3_double(Ways(failures=(LOST,), clock_ahead=120.0)) as double:
            client = made(double)
            begin = double.state.begin

            def ahead(*given: object) -> object:
                upload = begin(*given)  # type: ignore[arg-type]
                upload.begun += 120.0
                return upload

            double.state.begin = ahead  # type: ignore[method-assign, assignment]
            assert client.object_write("large", LARGE)
            assert double.open_uploads() == []


@pytest.mark.slow
def test_a_begin_that_takes_longer_than_the_timeout_is_ended_before_the_next() -> None:
    slow = s3_double(Ways())
    with slow as double:
        client = made(double, timeout=0.5)
        begin = double.state.begin
        slept: list[int] = []

        def late(*given: object) -> object:
            if not slept:
                slept.append(1)
                upload = begin(*given)  # type: ignore[arg-type]
                time.sleep(0.8)
                return upload
            return begin(*given)  # type: ignore[arg-type]

        double.state.begin = late  # type: ignore[method-assign, assignment]
        assert client.object_write("large", LARGE)
        assert client.object_read("large") == LARGE
        assert double.open_uploads() == []
