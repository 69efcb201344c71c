"""What Google's server would never say: each answer that must be compared is spoiled, and must not be believed."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator
from socket import create_server

import pytest

from obs_client import ClientOptions, GCSClient, IntegrityError, ServiceError, TemporaryError
from obs_client.backend.body import BytesBody
from obs_client.backend.multipart import Part
from obs_client.backend.values import NewObject
from obs_client.backends.gcs.reading import base64_of
from obs_client.backends.gcs.requests import Request as Asked
from obs_client.models import Attributes
from test.loopback.raw import RawServer
from test.loopback.serving import Request, Response, script_of
from test.servers.inside.google.access import PROJECT, Account
from test.servers.inside.google.server import Google

OPTIONS = ClientOptions(part_size=5 * 1024 * 1024, attempts=3, first_pause=0.001, longest_pause=0.002)
LARGE = bytes(range(256)) * 4 * 1024 * 6
"""Six MiB: two parts."""
WRONG = base64_of(b"\x01\x02\x03\x04")

Spoil = Callable[[Request, Response], Response]


class Spoiling(Google):
    """Its responses pass through what a test says; and each request is noted."""

    def __init__(self, accounts: dict[str, Account]) -> None:
        super().__init__(accounts, 3600.0)
        self.spoil: Spoil = lambda request, response: response
        self.asked: list[Request] = []

    def respond(self, request: Request) -> Response:
        self.asked.append(request)
        return self.spoil(request, super().respond(request))


@pytest.fixture(scope="module")
def account() -> Account:
    return Account("member")


@pytest.fixture
def google(account: Account) -> Iterator[Spoiling]:
    handler = Spoiling({"member": account})
    server = RawServer(create_server(("127.0.0.1", 0)), script_of(handler))
    server.start()
    account.key_file(server.url)
    handler.url = server.url  # type: ignore[attr-defined]
    yield handler
    server.stop()


@pytest.fixture
def client(google: Spoiling, account: Account) -> Iterator[GCSClient]:
    url: str = google.url  # type: ignore[attr-defined]
    keys = {"GOOGLE_SERVICE_ACCOUNT_KEY": json.dumps(account.key_file(url)), "GOOGLE_CLOUD_PROJECT": PROJECT}
    with GCSClient("box-1", endpoint_url=url, credentials=keys, options=OPTIONS) as made:
        made.container_create("box-1")
        yield made


def told(**changes: object) -> Spoil:
    """Spoils what is told of each object in JSON."""

    def spoil(request: Request, response: Response) -> Response:
        if response.body[:1] != b"{" or b'"crc32c"' not in response.body:
            return response
        return dataclasses.replace(response, body=json.dumps({**json.loads(response.body), **changes}).encode())

    return spoil


@pytest.mark.parametrize("changes", [{"crc32c": WRONG}, {"size": "6"}, {"size": "8", "crc32c": WRONG}], ids=str)
@pytest.mark.parametrize("how", ["small", "parts", "condition"])
def test_what_is_said_to_be_stored_is_compared_with_what_was_sent(
    changes: dict[str, str], how: str, google: Spoiling, client: GCSClient
) -> None:
    google.spoil = told(**changes)
    with pytest.raises(IntegrityError, match="Google reports that it stored other bytes"):
        if how == "small":
            client.object_write("name", b"content")
        else:
            client.object_write("name", LARGE, if_absent=how == "condition")


def test_a_write_of_which_nothing_is_told_is_no_success(google: Spoiling, client: GCSClient) -> None:
    def spoil(request: Request, response: Response) -> Response:
        if "/upload/" not in request.target:
            return response
        kept = {key: value for key, value in json.loads(response.body).items() if key != "crc32c"}
        return dataclasses.replace(response, body=json.dumps(kept).encode())

    google.spoil = spoil
    with pytest.raises(ServiceError, match="does not say what was stored"):
        client.object_write("name", b"content")


def test_a_part_that_arrived_as_other_bytes_is_refused_and_nothing_is_published(
    google: Spoiling, client: GCSClient
) -> None:
    def spoil(request: Request, response: Response) -> Response:
        if request.method == "PUT" and request.query.get("partNumber") == "2":
            response.headers["x-goog-hash"] = f"crc32c={WRONG}"
        return response

    google.spoil = spoil
    with pytest.raises(IntegrityError, match="other bytes of part 2"):
        client.object_write("name", LARGE)
    google.spoil = lambda request, response: response
    assert client.object_info("name") is None
    assert client.cleanup(older_than=0).removed == (), "it was aborted"


def test_a_completion_is_asked_for_again_and_success_only_if_the_object_is_there(
    google: Spoiling, client: GCSClient
) -> None:
    """The upload is gone; the object is that of before."""
    client.object_write("name", b"old")
    for stored in google.state.buckets["box-1"].objects.values():
        stored.updated = stored.created = stored.created - 3600.0
    completions: list[int] = []

    def spoil(request: Request, response: Response) -> Response:
        if request.method != "POST" or "uploadId" not in request.query:
            return response
        completions.append(1)
        if len(completions) == 1:
            return Response(503)
        return Response(404, body=b"<Error><Code>NoSuchUpload</Code><Message>gone</Message></Error>")

    complete = google._xml._complete
    google._xml._complete = lambda request, upload: Response(503)  # type: ignore[method-assign]
    google.spoil = spoil
    with pytest.raises(ServiceError, match="gone"):
        client.object_write("name", LARGE)
    assert len(completions) == 2
    google._xml._complete = complete  # type: ignore[method-assign]
    google.spoil = lambda request, response: response
    assert client.object_read("name") == b"old"


def test_a_completion_whose_answer_was_lost_was_done(google: Spoiling, client: GCSClient) -> None:
    lost: list[int] = []

    def spoil(request: Request, response: Response) -> Response:
        if request.method == "POST" and "uploadId" in request.query and not lost:
            lost.append(1)
            return dataclasses.replace(response, lost=True)
        return response

    google.spoil = spoil
    assert client.object_write("name", LARGE)
    assert lost
    assert client.object_read("name") == LARGE


class TestResumable:
    """Large writes under a condition."""

    def test_what_is_not_taken_is_sent_again(self, google: Spoiling, client: GCSClient) -> None:
        """Google may keep less than was sent (by units); the rest goes again, and no byte twice or never."""
        pieces: list[str] = []

        def spoil(request: Request, response: Response) -> Response:
            if response.status == 308 and len(pieces) < 2:
                pieces.append(request.header("content-range"))
                upload = google.state.resumable[request.query["upload_id"]]
                del upload.content[len(upload.content) - 256 * 1024 :]
                response.headers["Range"] = f"bytes=0-{len(upload.content) - 1}"
            return response

        google.spoil = spoil
        assert client.object_write("name", LARGE, if_absent=True)
        assert client.object_read("name") == LARGE
        assert pieces

    def test_a_part_that_was_done_and_is_given_again_is_not_sent_again(self, client: GCSClient) -> None:
        new = NewObject("box-1", "name", Attributes("text/plain", {}), len(LARGE), if_absent=True)
        upload = client._object_multipart(new)
        half = len(LARGE) // 2
        for number, start in ((1, 0), (1, 0), (2, half), (2, half), (1, 0)):
            upload.put_part(Part(number, start, half), BytesBody(LARGE[start : start + half]))
        upload.complete()
        assert client.object_read("name") == LARGE

    def test_a_store_that_takes_nothing_more_is_given_up_on(self, google: Spoiling, client: GCSClient) -> None:
        def spoil(request: Request, response: Response) -> Response:
            if response.status == 308:
                response.headers.pop("Range", None)
            return response

        google.spoil = spoil
        with pytest.raises(TemporaryError, match="takes no more"):
            client.object_write("name", LARGE, if_absent=True)
        assert client.object_info("name") is None

    @pytest.mark.parametrize("status", [404, 410])
    def test_a_session_that_has_ended_is_not_asked_again(
        self, status: int, google: Spoiling, client: GCSClient
    ) -> None:
        def spoil(request: Request, response: Response) -> Response:
            if request.method == "PUT" and response.status == 308:
                told = {"error": {"code": status, "message": "Gone", "errors": [{"reason": "gone"}]}}
                return dataclasses.replace(response, status=status, body=json.dumps(told).encode())
            return response

        google.spoil = spoil
        with pytest.raises(ServiceError, match="send the object again") as caught:
            client.object_write("name", LARGE, if_absent=True)
        assert type(caught.value) is ServiceError
        assert len([each for each in google.asked if each.method == "PUT"]) == 1
        assert client.object_info("name") is None

    def test_a_piece_whose_answer_was_lost_is_not_sent_twice(self, google: Spoiling, client: GCSClient) -> None:
        lost: list[int] = []

        def spoil(request: Request, response: Response) -> Response:
            if response.status == 308 and request.body and not lost:
                lost.append(len(request.body))
                return dataclasses.replace(response, lost=True)
            return response

        google.spoil = spoil
        assert client.object_write("name", LARGE, if_absent=True)
        assert client.object_read("name") == LARGE
        sent = sum(len(each.body) for each in google.asked if each.method == "PUT")
        assert lost
        assert sent == len(LARGE)


def flipped(request: Request, response: Response) -> Response:
    """One byte of each content is another."""
    if request.method == "GET" and "x-goog-generation" in {name.lower() for name in response.headers}:
        content = bytearray(response.body)
        content[len(content) // 2] ^= 1
        return dataclasses.replace(response, body=bytes(content))
    return response


@pytest.mark.parametrize("size", [1, 1000, 6 * 1024 * 1024])
def test_content_that_comes_as_other_bytes_is_an_error(size: int, google: Spoiling, client: GCSClient) -> None:
    client.object_write("name", LARGE[:size])
    google.spoil = flipped
    with pytest.raises(IntegrityError):
        client.object_read("name")
    assert len(client.object_read("name", start=0, stop=size - 1)) == size - 1, "of a range nothing is known"


def headers(**changes: str | None) -> Spoil:
    """Spoils the headers of what is read."""

    def spoil(request: Request, response: Response) -> Response:
        if request.method == "GET" and "x-goog-generation" in {name.lower() for name in response.headers}:
            wanted = {name.replace("_", "-").lower(): value for name, value in changes.items()}
            kept = {name: value for name, value in response.headers.items() if name.lower() not in wanted}
            response.headers = {**kept, **{name: value for name, value in wanted.items() if value is not None}}
        return response

    return spoil


@pytest.mark.parametrize(
    "changes",
    [
        {"x_goog_stored_content_length": "8"},
        {"x_goog_generation": "none"},
        {"x_goog_generation": None},
        {"x_goog_hash": f"crc32c={WRONG}"},
    ],
    ids=str,
)
def test_an_answer_of_other_content_than_it_says_is_none(
    changes: dict[str, str | None], google: Spoiling, client: GCSClient
) -> None:
    client.object_write("name", b"content")
    google.spoil = headers(**changes)
    with pytest.raises(ServiceError if "x_goog_hash" not in changes else IntegrityError):
        client.object_read("name")


def test_an_answer_without_a_size_was_unpacked_on_its_way(google: Spoiling, client: GCSClient) -> None:
    client.object_write("name", b"content")

    def spoil(request: Request, response: Response) -> Response:
        return dataclasses.replace(response, chunked=request.method == "GET" and response.body == b"content")

    google.spoil = spoil
    with pytest.raises(ServiceError, match="something between decompressed it"):
        client.object_read("name")


def test_what_headers_lack_is_asked_for_and_must_be_of_the_same_bytes(google: Spoiling, client: GCSClient) -> None:
    client.object_write("name", b"content", {"key": "ü"})
    google.spoil = headers(x_goog_hash=None)
    assert client.object_read("name") == b"content"

    def spoil(request: Request, response: Response) -> Response:
        return told(size="8")(request, headers(x_goog_hash=None)(request, response))

    google.spoil = spoil
    with pytest.raises(ServiceError, match="not of the bytes as they are stored"):
        client.object_read("name")


def test_cleanup_looks_at_all_pages(google: Spoiling, client: GCSClient) -> None:
    for number in range(5):
        asked_for = Asked("Initiate a multipart upload", "POST", f"/box-1/name%20{number}", "uploads")
        client._requests.finish(asked_for)
    asked = google._xml._open_uploads

    def two_at_a_time(request: Request, bucket: str) -> Response:
        request.query["max-uploads"] = "2"  # type: ignore[index]
        return asked(request, bucket)

    google._xml._open_uploads = two_at_a_time  # type: ignore[method-assign]
    removed = client.cleanup(older_than=0).removed
    assert [name.partition(" (")[0] for name in removed] == [f"name {number}" for number in range(5)]
    assert google.state.multipart == {}


@pytest.mark.parametrize("size", [1000, 6 * 1024 * 1024])
def test_a_range_has_no_digest_and_the_whole_by_a_range_has_one(size: int, client: GCSClient) -> None:
    client.object_write("name", LARGE[:size])
    for start, stop, proved in ((0, size, True), (0, size + 9, True), (0, size - 1, False), (1, size, False)):
        with client._object_open("box-1", "name", start, stop, None) as reader:
            assert (reader.digest is not None) is proved
