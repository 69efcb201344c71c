"""The contract, kept by `S3Client` on doubles of servers that cannot be installed here."""

from __future__ import annotations

import unittest

import pytest

from obs_client.client import ObjectStorageClient
from obs_client.testing import Conformance, differences
from test.field.not_yet import not_yet
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

RANDOM = "tags are made anew by each copy, and so by each change of metadata: no client can have them be of the content"


class OnDouble(Conformance):
    ways = Ways()
    conditional_writes: bool | None = None

    def make_client(self) -> ObjectStorageClient:
        kept = self.conditional_writes
        return s3_client(
            s3_server(self.ways),
            conditional_writes=kept,
            conditional_deletes=self.ways.delete_conditions == "keep",
            atomic_conditions=kept,
        )


@pytest.mark.slow
class TestByTheDocument(OnDouble, unittest.TestCase):
    conditional_writes = True


@pytest.mark.full
class TestR2(OnDouble, unittest.TestCase):
    ways = R2


@pytest.mark.full
class TestB2(OnDouble, unittest.TestCase):
    ways = B2


@pytest.mark.full
class TestOSS(OnDouble, unittest.TestCase):
    ways = OSS


@pytest.mark.full
class TestVersionOneOnly(OnDouble, unittest.TestCase):
    ways = V1_ONLY


@pytest.mark.full
class TestBare(OnDouble, unittest.TestCase):
    ways = BARE
    conditional_writes = True


@not_yet(RANDOM, "test_metadata_change_keeps_all")
@pytest.mark.full
class TestMinioWithoutCompatibility(OnDouble, unittest.TestCase):
    ways = MINIO_NO_COMPAT


@not_yet(RANDOM, "test_metadata_change_keeps_all")
@pytest.mark.full
class TestS3GW(OnDouble, unittest.TestCase):
    ways = S3GW


@pytest.mark.full
class TestWeakTags(OnDouble, unittest.TestCase):
    ways = WEAK
    conditional_writes = True


@pytest.mark.full
class TestNoExpectation(OnDouble, unittest.TestCase):
    ways = NO_EXPECT


@pytest.mark.full
class TestNoBulkDelete(OnDouble, unittest.TestCase):
    ways = NO_BULK


@pytest.mark.full
class TestPartChecksumsRefused(OnDouble, unittest.TestCase):
    ways = PART_CHECKSUMS_REFUSED


@pytest.mark.full
class TestRequesterPays(OnDouble, unittest.TestCase):
    ways = PAYER

    def make_client(self) -> ObjectStorageClient:
        return s3_client(s3_server(self.ways), requester_pays=True)


@pytest.mark.full
class TestRadosgw(OnDouble, unittest.TestCase):
    ways = RGW_S3


differences.apply(TestRadosgw, "radosgw", pytest.xfail)
