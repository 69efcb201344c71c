"""Listings: of containers; and of objects page by page, with their metadata."""

from __future__ import annotations

import datetime as dt
import itertools
import operator
from collections.abc import Sequence
from typing import Any

from obs_client._http.errors import StrangeAnswer
from obs_client._http.kit.calls.queries import query_of
from obs_client.backend.listing import ListedObjects, WholeObjects, name_of
from obs_client.backend.values import Page
from obs_client.backends.gcs.reading import DEFAULT_TYPE, EPOCH, FIELDS, hashes_of, info_of
from obs_client.backends.gcs.requests import Request, Requests, bucket_path
from obs_client.models import ContainerInfo, ObjectInfo, SubdirInfo

PAGE = 1000

_FIELDS_OF = operator.itemgetter("name", "size", "generation", "crc32c", "timeCreated")
_NOTHING: tuple[tuple[str, ...], ...] = ((),) * 5
_MOMENT = dt.datetime.fromisoformat


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
    most: int = PAGE,
) -> Page[ObjectInfo | SubdirInfo]:
    """One page of objects and folders, in the order of their names."""
    query = query_of(
        ("maxResults", most),
        ("prefix", prefix or None),
        ("delimiter", delimiter),
        ("startOffset", start_after or None),  # which comes too, and is left out by who asked
        ("pageToken", marker),
        f"fields=kind,items({FIELDS}),prefixes,nextPageToken",
        "prettyPrint=false",  # no blanks between the fields
    )
    found = requests.json(Request("objects.list", "GET", f"{bucket_path(container)}/o", query))
    _check_kind(found.get("kind"), "storage#objects")
    entries: Sequence[ObjectInfo | SubdirInfo] = _objects(found.get("items", ()))
    if folders := found.get("prefixes"):
        entries = sorted([*entries, *map(SubdirInfo, folders)], key=lambda entry: name_of(entry).encode())
    return Page(entries, found.get("nextPageToken") or None)


def _objects(items: Sequence[dict[str, Any]]) -> WholeObjects[dict[str, Any]]:
    """The objects of a page, by columns, since of many nothing but that is asked.

    Python's JSON is as fast as a regular expression over the page is; what took longest was to look at each object.
    """
    try:
        names, sizes, generations, digests, times = zip(*map(_FIELDS_OF, items), strict=True) if items else _NOTHING
        columns = ListedObjects(
            names,
            list(map(int, sizes)),
            hashes_of(generations, digests),
            [item.get("contentType", DEFAULT_TYPE) for item in items],
            [*map(dt.timedelta.total_seconds, map(operator.sub, map(_MOMENT, times), itertools.repeat(EPOCH)))],
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise StrangeAnswer(f"the listing has an object that is not one of Google's: {error!r}") from error
    return WholeObjects(columns, items, info_of)


def _check_kind(found: object, wanted: str) -> None:
    if found != wanted:
        raise StrangeAnswer(f"the response is not a listing of Google's: its kind is {found!r}, not {wanted!r}")
