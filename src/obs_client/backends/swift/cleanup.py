"""`cleanup`: segments that no manifest names any more are removed; nothing where that cannot be seen for certain."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from obs_client._http.kit.dates import read_date
from obs_client.backends.swift.deleting import delete_many
from obs_client.backends.swift.errors import status_of
from obs_client.backends.swift.facts import LISTED_MANIFESTS
from obs_client.backends.swift.headers import is_manifest, upload_id
from obs_client.backends.swift.limits import Limits
from obs_client.backends.swift.listing import all_rows, time_of
from obs_client.backends.swift.requests import SwiftHttp
from obs_client.backends.swift.segments import (
    UntoldManifest,
    keeps_versions,
    manifest_and_headers,
    object_of,
    own_segments,
    segments_container,
    upload_id_of,
)
from obs_client.errors import NotSupportedError
from obs_client.models import CleanupReport


class Cleanup:
    """One cleaning up of a container."""

    def __init__(self, http: SwiftHttp, container: str) -> None:
        self._http = http
        self._container = container
        self._place = segments_container(container)

    def run(self, prefix: str, older_than: float, limits: Limits, kept: Collection[str] = ()) -> CleanupReport:
        """Remove the segments that nothing names; nothing if any manifest could not be read.

        Args:
            kept: Ids of uploads that stay.

        Raises:
            NotSupportedError: The store does not tell which segments a large object has, and the object neither.
        """
        container = self._http.call("head_container", self._container).headers
        found = {upload: sizes for upload, sizes in self._candidates(prefix, older_than).items() if upload not in kept}
        if not found:
            return CleanupReport((), 0)
        left = set(found)
        for upload in self._named(found, keeps_versions(container)):
            left.discard(upload)
            if not left:
                break
        orphans = {name: size for upload in left for name, size in found[upload].items()}
        for error in delete_many(self._http, self._place, list(orphans), limits).values():
            raise error
        return CleanupReport(tuple(f"{self._place}/{name}" for name in orphans), sum(orphans.values()))

    def _candidates(self, prefix: str, older_than: float) -> dict[str, dict[str, int]]:
        """The segments of each upload of ours all of which are known to be old enough, with their sizes."""
        found: dict[str, dict[str, int]] = {}
        young: set[str] = set()
        now = self._server_time()
        if now is None:
            return {}
        self._owners: dict[str, str] = {}
        for row in all_rows(self._http, self._place):
            upload, owner = upload_id_of(row.get("name", "")), object_of(row.get("content_type"))
            if upload is None or owner is None or not owner.startswith(prefix):
                continue
            self._owners[upload] = owner
            found.setdefault(upload, {})[row["name"]] = row.get("bytes") or 0
            written = time_of(row)
            if written is None or written > now - older_than:
                young.add(upload)
        return {upload: sizes for upload, sizes in found.items() if upload not in young}

    def _server_time(self) -> float | None:
        """The store's clock, by which segments have their times; None: there are no segments."""
        try:
            date = self._http.call("head_container", self._place).headers.get("date")
        except Exception as error:
            if status_of(error) != 404:
                raise
            return None
        found = read_date(date)
        return time.time() if found is None else found + 1.0  # it tells whole seconds, rounded down

    def _named(self, found: dict[str, dict[str, int]], versions: bool) -> Iterator[str]:
        """The ids of uploads that a manifest names: under its own name, or in any manifest of the container."""
        for name in {self._owners[upload] for upload in found}:
            yield from self._uploads_of(name, None)
        marked = self._http.keeps(LISTED_MANIFESTS)
        for row in all_rows(self._http, self._container, "&versions=true" if versions else ""):
            if "name" in row and ("slo_etag" in row or not marked):
                yield from self._uploads_of(row["name"], row.get("version_id"))

    def _uploads_of(self, name: str, version: str | None) -> Iterator[str]:
        """The ids of the uploads whose segments an object names."""
        try:
            headers = self._look_at(name, version)
            entries: list[dict[str, Any]] = []
            if is_manifest(headers):
                headers, entries = manifest_and_headers(self._http, self._container, name, version)
        except UntoldManifest as error:
            yield _marked(name, headers, error)
        except Exception as error:
            if status_of(error) != 404:
                raise
        else:
            yield from self._uploads_in(name, headers, entries)

    def _uploads_in(self, name: str, headers: Mapping[str, str], entries: list[dict[str, Any]]) -> set[str]:
        """The ids by the mark of an object and by its manifest, either of which an answer may lack."""
        marked = upload_id(headers)
        if marked is None and any("name" not in entry and "data" not in entry for entry in entries):
            raise _unproved(name, "the manifest does not list the names of its segments")
        named = {segment.partition("/")[0] for segment in own_segments(entries, self._container)}
        return named if marked is None else named | {marked}

    def _look_at(self, name: str, version: str | None) -> Mapping[str, str]:
        """The headers of an object; of one whose manifest is read anyway, that it may have one."""
        if self._http.keeps(LISTED_MANIFESTS):
            return {"x-static-large-object": "true"}
        query = f"version-id={quote(version, safe='')}" if version else None
        return self._http.call("head_object", self._container, name, query_string=query).headers


def _marked(name: str, headers: Mapping[str, str], error: UntoldManifest) -> str:
    """The id of the upload that a manifest is marked with; without one, nobody knows which segments are in use."""
    upload = upload_id(headers)
    if upload is None:
        raise _unproved(name, str(error)) from error
    return upload


def _unproved(name: str, reason: str) -> NotSupportedError:
    return NotSupportedError(
        f"{reason}, and so no segment can be proved to be unused",
        object_name=name,
        hint="remove old segments by the tool that wrote it, or write the object again by this library",
    )
