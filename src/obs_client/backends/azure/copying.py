"""Copies within an account: by one request up to 256 MiB, above that by blocks, which the engine drives."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from obs_client._http.kit.calls.refusals import Refusal, code_of
from obs_client._http.kit.etags import quoted_etag
from obs_client.backend.multipart import NeedsParts, NeedsReading, Part
from obs_client.backend.values import NewObject
from obs_client.backends.azure.blocks import AzureUpload
from obs_client.backends.azure.reading import head_blob
from obs_client.backends.azure.requests import Request, Requests
from obs_client.backends.azure.signing import signed_query
from obs_client.backends.azure.writing import conditions_of, metadata_headers
from obs_client.errors import ObjectChangedError, ObjectNotFoundError
from obs_client.models import ObjectInfo

COPY_MAXIMUM = 256 * 1024**2
"""Bytes of an object that one request copies."""

_SOURCE_SECONDS = 3600.0
_NO_RANGES = ("CannotVerifyCopySource", "APINotImplemented")
"""How a server says that it copies no ranges, or that it may not read the source so; Azurite says the first."""


class Source:
    """The source of a copy, as the version that was looked at."""

    def __init__(self, requests: Requests, container: str, info: ObjectInfo) -> None:
        self.container = container
        self.info = info
        self._requests = requests

    @property
    def condition(self) -> dict[str, str]:
        """The header for this version of it."""
        return {"x-ms-source-if-match": quoted_etag(self.info.hash or "")}

    def secret(self) -> dict[str, str]:
        """The headers that name it, with leave to read it."""
        login, query = self._requests.login, ""
        if login.key:
            https = login.endpoint.startswith("https:")
            query = signed_query(login.key, self.container, self.info.name, "r", _SOURCE_SECONDS, https=https)
        elif login.sas:
            query = login.sas.reveal()
        named = {"x-ms-copy-source": self._requests.url_of(self.container, self.info.name, query)}
        if login.tokens:
            named["x-ms-copy-source-authorization"] = f"Bearer {login.tokens.current().reveal()}"
        return named

    def has_changed(self) -> bool:
        """Whether it is not what was looked at any more: a refusal does not always say whose condition failed."""
        try:
            self._requests.finish(head_blob(self.container, self.info.name, self.info.hash))
        except Refusal as error:
            if error.status in (404, 412):
                return True
            raise
        return False

    def changed(self) -> ObjectChangedError:
        """The error for a source that is another by now."""
        return ObjectChangedError(f"{self.info.name!r} was replaced before it was copied")


def copy_blob(requests: Requests, source: Source, new: NewObject) -> None:
    """Copy by one request.

    Raises:
        NeedsParts: The object is too large for that.
        ObjectChangedError: The source is another by now.
    """
    if (source.info.size or 0) > COPY_MAXIMUM:
        raise NeedsParts
    # The headers are the source's, its MD5 too.
    headers = {**source.condition, **metadata_headers(new.attributes, _mark(source, new)), **conditions_of(new)}
    headers["x-ms-requires-sync"] = "true"
    try:
        requests.finish(Request("Copy Blob From URL", "PUT", new.container, new.name, "", headers, None, source.secret))
    except Refusal as error:
        if error.status in (404, 412) and code_of(error) != "ContainerNotFound" and source.has_changed():
            raise source.changed() from error
        if code_of(error) == "ContainerNotFound" and _is_there(requests, new.container):
            raise ObjectNotFoundError(f"{source.info.name!r} is not there", container=source.container) from error
        raise


class AzureCopy(AzureUpload):
    """A copy by blocks: the server makes each of a range of the source."""

    def __init__(self, requests: Requests, source: Source, new: NewObject, identity: str | None = None) -> None:
        super().__init__(requests, new, check=False, identity=identity)
        self._source = source

    def receipt(self, part: Part) -> str:
        return ""

    def take_up(self, receipts: Mapping[Part, str]) -> Collection[Part]:
        # Each block was made of the version of the source that has the same hash now.
        there = self._uncommitted()
        taken = [part for part in receipts if there.get(self._block(part.number)) == str(part.size)]
        self._blocks.update({part.number: self._block(part.number) for part in taken})
        return taken

    def copy_part(self, part: Part) -> None:
        area = {"x-ms-source-range": f"bytes={part.offset}-{part.offset + part.size - 1}"}
        try:
            self.put_block(part.number, None, {**self._source.condition, **area}, self._source.secret)
        except Refusal as error:
            if error.status in (404, 412) and self._source.has_changed():
                raise self._source.changed() from error
            if error.code in _NO_RANGES:
                raise NeedsReading from error
            raise

    def _mark(self) -> str:
        return _mark(self._source, self._new)


def _mark(source: Source, new: NewObject) -> str:
    """The mark of the copy: its own id, with the source's digest of parts, which is the copy's too."""
    _, dot, digest = (source.info.write_id or "").partition(".")
    return f"{new.attributes.write_id or ''}{dot}{digest}"


def _is_there(requests: Requests, container: str) -> bool:
    try:
        requests.finish(Request("Get Container Properties", "HEAD", container, query="restype=container"))
    except Refusal as error:
        if error.status == 404:
            return False
        raise
    return True
