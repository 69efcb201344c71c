"""Backends with one fault each, and the test of the suite that must catch it; here the base, and faults of no topic."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection
from typing import Any, TypeVar

from obs_client import Capabilities, CleanupReport, ContainerInfo, MemoryClient, ObjectInfo
from obs_client.backend.values import NO_TERMS, ObjectReader, UrlTerms
from obs_client.errors import ContainerNotEmptyError, NotFoundError, ServiceError
from obs_client.testing.wrapper import WrappedClient


class BrokenClient(WrappedClient):
    """A good store in memory; each subclass breaks one promise."""

    inner: MemoryClient

    def __init__(self) -> None:
        super().__init__(MemoryClient())
        self.options = dataclasses.replace(self.options, attempts=3, first_pause=0.001, longest_pause=0.001)


Broken = TypeVar("Broken", bound=type[BrokenClient])
CAUGHT_BY: dict[type[BrokenClient], str] = {}


def caught_by(test: str) -> Callable[[Broken], Broken]:
    """Say which test of the suite must fail on a broken backend."""

    def note(broken: Broken) -> Broken:
        CAUGHT_BY[broken] = test
        return broken

    return note


class ReaderAround(ObjectReader):
    """A reader that does what another does; the base of those that do not."""

    def __init__(self, inner: ObjectReader) -> None:
        self.inner = inner
        self.info = inner.info
        self.digest = inner.digest

    def readinto(self, buffer: memoryview) -> int:
        return self.inner.readinto(buffer)

    def close(self) -> None:
        self.inner.close()


@caught_by("test_container_delete_full")
class DeletesFullContainers(BrokenClient):
    def _container_delete(self, container: str) -> None:
        for entry in self.inner.object_list(container_name=container):
            if isinstance(entry, ObjectInfo):
                self.inner.object_delete(entry.name, container)
        super()._container_delete(container)


@caught_by("test_container_delete_force")
class RefusesToBeEmptied(BrokenClient):
    def _check_emptying(self, container: str) -> None:
        raise ContainerNotEmptyError(f"container {container!r} holds what no listing shows", container=container)


@caught_by("test_container_create_again")
class EmptiesContainersThatAreThere(BrokenClient):
    def _container_create(self, container: str) -> None:
        self.inner.container_delete(container, force=True)
        super()._container_create(container)


@caught_by("test_container_list_prefix")
class IgnoresTheContainerPrefix(BrokenClient):
    def _container_list(self, prefix: str, marker: str | None) -> Any:
        return super()._container_list("", marker)


@caught_by("test_container_totals")
class CountsWrong(BrokenClient):
    def _container_info(self, container: str) -> ContainerInfo:
        return dataclasses.replace(super()._container_info(container), count=0)


@caught_by("test_absent_info")
class TakesAbsenceForFailure(BrokenClient):
    def _object_info(self, container: str, name: str) -> ObjectInfo:
        try:
            return super()._object_info(container, name)
        except NotFoundError as error:
            raise ServiceError("no such object") from error


@caught_by("test_absent_read")
class RaisesTheSdksOwnError(BrokenClient):
    def _object_open(
        self, container: str, name: str, start: int, stop: int | None, if_hash: str | None
    ) -> ObjectReader:
        if self.inner.object_info(name, container) is None:
            raise KeyError(name)
        return super()._object_open(container, name, start, stop, if_hash)


@caught_by("test_download_url")
class DeclaresUrlsThatItHasNot(BrokenClient):
    def _capabilities(self) -> Capabilities:
        return dataclasses.replace(super()._capabilities(), download_urls=True)


@caught_by("test_urls_undeclared")
class GivesUrlsThatItDoesNotDeclare(BrokenClient):
    def _object_generate_download_url(self, container: str, name: str, seconds: int, terms: UrlTerms = NO_TERMS) -> str:
        return f"http://localhost/{container}/{name}"


@caught_by("test_metadata_blank_edges")
class DeclaresBlankEdgesThatItRefuses(BrokenClient):
    def _object_write(self, new: Any, body: Any) -> None:
        if any(value != value.strip() for value in new.attributes.metadata.values()):
            raise ServiceError("blank")
        super()._object_write(new, body)


@caught_by("test_cleanup_keeps_objects")
class CleansUpObjects(BrokenClient):
    def _cleanup(self, container: str, prefix: str, older_than: float, kept: Collection[str] = ()) -> CleanupReport:
        for entry in self.inner.object_list(prefix=prefix, container_name=container):
            if isinstance(entry, ObjectInfo) and entry.name.endswith(".tmp"):
                self.inner.object_delete(entry.name, container)
        return super()._cleanup(container, prefix, older_than, kept)


@caught_by("test_last_modified")
class TellsMilliseconds(BrokenClient):
    def _object_info(self, container: str, name: str) -> ObjectInfo:
        info = super()._object_info(container, name)
        return dataclasses.replace(info, last_modified=(info.last_modified or 0.0) * 1000)


@caught_by("test_pickle")
class PicklesWithoutConfiguration(BrokenClient):
    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), ()


@caught_by("test_close")
class CannotBeUsedAfterClose(BrokenClient):
    closed = False

    def close(self) -> None:
        self.closed = True

    def _through(self, primitive: str, call: Callable[[], Any]) -> Any:
        if self.closed:
            raise RuntimeError("the session is closed")
        return super()._through(primitive, call)


@caught_by("test_server_side_copy")
class DeclaresACopyThatItHasNot(BrokenClient):
    def _object_copy(self, container: str, source: ObjectInfo, new: Any) -> None:
        raise ServiceError("not here")
