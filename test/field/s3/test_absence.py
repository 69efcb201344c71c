"""Section A: each optional field of each answer that is read is left out in turn, and there is a result."""

from __future__ import annotations

import dataclasses

import pytest

from obs_client import AuthorizationError, ObjectInfo, ObjectNotFoundError, ServiceError, SubdirInfo, TemporaryError
from obs_client.backends.s3 import copying
from obs_client.backends.s3.client import S3Client
from obs_client.models import Capabilities
from test.field.running import s3_client
from test.field.s3.steps import LARGE, MIB, made
from test.loopback.raw import raw_server
from test.loopback.s3_double import S3Double, Ways, s3_double
from test.loopback.s3_named import BARE, V1_ONLY
from test.loopback.serving import Request, Response, script_of

pytestmark = pytest.mark.slow

HEADERS = (
    "accept-ranges",
    "cache-control",
    "content-type",
    "date",
    "etag",
    "last-modified",
    "location",
    "server",
    "x-amz-bucket-region",
    "x-amz-checksum-algorithm",
    "x-amz-checksum-crc32",
    "x-amz-checksum-type",
    "x-amz-mp-parts-count",
    "x-amz-request-id",
    "x-amz-server-side-encryption",
)
ELEMENTS = (
    "ListAllMyBucketsResult/Owner",
    "Bucket/CreationDate",
    "ListBucketResult/Name",
    "ListBucketResult/Prefix",
    "ListBucketResult/Marker",
    "ListBucketResult/NextMarker",
    "ListBucketResult/StartAfter",
    "ListBucketResult/ContinuationToken",
    "ListBucketResult/NextContinuationToken",
    "ListBucketResult/MaxKeys",
    "ListBucketResult/KeyCount",
    "ListBucketResult/Delimiter",
    "ListBucketResult/IsTruncated",
    "Contents/ETag",
    "Contents/LastModified",
    "Contents/Size",
    "Contents/StorageClass",
    "InitiateMultipartUploadResult/Bucket",
    "InitiateMultipartUploadResult/Key",
    "CompleteMultipartUploadResult/Location",
    "CompleteMultipartUploadResult/Bucket",
    "CompleteMultipartUploadResult/Key",
    "CompleteMultipartUploadResult/ETag",
    "CopyObjectResult/LastModified",
    "CopyObjectResult/ETag",
    "CopyPartResult/LastModified",
    "CopyPartResult/ETag",
    "DeleteResult/Deleted",
    "Deleted/Key",
    "ListMultipartUploadsResult/Bucket",
    "ListMultipartUploadsResult/KeyMarker",
    "ListMultipartUploadsResult/UploadIdMarker",
    "ListMultipartUploadsResult/NextUploadIdMarker",
    "ListMultipartUploadsResult/Prefix",
    "ListMultipartUploadsResult/MaxUploads",
    "ListMultipartUploadsResult/IsTruncated",
    "ListPartsResult/Bucket",
    "ListPartsResult/Key",
    "ListPartsResult/UploadId",
    "ListPartsResult/PartNumberMarker",
    "ListPartsResult/NextPartNumberMarker",
    "ListPartsResult/MaxParts",
    "ListPartsResult/IsTruncated",
    "Part/LastModified",
    "Part/Size",
    "Error/Message",
    "Error/Key",
    "Error/BucketName",
    "Error/Code",
)
WAYS = {
    **{name: Ways(omit_headers=frozenset({name})) for name in HEADERS},
    **{name: Ways(omit_elements=frozenset({name})) for name in ELEMENTS},
    **{f"{name} of ListObjects": dataclasses.replace(V1_ONLY, omit_elements=frozenset({name}))
       for name in ELEMENTS if name.startswith(("ListBucketResult/", "Contents/"))},
    "length of a HEAD": Ways(head_length=False),
    "all of it": BARE,
}  # fmt: skip


@pytest.fixture(autouse=True)
def _small_copies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copying, "COPY_MAXIMUM", MIB)
    found = S3Client._capabilities
    small = 5 * MIB

    def capabilities(client: S3Client) -> Capabilities:
        return dataclasses.replace(found(client), copy_part_size=small)

    monkeypatch.setattr(S3Client, "_capabilities", capabilities)


def walk(client: S3Client, double: S3Double) -> None:
    """All that is done with a store, each answer read once at the least."""
    assert client.use_container("box")
    assert client.container_info("box") is not None
    assert [each.name for each in client.container_list()] == ["box"]
    names = [f"dir/{number}" for number in range(5)]
    for name in names:
        assert client.object_write(name, name.encode(), {"key": "value"}, cache_control="no-cache")
    assert [each.name for each in client.object_iter() if isinstance(each, ObjectInfo)] == names
    assert client.object_list(delimiter="/") == [SubdirInfo("dir/")]
    info = client.object_info("dir/1")
    assert info
    assert (info.size, info.metadata) == (5, {"key": "value"})
    assert client.object_read("dir/1") == b"dir/1"
    assert client.object_read("dir/1", start=1, stop=3) == b"ir"
    assert client.object_copy("dir/1", "copy")
    assert client.object_set_metadata("copy", "other", "1")
    assert client.object_read("copy") == b"dir/1"
    assert client.object_write("large", LARGE)
    assert client.object_copy("large", "large copy")
    assert client.object_read("large") == client.object_read("large copy") == LARGE
    assert client.object_info("absent") is None
    with pytest.raises(ObjectNotFoundError):
        client.object_read("absent")
    with double.state.lock:
        double.state.begin("box", "left", {}, "", "")
    report = client.cleanup(older_than=0)
    assert [each.partition(" ")[0] for each in report.removed] == ["left"]
    client.object_delete_many([*names, "copy", "large"])
    assert client.object_delete("large copy")
    assert client.object_list() == []
    assert double.open_uploads() == []
    assert client.container_delete("box")


@pytest.mark.parametrize("absent", WAYS)
def test_an_optional_field_that_is_absent_is_no_failure(absent: str) -> None:
    with s3_double(dataclasses.replace(WAYS[absent], page_size=3)) as double:
        walk(made(double), double)


def test_what_a_row_does_not_tell_is_none() -> None:
    left = frozenset({"Contents/ETag", "Contents/LastModified", "Contents/Size"})
    with s3_double(Ways(omit_elements=left)) as double:
        client = made(double)
        client.object_write("a", b"1")
        (entry,) = client.object_list()
        assert isinstance(entry, ObjectInfo)
        assert (entry.name, entry.size, entry.hash, entry.last_modified) == ("a", None, None, None)


class TestWhoAnswers:
    def test_a_server_that_names_no_request_is_known_by_its_documents(self) -> None:
        with s3_double(dataclasses.replace(BARE, omit_headers=frozenset({"etag"}))) as double:
            client = made(double)
            assert client.use_container("box")
            assert client.object_write("a", b"1")
            assert client.object_read("a") == b"1"
            assert client.object_delete("a")
            assert client.container_info("other") is None
            facts = {fact.name for fact in client.endpoint_facts}
            assert "responds like S3, but without request ids" in facts

    @pytest.mark.parametrize("body", [b"<html>Please log in</html>", b"<!DOCTYPE html><p>hi</p>", b"ok", b"{}"])
    def test_a_portal_is_not_s3(self, body: bytes) -> None:
        class Portal:
            def early(self, request: Request) -> Response | None:
                return None

            def respond(self, request: Request) -> Response:
                return Response(200, {}, body)

        with s3_double() as double, raw_server(script_of(Portal())) as portal:
            client = s3_client(double, "box", endpoint_url=portal.url)
            for ask in (
                lambda: client.use_container("box"),
                lambda: client.container_create("box"),
                lambda: client.object_write("a", b"1"),
                lambda: client.object_read("a"),
                lambda: client.object_delete("a"),
            ):
                with pytest.raises(ServiceError) as caught:
                    ask()
                assert not isinstance(caught.value, TemporaryError)

    def test_a_page_is_not_s3_though_s3_answered_before(self) -> None:
        """A login that ends while a program runs."""
        with s3_double(BARE) as double:
            client = made(double)
            assert client.use_container("box")
            page = Response(200, {"Content-Type": "text/html"}, b"<html>Please log in</html>")
            double.respond = lambda request: page  # type: ignore[method-assign]
            for ask in (lambda: client.object_write("a", b"1"), lambda: client.object_delete("a"),
                        lambda: client.object_read("a")):  # fmt: skip
                with pytest.raises(ServiceError):
                    ask()


def test_an_error_that_says_nothing_is_one_of_its_status() -> None:
    with s3_double(Ways(hides_absence=True, omit_elements=frozenset({"Error/Code", "Error/Message"}))) as double:
        client = made(double)
        with pytest.raises(AuthorizationError):
            client.object_read("absent")


def test_a_complete_answer_that_makes_no_sense_is_not_asked_for_again() -> None:
    seen: list[int] = []

    class Odd:
        def early(self, request: Request) -> Response | None:
            return None

        def respond(self, request: Request) -> Response:
            seen.append(1)
            return Response(200, {"x-amz-request-id": "1"}, b"<Something><Else/></Something>")

    with s3_double() as double, raw_server(script_of(Odd())) as odd:
        client = s3_client(double, "box", endpoint_url=odd.url)
        with pytest.raises(ServiceError) as caught:
            client.object_list()
    assert not isinstance(caught.value, TemporaryError)
    assert len(seen) == 1
