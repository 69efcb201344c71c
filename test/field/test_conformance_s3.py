"""The contract, kept by `S3Client` on doubles of servers that cannot be installed here."""

from __future__ import annotations

import atexit
import contextlib
import functools
import unittest
from typing import Any

from obs_client.backends.s3.client import S3Client
from obs_client.client import ObjectStorageClient
from obs_client.models import ClientOptions
from obs_client.testing import Conformance
from test.field.not_yet import not_yet
from test.loopback.s3_double import S3Double, Ways, s3_double

QUICK = ClientOptions(first_pause=0.01, longest_pause=0.1)


@functools.cache
def server(ways: Ways) -> S3Double:
    """A double that runs until the run ends."""
    stack = contextlib.ExitStack()
    atexit.register(stack.close)
    return stack.enter_context(s3_double(ways))


def client_of(double: S3Double, container: str | None = None, **options: Any) -> S3Client:
    """A client of a double."""
    given = {"endpoint_url": double.url, "credentials": double.credentials, "region": double.region, "options": QUICK}
    return S3Client(container, **{**given, **options})


@not_yet(
    {"test_if_hash_absent": "PutObject with If-Match answers 404 NoSuchKey where nothing is, as S3's reference says"}
)
class TestByTheDocument(Conformance, unittest.TestCase):
    def make_client(self) -> ObjectStorageClient:
        return client_of(server(Ways()), conditional_writes=True)
