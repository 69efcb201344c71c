"""Who observes a client is told of every request that it makes."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Callable

from obs_client.client import ObjectStorageClient
from obs_client.models import RequestRecord
from obs_client.testing.base import ConformanceBase
from obs_client.testing.promise import promise


class ObservingTests(ConformanceBase):
    """What is promised of `ClientOptions.observe`."""

    def observed(self, seen: list[RequestRecord]) -> ObjectStorageClient:
        """A client whose requests are noted; in memory it may be the one that all tests use."""
        client = self.another_client()
        self.addCleanup(setattr, client, "options", client.options)
        client.options = dataclasses.replace(client.options, observe=seen.append)
        return client

    @promise("Every request to a server is passed to ClientOptions.observe, with the bytes each way.")
    def test_observe(self) -> None:
        seen: list[RequestRecord] = []
        client = self.observed(seen)
        told: dict[str, list[RequestRecord]] = {}
        for what, call in self.asking(client).items():
            seen.clear()
            call()
            told[what] = list(seen)
        if not any(told.values()):
            self.skipTest("this store makes no requests that can be observed")
        self.assertEqual([what for what, records in told.items() if not records], [], "told nobody of")
        for records in told.values():
            for record in records:
                self.check_record(record)
        for what in ("write", "write large"):
            self.assertGreaterEqual(sum(record.sent for record in told[what]), self.size_of(what), what)
        for what in ("read", "read large"):
            self.assertGreaterEqual(sum(record.received for record in told[what]), self.size_of(what), what)

    def size_of(self, what: str) -> int:
        """Bytes of what is written and read."""
        return len(self.large()) if what.endswith("large") else len(b"content")

    def asking(self, client: ObjectStorageClient) -> dict[str, Callable[[], object]]:
        """Calls that no store can answer by itself; each needs what those before it made."""
        small, large, copy = self.name("small"), self.name("large"), self.name("copy")
        return {
            "container_info": lambda: client.container_info(self.container),
            "write": lambda: client.object_write(small, b"content"),
            "write large": lambda: client.object_upload(io.BytesIO(self.large()), large),
            "info": lambda: client.object_info(small),
            "read": lambda: client.object_read(small),
            "read large": lambda: client.object_read(large),
            "list": lambda: client.object_list(prefix=self.base_prefix),
            "copy": lambda: client.object_copy(small, copy),
            "metadata": lambda: client.object_set_metadata(copy, "key", "value"),
            "delete": lambda: client.object_delete(copy),
            "delete many": lambda: client.object_delete_many([small, large]),
        }

    def check_record(self, record: RequestRecord) -> None:
        """What every record has."""
        self.assertIsInstance(record, RequestRecord)
        self.assertRegex(record.method, r"\A[A-Z]+\Z")
        self.assertTrue(record.host)
        self.assertTrue(record.path.startswith("/"), record.path)
        self.assertGreaterEqual(record.attempt, 1)
        self.assertGreaterEqual(min(record.sent, record.received, record.milliseconds), 0)
        self.assertTrue(record.status is not None or record.error, "neither a status nor an error")
