"""The S3 double by raw requests: what it checks, and the ways that do not show in a conformance run."""

from __future__ import annotations

import base64
import gzip
import hashlib
import http.client
import zlib
from collections.abc import Mapping
from urllib.parse import urlsplit

import pytest

from test.loopback.s3_double import CREDENTIALS, Failure, S3Double, Ways, s3_double
from test.loopback.s3_named import B2_NO_TOMES, BARE, NO_EXPECT, OSS, PAYER, R2, SIGNED_ONLY, V1_ONLY
from test.servers.requests.signing import signed_headers


class Answer:
    """What came back."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.body = response.read()


def ask(
    server: S3Double, method: str, target: str, body: bytes = b"", headers: Mapping[str, str] | None = None
) -> Answer:
    """One signed request over a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", urlsplit(server.url).port or 0, timeout=10)
    signed = signed_headers(method, server.url + target, CREDENTIALS, body=body, more=headers or {})
    try:
        connection.request(method, target, body, signed)
        return Answer(connection.getresponse())
    finally:
        connection.close()


def filled(server: S3Double, *names: str) -> None:
    """A container `c` with objects."""
    for name in names:
        server.store("c", name, b"content of " + name.encode())


def crc32(data: bytes) -> str:
    return base64.b64encode(zlib.crc32(data).to_bytes(4, "big")).decode()


@pytest.mark.parametrize("change", ["signature", "method", "payload", "key"])
def test_a_signature_is_checked(change: str) -> None:
    with s3_double() as server:
        filled(server, "a")
        keys = {**CREDENTIALS, **({"AWS_SECRET_ACCESS_KEY": "other"} if change == "signature" else {})}
        keys |= {"AWS_ACCESS_KEY_ID": "other"} if change == "key" else {}
        headers = signed_headers("PUT", f"{server.url}/c/a", keys, body=b"one")
        connection = http.client.HTTPConnection("127.0.0.1", urlsplit(server.url).port or 0)
        connection.request(
            "DELETE" if change == "method" else "PUT", "/c/a", b"two" if change == "payload" else b"one", headers
        )
        found = connection.getresponse()
        assert found.status == (400 if change == "payload" else 403), found.read()
        connection.close()


def test_digests_are_verified() -> None:
    with s3_double() as server:
        filled(server)
        server.state.create("c")
        right = base64.b64encode(hashlib.md5(b"data").digest()).decode()
        for headers, status in (
            ({"content-md5": right}, 200),
            ({"content-md5": base64.b64encode(bytes(16)).decode()}, 400),
            ({"content-md5": "short"}, 400),
            ({"x-amz-checksum-crc32": crc32(b"data")}, 200),
            ({"x-amz-checksum-crc32": crc32(b"date")}, 400),
        ):
            assert ask(server, "PUT", "/c/a", b"data", headers).status == status
        assert ask(server, "HEAD", "/c/a", headers={"x-amz-checksum-mode": "ENABLED"}).headers[
            "x-amz-checksum-crc32"
        ] == crc32(b"data")


def test_ranges() -> None:
    with s3_double() as server:
        server.store("c", "a", b"0123456789")
        for asked, status, body in (
            ("bytes=2-4", 206, b"234"),
            ("bytes=7-", 206, b"789"),
            ("bytes=-3", 206, b"789"),
            ("bytes=8-99", 206, b"89"),
            ("bytes=4-2", 200, b"0123456789"),
            ("lines=1-2", 200, b"0123456789"),
        ):
            found = ask(server, "GET", "/c/a", headers={"range": asked})
            assert (found.status, found.body) == (status, body)
        assert ask(server, "GET", "/c/a", headers={"range": "bytes=10-"}).status == 416


def test_an_upload_of_parts_keeps_their_sizes() -> None:
    with s3_double(Ways(part_minimum=3)) as server:
        server.state.create("c")
        begun = ask(server, "POST", "/c/a?uploads=")
        upload = begun.body.partition(b"<UploadId>")[2].partition(b"<")[0].decode()
        tags = [
            ask(server, "PUT", f"/c/a?partNumber={n}&uploadId={upload}", b"part" * n).headers["etag"] for n in (1, 2)
        ]
        rows = "".join(f"<Part><PartNumber>{n}</PartNumber><ETag>{tag}</ETag></Part>" for n, tag in enumerate(tags, 1))
        document = f"<CompleteMultipartUpload>{rows}</CompleteMultipartUpload>".encode()
        assert ask(server, "POST", f"/c/a?uploadId={upload}", document).status == 200
        whole = ask(server, "HEAD", "/c/a")
        digests = b"".join(hashlib.md5(b"part" * n).digest() for n in (1, 2))
        assert whole.headers["etag"] == f'"{hashlib.md5(digests).hexdigest()}-2"'
        second = ask(server, "GET", "/c/a?partNumber=2")
        assert (second.body, second.headers["x-amz-mp-parts-count"]) == (b"partpart", "2")
        assert ask(server, "POST", f"/c/a?uploadId={upload}", document).status == 404
        assert server.open_uploads() == []


@pytest.mark.parametrize("second", [False, True])
def test_pages_go_on_behind_folders(second: bool) -> None:
    with s3_double(Ways(page_size=2)) as server:
        filled(server, "a", "b/1", "b/2", "b/3", "c", "d/1", "e")
        shown, place = b"", ""
        for _ in range(4):
            query = f"delimiter=%2F&list-type=2{place}" if second else f"delimiter=%2F{place}"
            query = "&".join(sorted(query.split("&")))
            body = ask(server, "GET", f"/c?{query}").body
            shown += body
            if b"<IsTruncated>false" in body:
                break
            name = b"NextContinuationToken" if second else b"NextMarker"
            following = body.partition(b"<%b>" % name)[2].partition(b"<")[0].decode()
            following = following.replace("/", "%2F").replace("=", "%3D")
            place = f"&{'continuation-token' if second else 'marker'}={following}"
        assert shown.count(b"<Contents>") == 3
        assert shown.count(b"<CommonPrefixes>") == 2


def test_a_control_character_in_a_document_is_a_reference_that_no_parser_takes() -> None:
    with s3_double() as server:
        server.state.create("c")
        assert b"<Key>test&#x7;.txt</Key>" in ask(server, "POST", "/c/test%07.txt?uploads=").body
    with s3_double(Ways(raw_controls=True)) as server:
        server.state.create("c")
        assert b"<Key>test\x07.txt</Key>" in ask(server, "POST", "/c/test%07.txt?uploads=").body


def test_failures_are_counted() -> None:
    slow = Failure("GetObject", 503, "SlowDown", times=2, skip=1, headers=(("Retry-After", "0"),))
    with s3_double(Ways(failures=(slow,))) as server:
        filled(server, "a")
        found = [ask(server, "GET", "/c/a") for _ in range(4)]
        assert [each.status for each in found] == [200, 503, 503, 200]
        assert found[1].headers["retry-after"] == "0"


def test_a_full_place_is_full_for_its_connection_only() -> None:
    with s3_double(B2_NO_TOMES) as server:
        server.state.create("c")
        connection = http.client.HTTPConnection("127.0.0.1", urlsplit(server.url).port or 0)
        for _ in range(3):
            connection.request("PUT", "/c/a", b"1", signed_headers("PUT", f"{server.url}/c/a", CREDENTIALS, body=b"1"))
            found = connection.getresponse()
            assert (found.status, b"no tomes" in found.read()) == (503, True)
        connection.close()
        assert ask(server, "PUT", "/c/a", b"1").status == 200


def test_r2_decodes_for_who_does_not_accept_gzip() -> None:
    packed = gzip.compress(b"plain")
    with s3_double(R2) as server:
        server.store("c", "a", packed, {"content-encoding": "gzip"})
        server.store("c", "b", b"plain")
        found = ask(server, "GET", "/c/a", headers={"accept-encoding": "identity"})
        assert found.body == b"plain"
        assert "content-length" not in found.headers
        assert found.headers["etag"].startswith('W/"')
        assert ask(server, "GET", "/c/a", headers={"accept-encoding": "gzip"}).body == packed
        assert "content-length" not in ask(server, "HEAD", "/c/a", headers={"accept-encoding": "identity"}).headers
        assert "content-length" not in ask(server, "HEAD", "/c/b", headers={"accept-encoding": "gzip"}).headers
        assert ask(server, "HEAD", "/c/b", headers={"accept-encoding": "identity"}).headers["content-length"] == "5"


def test_r2_takes_one_digest() -> None:
    both = {"content-md5": base64.b64encode(hashlib.md5(b"1").digest()).decode(), "x-amz-checksum-crc32": crc32(b"1")}
    with s3_double(R2) as server:
        server.state.create("c")
        found = ask(server, "PUT", "/c/a", b"1", both)
        assert (found.status, b"You can only specify one non-default checksum at a time" in found.body) == (400, True)


def test_ids_and_rows_that_others_leave_out() -> None:
    with s3_double(OSS) as server:
        server.state.create("c")
        found = ask(server, "HEAD", "/c").headers
        assert ("x-oss-request-id" in found, "x-amz-request-id" in found) == (True, False)
    with s3_double(BARE) as server:
        filled(server, "a")
        body = ask(server, "GET", "/c?list-type=2").body
        assert b"<Key>a</Key><Size>12</Size></Contents>" in body


def test_a_server_of_version_1_says_nothing_of_the_next_page() -> None:
    with s3_double(V1_ONLY) as server:
        filled(server, *(f"{number:04}" for number in range(1001)))
        body = ask(server, "GET", "/c?list-type=2").body
        assert b"<IsTruncated>true</IsTruncated>" in body
        assert b"Next" not in body
        assert ask(server, "GET", "/c?list-type=2&marker=0999").body.count(b"<Contents>") == 1


def test_what_a_policy_or_an_owner_wants() -> None:
    with s3_double(PAYER) as server:
        filled(server, "a")
        assert ask(server, "HEAD", "/c").status == 403
        assert ask(server, "HEAD", "/c", headers={"x-amz-request-payer": "requester"}).status == 200
    with s3_double(SIGNED_ONLY) as server:
        filled(server, "a")
        assert ask(server, "GET", "/c/a").status == 200


def test_expect_is_answered_before_the_body() -> None:
    for ways, status in ((NO_EXPECT, 417), (Ways(), 200)):
        with s3_double(ways) as server:
            server.state.create("c")
            assert ask(server, "PUT", "/c/a", b"", {"expect": "100-continue"}).status == status


def test_a_container_of_another_region_says_so() -> None:
    with s3_double() as server:
        filled(server, "a")
        server.state.bucket("c").region = "eu-central-1"
        found = ask(server, "GET", "/c/a")
        assert (found.status, found.headers["x-amz-bucket-region"]) == (301, "eu-central-1")


def test_a_container_in_the_host_name() -> None:
    with s3_double(Ways(virtual_host="s3.test")) as server:
        filled(server, "a/b")
        url = "http://c.s3.test/a/b"
        connection = http.client.HTTPConnection("127.0.0.1", urlsplit(server.url).port or 0)
        connection.request("GET", url, headers=signed_headers("GET", url, CREDENTIALS))
        assert connection.getresponse().read() == b"content of a/b"
        connection.close()


@pytest.mark.parametrize(
    ("ways", "target", "status"),
    [
        (Ways(), "/c/nothing", 404),
        (Ways(hides_absence=True), "/c/nothing", 403),
        (Ways(folds="case"), "/c/A/b", 200),
        (Ways(folds="slashes"), "/c/a//b", 200),
    ],
)
def test_names_as_others_see_them(ways: Ways, target: str, status: int) -> None:
    with s3_double(ways) as server:
        filled(server, "a/b")
        assert ask(server, "GET", target).status == status


def test_ranges_are_not_always_known() -> None:
    with s3_double(Ways(ranges=False)) as server:
        filled(server, "a")
        found = ask(server, "GET", "/c/a", headers={"range": "bytes=0-0"})
        assert (found.status, found.body) == (200, b"content of a")


def test_an_object_that_another_tool_wrote_in_parts() -> None:
    with s3_double() as server:
        tag = server.store("c", "a", b"abcdefg", parts=(3, 3, 1)).etag
        digests = b"".join(hashlib.md5(part).digest() for part in (b"abc", b"def", b"g"))
        assert tag == f"{hashlib.md5(digests).hexdigest()}-3"
        assert ask(server, "GET", "/c/a?partNumber=2").body == b"def"
