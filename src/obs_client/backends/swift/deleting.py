"""Deleting objects together with the segments that only they named."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import quote

from obs_client.backends.swift.bulk import delete_many
from obs_client.backends.swift.errors import status_of
from obs_client.backends.swift.limits import Limits
from obs_client.backends.swift.manifest import own_segments, read_manifest
from obs_client.backends.swift.page import checked_rows
from obs_client.backends.swift.requests import SwiftHttp
from obs_client.backends.swift.segments import Segments


def delete_object(http: SwiftHttp, segments: Segments, container: str, name: str) -> None:
    """Delete one object, and then the segments of ours that it named; an absent one is no failure."""
    with segments.replacing(container, name):
        try:
            http.call("delete_object", container, name)
        except Exception as error:
            if status_of(error) != 404:
                raise


def delete_objects(
    http: SwiftHttp, segments: Segments, container: str, names: Sequence[str], limits: Limits
) -> dict[str, Exception]:
    """Delete a batch of objects, and then the segments of ours that those which are gone named."""
    if segments.exist(container):
        for name in _manifests(http, container, names):
            segments.owe(container, name, _segments_of(http, container, name))
    failures = delete_many(http, container, names, limits)
    gone = [segment for name in names if name not in failures for segment in segments.settle(container, name)]
    segments.discard(container, gone)
    return failures


def _segments_of(http: SwiftHttp, container: str, name: str) -> list[str]:
    try:
        return own_segments(read_manifest(http, container, name), container)
    except Exception as error:
        if status_of(error) != 404:
            raise
        return []


def _manifests(http: SwiftHttp, container: str, names: Sequence[str]) -> Iterator[str]:
    """Which of the names are static large objects, found by as few pages of the listing as hold them."""
    wanted = sorted(names)
    position = 0
    marker = _before(wanted[0]) if wanted else ""
    while position < len(wanted):
        page = _page(http, container, marker)
        if not page:
            return
        last = page[-1][0]
        manifests = {name for name, is_manifest in page if is_manifest}
        while position < len(wanted) and wanted[position] <= last:
            if wanted[position] in manifests:
                yield wanted[position]
            position += 1
        if position < len(wanted):
            marker = max(last, _before(wanted[position]))


def _before(name: str) -> str:
    """A name that comes before another; what lies between is listed for nothing."""
    return name[:-1]


def _page(http: SwiftHttp, container: str, marker: str) -> list[tuple[str, bool]]:
    path = f"/{quote(container)}?format=json&marker={quote(marker, safe='')}"
    return [(str(entry["name"]), "slo_etag" in entry) for entry in checked_rows(http.ask("GET", path).result)]
