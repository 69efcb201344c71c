"""The contract, kept by Swift: with both kinds of login, with low limits, and through the fault layer."""

from __future__ import annotations

import unittest

import pytest

from obs_client import ObjectStorageClient
from obs_client.testing import Conformance, FaultyClient
from test import swift_servers


class TestSwift(Conformance, unittest.TestCase):
    many = 200

    def make_client(self) -> ObjectStorageClient:
        return swift_servers.client_of(swift_servers.swift(), create_temp_url_key=True)


@pytest.mark.full
class TestSwiftWithLowLimits(TestSwift):
    """Pages of 5, files of 1 MiB, 6 segments, bulk deletes of 7, and every second call fails."""

    many = 23
    lost_answers = True

    def make_client(self) -> ObjectStorageClient:
        return FaultyClient(swift_servers.client_of(swift_servers.low_swift(), create_temp_url_key=True))


@pytest.mark.full
class TestSwiftWithManyObjects(TestSwift):
    many = 10_500


@pytest.mark.full
class TestKeystone(TestSwift):
    """Its tokens run out every 5 seconds."""

    def make_client(self) -> ObjectStorageClient:
        return swift_servers.client_of(swift_servers.keystone(), create_temp_url_key=True)


@pytest.mark.full
class TestKeystoneWithFaults(TestKeystone):
    many = 23
    lost_answers = True

    def make_client(self) -> ObjectStorageClient:
        return FaultyClient(super().make_client())
