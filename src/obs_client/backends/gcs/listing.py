"""Listings: of containers; and of objects page by page, with their metadata."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Sequence
from typing import Any

from obs_client._http.errors import StrangeAnswer
from obs_client._http.kit.calls.queries import query_of
from obs_client._http.kit.json_answer import AlikeRows, split_rows
from obs_client.backend.listing import ListedObjects, WholeObjects, name_of
from obs_client.backend.values import Page
from obs_client.backends.gcs.reading import DEFAULT_TYPE, ENCRYPTED, FIELDS, hashes_of, info_of, seconds_of_all
from obs_client.backends.gcs.requests import Request, Requests, bucket_path, read_resource
from obs_client.models import ContainerInfo, ObjectInfo, SubdirInfo

PAGE = 1000

_FIELDS = ("name", "size", "generation", "crc32c", "timeCreated")
_TYPE = "contentType"
_ITEMS = r'"items": ?\['
_FIELDS_OF = operator.itemgetter(*_FIELDS)
_NOTHING: tuple[tuple[str, ...], ...] = ((),) * len(_FIELDS)


def page_of_containers(requests: Requests, prefix: str, marker: str | None) -> Page[ContainerInfo]:
    """One page of the project's containers."""
    query = query_of(
        ("project", requests.login.project),
        ("prefix", prefix or None),
        ("pageToken", marker),
        "fields=kind,items(name),nextPageToken",
    )
    found = requests.json(Request("buckets.list", "GET", "/storage/v1/b", query))
    _check_kind(found.get("kind"), "storage#buckets")
    try:
        names = [str(item["name"]) for item in found.get("items", ())]
    except (KeyError, TypeError) as error:
        raise StrangeAnswer("the listing has a container without a name") from error
    return Page([ContainerInfo(name, None, None) for name in names], found.get("nextPageToken") or None)


def page_of_objects(
    requests: Requests,
    container: str,
    prefix: str,
    delimiter: str | None,
    start_after: str | None,
    marker: str | None,
    most: int | None = None,
) -> Page[ObjectInfo | SubdirInfo]:
    """One page of objects and folders, in the order of their names."""
    query = query_of(
        ("maxResults", most or PAGE),
        ("prefix", prefix or None),
        ("delimiter", delimiter),
        ("startOffset", start_after or None),  # which comes too, and is left out by who asked
        ("pageToken", marker),
        f"fields=kind,items({FIELDS}),prefixes,nextPageToken",
        "prettyPrint=false",  # no blanks between the fields
    )
    return read_page(requests.text(Request("objects.list", "GET", f"{bucket_path(container)}/o", query)))


def read_page(text: str) -> Page[ObjectInfo | SubdirInfo]:
    """The entries of a page.

    Raises:
        BrokenAnswer, StrangeAnswer: It is no page of objects and folders.
    """
    alike = split_rows(text, _ITEMS)
    found = read_resource(alike.rest if alike else text)
    _check_kind(found.get("kind"), "storage#objects")
    items = found.get("items", [])
    try:
        entries: Sequence[ObjectInfo | SubdirInfo] = _alike(alike) if alike and items == [] else _parsed(items)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise StrangeAnswer(f"the listing has an object that is not one of Google's: {error!r}") from error
    if folders := found.get("prefixes"):
        entries = sorted([*entries, *map(SubdirInfo, folders)], key=lambda entry: name_of(entry).encode())
    return Page(entries, found.get("nextPageToken") or None)


def _alike(rows: AlikeRows) -> WholeObjects[int]:
    """The objects of a page whose items all have the same fields, and no metadata."""
    columns = [rows.column(field) for field in _FIELDS]
    numbers = range(len(columns[0]))
    kinds = rows.column(_TYPE) if _TYPE in rows.keys else [DEFAULT_TYPE] * len(numbers)
    return WholeObjects(_listed(columns, kinds), numbers, lambda number: info_of(rows.row(number)))


def _parsed(items: Sequence[dict[str, Any]]) -> Sequence[ObjectInfo]:
    if any(ENCRYPTED in item for item in items):
        return list(map(info_of, items))
    columns = zip(*map(_FIELDS_OF, items), strict=True) if items else _NOTHING
    return WholeObjects(_listed(columns, [item.get(_TYPE, DEFAULT_TYPE) for item in items]), items, info_of)


def _listed(columns: Iterable[Sequence[str]], kinds: Sequence[str]) -> ListedObjects:
    names, sizes, generations, digests, times = columns
    return ListedObjects(names, list(map(int, sizes)), hashes_of(generations, digests), kinds, seconds_of_all(times))


def _check_kind(found: object, wanted: str) -> None:
    if found != wanted:
        raise StrangeAnswer(f"the response is not a listing of Google's: its kind is {found!r}, not {wanted!r}")
