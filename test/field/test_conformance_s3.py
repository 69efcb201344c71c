"""The contract, kept by `S3Client` on doubles of servers that cannot be installed here."""

from __future__ import annotations

import unittest

import pytest

from obs_client.client import ObjectStorageClient
from obs_client.testing import Conformance, differences
from test.field.not_yet import not_yet, not_yet_where
from test.field.running import s3_client, s3_server
from test.loopback.s3_double import Ways
from test.loopback.s3_named import (
    B2,
    BARE,
    MINIO_NO_COMPAT,
    NO_BULK,
    NO_EXPECT,
    OSS,
    PART_CHECKSUMS_REFUSED,
    PAYER,
    R2,
    RGW_S3,
    S3GW,
    V1_ONLY,
    WEAK,
)

ABSENT = "PutObject with If-Match answers 404 NoSuchKey where nothing is, as S3's reference says"
NO_ID = "A, chimera#477: HEAD and PUT bucket without x-amz-request-id"
NO_MD5 = "C, minio#8793: ETags of large objects that are not MD5s of their parts"
DAMAGED = "the stored object is damaged"


class OnDouble(Conformance):
    ways = Ways()
    conditional_writes: bool | None = None

    def make_client(self) -> ObjectStorageClient:
        return s3_client(s3_server(self.ways), conditional_writes=self.conditional_writes)


@pytest.mark.slow
@not_yet(ABSENT, "test_if_hash_absent")
class TestByTheDocument(OnDouble, unittest.TestCase):
    conditional_writes = True


@not_yet(NO_ID, "test_container_create")
@not_yet(
    "B, rclone#8137: what has the coding gzip is decoded for who does not accept it",
    "test_content_encoding_is_not_decoded",
    "test_copy_attributes",
    "test_every_door",
    "test_headers",
    "test_metadata_change_keeps_all",
)
@pytest.mark.full
class TestR2(OnDouble, unittest.TestCase):
    ways = R2


@pytest.mark.full
class TestB2(OnDouble, unittest.TestCase):
    ways = B2


@not_yet(NO_ID, "test_container_create")
@not_yet(f"{NO_MD5}: told by a child", "test_fork")
@not_yet_where(NO_MD5, DAMAGED)
@pytest.mark.full
class TestOSS(OnDouble, unittest.TestCase):
    ways = OSS


@pytest.mark.xfail(reason="A, cloudserver#490: ListObjects only; what one test cannot delete, the next ones find")
@pytest.mark.full
class TestVersionOneOnly(OnDouble, unittest.TestCase):
    ways = V1_ONLY


@pytest.mark.xfail(strict=True, reason=f"{NO_ID}: no container can be made")
@pytest.mark.full
class TestBare(OnDouble, unittest.TestCase):
    ways = BARE
    conditional_writes = True


@not_yet_where(NO_MD5, DAMAGED)
@pytest.mark.full
class TestMinioWithoutCompatibility(OnDouble, unittest.TestCase):
    ways = MINIO_NO_COMPAT


@not_yet_where("C, s3gw#721: 32 hex digits that are not the MD5 of the content", f"received other bytes|{DAMAGED}")
@pytest.mark.full
class TestS3GW(OnDouble, unittest.TestCase):
    ways = S3GW


@not_yet(ABSENT, "test_if_hash_absent")
@not_yet_where(
    "C: weak tags are sent as conditions", "was replaced each time|CopyObject was answered with At least one"
)
@pytest.mark.full
class TestWeakTags(OnDouble, unittest.TestCase):
    ways = WEAK
    conditional_writes = True


@not_yet_where("D, sardine#216: 417 to Expect", "Expectation Failed")
@pytest.mark.full
class TestNoExpectation(OnDouble, unittest.TestCase):
    ways = NO_EXPECT


@pytest.mark.xfail(reason="D, livebook#956: nothing is deleted; what one test cannot delete, the next ones find")
@pytest.mark.full
class TestNoBulkDelete(OnDouble, unittest.TestCase):
    ways = NO_BULK


@not_yet_where("D, kind of boto3#4392: checksums of parts are refused", "Unsupported header 'x-amz-checksum")
@pytest.mark.full
class TestPartChecksumsRefused(OnDouble, unittest.TestCase):
    ways = PART_CHECKSUMS_REFUSED


@pytest.mark.full
class TestRequesterPays(OnDouble, unittest.TestCase):
    ways = PAYER

    def make_client(self) -> ObjectStorageClient:
        return s3_client(s3_server(self.ways), requester_pays=True)


@not_yet_where("A, kind of botocore#3496: what is not needed of a document makes it no XML", "is no whole XML document")
@pytest.mark.full
class TestRadosgw(OnDouble, unittest.TestCase):
    ways = RGW_S3


differences.apply(TestRadosgw, "radosgw", pytest.xfail)
