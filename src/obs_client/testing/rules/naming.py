"""Object names: every legal one is taken as it is, or refused before any request; no two are one object."""

from __future__ import annotations

import re

from obs_client.errors import InvalidNameError, ObjectNotFoundError
from obs_client.models import SubdirInfo
from obs_client.testing.base import ConformanceBase
from obs_client.testing.calls import OBJECT_CALLS
from obs_client.testing.odd_names import IMPOSSIBLE_NAMES, NAMES_OF_EVERY_STORE, ODD_NAMES
from obs_client.testing.promise import promise
from obs_client.testing.rules.listings import fold


class NamingTests(ConformanceBase):
    """What is promised of object names."""

    def put_odd(self, *units: str) -> dict[str, bytes]:
        """Write an object under each odd name that the store takes, and under longest names, all different."""
        longest = [self.own_name(self.name_of_size(1024, unit)) for unit in (*units, "k", "\u65e5")]
        names = [*ODD_NAMES, *longest]
        written = {self.base_prefix + text: f"{number} {text}".encode() for number, text in enumerate(names)}
        written = {name: data for name, data in written.items() if not self.takes_no(name, data)}
        self._named.update(written)
        refused = NAMES_OF_EVERY_STORE - {self.own_name(name) for name in written}
        self.assertEqual(refused, set(), "names that no store may refuse were refused")
        return written

    @promise("Every legal name is taken as it is, and no two names are one object: each returns its own content.")
    def test_names_read(self) -> None:
        written = self.put_odd("d/", "0123456789abcdef/", "\u00e9", "\U0001f600")
        self.each(written, lambda name: self.assertEqual(self.client.object_read(name), written[name]))
        self.assert_names_listed(self.own_name(name) for name in written)

    @promise("object_info reports the name as it was given.")
    def test_names_info(self) -> None:
        written = self.put_odd()

        def check(name: str) -> None:
            info = self.info(name)
            self.assertEqual((info.name, info.size), (name, len(written[name])))

        self.each(written, check)

    @promise("A listing returns every name as it was written, each once.")
    def test_names_listed(self) -> None:
        written = self.put_odd()
        self.assert_names_listed(self.own_name(name) for name in written)

    @promise("A name that capabilities.object_names_refused has is refused in writing, and absent for all else.")
    def test_names_refused_by_store(self) -> None:
        patterns = [pattern for pattern, _ in self.capabilities.object_names_refused]
        refused = [text for text in ODD_NAMES if any(re.search(pattern, text) for pattern in patterns)]
        if not refused:
            self.skipTest("capabilities.object_names_refused has none of the odd names")
        source = self.put("source")

        def check(text: str) -> None:
            name, client = self.name(text), self.recording_client()
            with self.assertRaises(InvalidNameError):
                client.object_write(name, b"")
            with self.assertRaises(InvalidNameError):
                client.object_copy(source, name)
            self.assertEqual(client.calls, [], "requests were made")
            self.assertIsNone(self.client.object_info(name))
            self.assertIs(self.client.object_delete(name), True)
            with self.assertRaises(ObjectNotFoundError):
                self.client.object_read(name)

        self.each(refused, check)

    @promise("Listings fold odd names by their letters alone: no slash is dropped, doubled or decoded.")
    def test_names_folded(self) -> None:
        written = [self.own_name(name) for name in self.put_odd()]
        self.assert_names_listed(written)

        def check(prefix: str) -> None:
            entries = self.client.object_list(prefix=self.base_prefix + prefix, delimiter="/")
            found = [self.own_name(item.subdir if isinstance(item, SubdirInfo) else item.name) for item in entries]
            self.assertEqual(sorted(found, key=str.encode), fold(written, prefix, "/"))

        self.each(("", "/", "//", "a", "a/", "a//", "a/b/", "%", "%2", "Case", ".", "..", "s", "\u65e5", "C"), check)

    @promise("Every name can be the prefix of a listing, and start_after.")
    def test_names_as_prefix(self) -> None:
        written = sorted(self.put_odd(), key=str.encode)
        self.assert_names_listed(self.own_name(name) for name in written)

        def check(name: str) -> None:
            entries = self.client.object_list(prefix=name)
            found = [item.subdir if isinstance(item, SubdirInfo) else item.name for item in entries]
            self.assertEqual(sorted(found, key=str.encode), fold(written, name), "prefix")
            iterator = self.client.object_iter(prefix=self.base_prefix, start_after=name)
            rest = [item.subdir if isinstance(item, SubdirInfo) else item.name for item in iterator]
            self.assertEqual(sorted(rest, key=str.encode), fold(written, self.base_prefix, None, name), "start_after")

        self.each(written[::4], check)

    @promise("Objects are copied from and to any name.")
    def test_names_copied(self) -> None:
        written = self.put_odd()

        def check(name: str) -> None:
            copy = self.name("the copy")
            self.assertIs(self.client.object_copy(name, copy), True)
            self.assertEqual(self.client.object_read(copy), written[name])
            self.client.object_delete(name)
            self.assertIs(self.client.object_copy(copy, name), True)
            self.assertEqual(self.client.object_read(name), written[name])

        self.each(written, check)

    @promise("Deleting an object deletes the one of this name and no other.")
    def test_names_deleted(self) -> None:
        written = list(self.put_odd())
        for name in written[::3]:
            self.client.object_delete(name)
        kept = [self.own_name(name) for name in written if name not in written[::3]]
        self.assert_names_listed(kept)
        self.each(written[::3], lambda name: self.assertIsNone(self.client.object_info(name)))

    @promise("object_delete_many deletes odd names, and no others.")
    def test_names_deleted_together(self) -> None:
        written = list(self.put_odd())
        self.client.object_delete_many(written[::2])
        self.assert_names_listed(self.own_name(name) for name in written[1::2])

    @promise("File objects and metadata changes take any name.")
    def test_names_opened(self) -> None:
        written = self.put_odd()

        def check(name: str) -> None:
            with self.client.object_open(name, "wb") as file:
                file.write(b"again " + written[name])
            with self.client.object_open(name) as file:
                self.assertEqual(file.read(), b"again " + written[name])
            self.assertIs(self.client.object_set_metadata(name, "key", "value"), True)
            self.assertEqual(self.metadata(name), {"key": "value"})

        self.each(written, check)

    @promise("A large object may have any name.")
    def test_names_of_large_objects(self) -> None:
        large = self.content(self.part_size + 1)

        def check(text: str) -> None:
            self.client.object_write(self.name(text), large)
            self.assertEqual(self.client.object_read(self.name(text)), large)

        self.each([self.own_name(name) for name in self.put_odd()][::5], check)

    @promise("A name that no store takes is refused with InvalidNameError by every method, before any request.")
    def test_names_refused(self) -> None:
        client = self.recording_client()
        client.container_name = self.container

        def check(name: str) -> None:
            for label, call in OBJECT_CALLS.items():
                with self.assertRaises(InvalidNameError, msg=label) as caught:
                    call(client, name)
                self.assertIsInstance(caught.exception, ValueError)

        self.each(IMPOSSIBLE_NAMES, check)
        self.assertEqual(client.calls, [], "requests were made")
        self.assert_names_listed([])

    @promise("A name that is not text is refused with TypeError by every method, before any request.")
    def test_names_of_wrong_type(self) -> None:
        client = self.recording_client()

        def check(name: object) -> None:
            for label, call in OBJECT_CALLS.items():
                with self.assertRaises(TypeError, msg=label):
                    call(client, name)  # type: ignore[arg-type]

        self.each((None, b"bytes", 5), check)
        self.assertEqual(client.calls, [], "requests were made")
