"""A store that is only read."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from typing import NoReturn

from obs_client._engine import arguments
from obs_client.backend.body import Body
from obs_client.backend.multipart import MultipartUpload
from obs_client.backend.values import NO_TERMS, NewObject, UrlTerms
from obs_client.errors import NotSupportedError
from obs_client.models import Attributes, Capabilities, CleanupReport, ObjectInfo
from obs_client.wrappers.wrapped import WrappedClient


class ReadOnlyClient(WrappedClient):
    """See `obs_client.wrappers.read_only`."""

    def __repr__(self) -> str:
        return f"read_only({self.inner!r})"

    def _capabilities(self) -> Capabilities:
        return dataclasses.replace(
            super()._capabilities(),
            writable=False,
            container_delete=False,
            upload_urls=False,
            upload_url_content_type=False,
            upload_url_content_disposition=False,
            upload_url_size=False,
        )

    def _container_create(self, container: str) -> None:
        _refuse()

    def _container_delete(self, container: str) -> None:
        _refuse()

    def _check_emptying(self, container: str) -> None:
        _refuse()

    def _object_write(self, new: NewObject, body: Body) -> None:
        _refuse()

    def _object_replace_metadata(self, container: str, name: str, attributes: Attributes, if_hash: str | None) -> None:
        _refuse()

    def _object_delete(self, container: str, name: str, if_hash: str | None = None) -> None:
        _refuse()

    def _object_copy(self, container: str, source: ObjectInfo, new: NewObject) -> None:
        _refuse()

    def _object_begin_copy(self, container: str, source: ObjectInfo, new: NewObject) -> MultipartUpload:
        _refuse()

    def _tidy(self, container: str) -> None:
        """Nothing: there is nothing that was replaced by this client."""

    def _object_delete_many(self, container: str, object_names: Sequence[str]) -> Mapping[str, Exception]:
        _refuse()

    def _object_multipart(self, new: NewObject) -> MultipartUpload:
        _refuse()

    def _object_reopen(self, new: NewObject, identity: str) -> MultipartUpload:
        _refuse()

    def _object_reopen_copy(self, container: str, source: ObjectInfo, new: NewObject, identity: str) -> MultipartUpload:
        _refuse()

    def _object_end_begun(self, new: NewObject, since: float) -> None:
        _refuse()

    def _object_generate_upload_url(self, container: str, name: str, seconds: int, terms: UrlTerms = NO_TERMS) -> str:
        _refuse()

    def _cleanup(self, container: str, prefix: str, older_than: float, kept: Collection[str] = ()) -> CleanupReport:
        _refuse()


def _refuse() -> NoReturn:
    raise NotSupportedError(arguments.READ_ONLY)
