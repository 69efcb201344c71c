"""Listings: complete, in order, folded into folders, and from any place on."""

from __future__ import annotations

import dataclasses
from concurrent.futures import ThreadPoolExecutor

from obs_client.backend.values import Page
from obs_client.client import ObjectStorageClient
from obs_client.models import Capabilities, ObjectInfo, SubdirInfo
from obs_client.testing.base import ConformanceBase
from obs_client.testing.promise import promise
from obs_client.testing.wrapper import RecordingClient, WrappedClient

FEW = 50
"""Objects of a long listing where `many` would fill neither a page nor a batch: both are made small then."""

NAMES = ("a", "a/b", "a/b/c", "a/b/d", "a-b", "ab", "b//c", "b/1", "b/2", "c", "x--1", "x--2/y", "x-3", "z/")


def fold(names: list[str], prefix: str = "", delimiter: str | None = None, start_after: str = "") -> list[str]:
    """What a listing must give, by the contract's words: folders and names in byte order."""
    found = set()
    for name in names:
        if name.startswith(prefix):
            head, mark, _ = name[len(prefix) :].partition(delimiter) if delimiter else (name, "", "")
            found.add(prefix + head + mark if mark else name)
    return sorted((entry for entry in found if entry.encode() > start_after.encode()), key=str.encode)


class ListingTests(ConformanceBase):
    """What is promised of listings."""

    def put_names(self, folder: str = "") -> list[str]:
        """Write a few objects with folders of several kinds, in a folder."""
        for text in NAMES:
            self.put(folder + text, text.encode())
        return list(NAMES)

    def list_entries(self, prefix: str = "", delimiter: str | None = None, start_after: str | None = None) -> list[str]:
        """The tests' own names of what a listing gives; in order, if the store promises one."""
        after = None if start_after is None else self.base_prefix + start_after
        entries = self.client.object_iter(False, self.base_prefix + prefix, delimiter, start_after=after)
        found = [self.own_name(entry.subdir if isinstance(entry, SubdirInfo) else entry.name) for entry in entries]
        return found if self.capabilities.ordered_listing else sorted(found, key=str.encode)

    @promise("object_glob returns the objects whose complete names match, with metadata if it is asked for.")
    def test_glob(self) -> None:
        for text in ("2025/cat.jpg", "2026/cat.jpg", "2026/cat.jpeg", "2026/in/dog.jpg", "2026/x[1]", "cat.jpg"):
            self.put(text, b"content", {"key": "value"})
        self.eventually(lambda: self.assertEqual(len(self.names_listed()), 6))
        for pattern, expected in (
            ("2026/*.jpg", ["2026/cat.jpg"]),
            ("202?/cat.*", ["2025/cat.jpg", "2026/cat.jpeg", "2026/cat.jpg"]),
            ("**/*.jpg", ["2025/cat.jpg", "2026/cat.jpg", "2026/in/dog.jpg", "cat.jpg"]),
            ("2026/x[[]1]", ["2026/x[1]"]),
            ("2026/cat.jpg", ["2026/cat.jpg"]),
            ("2026", []),
        ):
            found = self.client.object_glob(self.base_prefix + pattern, fetch_metadata=True)
            self.assertEqual(sorted(self.own_name(each.name) for each in found), expected, pattern)
        (one,) = self.client.object_glob(self.base_prefix + "2025/*", fetch_metadata=True)
        self.assertEqual(one.metadata, {"key": "value"})
        with self.assertRaises(ValueError):
            self.client.object_glob("")

    @promise("An empty container's listing is empty.")
    def test_list_nothing(self) -> None:
        self.assert_names_listed([])
        self.assertEqual(self.list_entries(delimiter="/"), [])

    @promise("A listing has every object once, with name and size.")
    def test_list(self) -> None:
        names = self.put_names()
        self.assert_names_listed(names)
        entries = self.client.object_list(prefix=self.base_prefix)
        sizes = {entry.name: entry.size for entry in entries if isinstance(entry, ObjectInfo)}
        self.assertEqual(sizes, {self.name(text): len(text) for text in names})

    @promise("A listing with a prefix has the names that start with it, to the letter; a prefix is no folder.")
    def test_list_prefix(self) -> None:
        names = self.put_names()
        self.assert_names_listed(names)
        prefixes = ("a", "a/", "a/b", "a/b/", "a/b/c", "a-", "b", "b/", "b//", "x-", "x--", "z/", "A", "none", "a/b/c/")
        self.each(prefixes, lambda prefix: self.assertEqual(self.list_entries(prefix), fold(names, prefix)))

    @promise("With a delimiter, names that hold it after the prefix are folded into one SubdirInfo, up to and with it.")
    def test_list_delimiter(self) -> None:
        names = self.put_names()
        self.assert_names_listed(names)
        queries = [("", "/"), ("a", "/"), ("a/", "/"), ("a/b", "/"), ("b/", "/"), ("b//", "/"), ("z/", "/"), ("a", "b")]
        self.each(queries, lambda query: self.assertEqual(self.list_entries(*query), fold(names, query[0], query[1])))

    @promise("A delimiter may have several characters.")
    def test_list_long_delimiter(self) -> None:
        names = self.put_names()
        self.assert_names_listed(names)
        queries = [("", "--"), ("x-", "--"), ("x", "--"), ("", "/b"), ("a/", "b/"), ("", "none at all"), ("", "é")]
        self.each(queries, lambda query: self.assertEqual(self.list_entries(*query), fold(names, query[0], query[1])))

    @promise("A folder in a listing is a SubdirInfo, an object is an ObjectInfo, also if its name ends with a slash.")
    def test_list_kinds(self) -> None:
        # A folder of its own: some stores (SeaweedFS) list what other tests emptied for minutes.
        self.put_names("kinds/")
        entries = self.client.object_list(prefix=self.name("kinds/a"), delimiter="/")
        kinds = {
            self.own_name(entry.subdir if isinstance(entry, SubdirInfo) else entry.name): type(entry)
            for entry in entries
        }
        wanted = {"a": ObjectInfo, "a/": SubdirInfo, "a-b": ObjectInfo, "ab": ObjectInfo}
        self.assertEqual(kinds, {f"kinds/{name}": kind for name, kind in wanted.items()})
        inside = self.client.object_list(prefix=self.name("kinds/z/"), delimiter="/")
        self.assertEqual([type(entry) for entry in inside], [ObjectInfo])

    @promise("start_after returns only entries whose name, or whose subdir, comes after it in byte order.")
    def test_list_start_after(self) -> None:
        names = self.put_names()
        self.assert_names_listed(names)
        starts = ("", "a", "a/", "a/b", "a/b/", "a/b/c", "b", "b/", "b/1", "b/1/x", "b0", "c", "x--", "z", "z/", "zz")
        queries = [(start, "", delimiter) for start in starts for delimiter in (None, "/", "--")]
        queries += [("a/b", "a/", "/"), ("a/b/", "a/", "/"), ("a/b/c", "a/b/", None), ("b", "a", None)]

        def check(query: tuple[str, str, str | None]) -> None:
            start, prefix, delimiter = query
            self.assertEqual(self.list_entries(prefix, delimiter, start), fold(names, prefix, delimiter, start))

        self.each(queries, check)

    @promise(
        "A listing with a limit has the first entries of the complete one, and no more than so many; fewer at the end."
    )
    def test_list_limit(self) -> None:
        names = ("a", "b/1", "b/2", "b/3/x", "c", "d/1", "e", "x-1", "x-2/y", "z")
        for text in names:
            self.put(f"limited/{text}")
        self.eventually(lambda: self.assertEqual(len(self.list_some("limited/")), len(names)))
        queries: list[tuple[str, str | None, str | None]] = [
            ("", None, None), ("", "/", None), ("b/", "/", None), ("x-", None, None), ("none", None, None),
            ("", None, "b/2"), ("", "/", "b/"), ("", "/", "b/1"), ("z", None, "z/"),
        ]  # fmt: skip

        def check(query: tuple[str, str | None, str | None]) -> None:
            prefix, delimiter, after = query
            start = None if after is None else f"limited/{after}"
            everything = self.list_some(f"limited/{prefix}", delimiter, start)
            # Limits around a server's own pages are of no other meaning where there is a prefix or a place to start.
            around_pages = (999, 1000, 5000) if query == queries[0] else ()
            for limit in (1, 2, 3, 5, len(names), *around_pages):
                found = self.list_some(f"limited/{prefix}", delimiter, start, limit)
                self.assertEqual(len(found), min(limit, len(everything)), f"limit={limit}")
                if self.capabilities.ordered_listing:
                    self.assertEqual(found, everything[:limit], f"limit={limit}")
                self.assertEqual(set(found) - set(everything), set(), f"limit={limit}")

        self.each(queries, check)
        for limit, error in ((0, ValueError), (-1, ValueError), (True, TypeError), ("1", TypeError)):
            with self.assertRaises(error):
                self.client.object_list(limit=limit)  # type: ignore[arg-type]

    def list_some(
        self, prefix: str, delimiter: str | None = None, start_after: str | None = None, limit: int | None = None
    ) -> list[str]:
        """The tests' own names of the first entries of a listing, all if there is no limit."""
        after = None if start_after is None else self.base_prefix + start_after
        found = self.client.object_iter(False, self.base_prefix + prefix, delimiter, start_after=after, limit=limit)
        return [self.own_name(entry.subdir if isinstance(entry, SubdirInfo) else entry.name) for entry in found]

    @promise("A listing with a limit and fetch_metadata has as many entries, in place of those that vanish the next.")
    def test_list_limit_with_metadata(self) -> None:
        names = [self.put(text, metadata={"key": text}) for text in ("a", "b", "c", "d")]
        self.assert_names_listed(["a", "b", "c", "d"])
        entries = self.client.object_list(True, self.base_prefix, limit=2)
        self.assertEqual(len(entries), 2)
        for entry in entries:
            self.assert_same_info(entry, self.info(entry.name))
        client = _VanishingClient(self.client, names[0])
        self.assertEqual(len(client.object_list(True, self.base_prefix, limit=2)), 2)
        client.object_delete(names[1])
        self.assertEqual(len(client.object_list(True, self.base_prefix, limit=5)), 2)

    @promise("If capabilities.ordered_listing, entries come in the byte order of their UTF-8 names.")
    def test_list_order(self) -> None:
        if not self.capabilities.ordered_listing:
            self.skipTest("capabilities.ordered_listing is False")
        names = ["Z", "a", "a b", "a!", "a/b", "a0", "é", "e\u0301", "～", "\U0001f600", "日本"]  # noqa: RUF001
        for text in reversed(names):
            self.put(text)
        self.assert_names_listed(names)
        self.assertEqual(self.names_listed(), sorted(names, key=str.encode))

    @promise("A listing with fetch_metadata returns each entry as object_info does.")
    def test_list_fetch_metadata(self) -> None:
        self.put("plain", b"plain")
        self.put("rich", b"rich", {"key": "value", "other": "b"})
        self.put("large", self.large(), {"size": "large"})
        self.client.object_write(self.name("typed.txt"), b"", content_type="text/x-own")
        self.assert_names_listed(["plain", "rich", "large", "typed.txt"])
        entries = self.client.object_list(fetch_metadata=True, prefix=self.base_prefix)
        for entry in entries:
            assert isinstance(entry, ObjectInfo)
            self.assert_same_info(entry, self.info(entry.name))
        self.assertEqual(len(entries), 4)

    @promise("A listing with fetch_metadata and a delimiter has folders too.")
    def test_list_fetch_metadata_folders(self) -> None:
        self.put("rich/a/b", metadata={"key": "value"})
        self.put("rich/c", metadata={"key": "value"})
        self.assert_names_listed(["rich/a/b", "rich/c"])
        entries = self.client.object_list(True, self.base_prefix + "rich/", "/")
        folders = [entry.subdir for entry in entries if isinstance(entry, SubdirInfo)]
        metadata = [entry.metadata for entry in entries if isinstance(entry, ObjectInfo)]
        self.assertEqual((folders, metadata), ([self.name("rich/a/")], [{"key": "value"}]))

    @promise("A listing with fetch_metadata leaves out names that vanish meanwhile.")
    def test_list_vanishing(self) -> None:
        names = [self.put(text, metadata={"key": "value"}) for text in ("a", "b", "c")]
        self.assert_names_listed(["a", "b", "c"])
        client = _VanishingClient(self.client, names[1])
        entries = client.object_list(fetch_metadata=True, prefix=self.base_prefix)
        self.assertEqual([getattr(entry, "name", None) for entry in entries], [names[0], names[2]])

    @promise("A listing without fetch_metadata leaves metadata None.")
    def test_list_without_metadata(self) -> None:
        self.put("rich", metadata={"key": "value"})
        self.assert_names_listed(["rich"])
        entries = self.client.object_list(prefix=self.base_prefix)
        self.assertEqual([entry.metadata for entry in entries if isinstance(entry, ObjectInfo)], [None])

    @promise("A listing shows what was written, overwritten and deleted.")
    def test_list_changes(self) -> None:
        first, second = self.put("first", b"1"), self.put("second", b"2")
        self.client.object_write(first, b"longer")
        self.client.object_delete(second)
        self.assert_names_listed(["first"])
        entries = self.client.object_list(prefix=self.base_prefix)
        self.assertEqual([entry.size for entry in entries if isinstance(entry, ObjectInfo)], [6])


class _VanishingClient(WrappedClient):
    """Lists no metadata, and deletes an object just after it was listed."""

    def _object_list_some(
        self,
        container: str,
        prefix: str,
        delimiter: str | None,
        start_after: str | None,
        marker: str | None,
        most: int,
    ) -> Page[ObjectInfo | SubdirInfo]:
        page = super()._object_list_some(container, prefix, delimiter, start_after, marker, most)
        return self._vanished(page, container)

    def __init__(self, inner: ObjectStorageClient, vanishing: str) -> None:
        super().__init__(inner)
        self._vanishing = vanishing

    def _capabilities(self) -> Capabilities:
        return dataclasses.replace(super()._capabilities(), listing_has_metadata=False)

    def _object_list(
        self, container: str, prefix: str, delimiter: str | None, start_after: str | None, marker: str | None
    ) -> Page[ObjectInfo | SubdirInfo]:
        return self._vanished(super()._object_list(container, prefix, delimiter, start_after, marker), container)

    def _vanished(self, page: Page[ObjectInfo | SubdirInfo], container: str) -> Page[ObjectInfo | SubdirInfo]:
        self.inner.object_delete(self._vanishing, container)
        return Page([_without_metadata(entry) for entry in page.entries], page.next_marker)


def _without_metadata(entry: ObjectInfo | SubdirInfo) -> ObjectInfo | SubdirInfo:
    return entry if isinstance(entry, SubdirInfo) else dataclasses.replace(entry, metadata=None)


class LongListingTests(ConformanceBase):
    """What is promised of listings of more than one page, and of deleting as many."""

    def put_many(self) -> list[str]:
        """Write `many` objects; `FEW` where as many would not fill a batch of the store, and its pages can be small."""
        names = [f"{number % 7}/{number:05}" for number in range(self.many)]
        few, others = names[:FEW], names[FEW:]
        self.put_all(few)
        if self.capabilities.delete_batch_maximum >= self.many and self.has_small_pages(few):
            return few
        self.put_all(others)
        return names

    def put_all(self, names: list[str]) -> None:
        """Write empty objects by several threads."""
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda name: self.put(name, b""), names))

    def has_small_pages(self, names: list[str]) -> bool:
        """Whether the store gives less than all these names as a page, if it is asked for that."""
        client = RecordingClient(self.in_small_pages(names))
        client.object_list(prefix=self.base_prefix)
        return client.calls.count("object_list") >= 5

    def in_small_pages(self, names: list[str]) -> ObjectStorageClient:
        """The client, with pages and batches so small that these names fill several."""
        return _SmallPages(self.client, min(999, len(names) // 5))

    @promise("A listing of many pages has every object once, and object_iter asks for pages only as they are needed.")
    def test_list_many(self) -> None:
        names = self.put_many()
        self.assert_names_listed(names)
        for client in (self.client, self.in_small_pages(names)):
            self.check_many(client, names)
            self.check_lazy(client, len(names))

    def check_many(self, client: ObjectStorageClient, names: list[str]) -> None:
        """The listings of these names, by one client."""
        wanted = sorted(names)
        entries = list(client.object_iter(prefix=self.base_prefix, start_after=self.name(wanted[20])))
        found = [self.own_name(entry.name) for entry in entries if isinstance(entry, ObjectInfo)]
        self.assertEqual(sorted(found), wanted[21:], "start_after")
        every = client.object_list(prefix=self.base_prefix)
        listed = [self.own_name(entry.name) for entry in every if isinstance(entry, ObjectInfo)]
        self.assertEqual(listed if self.capabilities.ordered_listing else sorted(listed), wanted, "order")
        folders = client.object_list(prefix=self.base_prefix or None, delimiter="/")
        subdirs = [self.own_name(entry.subdir) for entry in folders if isinstance(entry, SubdirInfo)]
        self.assertEqual((sorted(subdirs), len(folders)), ([f"{number}/" for number in range(7)], 7))
        inside = client.object_list(prefix=self.name("3/"), delimiter="/")
        self.assertEqual(len(inside), len([name for name in names if name.startswith("3/")]))

    def check_lazy(self, listing: ObjectStorageClient, count: int) -> None:
        """The first entry costs fewer requests than all entries, if they are several."""
        client = RecordingClient(listing)
        iterator = client.object_iter(prefix=self.base_prefix)
        self.assertEqual(client.calls, [])
        next(iterator)
        after_one = client.calls.count("object_list")
        self.assertEqual(len(list(iterator)), count - 1)
        in_all = client.calls.count("object_list")
        self.assertTrue(after_one < in_all or in_all <= 2, f"{after_one} of {in_all} requests for the first entry")
        client = RecordingClient(listing)
        self.assertEqual(len(client.object_list(prefix=self.base_prefix, limit=3)), 3)
        calls = client.calls.count("object_list_some")
        self.assertTrue(calls == len(client.calls) and (calls == 1 or self.lost_answers), f"{client.calls} for three")

    @promise("object_delete_many deletes more objects than one request can, and only those.")
    def test_delete_more_than_a_batch(self) -> None:
        names = self.put_many()
        kept = {names[0], names[-1]}
        small = self.capabilities.delete_batch_maximum >= len(names)
        client = RecordingClient(self.in_small_pages(names) if small else self.client)
        client.object_delete_many(self.name(text) for text in names if text not in kept)
        self.assertGreater(len(client.calls), 1, "requests")
        self.assert_names_listed(kept)
        self._named = {self.name(text) for text in kept}  # all others were seen to be gone


class _SmallPages(WrappedClient):
    """Lists pages of at most so many entries, and deletes batches of at most so many."""

    def __init__(self, inner: ObjectStorageClient, most: int) -> None:
        super().__init__(inner)
        self.most = most

    def _capabilities(self) -> Capabilities:
        found = super()._capabilities()
        return dataclasses.replace(found, delete_batch_maximum=min(found.delete_batch_maximum, self.most))

    def _object_list(
        self, container: str, prefix: str, delimiter: str | None, start_after: str | None, marker: str | None
    ) -> Page[ObjectInfo | SubdirInfo]:
        return self._object_list_some(container, prefix, delimiter, start_after, marker, self.most)
