"""Stores in memory that look at digests, and clients of one that takes some options only."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from obs_client import Capabilities, IntegrityError, MemoryClient, NotSupportedError, ObjectStorageClientError
from obs_client.backend import Body, MultipartUpload, NewObject, Part
from obs_client.backend.values import NO_TERMS, UrlTerms


class Checking(MemoryClient):
    """Compares what it is sent with the digest that comes along; or does not."""

    def __init__(self, *, single: bool = True, parts: bool = True) -> None:
        super().__init__()
        self.single = single
        self.parts = parts

    def _object_write(self, new: NewObject, body: Body) -> None:
        check(body, self.single)
        super()._object_write(new, body)

    def _object_multipart(self, new: NewObject) -> MultipartUpload:
        return _Checked(super()._object_multipart(new), self.parts)

    def _classify_error(self, error: Exception) -> type[ObjectStorageClientError] | None:
        return IntegrityError if isinstance(error, BadDigest) else None


class BadDigest(Exception):
    """The server's own refusal."""


def check(body: Body, enforced: bool) -> None:
    """Compare a body with the digest that it tells."""
    told = body.digest("md5")
    if enforced and hashlib.md5(body.readall()).digest() != told:
        raise BadDigest("the content does not match the digest")
    body.rewind()


class _Checked(MultipartUpload):
    def __init__(self, inner: MultipartUpload, enforced: bool) -> None:
        self._inner = inner
        self._enforced = enforced

    def put_part(self, part: Part, body: Body) -> None:
        check(body, self._enforced)
        self._inner.put_part(part, body)

    def complete(self) -> None:
        self._inner.complete()

    def abort(self) -> None:
        self._inner.abort()


class Choosy(Checking):
    """A store that takes some options only, as its clients have them; all clients see the same objects.

    Args:
        takes: The options without which it takes no write, with the values that it takes.
    """

    def __init__(
        self,
        *,
        endpoint_url: str = "http://choosy.example",
        addressing_style: str | None = None,
        sign_payload: bool | None = None,
        checksums: bool | None = None,
        conditional_writes: bool | None = None,
        takes: Mapping[str, Sequence[bool | str | None]] | None = None,
        of: Choosy | None = None,
        verifies: bool = True,
    ) -> None:
        super().__init__(single=verifies, parts=verifies)
        self.endpoint_url = endpoint_url
        self.chosen = {"addressing_style": addressing_style, "sign_payload": sign_payload, "checksums": checksums}
        self.conditional_writes = conditional_writes
        self.takes = takes or {}
        self.verifies = verifies
        if of:
            self._containers, self._lock = of._containers, of._lock

    def another(self, **options: Any) -> Choosy:
        """A client of the same store."""
        return Choosy(**{"takes": self.takes, "verifies": self.verifies, "of": self, **options})

    def _capabilities(self) -> Capabilities:
        return dataclasses.replace(super()._capabilities(), download_urls=True)

    def _location(self, container: str) -> Any:
        return ("choosy", self.endpoint_url), f"{container}/"

    def _object_write(self, new: NewObject, body: Body) -> None:
        for option, values in self.takes.items():
            if self.chosen[option] not in values:
                raise NotSupportedError(f"not with {option}={self.chosen[option]}")
        super()._object_write(new, body)

    def _object_generate_download_url(self, container: str, name: str, seconds: int, terms: UrlTerms = NO_TERMS) -> str:
        virtual = self.chosen["addressing_style"] == "virtual"
        host = self.endpoint_url.partition("//")[2]
        return f"http://{container}.{host}/{name}" if virtual else f"http://{host}/{container}/{name}"
