"""What the engine makes of the pages that a store gives: the whole listing or an error, never one that ends early."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Sequence

import pytest

from obs_client import Capabilities, ClientOptions, ContainerInfo, MemoryClient, ObjectInfo, SubdirInfo
from obs_client.backend.listing import ListedObjects, WholeObjects
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


class Asked(MemoryClient):
    """Keeps what it is asked for, and gives two pages of names, the second with the metadata that it lists."""

    def __init__(self, *, ordered: bool = True, listing_has_metadata: bool = False) -> None:
        super().__init__("box", options=ClientOptions(workers=3))
        self.asked: list[tuple[object, ...]] = []
        self.threads: set[int] = set()
        self.ordered = ordered
        self.listing_has_metadata = listing_has_metadata

    def _capabilities(self) -> Capabilities:
        return dataclasses.replace(super()._capabilities(), listing_has_metadata=self.listing_has_metadata)

    def _lists_in_order(self, container: str) -> bool:
        assert container == "box"
        return self.ordered

    def _container_list(self, prefix: str, marker: str | None) -> Page[ContainerInfo]:
        self.asked.append((prefix, marker))
        return Page([ContainerInfo("pz")], "next") if marker is None else Page([ContainerInfo("pa")], None)

    def _object_list(
        self, container: str, prefix: str, delimiter: str | None, start_after: str | None, marker: str | None
    ) -> Page[ObjectInfo | SubdirInfo]:
        return self._object_list_some(container, prefix, delimiter, start_after, marker, -1)

    def _object_list_some(
        self, container: str, prefix: str, delimiter: str | None, start_after: str | None, marker: str | None, most: int
    ) -> Page[ObjectInfo | SubdirInfo]:
        self.asked.append((container, prefix, delimiter, start_after, marker, most))
        if marker is None:
            return Page(columns("pa", "pb"), "next")
        listed = ObjectInfo("pc", 1, "h", None, {"listed": "1"}, 1.0)
        return Page([listed, ObjectInfo("pd", 1, "h", None, None, 1.0), SubdirInfo("pe/")], None)

    def _object_info(self, container: str, name: str) -> ObjectInfo:
        self.threads.add(threading.get_ident())
        return ObjectInfo(name, 1, "h", None, {"of": f"{container}/{name}"}, 1.0)


def test_containers_come_from_all_pages_in_any_order() -> None:
    client = Asked()
    assert [entry.name for entry in client.container_list("p")] == ["pz", "pa"]
    assert client.asked == [("p", None), ("p", "next")]


@pytest.mark.parametrize(
    ("limit", "most", "count"), [(None, -1, 5), (1000, -1, 5), (999, 999, 5), (1, 1, 1), (3, 3, 3)]
)
def test_each_page_is_asked_for_with_all_that_was_asked(limit: int | None, most: int, count: int) -> None:
    client = Asked()
    found = list(client.object_iter(prefix="p", delimiter="/", start_after="p", limit=limit))
    assert names_of(found) == ["pa", "pb", "pc", "pd", "pe/"][:count]
    asked = ("box", "p", "/", "p")
    assert client.asked == [(*asked, None, most), (*asked, "next", most)][: 1 if count < 3 else 2]
    assert {entry.metadata for entry in found if isinstance(entry, ObjectInfo)} == {None}


@pytest.mark.parametrize("limit", [None, 4])
@pytest.mark.parametrize("has_metadata", [True, False])
def test_only_metadata_that_are_not_listed_are_asked_for(limit: int | None, has_metadata: bool) -> None:
    """A store that lists them lacks them seldom, if ever: no thread starts for that."""
    client = Asked(listing_has_metadata=has_metadata)
    found = client.object_list(prefix="p", delimiter="/", fetch_metadata=True, limit=limit)
    assert {entry.name: entry.metadata for entry in found if isinstance(entry, ObjectInfo)} == {
        "pa": {"of": "box/pa"},
        "pb": {"of": "box/pb"},
        "pc": {"listed": "1"},
        "pd": {"of": "box/pd"},
    }
    assert names_of(found)[4:] == ([] if limit else ["pe/"])
    assert (client.threads == {threading.get_ident()}) is has_metadata


def test_an_order_is_asked_of_this_container() -> None:
    client = Asked(ordered=False)
    assert names_of(list(client.object_iter(start_after="pa"))) == ["pb", "pc", "pd", "pe/"]


def test_what_comes_out_of_order_or_again_is_named() -> None:
    with pytest.raises(ServiceError, match="'b' after 'c', out of order"):
        PagesClient(listed("a", "c", "b", "d")).object_list()
    with pytest.raises(ServiceError, match="'c' again at the start"):
        PagesClient(listed("c", "a"), listed("c", "b"), ordered=False).object_list()
    assert names_of(PagesClient(listed("", "a")).object_list()) == ["", "a"]


def test_metadata_that_a_listing_has_are_given_only_where_they_are_asked_for() -> None:
    def make(name: str) -> ObjectInfo:
        return ObjectInfo(name, 1, "h", None, {"of": name}, 1.0)

    page = WholeObjects(columns("a", "b"), ["a", "b"], make)
    for wanted in (True, False):
        found = PagesClient(page).object_list(fetch_metadata=wanted)
        assert [entry.metadata for entry in found if isinstance(entry, ObjectInfo)] == (
            [{"of": "a"}, {"of": "b"}] if wanted else [None, None]
        )
