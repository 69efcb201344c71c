"""ETags that look like MD5s: the client relies on them only where they were seen to be digests.

Two cases pull in opposite directions. Alibaba OSS, and MinIO with `--no-compat`, give objects ETags of 32 hex digits
that are not an MD5 of anything: if they were compared strictly, every object there would count as damaged. On Amazon,
SeaweedFS and most others they are the MD5: if they were ignored, damaged content would be returned as good.

So content that does not match its ETag counts as damaged only if the server documents its ETags (Amazon), is known to
have no others (SeaweedFS), or if another ETag of this server was seen to be a digest. Otherwise it is returned as not
verified, with one warning.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping

from obs_client._http.kit.etags import bare_etag
from obs_client.backends.s3.endpoints import TAGS, TAGS_LARGE
from obs_client.backends.s3.errors import S3Error
from obs_client.backends.s3.requests import Request, Requests
from obs_client.models import ObjectInfo, Origin

_HASH_CHANGING = "x-amz-server-side-encryption-customer-algorithm"
_OF_MD5S = re.compile(r"[0-9a-fA-F]{32}(-\d{1,5})?")
_DIGITS = r"[0-9a-fA-F]{32}"
_TAGS_BY_MD5 = ("SeaweedFS ",)
"""How servers begin to call themselves that are known to tag with MD5s, always."""
_TRIED = 3
_TRIED_SIZE = 256 * 1024


def hash_is_md5(etag: str, headers: Mapping[str, str]) -> bool:
    """Whether the ETag can be made of MD5s: encryption with keys of a service or of the caller changes it."""
    if headers.get("x-amz-server-side-encryption", "AES256") != "AES256":
        return False
    return _HASH_CHANGING not in headers and _OF_MD5S.fullmatch(etag) is not None


def md5_in(headers: Mapping[str, str]) -> str | None:
    """The tag of an answer, in small letters, if it can be the MD5 of the whole; else None."""
    tag = bare_etag(headers.get("etag", ""))
    return tag.lower() if hash_is_md5(tag, headers) and "-" not in tag else None


class Tags:
    """Judges the tag of one object.

    Args:
        container, name: Of the object that is read or written.
    """

    def __init__(self, requests: Requests, container: str, name: str) -> None:
        self._requests = requests
        self._container = container
        self._name = name

    def judge_whole(self, fits: bool) -> bool:
        """Note whether a tag is the MD5 of the content; gives whether one that is not proves damage."""
        return self._judge(TAGS, fits)

    def judge_composite(self, fits: bool) -> bool:
        """As `judge_whole`, of a tag that looks like one of parts."""
        return self._judge(TAGS_LARGE, fits)

    def warn(self, reason: str) -> None:
        """Say, once a client, that something was not verified, and why."""
        place = self._name, self._container, self._requests.endpoint, reason
        self._requests.warn_once("tags", "%r in %r at %s is not verified, as others may not be: %s", *place)

    def _judge(self, fact: str, fits: bool) -> bool:
        if self._requests.is_amazon:
            return True
        experience = self._requests.experience
        if fits:
            if experience.of(fact) is None:
                experience.learn(fact, True)
            return True
        if experience.of(fact) is None and (experience.server or "").startswith(_TAGS_BY_MD5):
            experience.learn(fact, True, origin=Origin.DOCUMENT)
        elif experience.of(fact) is None and fact == TAGS:
            experience.learn(fact, self._try_others())
        if not experience.of(fact):
            self.warn("it does not fit its tag, and tags of this server were not seen to be digests")
        return experience.of(fact) is True

    def _try_others(self) -> bool | None:
        """Whether tags of other, small objects in the container are MD5s of their contents; None: there are none."""
        try:
            found = [*self._compared()]
        except (S3Error, OSError):
            return None
        return any(found) if found else None

    def _compared(self) -> Iterator[bool]:
        from obs_client.backends.s3.listing import list_objects, page_of_objects

        page = page_of_objects(self._requests, list_objects(self._container, "", None, None, None))
        fitting = [each for each in page.entries if isinstance(each, ObjectInfo) and self._is_telling(each)]
        for each in sorted(fitting, key=lambda info: info.size or 0)[:_TRIED]:
            answer = self._requests.call(Request("GetObject", "GET", self._container, each.name))
            tag = md5_in(answer.headers)
            content = answer.read(_TRIED_SIZE)
            if tag is not None and answer.length is not None:
                yield hashlib.md5(content, usedforsecurity=False).hexdigest() == tag

    def _is_telling(self, info: ObjectInfo) -> bool:
        size = info.size or 0
        return (
            info.name != self._name and 0 < size <= _TRIED_SIZE and re.fullmatch(_DIGITS, info.hash or "") is not None
        )
