"""The segments of a client's large objects: where they are, which a manifest names, and their end."""

from __future__ import annotations

import contextlib
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence

from obs_client._http.kit.fork import ForkLock
from obs_client.backends.swift.bulk import delete_many
from obs_client.backends.swift.errors import classify, status_of
from obs_client.backends.swift.headers import is_manifest
from obs_client.backends.swift.limits import Limits
from obs_client.backends.swift.manifest import own_segments, read_manifest, segments_container, upload_id_of
from obs_client.backends.swift.requests import SwiftHttp
from obs_client.errors import TemporaryError

REMEMBERED = 60.0
"""Seconds for which it is remembered whether a container has segments."""

MARK = "X-Container-Meta-Obs-Segments"
_VERSIONS = ("x-versions-enabled", "x-versions-location", "x-history-location")

_UNSEEN = (403, 404)
"""Answers for what is not there, and for what who may only write may not look at."""


def keeps_versions(headers: Mapping[str, str]) -> bool:
    """Whether a container keeps, or once kept, replaced objects: their manifests go on naming segments."""
    return any(name in headers for name in _VERSIONS)


class Segments:
    """The segments of all containers of one client."""

    def __init__(self, http: SwiftHttp) -> None:
        self._http = http
        self._known: dict[str, tuple[bool, float]] = {}
        self._owed: dict[tuple[str, str], list[str]] = {}
        self._discarded: dict[str, deque[str]] = {}
        self._turns = ForkLock()  # threads that ask at once ask the store once

    def exist(self, container: str) -> bool:
        """Whether the container has a place for segments, as was true within the last minute."""
        with self._turns:
            found, at = self._known.get(container, (False, -REMEMBERED))
            if time.monotonic() - at < REMEMBERED:
                return found
            return self._ask(container)

    def _ask(self, container: str) -> bool:
        try:
            self._http.call("head_container", segments_container(container))
        except Exception as error:
            if status_of(error) not in _UNSEEN:
                raise
            return self._remember(container, False)
        return self._remember(container, True)

    def size(self, container: str) -> int:
        """Bytes of all segments of the container's objects."""
        if not self.exist(container):
            return 0
        try:
            headers = self._http.call("head_container", segments_container(container)).headers
        except Exception as error:
            if status_of(error) != 404:
                raise
            return 0
        return int(headers["x-container-bytes-used"])

    def provide(self, container: str) -> None:
        """Make the place for segments, with the container's storage policy; raises 404 if the container is absent."""
        policy = self._http.call("head_container", container).headers.get("x-storage-policy")
        self.forget(container)
        if not self.exist(container):
            headers = {MARK: "true"} | ({"X-Storage-Policy": policy} if policy else {})
            self._http.call("put_container", segments_container(container), headers=headers)
            self._remember(container, True)

    def forget(self, container: str) -> None:
        """Look again at the next question."""
        self._known.pop(container, None)

    def _remember(self, container: str, found: bool) -> bool:
        self._known[container] = found, time.monotonic()
        return found

    def named_by(self, container: str, name: str) -> list[str]:
        """Our segments that an object names, if it is a manifest: to be asked before it is replaced or deleted."""
        if not self.exist(container):
            return []
        try:
            if not is_manifest(self._http.call("head_object", container, name).headers):
                return []
            return own_segments(read_manifest(self._http, container, name), container)
        except Exception as error:
            if status_of(error) not in _UNSEEN:
                raise
            return []

    def owe(self, container: str, name: str, names: Sequence[str]) -> None:
        """Remember what is to be removed with an object: after a lost answer another try does not find it any more."""
        if names:
            owed = self._owed.get((container, name), [])
            self._owed[container, name] = [*owed, *(each for each in names if each not in owed)]

    def settle(self, container: str, name: str) -> list[str]:
        """What is owed, which is then forgotten."""
        return self._owed.pop((container, name), [])

    @contextlib.contextmanager
    def replacing(self, container: str, name: str) -> Iterator[None]:
        """Around a request that replaces or deletes an object: afterwards the segments that it named are discarded."""
        self.owe(container, name, self.named_by(container, name))
        try:
            yield
        except Exception as error:
            if classify(error) is not TemporaryError:
                self.settle(container, name)
            raise
        self.discard(container, self.settle(container, name))

    def discard(self, container: str, names: Iterable[str], spared: str = "") -> None:
        """Have `remove_discarded` remove what a manifest named that is no more.

        Args:
            spared: The id of an upload whose segments stay.
        """
        self._discarded.setdefault(container, deque()).extend(name for name in names if upload_id_of(name) != spared)

    def remove_discarded(self, container: str, limits: Limits) -> None:
        """Remove what was discarded, unless versions of its manifest may be kept; what fails for now stays."""
        names = list(self._taken(container))
        if not names:
            return
        try:
            if keeps_versions(self._http.call("head_container", container).headers):
                return
        except Exception as error:
            if classify(error) is TemporaryError:
                self.discard(container, names)
            raise
        failures = delete_many(self._http, segments_container(container), names, limits)
        self.discard(container, [name for name, error in failures.items() if classify(error) is TemporaryError])
        for failure in failures.values():
            raise failure

    def _taken(self, container: str) -> Iterator[str]:
        discarded = self._discarded.get(container)
        while discarded:
            with contextlib.suppress(IndexError):  # another thread was faster
                yield discarded.popleft()

    def remove_place(self, container: str) -> None:
        """Remove the place for segments of a deleted container, if it is empty and this library made it."""
        place = segments_container(container)
        try:
            if MARK.lower() in self._http.call("head_container", place).headers:
                self._http.call("delete_container", place)
        except Exception as error:
            if status_of(error) not in (404, 409):
                raise
        self.forget(container)
