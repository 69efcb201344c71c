"""Backends that declare what they do not keep, or keep what they do not declare."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from obs_client import Capabilities, ObjectInfo
from obs_client.backend import watching
from obs_client.backend.body import Body
from obs_client.backend.multipart import MultipartUpload, Part
from obs_client.backend.values import NewObject
from obs_client.errors import ConflictError, InvalidNameError, NotSupportedError
from obs_client.models import Attributes
from test.testing.broken.backends import BrokenClient, caught_by
from test.testing.broken.signing_store import SigningClient

Answer = TypeVar("Answer")


@caught_by("test_names_refused_by_store")
class RefusesInReadingToo(BrokenClient):
    def _capabilities(self) -> Capabilities:
        return dataclasses.replace(super()._capabilities(), object_names_refused=((r"\\", "there are none here"),))

    def _object_info(self, container: str, name: str) -> ObjectInfo:
        if "\\" in name:
            raise InvalidNameError("there are none here")
        return super()._object_info(container, name)


@caught_by("test_container_delete_refused")
class EmptiesWhatItDoesNotDelete(BrokenClient):
    """It refuses the container itself only, when its objects are gone."""

    def _capabilities(self) -> Capabilities:
        return dataclasses.replace(super()._capabilities(), container_delete=False)

    def _container_delete(self, container: str) -> None:
        raise NotSupportedError("containers are not deleted here")


@caught_by("test_metadata_change_keeps_all")
class HashesMetadataToo(BrokenClient):
    def _object_info(self, container: str, name: str) -> ObjectInfo:
        info = super()._object_info(container, name)
        return dataclasses.replace(info, hash=f"{info.hash}-{sorted((info.metadata or {}).items())}")

    def _object_replace_metadata(self, container: str, name: str, attributes: Attributes, if_hash: str | None) -> None:
        plain = None if if_hash is None else if_hash.partition("-")[0]
        super()._object_replace_metadata(container, name, attributes, plain)


@caught_by("test_writers_of_one_object")
class TellsWinnersThatTheyLost(BrokenClient):
    """Whoever is told that another upload ended first may take it that his object is not there."""

    def _capabilities(self) -> Capabilities:
        return dataclasses.replace(super()._capabilities(), exclusive_uploads=True)

    def _object_multipart(self, new: NewObject) -> MultipartUpload:
        return _Losing(super()._object_multipart(new))


class _Losing(MultipartUpload):
    def __init__(self, inner: MultipartUpload) -> None:
        self._inner = inner

    def put_part(self, part: Part, body: Body) -> None:
        self._inner.put_part(part, body)

    def complete(self) -> None:
        self._inner.complete()
        raise ConflictError("another upload ended first")

    def abort(self) -> None:
        self._inner.abort()


@caught_by("test_told_beyond")
class TellsTheEndAsText(BrokenClient):
    def _object_info(self, container: str, name: str) -> ObjectInfo:
        return dataclasses.replace(super()._object_info(container, name), expires="tomorrow")  # type: ignore[arg-type]


@caught_by("test_told_the_same")
class ListsAnotherClass(BrokenClient):
    def _object_open(self, container: str, name: str, start: int, stop: int | None, if_hash: str | None) -> Any:
        reader = super()._object_open(container, name, start, stop, if_hash)
        reader.info = dataclasses.replace(reader.info, storage_class="cold")
        return reader


@caught_by("test_refusals_are_told")
class RefusesWhatItDeclares(BrokenClient):
    def _object_write(self, new: NewObject, body: Body) -> Any:
        if new.if_absent:
            raise NotSupportedError("not here")
        return super()._object_write(new, body)


@caught_by("test_tags")
class DeclaresTagsThatItHasNot(BrokenClient):
    def _capabilities(self) -> Capabilities:
        return dataclasses.replace(super()._capabilities(), tags=True)


@caught_by("test_tags_undeclared")
class GivesTagsThatItDoesNotDeclare(BrokenClient):
    def object_tags(self, object_name: str, container_name: str | None = None) -> dict[str, str] | None:
        return {}


@caught_by("test_own_headers")
class TellsHeadersOfNothing(BrokenClient):
    def _object_headers(self, container: str, name: str) -> Mapping[str, str]:
        return {}


@caught_by("test_upload_url")
class WantsAHeaderThatItDoesNotName(SigningClient):
    needed_header = "X-Needed"


@caught_by("test_observe")
class TellsNobodyOfReads(BrokenClient):
    """Each primitive is a request of its own; those that read are not told of."""

    def _through(self, primitive: str, call: Callable[[], Answer]) -> Answer:
        watch = None if primitive == "object_open" else watching.watch("GET", "store.example", "/")
        answer = super()._through(primitive, call)
        if watch is not None:
            watch.answered(200, {})
            watch.end()
        return answer
