"""Metadata: which keys and values are kept, and how they change."""

from __future__ import annotations

import functools
from collections.abc import Mapping

from obs_client.errors import InvalidNameError
from obs_client.testing.base import ConformanceBase
from obs_client.testing.promise import promise
from obs_client.testing.together import run_together

VALUES = {
    "plain": "value",
    "empty": "",
    "inner": "two  blanks, and more; a=b",
    "quotes": "\"a\" 'b' \\c",
    "latin": "Grüße",
    "japanese": "日本語",
    "emoji": "😀",
    "encoded-word": "=?UTF-8?Q?looks_encoded?=",
    "encoded-base64": "=?utf-8?b?R3LDvMOfZQ==?=",
    "half-word": "=?UTF-8?Q?",
    "percent": "%C3%A9 100%",
    "colon": "a:b, c",
    "mixed": "ascii and Grüße =?and?=",
    "no-break": "a\u00a0b\u2028c",
}
BLANK_EDGED = {"before": " value", "after": "value ", "both": "  value  ", "only": " "}


class MetadataTests(ConformanceBase):
    """What is promised of metadata."""

    def check_kept(self, metadata: dict[str, str]) -> None:
        """Metadata comes back as given from a write of a small and a large object, and from a change."""
        for data in (b"small", self.content(self.part_size + 1)):
            name = self.put("object", data, metadata)
            self.assertEqual(self.metadata(name), metadata, "after a write")
            self.client.object_replace_metadata(name, {})
            self.assertEqual(self.metadata(name), {}, "after a change to none")
            self.client.object_replace_metadata(name, metadata)
            self.assertEqual(self.metadata(name), metadata, "after a change")

    @promise("Metadata is kept; an object written without has an empty dict.")
    def test_metadata(self) -> None:
        self.check_kept({"key": "value", "another-key": "2", "9": "digit", "a": "b"})
        self.assertEqual(self.metadata(self.put("without")), {})

    @promise("Metadata values may be any text: empty, of any script, or alike to an encoding.")
    def test_metadata_values(self) -> None:
        self.check_kept(VALUES)
        name = self.name("alone")

        def check(item: tuple[str, str]) -> None:
            key, value = item
            self.client.object_write(name, b"", {key: value})
            self.assertEqual(self.metadata(name), {key: value}, "after a write")
            self.client.object_replace_metadata(name, {f"other-{key}": value})
            self.assertEqual(self.metadata(name), {f"other-{key}": value}, "after a change")

        self.each(VALUES.items(), check)

    @promise("Values with a blank at an edge are kept if capabilities.metadata_blank_edges, else refused unwritten.")
    def test_metadata_blank_edges(self) -> None:
        if self.capabilities.metadata_blank_edges:
            self.check_kept(BLANK_EDGED)
        else:
            self.each(BLANK_EDGED.items(), lambda item: self.check_refused({item[0]: item[1]}))

    @promise("Keys with an underscore are kept if capabilities.metadata_key_characters has it, else refused unwritten.")
    def test_metadata_underscore(self) -> None:
        if "_" in self.capabilities.metadata_key_characters:
            self.check_kept({"under_score": "1", "under-score": "2", "_": "3"})
        else:
            self.check_refused({"under_score": "1"})

    @promise("Metadata of 2,000 bytes in all is kept, unless it is beyond the limits that capabilities names.")
    def test_metadata_size(self) -> None:
        limits = self.capabilities
        total = min(2000, limits.metadata_total_maximum or 2000)
        each = min(200, limits.metadata_value_maximum or 200)
        count = min(total // (each + 6), limits.metadata_count_maximum or total)
        self.check_kept({f"key-{number:02}": "v" * each for number in range(count)})

    @promise("Metadata that grow when they are sent are kept at any size up to the limit in all, or refused unwritten.")
    def test_metadata_size_as_sent(self) -> None:
        limits = self.capabilities
        each = min(100, (limits.metadata_value_maximum or 200) // 2)
        most = (limits.metadata_total_maximum or 2000) // (2 * each + 6)
        for count in (most // 6, most // 3, most // 2, most):
            metadata = {f"key-{number:02}": "ü" * each for number in range(count)}
            try:
                name = self.put("object", b"", metadata)
            except InvalidNameError:
                self.check_refused(metadata)
            else:
                self.assertEqual(self.metadata(name), metadata)

    @promise("Metadata beyond the limits that capabilities names is refused with InvalidNameError before any request.")
    def test_metadata_too_large(self) -> None:
        limits = self.capabilities
        beyond: list[dict[str, str]] = []
        if limits.metadata_value_maximum is not None:
            beyond.append({"key": "v" * (limits.metadata_value_maximum + 1)})
        if limits.metadata_key_maximum is not None:
            beyond.append({"k" * (limits.metadata_key_maximum + 1): "value"})
        if limits.metadata_count_maximum is not None:
            beyond.append({f"k{number}": "v" for number in range(limits.metadata_count_maximum + 1)})
        if limits.metadata_total_maximum is not None:
            count = limits.metadata_total_maximum // 100 + 1
            beyond.append({f"k{number:06}": "v" * 100 for number in range(count)})
        if not beyond:
            self.skipTest("capabilities names no limit of metadata")
        self.each(beyond, self.check_refused)

    @promise("Metadata keys are lower-cased, in writes and in changes.")
    def test_metadata_key_case(self) -> None:
        name = self.put("object", metadata={"KEY": "Value", "Mixed-Case": "B"})
        self.assertEqual(self.metadata(name), {"key": "Value", "mixed-case": "B"})
        self.client.object_set_metadata(name, "KEY", "changed")
        self.client.object_set_metadata(name, "New-Key", "new")
        self.client.object_delete_metadata(name, "MIXED-case")
        self.assertEqual(self.metadata(name), {"key": "changed", "new-key": "new"})
        self.client.object_replace_metadata(name, {"OTHER": "X"})
        self.assertEqual(self.metadata(name), {"other": "X"})

    @promise("What is not metadata is refused with InvalidNameError or TypeError before any request.")
    def test_metadata_refused(self) -> None:
        bad_keys = ("", "a b", "a:b", "a.b", "ümlaut", "a\nb", "a\0", "K\u212a", "a/b", "a=b", "obs-write-id")
        bad_values = ("line\nbreak", "return\r", "nul\0", "tab\t", "\x1b", "\x7f", "\x85", "\ud800")
        self.each(bad_keys, lambda key: self.check_refused({key: "value"}))
        self.each(bad_values, lambda value: self.check_refused({"key": value}))
        self.check_refused({"Key": "1", "key": "2"})

    def check_refused(self, metadata: dict[str, str]) -> None:
        """Metadata that the store cannot keep is refused by every method that takes any."""
        client, name = self.recording_client(), self.name("refused")
        with self.assertRaises(InvalidNameError):
            client.object_write(name, b"", metadata)
        with self.assertRaises(InvalidNameError):
            client.object_open(name, "wb", metadata=metadata)
        with self.assertRaises(InvalidNameError):
            client.object_replace_metadata(name, metadata)
        self.assertEqual(client.calls, [], "requests were made")

    @promise("Metadata that is not a mapping of text to text is refused with TypeError before any request.")
    def test_metadata_types(self) -> None:
        client = self.recording_client()
        wrong: tuple[object, ...] = ("text", [("a", "b")], {"a": 5}, {5: "a"}, {"a": None}, {b"a": b"b"})
        for metadata in wrong:
            with self.assertRaises(TypeError, msg=repr(metadata)):
                client.object_write(self.name("object"), b"", metadata)  # type: ignore[arg-type]
            with self.assertRaises(TypeError, msg=repr(metadata)):
                client.object_replace_metadata(self.name("object"), metadata)  # type: ignore[arg-type]
        self.assertEqual(client.calls, [], "requests were made")

    @promise("object_replace_metadata leaves nothing of the old metadata and returns True.")
    def test_replace_metadata(self) -> None:
        name = self.put("object", metadata={"old": "1", "both": "1"})
        self.assertIs(self.client.object_replace_metadata(name, {"both": "2", "new": "2"}), True)
        self.assertEqual(self.metadata(name), {"both": "2", "new": "2"})

    @promise("object_set_metadata sets one key and keeps the others; it returns True.")
    def test_set_metadata(self) -> None:
        name = self.put("object", metadata={"old": "1"})
        self.assertIs(self.client.object_set_metadata(name, "new", "2"), True)
        self.assertIs(self.client.object_set_metadata(name, "old", ""), True)
        self.assertEqual(self.metadata(name), {"old": "", "new": "2"})

    @promise("object_delete_metadata removes one key and keeps the others; True also if the key was not there.")
    def test_delete_metadata(self) -> None:
        name = self.put("object", metadata={"one": "1", "two": "2"})
        self.assertIs(self.client.object_delete_metadata(name, "one"), True)
        self.assertIs(self.client.object_delete_metadata(name, "one"), True)
        self.assertEqual(self.metadata(name), {"two": "2"})

    @promise("Of several that change an object's metadata at once the last wins completely.")
    def test_metadata_race(self) -> None:
        name = self.put("object", metadata={"writer": "start", "copy": "start"})

        def change(number: int) -> None:
            for turn in range(5):
                mark = f"{number} {turn}"
                self.client.object_replace_metadata(name, {"writer": mark, "copy": mark, f"only-{number}": mark})

        run_together(functools.partial(change, number) for number in range(4))
        self.check_one_writer(self.metadata(name))
        self.assertEqual(self.client.object_read(name), b"content")

    def check_one_writer(self, found: Mapping[str, str]) -> None:
        """Metadata of `test_metadata_race` is of one writer."""
        mark = found["writer"]
        self.assertEqual(found, {"writer": mark, "copy": mark, f"only-{mark[0]}": mark})
