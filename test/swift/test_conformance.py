"""The contract, kept by Swift: with both kinds of login, with low limits, and through the fault layer."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import unittest
from pathlib import Path
from typing import ClassVar

import pytest

from obs_client import ObjectStorageClient
from obs_client.testing import Conformance, FaultyClient
from test.servers import start_swift
from test.servers.shared import Servers
from test.swift.support import LOW, SHORT_LIVED, client_of

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module", autouse=True)
def _servers(servers: Servers) -> None:
    TestSwift.servers = servers


class TestSwift(Conformance, unittest.TestCase):
    many = 200
    servers: ClassVar[Servers]

    def make_client(self) -> ObjectStorageClient:
        return client_of(self.servers.swift(), create_temp_url_key=True)


@pytest.mark.full
class TestSwiftWithLowLimits(TestSwift):
    """Pages of 5, files of 1 MiB, 6 segments, bulk deletes of 7, and every second call fails."""

    many = 23
    lost_answers = True

    def make_client(self) -> ObjectStorageClient:
        return FaultyClient(client_of(self.servers.swift(LOW), create_temp_url_key=True))


@pytest.mark.full
class TestSwiftWithManyObjects(TestSwift):
    many = 10_500


@pytest.mark.full
class TestKeystone(TestSwift):
    """Its tokens run out every 5 seconds."""

    def make_client(self) -> ObjectStorageClient:
        return client_of(self.servers.keystone(SHORT_LIVED), create_temp_url_key=True)


@pytest.mark.full
class TestKeystoneWithFaults(TestKeystone):
    many = 23
    lost_answers = True

    def make_client(self) -> ObjectStorageClient:
        return FaultyClient(super().make_client())


@pytest.mark.full
def test_suite_by_a_storage_url() -> None:
    """As a user runs it: the login in the environment, the place as a URL."""
    others = {name: value for name, value in os.environ.items() if not name.startswith(("OS_", "ST_"))}
    with start_swift() as server:
        command = [sys.executable, "-m", "test.tests", f"{server.storage_url}?create_temp_url_key=true"]
        environment = {**others, **server.credentials}
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-4000:]
    *_, last = done.stdout.splitlines()
    assert re.fullmatch(r"[1-9]\d\d+ passed, 0 failed, \d+ skipped", last)
    assert "nothing to sign with" not in done.stdout
