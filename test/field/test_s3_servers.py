"""What other people's S3 servers leave out, refuse and make slow: sections A to E of the reports from the field."""

from __future__ import annotations

import dataclasses
import gzip

import pytest

from obs_client import ClientOptions, ObjectInfo
from obs_client.backends.s3 import copying, endpoints
from obs_client.backends.s3.client import S3Client
from obs_client.errors import AuthorizationError, ServiceError
from test.field.running import s3_client
from test.loopback.s3_double import S3Double, Ways, s3_double
from test.loopback.s3_named import OSS, PAYER, R2, V1_ONLY

MIB = 1024 * 1024
PARTS = ClientOptions(part_size=5 * MIB, first_pause=0.01, longest_pause=0.05)


@pytest.fixture(autouse=True)
def _knows_nothing() -> None:
    endpoints.forget_endpoints()


def made(double: S3Double, **options: object) -> S3Client:
    client = s3_client(double, "box", **options)
    assert client.container_create("box")
    return client


class TestAbsentIsNotBroken:
    def test_rows_without_etag(self) -> None:
        """opendal#3478."""
        with s3_double(Ways(omit_elements=frozenset({"Contents/ETag"}))) as double:
            client = made(double)
            client.object_write("a", b"1")
            (entry,) = client.object_list()
            assert (entry.name, entry.size, entry.hash) == ("a", 1, None)

    @pytest.mark.parametrize("ways", [OSS, R2], ids=["oss", "r2"])
    def test_containers_without_amazons_request_id(self, ways: Ways) -> None:
        """chimera#477."""
        with s3_double(ways) as double:
            client = made(double)
            assert client.container_info("box") is not None
            assert client.use_container("box")
            assert not client.container_create("box")
            assert client.container_delete("box")

    @pytest.mark.parametrize("next_marker", [True, False, None])
    def test_a_server_that_knows_listobjects_only(self, next_marker: bool | None) -> None:
        """scality/cloudserver#490, minio-go#1703."""
        with s3_double(dataclasses.replace(V1_ONLY, next_marker=next_marker, page_size=3)) as double:
            client = made(double)
            names = ["a b", "a+b", "c/1", "c/2", "d%", "e", "f/x", "g", "\u00fc/1", "\u00fc/2"]
            for name in names:
                client.object_write(name, b"1")
            assert [entry.name for entry in client.object_list()] == names
            folded = [entry.name if isinstance(entry, ObjectInfo) else entry.subdir
                      for entry in client.object_list(delimiter="/")]  # fmt: skip
            assert folded == ["a b", "a+b", "c/", "d%", "e", "f/", "g", "\u00fc/"]

    def test_a_begin_whose_response_repeats_what_xml_cannot_hold(self) -> None:
        """botocore#3496."""
        with s3_double(Ways()) as double:
            client = made(double, options=PARTS)
            assert client.object_write("test\x07.txt", bytes(6 * MIB))
            assert client.object_read("test\x07.txt") == bytes(6 * MIB)
            assert double.open_uploads() == []


class TestContentCodings:
    def test_what_is_stored_comes_and_never_what_was_decoded(self) -> None:
        """rclone#8137, #8531: Cloudflare R2."""
        content = gzip.compress(b"text " * 1000)
        with s3_double(R2) as double:
            client = made(double)
            assert client.object_write("coded", content, {"key": "1"}, content_encoding="gzip")
            assert client.object_write("plain", b"plain")
            info = client.object_info("coded")
            assert info
            assert (info.size, info.content_encoding) == (len(content), "gzip")
            assert client.object_read("coded") == content
            assert client.object_read("coded", start=5, stop=50) == content[5:50]
            assert client.object_set_metadata("coded", "other", "2")
            assert client.object_copy("coded", "copy")
            copy = client.object_info("copy")
            assert copy
            assert (copy.size, copy.metadata) == (len(content), {"key": "1", "other": "2"})
            plain = client.object_info("plain")
            assert plain
            assert plain.size == 5


class TestDigests:
    def test_without_checks_nothing_is_compared_in_either_direction(self, caplog: pytest.LogCaptureFixture) -> None:
        with s3_double(Ways(etags="random", part_etags="random", multipart_etags="random")) as double:
            client = made(double, options=dataclasses.replace(PARTS, check_content=False), checksums=False)
            assert client.object_write("small", b"1")
            assert client.object_write("large", bytes(6 * MIB))
            assert client.object_read("small") == b"1"
            assert client.object_read("large") == bytes(6 * MIB)
            assert "not verified" not in caplog.text
            assert s3_client(double, "box").object_read("small") == b"1"
            assert "'small' in 'box'" in caplog.text, "who compares says of what does not fit, here a random tag, that"
            assert "is not verified" in caplog.text

    def test_weak_tags_are_no_conditions_of_copies(self) -> None:
        with s3_double(Ways(weak_etags=True)) as double:
            client = made(double)
            client.object_write("a", b"1", {"key": "1"})
            assert client.object_copy("a", "b")
            assert client.object_set_metadata("a", "key", "2")
            assert client.object_read("b") == b"1"


class TestRefusals:
    def test_one_digest_at_a_time(self) -> None:
        """rails#54374: Cloudflare R2."""
        with s3_double(R2) as double:
            client = made(double, options=PARTS)
            assert client.object_write("large", bytes(6 * MIB))
            assert double.open_uploads() == []

    @pytest.mark.parametrize("refusal", [(400, "InvalidArgument"), (403, "AccessDenied"), (501, "NotImplemented")])
    def test_checksums_that_the_begin_takes_and_a_part_does_not(self, refusal: tuple[int, str]) -> None:
        ways = Ways(part_checksums="refuse", checksum_refusal=refusal)
        with s3_double(ways) as double:
            client = made(double, options=PARTS)
            assert client.object_write("large", bytes(6 * MIB))
            assert client.object_read("large") == bytes(6 * MIB)
            assert double.open_uploads() == []

    def test_a_copy_by_parts_without_a_condition_of_its_source(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """cloudflare-docs#32458."""
        monkeypatch.setattr(copying, "COPY_MAXIMUM", 6 * MIB)
        monkeypatch.setattr(copying, "COPY_PART_SIZE", 5 * MIB)
        with s3_double(R2) as double:
            client = made(double, options=PARTS)
            content = bytes(range(256)) * 4096 * 11
            client.object_write("a", content)
            assert client.object_copy("a", "b")
            assert client.object_read("b") == content
            assert double.open_uploads() == []

    def test_a_retention_that_has_ended_does_not_travel(self) -> None:
        """storj/edge#510, versitygw#1744."""
        with s3_double(Ways()) as double:
            client = made(double)
            ended = {
                "x-amz-object-lock-mode": "GOVERNANCE",
                "x-amz-object-lock-retain-until-date": "2020-01-01T00:00:00Z",
            }
            double.store("box", "a", b"1", {"content-type": "text/plain", **ended})
            assert client.object_copy("a", "b")
            assert client.object_set_metadata("a", "key", "1")

    def test_the_default_encryption_of_the_target_is_its_own(self) -> None:
        with s3_double(Ways(default_encryption="aws:kms", denies_weaker=True)) as double:
            client = made(double)
            double.store("box", "a", b"1", {"content-type": "text/plain", "x-amz-server-side-encryption": "AES256"})
            assert client.object_copy("a", "b")

    def test_an_expectation_that_is_refused_is_not_made_again(self) -> None:
        """aws-sdk-php#1733; RFC 9110, 10.1.1."""
        with s3_double(Ways(expects=False)) as double:
            client = made(double)
            for name in ("a", "b"):
                assert client.object_write(name, bytes(2 * MIB))
            assert double.operations().count("PutObject") <= 3
            assert client.object_read("b") == bytes(2 * MIB)

    @pytest.mark.parametrize("refusal", [(400, "InvalidArgument"), (405, "MethodNotAllowed"), (501, "NotImplemented")])
    def test_deletions_one_by_one_where_there_are_no_others(self, refusal: tuple[int, str]) -> None:
        """livebook#956."""
        with s3_double(Ways(bulk_delete=False, bulk_refusal=refusal)) as double:
            client = made(double)
            for name in ("a", "b", "c"):
                client.object_write(name, b"1")
            client.object_delete_many(["a", "b", "absent"])
            assert [entry.name for entry in client.object_list()] == ["c"]
            client.object_delete_many(["c", "d"])
            assert double.operations().count("DeleteObjects") == 1

    def test_the_payer_is_named_in_every_request(self) -> None:
        """s3fs PR#1039."""
        with s3_double(PAYER) as double:
            client = made(double, requester_pays=True)
            assert client.use_container("box")
            assert client.object_write("a", b"1")
            assert client.object_read("a") == b"1"
            with pytest.raises(AuthorizationError):
                s3_client(double, "box").object_read("a")


class TestSlowWork:
    @pytest.mark.slow
    def test_a_copy_that_took_longer_than_the_timeout_is_found(self) -> None:
        """milvus#53786: the server is silent, and does the work."""
        with s3_double(Ways(copy_seconds=2.0)) as double:
            client = made(double, timeout=1.0)
            client.object_write("a", b"1")
            assert client.object_copy("a", "b")
            assert client.object_read("b") == b"1"
            assert double.operations().count("CopyObject") <= 3

    def test_what_is_large_is_copied_by_parts(self) -> None:
        with s3_double(Ways()) as double:
            client = s3_client(double)
            assert copying.COPY_MAXIMUM <= 1024 * MIB
            assert client.capabilities.copy_part_size <= copying.COPY_MAXIMUM


class TestMessages:
    @pytest.mark.slow
    def test_each_says_what_to_do(self) -> None:
        with s3_double(Ways(hides_absence=True)) as double:
            client = made(double)
            with pytest.raises(AuthorizationError) as caught:
                client.object_read("absent")
            assert "s3:ListBucket" in caught.value.hint
            wrong = s3_client(double, "box", credentials={"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "y"})
            with pytest.raises(AuthorizationError) as caught:
                wrong.object_read("a")
            assert "AWS_ACCESS_KEY_ID" in caught.value.hint
            slow = s3_client(double, "box", timeout=0.2, options=ClientOptions(attempts=1))
            double.store("box", "a", b"1", {"content-type": "text/plain"})
        with s3_double(Ways(copy_seconds=3.0)) as double:
            slow = made(double, timeout=0.5, options=ClientOptions(attempts=1))
            slow.object_write("a", b"1")
            with pytest.raises(ServiceError) as failed:
                slow.object_copy("a", "b")
            assert "timeout=" in failed.value.hint
