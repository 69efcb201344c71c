"""Copies within the store: of an object to another name, or onto itself with other attributes.

One request up to 512 MiB, else by parts, which the engine drives. What S3 keeps beside the attributes goes along:
storage class, encryption, expiry, tags, redirect, lock; not the access list, which S3 resets.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Mapping
from urllib.parse import quote, urlencode

from obs_client._http.answer import HttpAnswer
from obs_client._http.errors import StrangeAnswer
from obs_client._http.kit.etags import etag_of
from obs_client._http.kit.numbers import read_number
from obs_client.backend.multipart import NeedsParts, Part
from obs_client.backend.values import NewObject
from obs_client.backends.s3.endpoints import PINS_COPIED_PARTS, PINS_COPIES, is_resource
from obs_client.backends.s3.errors import S3Error, status_of
from obs_client.backends.s3.listing import read_time
from obs_client.backends.s3.multipart.beginning import again, begin
from obs_client.backends.s3.multipart.requests import Upload
from obs_client.backends.s3.multipart.upload import S3Upload
from obs_client.backends.s3.reading import (
    head_object,
    look_at,
    look_at_container,
    size_of_head,
    tags_of,
)
from obs_client.backends.s3.requests import Request, Requests
from obs_client.backends.s3.writing import attribute_headers, conditions_of
from obs_client.errors import ObjectChangedError
from obs_client.models import ObjectInfo

COPY_MAXIMUM = 512 * 1024**2
"""Bytes of an object that one request copies; S3 allows 5 GiB, but servers are silent for longer than clients wait.

Amazon's own takes some seconds for so much, those that copy byte by byte less than the usual timeout (milvus#53786,
rclone#3579: 2 to 5 GiB took more than a minute).
"""

COPY_PART_SIZE = 256 * 1024**2
"""Bytes of a part of a copy by parts."""

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

NOT_IMPLEMENTED = 501
_CONDITION = "x-amz-copy-source-if-match"
_NEVER = f'"{"0" * 32}"'
"""The tag of no object."""

_RETENTION = ("x-amz-object-lock-mode", "x-amz-object-lock-retain-until-date")


def copy_object(new: NewObject, headers: dict[str, str]) -> Request:
    """Copy; the headers name the source, and say what the target is to carry."""
    return Request("CopyObject", "PUT", new.container, new.name, "", {**headers, "x-amz-metadata-directive": "REPLACE"})


def source_headers(container: str, name: str, etag: str | None) -> dict[str, str]:
    """The headers that name the source of a copy, as the version that has this ETag."""
    place = f"{container}/object/{name}" if is_resource(container) else f"{container}/{name}"
    named = {"x-amz-copy-source": quote(place, safe="/~")}
    return {**named, _CONDITION: etag} if etag else named


@dataclasses.dataclass(frozen=True, slots=True)
class Copy:
    """What is to be copied where.

    Attributes:
        container, name: The source.
        head: Its HEAD.
        size: Its bytes; None: the store does not say.
        new: The target.
        chosen: Headers of the client's own that go before what the source has.
    """

    container: str
    name: str
    head: HttpAnswer
    size: int | None
    new: NewObject
    chosen: Mapping[str, str]

    @property
    def kept(self) -> dict[str, str]:
        """The headers that go along."""
        headers = self.head.headers
        kept = {name: headers[name] for name in _KEPT if name in headers}
        if _has_ended(headers.get("x-amz-object-lock-retain-until-date")):
            kept = {name: kept[name] for name in kept if name not in _RETENTION}
        if kept.get("x-amz-server-side-encryption") == "AES256":
            # What every object has since 2023: the target's own default may be stronger, and is right.
            del kept["x-amz-server-side-encryption"]
        if "x-amz-storage-class" in self.chosen:
            kept.pop("x-amz-storage-class", None)
        if "x-amz-server-side-encryption" in self.chosen:
            kept = {name: kept[name] for name in kept if not name.startswith("x-amz-server-side")}
        return kept

    @property
    def source(self) -> dict[str, str]:
        """The headers that name the source, as the version that was looked at."""
        etag = self.head.headers.get("etag", "")
        # No condition holds for a weak tag (RFC 9110, 8.8.3.2), as proxies make them: it is looked at after the copy.
        return source_headers(self.container, self.name, None if etag.startswith("W/") else etag)

    @property
    def target(self) -> dict[str, str]:
        """The headers of all that the target carries."""
        return {**self.kept, **attribute_headers(self.new.attributes), **self.chosen}


def copy_at_once(requests: Requests, copy: Copy) -> None:
    """Copy by one request.

    Raises:
        NeedsParts: The object is too large for that.
        S3Error: One that `is_refused`: the source is another by now, or a condition of the target does not hold.
    """
    if copy.size is not None and copy.size > COPY_MAXIMUM:
        raise NeedsParts

    def send(source: dict[str, str]) -> None:
        asked = copy_object(copy.new, {**copy.target, **source, **conditions_of(copy.new)})
        requests.document(asked, "CopyObjectResult")

    pinned = send_pinned(requests, PINS_COPIES, copy.source, send)
    if not pinned and (copy.container, copy.name) != (copy.new.container, copy.new.name):
        check_is_same(requests, copy)


def send_pinned(requests: Requests, fact: str, source: dict[str, str], send: Callable[[dict[str, str]], None]) -> bool:
    """Send a copy; False: it is not known that the server would have refused another version of the source.

    Some servers do not look at the condition, and some refuse it. The first copy is asked for under one that cannot
    hold: who makes it all the same has shown that, and the copy is there.

    Args:
        fact: What is learned of the server.
        source: The headers that name the source, with the condition if it can have one.
    """
    free = {name: value for name, value in source.items() if name != _CONDITION}
    if _CONDITION not in source or requests.experience.of(fact) is False:
        send(free)
        return False
    if requests.is_amazon or requests.experience.of(fact):
        send(source)
        return True
    if requests.experience.is_tried(fact):
        send(source)
        return False
    try:
        send({**free, _CONDITION: _NEVER})
    except TimeoutError:
        requests.experience.learn(fact, None)
        raise
    except S3Error as error:
        if is_refused(error):
            requests.experience.learn(fact, True)
            send(source)
            return True
        if error.status != NOT_IMPLEMENTED:
            raise
        requests.experience.learn(fact, False)
        send(free)
        return False
    requests.experience.learn(fact, False)
    return False


def copy_within(requests: Requests, container: str, source: ObjectInfo, new: NewObject) -> None:
    """Copy an object by one request, as `_object_copy` of a backend.

    Raises:
        NeedsParts: The object is too large for that.
        ObjectChangedError: The source is another by now.
    """
    copy = copy_of(requests, container, source, new)
    try:
        copy_at_once(requests, copy)
    except S3Error as error:
        if is_refused(error) and source_changed(requests, copy):
            raise _changed(source.name) from error
        if error.status == 500:
            look_at_container(requests, new.container)  # SeaweedFS has no other answer if that is absent
        raise


def copy_of(requests: Requests, container: str, source: ObjectInfo, new: NewObject) -> Copy:
    """A copy of the source as it was looked at."""
    head = look_at(requests, container, source.name)
    if etag_of(head.headers) != (source.hash or None):
        raise _changed(source.name)
    onto_itself = (container, source.name) == (new.container, new.name)
    chosen = {} if onto_itself else requests.settings.choices.object_headers
    return Copy(container, source.name, head, source.size, new, chosen)


def copy_onto_itself(requests: Requests, new: NewObject) -> None:
    """Give an object other attributes; its hash must be `new.if_hash`, if that is given."""
    head = look_at(requests, new.container, new.name, new.if_hash)
    copy_at_once(requests, Copy(new.container, new.name, head, size_of_head(head), new, {}))


def is_refused(error: Exception) -> bool:
    """Whether a condition of the source or of the target did not hold."""
    return status_of(error) == 412


class S3Copy(S3Upload):
    """A copy by parts: the server makes each of a range of the source."""

    def __init__(self, requests: Requests, copy: Copy, identity: str | None = None) -> None:
        """Begin it, without a note of its part size: the tags of copied parts are not of MD5s on every server.

        Args:
            identity: Of the one that another process began, if this goes on with it.
        """
        super().__init__(requests, _begun(requests, copy) if identity is None else _again(requests, copy, identity),
                         copy.new)  # fmt: skip
        self._copy = copy
        self._all_pinned = identity is None  # who copied the others did not say

    def copy_part(self, part: Part) -> None:
        try:
            pinned = send_pinned(
                self._requests, PINS_COPIED_PARTS, self._copy.source, lambda source: self.put_from(part, source)
            )
        except S3Error as error:
            if is_refused(error) and source_changed(self._requests, self._copy):
                raise _changed(self._copy.name) from error
            raise
        self._all_pinned = self._all_pinned and pinned

    def complete(self) -> ObjectInfo | None:
        if not self._all_pinned:
            check_is_same(self._requests, self._copy)
        return super().complete()


def _begun(requests: Requests, copy: Copy) -> Upload:
    return begin(requests, copy.new, {**copy.target, **_tags(requests, copy)}, False)


def _again(requests: Requests, copy: Copy, identity: str) -> Upload:
    """The upload that another process began."""
    return again(requests, copy.new, identity.partition(" ")[2])


def _tags(requests: Requests, copy: Copy) -> dict[str, str]:
    """The source's tags, which a copy by parts does not take along by itself."""
    if not read_number(copy.head.headers.get("x-amz-tagging-count")):
        return {}
    return {"x-amz-tagging": urlencode(tags_of(requests, copy.container, copy.name))}


def check_is_same(requests: Requests, copy: Copy) -> None:
    """Raise `ObjectChangedError` if the source is not what was looked at any more."""
    if source_changed(requests, copy):
        raise _changed(copy.name)


def source_changed(requests: Requests, copy: Copy) -> bool:
    """Whether the source is not what was looked at any more: a 412 does not say whose condition failed."""
    try:
        head = requests.finish(head_object(copy.container, copy.name))
    except S3Error as error:
        if error.status == 404:
            return True
        raise
    return head.headers.get("etag") != copy.head.headers.get("etag")


def _has_ended(until: str | None) -> bool:
    """Whether a retention is over: servers go on telling it, and refuse it in a copy."""
    try:
        return until is not None and read_time(until) <= time.time()
    except StrangeAnswer:
        return False


def _changed(name: str) -> ObjectChangedError:
    return ObjectChangedError(f"{name!r} was replaced before it was copied")
