"""Backends whose listings are wrong."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from obs_client import ObjectInfo, SubdirInfo
from obs_client.backend.listing import name_of
from obs_client.backend.values import Page
from obs_client.errors import ContainerNotFoundError
from test.testing.broken.backends import BrokenClient, caught_by

Entries = Sequence[ObjectInfo | SubdirInfo]


class BrokenListing(BrokenClient):
    """Changes what is asked for, or the page that is given."""

    def _object_list(
        self, container: str, prefix: str, delimiter: str | None, start_after: str | None, marker: str | None
    ) -> Page[ObjectInfo | SubdirInfo]:
        page = super()._object_list(container, prefix, self.folded_by(delimiter), start_after, self.follow(marker))
        return self.change(page, prefix, start_after)

    def folded_by(self, delimiter: str | None) -> str | None:
        """The delimiter that is taken for what was asked."""
        return delimiter

    def follow(self, marker: str | None) -> str | None:
        """The marker that is taken for what was given."""
        return marker

    def change(
        self, page: Page[ObjectInfo | SubdirInfo], prefix: str, start_after: str | None
    ) -> Page[ObjectInfo | SubdirInfo]:
        """What is given in place of the right page."""
        return Page(self.changed(page.entries), page.next_marker)

    def changed(self, entries: Entries) -> Entries:
        """What is given in place of the right entries."""
        return entries


@caught_by("test_list_many")
class EndsAfterOnePage(BrokenListing):
    def change(
        self, page: Page[ObjectInfo | SubdirInfo], prefix: str, start_after: str | None
    ) -> Page[ObjectInfo | SubdirInfo]:
        return Page(page.entries, None)


@caught_by("test_list_many")
class MarkerDoesNotMove(BrokenListing):
    def change(
        self, page: Page[ObjectInfo | SubdirInfo], prefix: str, start_after: str | None
    ) -> Page[ObjectInfo | SubdirInfo]:
        return Page(page.entries, "stuck")

    def follow(self, marker: str | None) -> str | None:
        return None


@caught_by("test_list_many")
class RepeatsAPage(BrokenListing):
    pages = 0

    def follow(self, marker: str | None) -> str | None:
        self.pages += 1
        return None if self.pages % 2 == 0 else marker


@caught_by("test_list_many")
class SkipsBetweenPages(BrokenListing):
    def follow(self, marker: str | None) -> str | None:
        return None if marker is None else marker + "~"

    def changed(self, entries: Entries) -> Entries:
        return entries[:-1] if len(entries) > 500 else entries


@caught_by("test_list")
class ForgetsTheLastEntry(BrokenListing):
    def changed(self, entries: Entries) -> Entries:
        return entries[:-1]


@caught_by("test_list")
class ListsNoSizes(BrokenListing):
    def changed(self, entries: Entries) -> Entries:
        return [dataclasses.replace(entry, size=0) if isinstance(entry, ObjectInfo) else entry for entry in entries]


@caught_by("test_list_order")
class ListsBackwards(BrokenListing):
    def changed(self, entries: Entries) -> Entries:
        return entries[::-1]


@caught_by("test_list_order")
class OrdersByUtf16(BrokenListing):
    def changed(self, entries: Entries) -> Entries:
        return sorted(entries, key=lambda entry: name_of(entry).encode("utf-16-be"))


@caught_by("test_list_order")
class OrdersWithoutCase(BrokenListing):
    def changed(self, entries: Entries) -> Entries:
        return sorted(entries, key=lambda entry: name_of(entry).lower())


@caught_by("test_list_prefix")
class TakesAPrefixForAFolder(BrokenListing):
    def change(
        self, page: Page[ObjectInfo | SubdirInfo], prefix: str, start_after: str | None
    ) -> Page[ObjectInfo | SubdirInfo]:
        folder = prefix.rstrip("/") + "/"
        kept = [item for item in page.entries if not prefix or name_of(item).startswith(folder)]
        return Page(kept, page.next_marker)


@caught_by("test_list_delimiter")
class IgnoresTheDelimiter(BrokenListing):
    def folded_by(self, delimiter: str | None) -> str | None:
        return None


@caught_by("test_list_long_delimiter")
class FoldsByOneCharacter(BrokenListing):
    def folded_by(self, delimiter: str | None) -> str | None:
        return delimiter and delimiter[0]


@caught_by("test_list_kinds")
class DropsObjectsThatEndWithASlash(BrokenListing):
    def changed(self, entries: Entries) -> Entries:
        return [item for item in entries if isinstance(item, SubdirInfo) or not item.name.endswith("/")]


@caught_by("test_list_start_after")
class StartsOneTooLate(BrokenListing):
    def change(
        self, page: Page[ObjectInfo | SubdirInfo], prefix: str, start_after: str | None
    ) -> Page[ObjectInfo | SubdirInfo]:
        return Page(page.entries[1:] if start_after else page.entries, page.next_marker)


@caught_by("test_list_start_after")
class SkipsTheFolderOfStartAfter(BrokenListing):
    def change(
        self, page: Page[ObjectInfo | SubdirInfo], prefix: str, start_after: str | None
    ) -> Page[ObjectInfo | SubdirInfo]:
        folder = (start_after or "").rpartition("/")[0] + "/"
        kept = [item for item in page.entries if folder == "/" or not name_of(item).startswith(folder)]
        return Page(kept, page.next_marker)


@caught_by("test_list_fetch_metadata")
class ListsNoMetadataThoughDeclared(BrokenListing):
    def changed(self, entries: Entries) -> Entries:
        return [item if isinstance(item, SubdirInfo) else dataclasses.replace(item, metadata={}) for item in entries]


@caught_by("test_names_read")
class HidesDotNames(BrokenListing):
    def changed(self, entries: Entries) -> Entries:
        return [entry for entry in entries if not name_of(entry).startswith(".")]


@caught_by("test_absent_container_list")
class ListsAnAbsentContainerAsEmpty(BrokenClient):
    def _object_list(
        self, container: str, prefix: str, delimiter: str | None, start_after: str | None, marker: str | None
    ) -> Page[ObjectInfo | SubdirInfo]:
        try:
            return super()._object_list(container, prefix, delimiter, start_after, marker)
        except ContainerNotFoundError:
            return Page([], None)


@caught_by("test_list_limit")
class TakesAShortPageForTheLast(BrokenClient):
    def _object_list_some(
        self,
        container: str,
        prefix: str,
        delimiter: str | None,
        start_after: str | None,
        marker: str | None,
        most: int,
    ) -> Page[ObjectInfo | SubdirInfo]:
        page = super()._object_list_some(container, prefix, delimiter, start_after, marker, (most + 1) // 2)
        return Page(page.entries, None)
