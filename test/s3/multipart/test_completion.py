"""Whether an upload was published, where the completion's response does not say so; not whether it is still there."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from obs_client import ServiceError, TemporaryError
from obs_client.backends.s3.client import S3Client
from test.field.running import radosgw
from test.field.s3.steps import LARGE, MIB, PARTS, made
from test.loopback.s3.refusals import no_such_key
from test.loopback.s3_double import Failure, S3Double, Ways, s3_double
from test.loopback.s3_named import RGW_S3
from test.loopback.serving import Request, Response
from test.servers import missing_programs

COMPLETE = "CompleteMultipartUpload"
EMPTY = b"<CompleteMultipartUploadResult><ETag></ETag></CompleteMultipartUploadResult>"
WRITERS = 4


@contextmanager
def then(ways: Ways, act: Callable[[S3Double], object], *, complete: bool = True) -> Iterator[S3Double]:
    """A server at which something happens after the first completion, before anybody gets its response.

    Args:
        complete: Whether the completion is done; else the response only says so.
    """
    with s3_double(ways) as double:
        respond = double.respond
        happened: list[bool] = []

        def watched(request: Request) -> Response:
            if happened or request.method != "POST" or "uploadId" not in request.query:
                return respond(request)
            happened.append(True)
            answer = respond(request) if complete else Response(200, {"x-amz-request-id": "1"}, EMPTY)
            act(double)
            return answer

        double.respond = watched  # type: ignore[method-assign]
        yield double


def replace(double: S3Double) -> None:
    """What another writer does."""
    double.store("box", "a", b"another's")


def delete(double: S3Double) -> None:
    with double.state.lock:
        del double.state.bucket("box").objects["a"]


@pytest.mark.parametrize("act", [replace, delete])
def test_what_was_published_and_is_another_by_now_is_a_success(act: Callable[[S3Double], object]) -> None:
    with then(RGW_S3, act) as double:
        assert made(double).object_write("a", LARGE)
        assert double.operations().count(COMPLETE) == 1
        assert double.open_uploads() == []


def test_so_it_is_after_an_answer_that_was_lost() -> None:
    """Asked for again, Ceph's gateway says only that the completion is in progress, for ever."""
    ways = dataclasses.replace(RGW_S3, failures=(Failure(COMPLETE, 0, done=True),))
    with then(ways, replace) as double:
        client = made(double)
        assert client.object_write("a", LARGE)
        assert client.object_read("a") == b"another's"


def test_an_empty_answer_is_not_believed_while_the_upload_is_open() -> None:
    """What is there may be another writer's; so the completion is asked for again, and done then."""
    with then(RGW_S3, replace, complete=False) as double:
        client = made(double)
        assert client.object_write("a", LARGE)
        assert client.object_read("a") == LARGE
        assert double.operations().count(COMPLETE) == 1, "that which was done: the first was answered before"


def test_a_server_that_lists_no_parts_says_nothing_by_it() -> None:
    """It answers as if the object were asked for, which is not there."""
    with s3_double(RGW_S3) as double:
        respond = double.respond

        def short(request: Request) -> Response:
            if request.method == "POST" and "uploadId" in request.query:
                return Response(200, {"x-amz-request-id": "1"}, EMPTY)
            if request.method == "GET" and "uploadId" in request.query:
                refusal = no_such_key("a")
                return Response(refusal.status, {"x-amz-request-id": "1"}, b"<Error><Code>NoSuchKey</Code></Error>")
            return respond(request)

        double.respond = short  # type: ignore[method-assign]
        with pytest.raises(TemporaryError, match="no ETag"):
            made(double).object_write("a", LARGE)


def test_an_upload_that_cannot_be_looked_at_is_not_taken_for_published() -> None:
    failures = (Failure(COMPLETE, 500, done=False, times=None), Failure("ListParts", 403, "AccessDenied", times=None))
    with s3_double(dataclasses.replace(RGW_S3, failures=failures)) as double:
        client = made(double)
        with pytest.raises(ServiceError):
            client.object_write("a", LARGE)
        assert client.object_info("a") is None
        assert double.open_uploads() == []


def race(client: Callable[[], S3Client]) -> list[bytes]:
    """What each of several writers of one name published; all that fail, fail the test."""
    done: list[bytes] = []
    errors: list[Exception] = []
    start = threading.Barrier(WRITERS)

    def write(number: int) -> None:
        content = bytes([number]) * (6 * MIB)
        with client() as writer:
            start.wait()
            try:
                assert writer.object_write("a", content)
                done.append(content)
            except Exception as error:  # noqa: BLE001 - it is what the test asks for
                errors.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    return done


@pytest.mark.slow
def test_all_of_several_writers_are_told_that_they_published() -> None:
    with s3_double(RGW_S3) as double:
        owner = made(double)

        def client() -> S3Client:
            return S3Client("box", endpoint_url=double.url, credentials=double.credentials, options=PARTS)

        for _ in range(3):
            done = race(client)
            assert len(done) == WRITERS
            assert owner.object_read("a") in done
        assert double.open_uploads() == []


@pytest.mark.server
@pytest.mark.full
@pytest.mark.skipif(bool(missing_programs()), reason="Ceph's gateway cannot be started here")
def test_so_it_is_at_a_real_gateway() -> None:
    server = radosgw()

    def client() -> S3Client:
        keys = server.s3_credentials
        return S3Client("race", region=server.region, endpoint_url=server.endpoint_url, credentials=keys, options=PARTS)

    with client() as owner:
        owner.container_create("race")
        for _ in range(3):
            done = race(client)
            assert len(done) == WRITERS
            assert owner.object_read("a") in done
