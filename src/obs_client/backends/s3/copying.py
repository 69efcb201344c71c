"""Copies within the store: of an object to another name, or onto itself with other attributes.

One request up to 5 GiB, else by parts. What S3 keeps beside the attributes goes along: storage class, encryption,
expiry, tags, redirect, lock; not the access list, which S3 resets.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from obs_client._http.pool import HttpAnswer
from obs_client.backend.multipart import Part
from obs_client.backends.s3 import errors as s3_errors
from obs_client.backends.s3 import headers as s3_headers
from obs_client.backends.s3 import multipart as s3_multipart
from obs_client.backends.s3.connection import Exchange, S3Connection
from obs_client.errors import ObjectChangedError
from obs_client.models import Attributes, ObjectInfo

COPY_MAXIMUM = 5 * 1024**3
"""Bytes of an object that one request copies."""

_KEPT = (
    "expires",
    "x-amz-object-lock-legal-hold",
    "x-amz-object-lock-mode",
    "x-amz-object-lock-retain-until-date",
    "x-amz-server-side-encryption",
    "x-amz-server-side-encryption-aws-kms-key-id",
    "x-amz-server-side-encryption-bucket-key-enabled",
    "x-amz-storage-class",
    "x-amz-website-redirect-location",
)
"""What a HEAD answers and a write takes under the same name."""


@dataclasses.dataclass(frozen=True, slots=True)
class Copy:
    """What is to be copied where.

    Attributes:
        source: Container and name.
        head: The source's HEAD.
        place: The parameters that name the target.
        attributes: The target's.
        conditions: The parameters under which the target is written.
        chosen: Parameters of the client's own that go before what the source has.
        look: Gives what is stored under the target's name, None if nothing is.
    """

    source: tuple[str, str]
    head: HttpAnswer
    place: dict[str, Any]
    attributes: Attributes
    conditions: dict[str, str]
    chosen: dict[str, Any]
    look: Callable[[], ObjectInfo | None]

    @property
    def size(self) -> int:
        """Bytes of the source."""
        return int(self.head.headers.get("content-length", "0"))

    @property
    def kept(self) -> dict[str, str]:
        """The headers that go along."""
        headers = self.head.headers
        kept = {name: headers[name] for name in _KEPT if name in headers}
        if "StorageClass" in self.chosen:
            kept.pop("x-amz-storage-class", None)
        if "ServerSideEncryption" in self.chosen:
            kept = {name: kept[name] for name in kept if not name.startswith("x-amz-server-side")}
        return kept

    @property
    def source_params(self) -> dict[str, Any]:
        """The parameters that name the source, as the version that was looked at."""
        named: dict[str, Any] = {"CopySource": {"Bucket": self.source[0], "Key": self.source[1]}}
        if etag := self.head.headers.get("etag"):
            named["CopySourceIfMatch"] = etag
        return named


def copy_at_once(connection: S3Connection, copy: Copy) -> None:
    """Copy by one request.

    Raises:
        Exception: One that `is_refused`: the source is another by now, or a condition of the target does not hold.
    """
    params = {
        **copy.place,
        **copy.source_params,
        **copy.conditions,
        **copy.chosen,
        **s3_headers.params_of(copy.attributes),
        "MetadataDirective": "REPLACE",
    }
    connection.document("copy_object", params, "CopyObjectResult", exchange=Exchange(headers=copy.kept))


def is_refused(error: Exception) -> bool:
    """Whether a condition of the source or of the target did not hold."""
    return s3_errors.status_of(error) == 412


class S3Copy(s3_multipart.S3Upload):
    """A copy by parts: the server makes each of a range of the source."""

    def __init__(self, connection: S3Connection, copy: Copy) -> None:
        """Begin it, without a note of its part size: the tags of copied parts are not of MD5s on every server."""
        params = {**s3_headers.params_of(copy.attributes), **copy.chosen, **_tags(connection, copy)}
        upload_id = s3_multipart.begin(connection, copy.place, params, False, copy.kept)
        mark = copy.attributes.write_id
        super().__init__(connection, copy.place, upload_id, copy.conditions, mark, copy.look)
        self._copy = copy

    def copy_part(self, part: Part) -> None:
        try:
            self.put_from(part, self._copy.source_params)
        except Exception as error:
            if not is_refused(error) or not source_changed(self._connection, self._copy):
                raise
            raise ObjectChangedError(f"{self._copy.source[1]!r} was replaced before it was copied") from error


def _tags(connection: S3Connection, copy: Copy) -> dict[str, str]:
    """The source's tags, which a copy by parts does not take along by itself."""
    if not int(copy.head.headers.get("x-amz-tagging-count", "0")):
        return {}
    place = {"Bucket": copy.source[0], "Key": copy.source[1]}
    found = connection.document("get_object_tagging", place, "Tagging", ("TagSet",))
    pairs = [(tag.get("Key"), tag.get("Value")) for tag in found.all("TagSet")[0].all("Tag")]
    return {"Tagging": urlencode(pairs)}


def source_changed(connection: S3Connection, copy: Copy) -> bool:
    """Whether the source is not what was looked at any more: a 412 does not say whose condition failed."""
    try:
        head = connection.finish("head_object", {"Bucket": copy.source[0], "Key": copy.source[1]})
    except Exception as error:
        if s3_errors.status_of(error) == 404:
            return True
        raise
    return head.headers.get("etag") != copy.head.headers.get("etag")
