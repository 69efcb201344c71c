"""What Swift's answers say is compared with what was sent and read: each is spoiled here, and must not be believed."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from obs_client import (
    ClientOptions,
    IntegrityError,
    PartialFailureError,
    PreconditionError,
    ServiceError,
    SwiftClient,
    TemporaryError,
)
from obs_client.backends.swift.segments import digest_of, tag_of_segments
from test.loopback.serving import Request, Response
from test.loopback.swift_double import SwiftDouble, swift_double
from test.loopback.swift_named import REGIONS, RGW_SWIFT

PART = 1000
OPTIONS = ClientOptions(part_size=PART, workers=2, attempts=3, first_pause=0.001, longest_pause=0.002)
LARGE = bytes(range(250)) * 14
"""Three parts and a half."""

Spoil = Callable[[Request, Response], Response]


class Spoiled:
    """A double whose responses pass through what a test says."""

    def __init__(self, double: SwiftDouble) -> None:
        self.double = double
        self.spoil: Spoil = lambda request, response: response
        self.asked: list[Request] = []
        respond = double.respond

        def spoiled(request: Request) -> Response:
            self.asked.append(request)
            return self.spoil(request, respond(request))

        double.respond = spoiled  # type: ignore[method-assign]

    def client(self, **options: Any) -> SwiftClient:
        return SwiftClient(container_name="box", credentials=self.double.credentials, options=OPTIONS, **options)

    def names(self, container: str) -> list[str]:
        """What is stored in a container."""
        return sorted(self.double.container(container).objects)


@pytest.fixture
def swift(request: pytest.FixtureRequest) -> Iterator[Spoiled]:
    with swift_double(getattr(request, "param", None)) as double:
        double.container("box")
        yield Spoiled(double)


def is_segment(request: Request) -> bool:
    return request.method == "PUT" and "/box_segments/" in request.raw_path


def is_manifest(request: Request) -> bool:
    return request.method == "PUT" and request.query.get("multipart-manifest") == "put"


def retagged(which: Callable[[Request], bool]) -> Spoil:
    """Tells the tag of other bytes in the answers to some writes."""

    def spoil(request: Request, response: Response) -> Response:
        if which(request) and response.status == 201:
            response.headers = {**response.headers, "Etag": "0" * 32}
        return response

    return spoil


def test_a_write_that_arrived_as_other_bytes_is_no_success(swift: Spoiled) -> None:
    swift.spoil = retagged(lambda request: request.raw_path.endswith("/box/name"))
    with swift.client() as client, pytest.raises(IntegrityError, match="the store has other bytes"):
        client.object_write("name", b"content")


@pytest.mark.parametrize("how", ["bytes", "stream"])
def test_a_segment_that_arrived_as_other_bytes_is_refused_and_none_is_left(
    how: str, swift: Spoiled, tmp_path: Any
) -> None:
    (tmp_path / "file").write_bytes(LARGE)
    swift.spoil = retagged(is_segment)
    with swift.client() as client, pytest.raises(IntegrityError, match=r"part \d arrived with other bytes"):
        client.object_write("name", LARGE) if how == "bytes" else client.upload_file(tmp_path / "file", "name")
    assert swift.names("box") == swift.names("box_segments") == []


@pytest.mark.parametrize("swift", [RGW_SWIFT], indirect=True)
def test_a_manifest_of_other_segments_is_no_success(swift: Spoiled) -> None:
    """Where the store takes no tag with a manifest, the one that it answers is compared."""
    with swift.client() as client:
        assert client.object_write("name", LARGE)
        assert client.object_read("name") == LARGE
        swift.spoil = retagged(is_manifest)
        with pytest.raises(IntegrityError, match="the store has other segments"):
            client.object_write("other", LARGE)


@pytest.mark.parametrize("content", [b"mine", LARGE], ids=["small", "large"])
def test_who_wrote_at_the_same_time_and_last_has_won(content: bytes, swift: Spoiled) -> None:
    """Swift refuses none of two `if_absent` writes that began before one had ended."""
    others: list[int] = []

    def spoil(request: Request, response: Response) -> Response:
        if request.method == "PUT" and request.raw_path.endswith("/box/name") and response.status == 201:
            others.append(1)
            swift.double.store("box", "name", b"another's", {"x-object-meta-obs-write-id": "another"})
        return response

    swift.spoil = spoil
    with swift.client() as client:
        assert client.object_write("name", content, if_absent=True) is False
        assert others
        assert client.object_read("name") == b"another's"


def test_an_answer_that_is_lost_after_the_manifest_was_put_leaves_the_object_whole(swift: Spoiled) -> None:
    """Each time: then nobody can know, but what is published is not removed."""

    def spoil(request: Request, response: Response) -> Response:
        return dataclasses.replace(response, lost=True) if is_manifest(request) else response

    swift.spoil = spoil
    with swift.client() as client:
        try:
            assert client.object_write("name", LARGE)
        except TemporaryError as error:
            assert "the object was published" in str(error.__notes__)  # noqa: PT017 - either is right
        swift.spoil = lambda request, response: response
        assert client.object_read("name") == LARGE


def flipped(request: Request, response: Response) -> Response:
    """One byte of what is read is another."""
    if request.method != "GET" or "/box/" not in request.raw_path or "multipart-manifest" in request.query:
        return response
    content = bytearray(response.body)
    content[len(content) // 2] ^= 1
    return dataclasses.replace(response, body=bytes(content))


@pytest.mark.parametrize("content", [b"content", LARGE], ids=["small", "large"])
def test_content_that_comes_as_other_bytes_is_an_error(content: bytes, swift: Spoiled) -> None:
    with swift.client() as client:
        client.object_write("name", content)
        assert client.object_read("name") == content
        with client.object_open("name") as file:
            assert file.read() == content
            assert file.verified
        swift.spoil = flipped
        with pytest.raises(IntegrityError):
            client.object_read("name")


def test_a_manifest_that_does_not_make_the_size_is_none(swift: Spoiled) -> None:
    def spoil(request: Request, response: Response) -> Response:
        if request.query.get("multipart-manifest") != "get":
            return response
        rows = json.loads(response.body)
        rows[-1]["bytes"] -= 1
        return dataclasses.replace(response, body=json.dumps(rows).encode())

    with swift.client() as client:
        client.object_write("name", LARGE)
        swift.spoil = spoil
        with pytest.raises(ServiceError, match="where the manifest has"):
            client.object_read("name")


@pytest.mark.parametrize("content", [b"content", LARGE], ids=["small", "large"])
@pytest.mark.parametrize("stop", [None, 5, 0])
def test_only_the_version_that_was_asked_for_is_read(content: bytes, stop: int | None, swift: Spoiled) -> None:
    with swift.client() as client:
        client.object_write("name", content)
        info = client.object_info("name")
        assert info
        assert client.object_read("name", stop=stop, if_hash=info.hash) == content[:stop]
        with pytest.raises(PreconditionError):
            client.object_read("name", stop=stop, if_hash="0" * 32)


@pytest.mark.parametrize("content", [b"content", LARGE], ids=["small", "large"])
@pytest.mark.parametrize("past", [0, 5])
def test_a_range_past_the_end_is_of_the_version_that_was_asked_for(content: bytes, past: int, swift: Spoiled) -> None:
    """No bytes come with it, but they are the bytes of one version, too."""
    with swift.client() as client:
        client.object_write("name", content)
        info = client.object_info("name")
        assert info
        start = len(content) + past
        for stop in (None, start, start + 1):
            assert client.object_read("name", start=start, stop=stop, if_hash=info.hash) == b""
            with pytest.raises(PreconditionError):
                client.object_read("name", start=start, stop=stop, if_hash="0" * 32)
            with pytest.raises(PreconditionError):
                client._object_open("box", "name", start, stop, "0" * 32)


@pytest.mark.parametrize("content", [b"content", LARGE], ids=["small", "large"])
def test_a_range_has_no_digest_and_the_whole_by_a_range_has_one(content: bytes, swift: Spoiled) -> None:
    size = len(content)
    with swift.client() as client:
        client.object_write("name", content)
        for start, stop, proved in ((0, size, True), (0, size + 9, True), (0, size - 1, False), (1, size, False)):
            with client._object_open("box", "name", start, stop, None) as reader:
                assert (reader.digest is not None) is proved


@pytest.mark.parametrize("login", ["v1", "keystone"])
def test_a_token_is_renewed_once_whoever_still_has_the_old_one(login: str) -> None:
    """Of two requests with one token, the second is refused after the first had renewed it: it takes what there is."""
    with swift_double(REGIONS) as double:
        double.container("box")
        keys, region = (double.credentials, None) if login == "v1" else (double.keystone_credentials, "RegionOne")
        with SwiftClient(container_name="box", credentials=keys, region=region, options=OPTIONS) as client:
            session = client._http.session
            old = session.access()
            fresh = session.renewed(old)
            assert fresh is not old
            logins = sum(operation.endswith(" login") for operation in double.operations())
            assert session.renewed(old) is session.renewed(old) is session.access() is fresh
            assert sum(operation.endswith(" login") for operation in double.operations()) == logins
            assert client.object_info("name") is None


@pytest.mark.parametrize(
    "wrong", ["bytes 4-98/3500", "bytes 5-98/3500", "bytes 5-100/3500", "bytes 5-99/50", "bytes 5-99", ""]
)
def test_a_range_is_the_one_that_was_asked_for(wrong: str, swift: Spoiled) -> None:
    with swift.client() as client:
        swift.double.store("box", "name", LARGE)
        assert client.object_read("name", start=5, stop=100) == LARGE[5:100]

        def spoil(request: Request, response: Response) -> Response:
            if response.status == 206:
                response.headers["Content-Range"] = wrong
            return response

        swift.spoil = spoil
        with pytest.raises(ServiceError):
            client.object_read("name", start=5, stop=100)


class TestDeleting:
    """Many names by one request."""

    def test_segments_of_what_could_not_be_deleted_stay(self, swift: Spoiled) -> None:
        def spoil(request: Request, response: Response) -> Response:
            if "bulk-delete" not in request.query or b"/box/kept" not in request.body:
                return response
            errors = [["/box/kept", "403 Forbidden"]]
            body = {"Number Deleted": 1, "Number Not Found": 0, "Errors": errors, "Response Status": "400 Bad Request"}
            return dataclasses.replace(response, body=json.dumps(body).encode())

        with swift.client() as client:
            for name in ("gone", "kept"):
                client.object_write(name, LARGE)
            kept = swift.double.container("box").objects["kept"]
            swift.spoil = spoil
            with pytest.raises(PartialFailureError) as caught:
                client.object_delete_many(["gone", "kept"])
            assert set(caught.value.failures) == {"kept"}
            swift.double.container("box").objects["kept"] = kept
            swift.spoil = lambda request, response: response
            assert client.object_read("kept") == LARGE
            assert len(swift.names("box_segments")) == 4

    def test_names_of_which_nothing_is_told_are_asked_for_again(self, swift: Spoiled) -> None:
        """Swift ends early after many failures; what it did not come to is not taken for done."""
        names = [f"{number}" for number in range(6)]
        ended: list[int] = []

        def early(request: Request, response: Response) -> Response:
            if "bulk-delete" not in request.query or ended:
                return response
            ended.append(1)
            for name in names[2:]:
                swift.double.store("box", name, b"back")
            body = {
                "Number Deleted": 1, "Number Not Found": 0, "Errors": [["/box/0", "403 Forbidden"]],
                "Response Status": "400 Bad Request", "Response Body": "Max delete failures exceeded",
            }  # fmt: skip
            return dataclasses.replace(response, body=json.dumps(body).encode())

        with swift.client() as client:
            for name in names:
                client.object_write(name, b"content")
            swift.spoil = early
            with pytest.raises(PartialFailureError) as caught:
                client.object_delete_many(names)
            assert set(caught.value.failures) == {"0"}
            assert ended
            assert swift.names("box") == []

    def test_an_answer_that_accounts_for_too_few_is_no_success(self, swift: Spoiled) -> None:
        def spoil(request: Request, response: Response) -> Response:
            if "bulk-delete" not in request.query:
                return response
            body = {"Number Deleted": 1, "Number Not Found": 0, "Errors": [], "Response Status": "200 OK"}
            return dataclasses.replace(response, body=json.dumps(body).encode())

        with swift.client() as client:
            for name in "abc":
                client.object_write(name, b"content")
            swift.spoil = spoil
            with pytest.raises((ServiceError, PartialFailureError), match="reports only 1"):
                client.object_delete_many(list("abc"))

    @pytest.mark.parametrize("how", ["one", "many", "replaced"])
    def test_segments_go_with_their_object_unless_versions_are_kept(self, how: str, swift: Spoiled) -> None:
        for kept in (False, True):
            if kept:
                swift.double.container("old")
                swift.double.container("box", {"x-versions-location": "old"})
            with swift.client() as client:
                client.object_write("name", LARGE)
                assert len(swift.names("box_segments")) == 4
                if how == "replaced":
                    client.object_write("name", b"small")
                elif how == "one":
                    client.object_delete("name")
                else:
                    client.object_delete_many(["name"])
            assert len(swift.names("box_segments")) == (4 if kept else 0)


@pytest.mark.parametrize("data", ["not base64!", "YQ", 7, None, ["YQ=="]])
def test_an_inline_segment_that_cannot_be_read_is_no_digest_and_no_error(data: object) -> None:
    """A manifest may hold content itself, as base64; what is none proves nothing."""
    assert digest_of([{"data": data}], "0" * 32) is None
    assert digest_of([{"data": "YWJj"}], tag_of_segments([hashlib.md5(b"abc").hexdigest()])) is not None
