"""The contract, kept by `S3Client` on three servers, plain and through the fault layer.

Where a server is not as S3, `obs_client.testing.differences` has a line with the reason; there the test must fail so.
"""

import unittest

import pytest

from obs_client.client import ObjectStorageClient
from obs_client.testing import FaultyClient
from test.s3.running import S3Suite, with_differences
from test.servers.shared import Servers


@pytest.fixture(scope="module", autouse=True)
def _servers(servers: Servers) -> None:
    S3Suite.servers = servers


class Faulty(S3Suite):
    lost_answers = True

    def make_client(self) -> ObjectStorageClient:
        return FaultyClient(super().make_client())


@with_differences
class TestSeaweedFS(S3Suite, unittest.TestCase):
    kind = "seaweedfs"
    conditional_writes = True


@pytest.mark.full
@with_differences
class TestSeaweedFSWithFaults(Faulty, unittest.TestCase):
    kind = "seaweedfs"
    conditional_writes = True


@pytest.mark.full
@with_differences
class TestSwift(S3Suite, unittest.TestCase):
    kind = "swift"


@pytest.mark.full
@with_differences
class TestSwiftWithFaults(Faulty, unittest.TestCase):
    kind = "swift"


@pytest.mark.full
@with_differences
class TestMoto(S3Suite, unittest.TestCase):
    kind = "moto"


@pytest.mark.full
@with_differences
class TestMotoWithFaults(Faulty, unittest.TestCase):
    kind = "moto"
