"""Object names: every legal one is taken as it is, or refused before any request; no two are one object."""

from __future__ import annotations

import re
from collections.abc import Callable

from obs_client.client import ObjectStorageClient
from obs_client.errors import InvalidNameError, ObjectNotFoundError
from obs_client.models import SubdirInfo
from obs_client.testing.base import ConformanceBase
from obs_client.testing.calls import OBJECT_CALLS
from obs_client.testing.odd_names import IMPOSSIBLE_NAMES, NAMES_OF_EVERY_STORE, ODD_NAMES
from obs_client.testing.promise import promise
from obs_client.testing.rules.listings import fold


class NamingTests(ConformanceBase):
    """What is promised of object names."""

    def odd(self, *units: str) -> dict[str, bytes]:
        """The odd names and the longest ones, each with its own content; fewer with faults, which know no names."""
        longest = [self.own_name(self.name_of_size(1024, unit)) for unit in (*units, "k", "\u65e5")]
        contents = {self.base_prefix + text: f"{n} {text}".encode() for n, text in enumerate([*ODD_NAMES, *longest])}
        return dict(list(contents.items())[::4]) if self.lost_answers else contents

    def fourth(self, names: list[str]) -> list[str]:
        """Each fourth of the names; with faults there are no more than those."""
        return names if self.lost_answers else names[::4]

    def put_odd(self, *units: str) -> dict[str, bytes]:
        """Write an object under each odd name that the store takes, and under longest names, all different."""
        return self.taken(self.odd(*units), self.takes_no)

    def taken(self, contents: dict[str, bytes], refuses: Callable[[str, bytes], bool]) -> dict[str, bytes]:
        """What of these was written; no store may refuse the names of every store."""
        self._named.update(contents)
        written = {name: data for name, data in contents.items() if not refuses(name, data)}
        refused = {self.own_name(name) for name in contents.keys() - written.keys()} & NAMES_OF_EVERY_STORE
        self.assertEqual(refused, set(), "names that no store may refuse were refused")
        return written

    @promise(
        "Every legal name is taken as it is, and no two names are one object: "
        "each has its own content and info, and its line in the listing."
    )
    def test_names_read(self) -> None:
        written = self.put_odd("d/", "0123456789abcdef/", "\u00e9", "\U0001f600")

        def check(name: str) -> None:
            self.assertEqual(self.client.object_read(name), written[name])
            info = self.info(name)
            self.assertEqual((info.name, info.size), (name, len(written[name])))

        self.each(written, check)
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

    @promise("Listings fold odd names by their letters alone, and take any name as prefix and as start_after.")
    def test_names_folded(self) -> None:
        written = [self.own_name(name) for name in self.put_odd()]
        self.assert_names_listed(written)

        def check(prefix: str) -> None:
            self.assertEqual(self.listed(prefix, "/"), fold(written, prefix, "/"))

        self.each(("", "/", "//", "a", "a/", "a//", "a/b/", "%", "%2", "Case", ".", "..", "s", "\u65e5", "C"), check)

        def check_place(name: str) -> None:
            self.assertEqual(self.listed(name), fold(written, name), "prefix")
            self.assertEqual(self.listed("", None, name), fold(written, "", None, name), "start_after")

        self.each(self.fourth(sorted(written, key=str.encode)), check_place)

    def listed(self, prefix: str, delimiter: str | None = None, start_after: str | None = None) -> list[str]:
        """The tests' own names of a listing's entries, sorted."""
        after = None if start_after is None else self.base_prefix + start_after
        entries = self.client.object_iter(False, self.base_prefix + prefix, delimiter, start_after=after)
        found = [self.own_name(entry.subdir if isinstance(entry, SubdirInfo) else entry.name) for entry in entries]
        return sorted(found, key=str.encode)

    @promise("Objects are copied from and to any name, and deleted by any name, one or many at once, and no others.")
    def test_names_copied(self) -> None:
        contents = self.put_odd()
        if len(contents) % 2:
            contents[self.put("to make pairs", b"of all")] = b"of all"
        half, other = list(contents)[::2], list(contents)[1::2]
        self.client.object_delete_many(other)
        self.check_copies(half, other, contents)
        self.each(half, lambda name: self.assertIs(self.client.object_delete(name), True))
        self.each(half, lambda name: self.assertIsNone(self.client.object_info(name)))
        contents |= {target: contents[source] for source, target in zip(half, other, strict=True)}
        self.check_copies(other, half, contents)

    def check_copies(self, sources: list[str], targets: list[str], contents: dict[str, bytes]) -> None:
        """The sources are all that is there, and can be copied to the targets."""
        self.assert_names_listed(self.own_name(name) for name in sources)

        def check(pair: tuple[str, str]) -> None:
            source, target = pair
            self.assertIs(self.client.object_copy(source, target), True)
            self.assertEqual(self.client.object_read(target), contents[source])

        self.each(zip(sources, targets, strict=True), check)

    @promise("File objects and metadata changes take any name.")
    def test_names_opened(self) -> None:
        def write(client: ObjectStorageClient, name: str, data: bytes) -> None:
            with client.object_open(name, "wb") as file:
                file.write(data)

        written = self.taken(self.odd(), lambda name, data: self.refused(lambda client: write(client, name, data)))

        def check(name: str) -> None:
            with self.client.object_open(name) as file:
                self.assertEqual(file.read(), written[name])
            self.assertIs(self.client.object_set_metadata(name, "key", "value"), True)
            self.assertEqual(self.metadata(name), {"key": "value"})

        self.each(written, check)

    @promise("A large object may have any name.")
    def test_names_of_large_objects(self) -> None:
        large = self.content(self.part_size + 1)

        def check(name: str) -> None:
            self.client.object_write(name, large)
            self.assertTrue(self.client.object_read(name) == large)

        self.each(self.taken(dict.fromkeys(self.fourth(list(self.odd())), b"small"), self.takes_no), check)

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
