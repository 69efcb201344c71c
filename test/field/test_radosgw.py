"""The contract on a real Ceph gateway, by its S3 and by its Swift API, where its programs are on this machine."""

from __future__ import annotations

import unittest

import pytest

from obs_client.backends.s3.client import S3Client
from obs_client.backends.swift.client import SwiftClient
from obs_client.client import ObjectStorageClient
from obs_client.models import ClientOptions
from obs_client.testing import Conformance, differences
from test.field.running import QUICK, radosgw
from test.servers import missing_programs

MISSING = missing_programs()


pytestmark = [
    pytest.mark.server,
    pytest.mark.full,
    pytest.mark.skipif(bool(MISSING), reason=f"Ceph's gateway cannot be started here: no {', '.join(MISSING)}"),
]


class TestS3(Conformance, unittest.TestCase):
    def make_client(self) -> ObjectStorageClient:
        server = radosgw()
        keys = server.s3_credentials
        return S3Client(region=server.region, endpoint_url=server.endpoint_url, credentials=keys, options=QUICK)


class TestSwift(Conformance, unittest.TestCase):
    many = 200

    def make_client(self) -> ObjectStorageClient:
        options = ClientOptions(part_size=20_000, first_pause=0.01, longest_pause=0.1)
        return SwiftClient(credentials=radosgw().credentials, create_temp_url_key=True, options=options)


differences.apply(TestS3, "radosgw", pytest.xfail)
differences.apply(TestSwift, "radosgw-swift", pytest.xfail)


@pytest.mark.parametrize("case", [TestS3, TestSwift])
def test_it_is_recognised_by_its_response(case: type[Conformance]) -> None:
    with case().make_client() as client:
        assert differences.recognise(client) == ("radosgw" if case is TestS3 else "radosgw-swift")
