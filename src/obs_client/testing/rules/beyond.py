"""What a store reports of an object that not all stores report: class, version and end, tags, headers."""

from __future__ import annotations

import time

from obs_client.errors import NotSupportedError
from obs_client.models import ObjectInfo
from obs_client.testing.base import ConformanceBase
from obs_client.testing.promise import promise

FIELDS: dict[str, type] = {"storage_class": str, "version_id": str, "expires": float}


class BeyondTests(ConformanceBase):
    """What is promised of what only some stores tell."""

    @promise(
        "Class, version and end of an object are reported as text, text and epoch seconds; or None where they are not."
    )
    def test_told_beyond(self) -> None:
        info = self.info(self.put("object"))
        for field, kind in FIELDS.items():
            found = getattr(info, field)
            self.assertTrue(found is None or (isinstance(found, kind) and found), f"{field} is {found!r}")
        if info.expires is not None:
            self.assertGreater(info.expires, time.time() - 60)
            self.assertLess(info.expires, time.time() + 100 * 365 * 24 * 3600)

    @promise("What a listing, a reader and object_info tell of class, version and end of an object is the same.")
    def test_told_the_same(self) -> None:
        info = self.info(name := self.put("object"))
        listed = [each for each in self.client.object_list(True, prefix=name) if isinstance(each, ObjectInfo)]
        with self.client.object_open(name) as file:
            found = [*listed, file.info]
        self.assertGreater(len(found), 0)
        for each in found:
            for field in FIELDS:
                self.assertIn(getattr(each, field), (None, getattr(info, field)), field)

    @promise(
        "object_tags returns the tags as a dict of texts, empty where there are none, and None for what is absent."
    )
    def test_tags(self) -> None:
        if not self.capabilities.tags:
            self.skipTest("capabilities.tags is False")
        self.assertEqual(self.client.object_tags(self.put("object")), {})
        self.assertIsNone(self.client.object_tags(self.name("absent")))

    @promise("object_tags raises NotSupportedError before any request where capabilities.tags is False.")
    def test_tags_undeclared(self) -> None:
        if self.capabilities.tags:
            self.skipTest("capabilities.tags is True")
        name, client = self.put("object"), self.recording_client()
        for each in (self.client, client):
            with self.assertRaises(NotSupportedError):
                each.object_tags(name)
        self.assertEqual(client.calls, [])

    @promise(
        "object_headers returns what the store itself reports, by names in lower case or "
        "fields; None for what is absent."
    )
    def test_own_headers(self) -> None:
        found = self.client.object_headers(self.put("object"))
        assert found is not None, "object_headers says that the object is absent"
        for name, value in found.items():
            self.assertIsInstance(name, str)
            self.assertIsInstance(value, str)
        self.assertIsNone(self.client.object_headers(self.name("absent")))
