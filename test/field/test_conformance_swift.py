"""The contract, kept by `SwiftClient` on doubles of Swift and of other servers that speak its protocol."""

from __future__ import annotations

import unittest

from obs_client.client import ObjectStorageClient
from obs_client.testing import Conformance
from test.field.running import swift_client, swift_server
from test.loopback.swift_double import Ways


class TestSwift(Conformance, unittest.TestCase):
    many = 200

    def make_client(self) -> ObjectStorageClient:
        return swift_client(swift_server(Ways()), create_temp_url_key=True)
