"""The contract, kept by `SwiftClient` on doubles of Swift and of other servers that speak its protocol."""

from __future__ import annotations

import dataclasses
import unittest

import pytest

from obs_client.client import ObjectStorageClient
from obs_client.testing import Conformance, differences
from test.field.running import swift_client, swift_server
from test.loopback.swift_double import Ways
from test.loopback.swift_named import RGW_SWIFT, UNTYPED_ROWS


class OnDouble(Conformance):
    ways = Ways()
    many = 200

    def make_client(self) -> ObjectStorageClient:
        return swift_client(swift_server(self.ways), create_temp_url_key=True)


@pytest.mark.slow
class TestSwift(OnDouble, unittest.TestCase):
    pass


@pytest.mark.full
class TestRadosgw(OnDouble, unittest.TestCase):
    ways = RGW_SWIFT


@pytest.mark.full
class TestLean(OnDouble, unittest.TestCase):
    """Of another make, without what is optional: types in rows, names of requests, exact times, policies."""

    ways = dataclasses.replace(
        UNTYPED_ROWS,
        omit_headers=frozenset({"x-trans-id", "x-openstack-request-id", "x-timestamp", "x-storage-policy"}),
    )


differences.apply(TestRadosgw, "radosgw-swift", pytest.xfail)
