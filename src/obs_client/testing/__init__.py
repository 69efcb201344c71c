"""The contract of `ObjectStorageClient` as tests, for any store.

A backend's whole test file::

    import unittest
    from obs_client.testing import Conformance
    from mystore import MyClient

    class TestMyStore(Conformance, unittest.TestCase):
        def make_client(self):
            return MyClient()

`FaultyClient(client)` is the same store with a bad network: the same tests must pass over it.
"""

from __future__ import annotations

from obs_client.testing.conformance import Conformance
from obs_client.testing.faults import FaultyClient

__all__ = ["Conformance", "FaultyClient"]
