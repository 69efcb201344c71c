"""Ranges of an object's bytes."""

from __future__ import annotations

from obs_client.errors import ObjectNotFoundError, ObjectUnchangedError, PreconditionError
from obs_client.testing.base import ConformanceBase
from obs_client.testing.promise import promise


class RangeTests(ConformanceBase):
    """What is promised of reading a part of an object."""

    def check_ranges(self, data: bytes, ranges: list[tuple[int, int | None]]) -> None:
        """Every range reads as the same slice of the content."""
        name = self.put("object", data)

        def check(wanted: tuple[int, int | None]) -> None:
            start, stop = wanted
            found = self.client.object_read(name, start=start, stop=stop)
            self.assertEqual(len(found), len(data[start:stop]))
            self.assertTrue(found == data[start:stop], "the bytes are others")

        self.each(ranges, check)

    @promise("object_read(start, stop) returns the bytes from start to before stop.")
    def test_ranges(self) -> None:
        self.check_ranges(b"0123456789", [(0, 1), (0, 10), (3, 7), (9, 10), (4, 5), (0, None), (5, None), (9, None)])

    @promise("A stop past the end means the end; a start at or past the end returns no bytes.")
    def test_ranges_past_end(self) -> None:
        self.check_ranges(b"0123456789", [(0, 11), (5, 10**9), (10, None), (10, 11), (11, None), (10**9, 10**9 + 5)])

    @promise("An empty range returns no bytes.")
    def test_empty_ranges(self) -> None:
        self.check_ranges(b"0123456789", [(0, 0), (5, 5), (10, 10), (20, 20)])

    @promise("A start below 0 counts from the end: the last bytes, or all of an object that has fewer.")
    def test_ranges_from_the_end(self) -> None:
        for size in (0, 1, 10, 3 * self.part_size + 7):
            counts = {1, 2, 9, size - 1, size, size + 1, 10 * size + 5} - {-1, 0}
            self.check_ranges(self.content(size), [(-count, None) for count in sorted(counts)])

    @promise("What is read from the end is of the version with if_hash, or not of the one with if_none_match.")
    def test_ranges_from_the_end_of_versions(self) -> None:
        name = self.put("object", b"0123456789")
        info = self.info(name)
        self.assertEqual(self.client.object_read(name, start=-3, if_hash=info.hash), b"789")
        with self.assertRaises(ObjectUnchangedError):
            self.client.object_read(name, start=-3, if_none_match=info.hash)
        self.client.object_write(name, b"other")
        with self.assertRaises(PreconditionError):
            self.client.object_read(name, start=-3, if_hash=info.hash)
        self.assertEqual(self.client.object_read(name, start=-3, if_none_match=info.hash), b"her")
        self.client.object_delete(name)
        with self.assertRaises(ObjectNotFoundError):
            self.client.object_read(name, start=-3)

    @promise("Any range of an object of no bytes returns no bytes.")
    def test_ranges_of_nothing(self) -> None:
        self.check_ranges(b"", [(0, None), (0, 0), (0, 5), (5, None), (1, 2)])

    @promise("Ranges of a large object are right across the borders of its parts.")
    def test_ranges_of_large(self) -> None:
        part, size = self.part_size, 3 * self.part_size + 7
        borders = [part - 1, part, part + 1, 2 * part, 3 * part, size - 1, size, size + 1]
        pairs: list[tuple[int, int | None]] = [(a, b) for a in borders for b in borders if a < b]
        self.check_ranges(self.content(size), [*pairs, *((border, None) for border in borders), (1, size - 1)])

    @promise("A range that is none is refused before any request: TypeError or ValueError.")
    def test_impossible_ranges(self) -> None:
        name = self.put("object", b"0123456789")
        client = self.recording_client()
        for start, stop in ((-1, 5), (-5, 0), (0, -1), (5, 4)):
            with self.assertRaises(ValueError):
                client.object_read(name, start=start, stop=stop)
        for wrong in ("1", 1.5, None):
            with self.assertRaises(TypeError):
                client.object_read(name, start=wrong)  # type: ignore[arg-type]
        self.assertEqual(client.calls, [], "requests were made")
