"""What an object carries beside its content: type, headers, hash, time."""

from __future__ import annotations

import functools
import io
import os
import tempfile
import time
from typing import Any, ClassVar

from obs_client.client import ObjectStorageClient
from obs_client.errors import InvalidNameError
from obs_client.testing.base import ConformanceBase
from obs_client.testing.promise import promise

HEADERS: dict[str, Any] = {
    "content_encoding": "gzip",
    "content_disposition": "attachment; filename=\"a b.txt\"; filename*=UTF-8''%C3%A9.txt",
    "content_language": "de-CH, en",
    "cache_control": "private, max-age=60",
}
GUESSED = {
    "a.txt": "text/plain",
    "a.html": "text/html",
    "a.json": "application/json",
    "a.PNG": "image/png",
    "a.tar.gz": "application/gzip",
    "a.tgz": "application/gzip",
    "folder.txt/a": "application/octet-stream",
    "noextension": "application/octet-stream",
    "a.unknown-extension": "application/octet-stream",
    ".txt": "application/octet-stream",
}


class AttributeTests(ConformanceBase):
    """What is promised of content type, headers, hash and time."""

    _headers_kept: ClassVar[dict[str, Any] | None] = None

    def headers_kept(self) -> dict[str, Any]:
        """The headers that this store keeps, found out once; it must refuse the others before any request."""
        if self._headers_kept is None:
            type(self)._headers_kept = self.find_headers_kept()
        return dict(self._headers_kept or {})

    def find_headers_kept(self) -> dict[str, Any]:
        """The headers with which an object can be written."""

        def write(header: str, client: ObjectStorageClient) -> object:
            return client.object_write(self.name("probe"), b"", **{header: HEADERS[header]})

        return {
            header: value for header, value in HEADERS.items() if not self.refused(functools.partial(write, header))
        }

    def headers_of(self, name: str) -> dict[str, str | None]:
        """The headers that an object has by now."""
        info = self.info(name)
        found = {header: getattr(info, header) for header in HEADERS}
        return {header: value for header, value in found.items() if value is not None}

    def rich(self, text: str, data: bytes) -> str:
        """Write an object with every attribute that the store keeps."""
        name = self.name(text)
        self.client.object_write(name, data, {"key": "value"}, content_type="text/x-own", **self.headers_kept())
        return name

    def check_rich(self, name: str, metadata: dict[str, str]) -> None:
        """An object written by `rich` has all its attributes, but for the metadata named here."""
        info = self.info(name)
        self.assertEqual(info.content_type, "text/x-own", "content type")
        self.assertEqual(self.headers_of(name), self.headers_kept(), "headers")
        self.assertEqual(info.metadata, metadata, "metadata")

    @promise("A content type that is given is kept, whatever the object's name and size.")
    def test_content_type(self) -> None:
        for data in (b"small", self.large()):
            for kind in ("text/x-own", "text/html; charset=utf-8", "application/octet-stream"):
                self.client.object_write(self.name("a.json"), data, content_type=kind)
                self.assertEqual(self.info(self.name("a.json")).content_type, kind)

    @promise("Without one, the content type is guessed from the name by a fixed table; .tar.gz is application/gzip.")
    def test_content_type_guessed(self) -> None:
        def check(text: str) -> None:
            info = self.info(self.put(text, b"content"))
            self.assertEqual((info.content_type, info.content_encoding), (GUESSED[text], None))

        self.each(GUESSED, check)

    @promise("Every way of writing keeps content type, headers and metadata.")
    def test_every_door(self) -> None:
        metadata = {"key": "value"}
        kept: dict[str, Any] = {"content_type": "text/x-own", **self.headers_kept()}
        for data in (b"small", self.large()):
            with tempfile.TemporaryDirectory() as directory:
                path = os.path.join(directory, "file")
                with open(path, "wb") as file:
                    file.write(data)
                self.client.object_write(self.name("1"), data, metadata, **kept)
                self.client.object_upload(io.BytesIO(data), self.name("2"), metadata, **kept)
                self.client.upload_file(path, self.name("3"), metadata, **kept)
                with self.client.object_open(self.name("4"), "wb", metadata=metadata, **kept) as file:
                    file.write(data)
            self.each("1234", lambda text: self.check_rich(self.name(text), metadata))

    @promise("Headers come back as they were given: encoding, disposition, language, cache control; each alone too.")
    def test_headers(self) -> None:
        for header, value in self.headers_kept().items():
            name = self.name(header)
            self.client.object_write(name, b"", **{header: value})
            self.assertEqual(self.headers_of(name), {header: value})
        self.assertEqual(self.headers_of(self.put("none")), {}, "headers that nobody gave")

    @promise("Content with a content encoding is given back as stored, never decoded.")
    def test_content_encoding_is_not_decoded(self) -> None:
        if "content_encoding" not in self.headers_kept():
            self.skipTest("the store keeps no content encoding, and refuses it")
        name = self.name("packed")
        self.client.object_write(name, b"\x1f\x8b not really gzip", content_encoding="gzip")
        self.assertEqual(self.client.object_read(name), b"\x1f\x8b not really gzip")

    @promise("Changing metadata keeps content, type and headers, and the hash, if declared, of an object in one part.")
    def test_metadata_change_keeps_all(self) -> None:
        for data in (b"small", self.large()):
            name = self.rich("object", data)
            before = self.info(name).hash
            self.client.object_replace_metadata(name, {"other": "b"})
            self.check_rich(name, {"other": "b"})
            self.client.object_set_metadata(name, "third", "c")
            self.check_rich(name, {"other": "b", "third": "c"})
            self.client.object_delete_metadata(name, "other")
            self.check_rich(name, {"third": "c"})
            self.assertTrue(self.client.object_read(name) == data, "content")
            # S3 copies an object onto itself to change its metadata; one of many parts gets another tag by that.
            if len(data) < self.part_size and self.capabilities.hash_of_content:
                self.assertEqual(self.info(name).hash, before, "hash")

    @promise("Overwriting an object leaves none of the old one's attributes.")
    def test_overwrite_drops_attributes(self) -> None:
        for data in (b"small", self.large()):
            name = self.rich("a.txt", data)
            self.client.object_write(name, data[:-1])
            info = self.info(name)
            self.assertEqual((info.content_type, info.metadata, self.headers_of(name)), ("text/plain", {}, {}))

    @promise("Equal hashes mean equal content: the hash changes whenever the content does, even at the same size.")
    def test_hash(self) -> None:
        name, seen = self.name("object"), dict[str, bytes]()
        for data in (b"", b"a", b"b", b"ab", b"ba", self.large(), self.large()[::-1], self.content(self.part_size)):
            self.client.object_write(name, data)
            found = self.info(name).hash
            if found is not None:
                self.assertNotIn('"', found)
                self.assertNotIn(found, seen, "two contents have the same hash")
                seen[found] = data

    @promise("The hash of an object stays while nobody writes it.")
    def test_hash_stays(self) -> None:
        for data in (b"small", self.large()):
            name = self.put("object", data)
            first = self.info(name).hash
            self.client.object_read(name)
            self.assertEqual(self.info(name).hash, first)

    @promise("last_modified is the time of the write in epoch seconds.")
    def test_last_modified(self) -> None:
        info = self.info(self.put("object"))
        assert isinstance(info.last_modified, float)
        # Clocks of servers differ; what is wanted is a time of today in the right unit.
        self.assertLess(abs(info.last_modified - time.time()), 3600)

    @promise("A header that no request can carry is refused with InvalidNameError before any request.")
    def test_headers_refused(self) -> None:
        client = self.recording_client()
        wrong: Any = 5
        for header in ("content_type", *HEADERS):
            values: tuple[Any, ...] = ("", "line\nbreak", "return\r\nX-Other: b", "nul\0", " blank", "grün")
            for value in values:
                with self.assertRaises(InvalidNameError, msg=f"{header} {value!r}"):
                    client.object_write(self.name("object"), b"", **{header: value})
            with self.assertRaises(TypeError):
                client.object_write(self.name("object"), b"", **{header: wrong})
        self.assertEqual(client.calls, [], "requests were made")
