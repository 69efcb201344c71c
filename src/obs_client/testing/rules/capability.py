"""What `capabilities` says; whether conditions, URLs and metadata limits hold is tested beside them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from obs_client.client import ObjectStorageClient
from obs_client.errors import NotSupportedError, ObjectStorageClientError
from obs_client.models import Capabilities
from obs_client.testing.base import ConformanceBase
from obs_client.testing.promise import promise

Call = Callable[[ObjectStorageClient, str], object]

NEEDING: dict[str, Call] = {
    "if_absent": lambda client, name: client.object_write(name, b"", if_absent=True),
    "if_hash": lambda client, name: client.object_write(name, b"", if_hash="none-that-is-there"),
    "tags": lambda client, name: client.object_tags(name),
    "download_urls": lambda client, name: client.object_generate_download_url(name),
    "upload_urls": lambda client, name: client.object_generate_upload_url(name),
    "writable": lambda client, name: client.object_delete(name),
}
"""A call that needs a capability, by the capability."""


class CapabilityTests(ConformanceBase):
    """What is promised of `capabilities`."""

    @promise("capabilities is a Capabilities, stays the same, and its limits make sense.")
    def test_capabilities(self) -> None:
        found = self.capabilities
        self.assertIsInstance(found, Capabilities)
        self.assertEqual(self.client.capabilities, found)
        self.assertGreaterEqual(found.part_size_minimum, 1)
        self.assertGreaterEqual(found.delete_batch_maximum, 1)
        if found.part_size_maximum is not None:
            self.assertGreaterEqual(found.part_size_maximum, found.part_size_minimum)

    @promise("What capabilities declares is not refused as not supported; all else is, before any request.")
    def test_refusals_are_told(self) -> None:
        def check(capability: str) -> None:
            client, call = self.recording_client(), NEEDING[capability]
            if getattr(self.capabilities, capability):
                call(client, self.name("object"))
                return
            with self.assertRaises(NotSupportedError):
                call(client, self.name("object"))
            # To sign is no request; where a store has no signed URLs, its client may say so itself.
            self.assertEqual([each for each in client.calls if "generate" not in each], [])

        self.each(NEEDING, check)

    @promise("server_side_copy, if declared, copies without moving content through this process.")
    def test_server_side_copy(self) -> None:
        if not self.capabilities.server_side_copy:
            self.skipTest("capabilities.server_side_copy is False")
        source, client = self.put("source", self.large()), self.recording_client()
        self.assertIs(client.object_copy(source, self.name("target")), True)
        self.assertIn("object_copy", client.calls)
        self.assertEqual({"object_open", "object_write", "object_multipart"} & set(client.calls), set())
        self.assertTrue(self.client.object_read(self.name("target")) == self.large())

    @promise("A part of the declared minimum size is taken.")
    def test_smallest_part(self) -> None:
        size = self.capabilities.part_size_minimum
        self.client.options = dataclasses.replace(self.client.options, part_size=size)
        data = self.content(3 * size + 1)
        self.client.object_write(self.name("object"), data)
        self.assertTrue(self.client.object_read(self.name("object")) == data)

    @promise("An object in unequal parts is taken, unless capabilities.equal_parts says otherwise.")
    def test_unequal_parts(self) -> None:
        limits = self.capabilities
        if limits.equal_parts:
            self.skipTest("capabilities.equal_parts is True")
        with self.client.object_open(self.name("object"), "wb") as file:
            file.write(self.large())
            file.write(b"more")
        self.assertTrue(self.client.object_read(self.name("object")) == self.large() + b"more")

    @promise("Every error of the store is one of the library's own, with the SDK's as its cause where there is one.")
    def test_errors_are_typed(self) -> None:
        try:
            self.client.object_read(self.name("absent"))
        except ObjectStorageClientError as error:
            self.assertTrue(error.__cause__ is None or isinstance(error.__cause__, Exception))
        else:
            self.fail("object_read of an absent object raised nothing")
