"""Finding the segments that killed writers left: those of our layout that no manifest names."""

from __future__ import annotations

import time
from collections.abc import Iterator

from obs_client._http.kit.dates import read_date
from obs_client.backends.swift.bulk import delete_many
from obs_client.backends.swift.errors import status_of
from obs_client.backends.swift.limits import Limits
from obs_client.backends.swift.listing import all_rows
from obs_client.backends.swift.manifest import object_of, own_segments, read_manifest, segments_container, upload_id_of
from obs_client.backends.swift.page import seconds_of
from obs_client.backends.swift.requests import SwiftHttp
from obs_client.backends.swift.segments import keeps_versions
from obs_client.models import CleanupReport


class Cleanup:
    """One cleaning up of a container."""

    def __init__(self, http: SwiftHttp, container: str) -> None:
        self._http = http
        self._container = container
        self._place = segments_container(container)

    def run(self, prefix: str, older_than: float, limits: Limits) -> CleanupReport:
        """Remove the segments that nothing names; nothing if any manifest could not be read."""
        container = self._http.call("head_container", self._container).headers
        found = self._candidates(prefix, older_than)
        if not found:
            return CleanupReport((), 0)
        named = set(self._named(found, keeps_versions(container)))
        orphans = {name: size for upload, sizes in found.items() if upload not in named for name, size in sizes.items()}
        for error in delete_many(self._http, self._place, list(orphans), limits).values():
            raise error
        return CleanupReport(tuple(f"{self._place}/{name}" for name in orphans), sum(orphans.values()))

    def _candidates(self, prefix: str, older_than: float) -> dict[str, dict[str, int]]:
        """The segments of each upload of ours all of which are old enough, with their sizes."""
        found: dict[str, dict[str, int]] = {}
        young: set[str] = set()
        now = self._server_time()
        if now is None:
            return {}
        self._owners: dict[str, str] = {}
        for entry in all_rows(self._http, self._place):
            upload, owner = upload_id_of(entry["name"]), object_of(entry.get("content_type"))
            if upload is None or owner is None or not owner.startswith(prefix):
                continue
            self._owners[upload] = owner
            found.setdefault(upload, {})[entry["name"]] = int(entry["bytes"])
            if seconds_of([entry["last_modified"]])[0] > now - older_than:
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
        for entry in all_rows(self._http, self._container, "&versions=true" if versions else ""):
            if "slo_etag" in entry:
                yield from self._uploads_of(entry["name"], entry.get("version_id"))

    def _uploads_of(self, name: str, version: str | None) -> Iterator[str]:
        try:
            segments = own_segments(read_manifest(self._http, self._container, name, version), self._container)
        except Exception as error:
            if status_of(error) != 404:
                raise
            return
        yield from {segment.partition("/")[0] for segment in segments}
