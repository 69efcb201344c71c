"""The contract, kept by `AzureClient` on Azurite, plain and through the fault layer."""

import unittest
from typing import ClassVar

import pytest

from obs_client.client import ObjectStorageClient
from obs_client.testing import Conformance, FaultyClient, differences
from test.azure.running import client
from test.servers.shared import Servers


@pytest.fixture(scope="module", autouse=True)
def _servers(servers: Servers) -> None:
    AzureSuite.servers = servers


class AzureSuite(Conformance):
    servers: ClassVar[Servers]

    def make_client(self) -> ObjectStorageClient:
        return client(self.servers.azurite())


def with_differences(case: type[AzureSuite]) -> type[AzureSuite]:
    """Let the tests in which Azurite is known to differ from Azure fail as declared, and only so."""
    differences.apply(case, "azurite", pytest.xfail)
    return case


@with_differences
class TestAzurite(AzureSuite, unittest.TestCase):
    pass


@pytest.mark.full
@with_differences
class TestAzuriteWithFaults(AzureSuite, unittest.TestCase):
    lost_answers = True

    def make_client(self) -> ObjectStorageClient:
        return FaultyClient(super().make_client())
