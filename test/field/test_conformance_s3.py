"""The contract, kept by `S3Client` on doubles of servers that cannot be installed here."""

from __future__ import annotations

import unittest

from obs_client.client import ObjectStorageClient
from obs_client.testing import Conformance
from test.field.not_yet import not_yet
from test.field.running import s3_client, s3_server
from test.loopback.s3_double import Ways


@not_yet(
    {"test_if_hash_absent": "PutObject with If-Match answers 404 NoSuchKey where nothing is, as S3's reference says"}
)
class TestByTheDocument(Conformance, unittest.TestCase):
    def make_client(self) -> ObjectStorageClient:
        return s3_client(s3_server(Ways()), conditional_writes=True)
