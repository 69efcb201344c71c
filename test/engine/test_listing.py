"""What the engine makes of the pages that a store gives: the whole listing or an error, never one that ends early."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

import pytest

from obs_client import Capabilities, MemoryClient, ObjectInfo, SubdirInfo
from obs_client.backend.listing import ListedObjects
from obs_client.backend.values import Page
from obs_client.errors import ObjectNotFoundError, ServiceError

Entries = Sequence[ObjectInfo | SubdirInfo]
Make = Callable[..., Entries]


class PagesClient(MemoryClient):
    """Gives these pages in turn, whatever is asked for; the marker is the number of the next."""

    def __init__(self, *pages: Entries, ordered: bool = True, markers: Sequence[str | None] | None = None) -> None:
        super().__init__("box")
        self.pages = pages
        self.ordered = ordered
        self.markers = markers or [*map(str, range(1, len(pages))), None]
        self.asked = 0

    def _capabilities(self) -> Capabilities:
        return dataclasses.replace(super()._capabilities(), ordered_listing=self.ordered, listing_has_metadata=False)

    def _object_list(
        self, container: str, prefix: str, delimiter: str | None, start_after: str | None, marker: str | None
    ) -> Page[ObjectInfo | SubdirInfo]:
        number = self.asked
        self.asked += 1
        return Page(self.pages[number % len(self.pages)], self.markers[number % len(self.markers)])


def listed(*names: str) -> list[ObjectInfo | SubdirInfo]:
    """A page as a list."""
    return [SubdirInfo(name) if name.endswith("/") else ObjectInfo(name, 1, "h", None, {}, 1.0) for name in names]


def columns(*names: str) -> ListedObjects:
    """A page as columns."""
    count = len(names)
    return ListedObjects(names, [1] * count, ["h"] * count, [None] * count, [1.0] * count)


def names_of(entries: Entries) -> list[str]:
    return [entry.subdir if isinstance(entry, SubdirInfo) else entry.name for entry in entries]


@pytest.mark.parametrize("page", [listed, columns])
class TestPages:
    def test_all_pages_one_at_a_time(self, page: Make) -> None:
        client = PagesClient(page("a", "b"), [], page("\uffff"), page("😀"), page())
        found = client.object_iter()
        assert next(found).name == "a"
        assert client.asked == 1
        rest = list(found)
        assert [entry.name for entry in rest] == ["b", "\uffff", "😀"]
        assert {entry.metadata for entry in rest} == {None}

    def test_order_within_a_page(self, page: Make) -> None:
        for names in (("b", "a"), ("a", "a"), ("a", "c", "b", "d"), ("😀", "\uffff")):
            with pytest.raises(ServiceError, match="out of order"):
                PagesClient(page(*names)).object_list()
            assert len(PagesClient(page(*names), ordered=False).object_list()) == len(names)

    def test_order_between_pages(self, page: Make) -> None:
        with pytest.raises(ServiceError, match="'b' after 'c', out of order"):
            PagesClient(page("a", "c"), page("b", "d")).object_list()

    def test_pages_that_come_again(self, page: Make) -> None:
        with pytest.raises(ServiceError, match="again at the start"):
            PagesClient(page("c", "a"), page("c", "b"), ordered=False).object_list()
        with pytest.raises(ServiceError, match="in circles"):
            PagesClient(page("a"), page("b"), page("c"), markers=["m", "m", None]).object_list()

    @pytest.mark.parametrize("ordered", [True, False])
    def test_prefix(self, page: Make, ordered: bool) -> None:
        assert len(PagesClient(page("pa", "pb", "pc"), ordered=ordered).object_list(prefix="p")) == 3
        for names in (("o", "pa", "pb"), ("pa", "pb", "q"), ("q",)):
            with pytest.raises(ServiceError, match="does not start with the prefix"):
                PagesClient(page(*names), ordered=ordered).object_list(prefix="p")
        with pytest.raises(ServiceError):
            PagesClient(page("pa", "q", "pb"), ordered=ordered).object_list(prefix="p")

    @pytest.mark.parametrize("ordered", [True, False])
    def test_start_after(self, page: Make, ordered: bool) -> None:
        client = PagesClient(page("a", "b", "c"), page("d"), ordered=ordered)
        assert names_of(list(client.object_iter(start_after="b"))) == ["c", "d"]


def test_folders_among_objects() -> None:
    client = PagesClient(listed("a", "b/", "c"), listed("d/"))
    assert names_of(client.object_list(delimiter="/")) == ["a", "b/", "c", "d/"]
    assert names_of(list(PagesClient(listed("a", "b/", "c")).object_iter(delimiter="/", start_after="a"))) == [
        "b/",
        "c",
    ]


def test_a_listed_object_has_every_field() -> None:
    (entry,) = columns("name")
    assert dataclasses.asdict(entry) == dataclasses.asdict(ObjectInfo("name", 1, "h", None, None, 1.0))


class Vanishing(PagesClient):
    """Lists names, of which some are gone by the time that their metadata are asked for."""

    def __init__(self, *pages: Entries, gone: str) -> None:
        super().__init__(*pages)
        self.container_create("box")
        self.gone = gone
        self.looks: list[str] = []

    def _object_list_some(
        self, container: str, prefix: str, delimiter: str | None, start_after: str | None, marker: str | None, most: int
    ) -> Page[ObjectInfo | SubdirInfo]:
        return self._object_list(container, prefix, delimiter, start_after, marker)

    def _object_info(self, container: str, name: str) -> ObjectInfo:
        self.looks.append(name)
        if name in self.gone:
            raise ObjectNotFoundError("gone")
        return ObjectInfo(name, 1, "h", "text/plain", {"name": name}, 1.0)


def test_what_is_gone_when_its_metadata_are_asked_for_is_left_out() -> None:
    client = Vanishing(columns("a", "b"), columns("c", "d", "e"), gone="bd")
    found = client.object_list(fetch_metadata=True)
    assert [(entry.name, entry.metadata) for entry in found if isinstance(entry, ObjectInfo)] == [
        (name, {"name": name}) for name in "ace"
    ]


@pytest.mark.parametrize(("limit", "wanted", "most"), [(1, "a", 1), (2, "ac", 3), (3, "ace", 5), (9, "ace", 5)])
def test_a_limit_counts_what_is_there_and_no_more_is_asked_for(limit: int, wanted: str, most: int) -> None:
    client = Vanishing(columns("a", "b"), columns("c", "d", "e"), gone="bd")
    found = client.object_list(fetch_metadata=True, limit=limit)
    assert "".join(names_of(found)) == wanted
    assert len(client.looks) <= most
