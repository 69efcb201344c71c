"""Reading an object or a range of it."""

from __future__ import annotations

from obs_client._http.pool import HttpAnswer
from obs_client.backend.body import BLOCK_SIZE
from obs_client.backend.integrity import ContentDigest
from obs_client.backend.values import ObjectReader
from obs_client.backends.swift import headers as swift_headers
from obs_client.backends.swift.errors import StrangeAnswer, status_of
from obs_client.backends.swift.manifest import digest_of, read_manifest
from obs_client.backends.swift.requests import Exchange, SwiftHttp
from obs_client.errors import IntegrityError, PreconditionError
from obs_client.models import ObjectInfo


class SwiftReader(ObjectReader):
    """The body of an answer, from its byte `skip` on, `left` bytes of it."""

    def __init__(self, info: ObjectInfo, answer: HttpAnswer | None, skip: int, left: int) -> None:
        self.info = info
        self._answer = answer
        self._skip = skip
        self._left = left

    def readinto(self, buffer: memoryview) -> int:
        if not self._left or self._answer is None:
            return 0
        if self._skip:
            self._pass_over()
        count = self._answer.readinto(buffer[: self._left])
        self._left -= count
        return count

    def _pass_over(self) -> None:
        waste = memoryview(bytearray(min(BLOCK_SIZE, self._skip)))
        assert self._answer is not None
        while self._skip:
            count = self._answer.readinto(waste[: self._skip])
            if not count:
                raise StrangeAnswer("the body ended before the range that was asked for")
            self._skip -= count

    def close(self) -> None:
        if self._answer:
            self._answer.close()


def open_object(
    http: SwiftHttp, container: str, name: str, start: int, stop: int | None, if_hash: str | None, check: bool
) -> ObjectReader:
    """A reader; of a whole object that is to be checked, with what its content must hash to."""
    whole = start == 0 and stop is None
    if stop is not None and stop <= start:
        return _empty(http, container, name, if_hash)
    headers = {} if whole else {"Range": f"bytes={start}-{'' if stop is None else stop - 1}"}
    try:
        exchange = _get(http, container, name, headers)
    except Exception as error:
        if status_of(error) == 416:
            return _empty(http, container, name, if_hash)
        if status_of(error) == 409:
            raise broken_manifest(name) from error
        raise
    try:
        reader = _reader(exchange, name, start, stop)
        _check_hash(reader.info, if_hash)
        if whole and check:
            reader.digest = _digest(http, container, reader.info, exchange)
    except BaseException:
        exchange.answer.close()
        raise
    return reader


def _get(http: SwiftHttp, container: str, name: str, headers: dict[str, str]) -> Exchange:
    """The answer whose body is still to be read.

    A large object whose first segment cannot be read is answered by 409, also if it is for a token that ran out at
    that moment: asked again, the answer tells which.
    """
    try:
        return http.call("get_object", container, name, resp_chunk_size=1, headers=headers)
    except Exception as error:
        if status_of(error) != 409:
            raise
    return http.call("get_object", container, name, resp_chunk_size=1, headers=headers)


def _reader(exchange: Exchange, name: str, start: int, stop: int | None) -> SwiftReader:
    answer, headers = exchange.answer, exchange.headers
    if answer.status != 206:
        info = swift_headers.object_info(name, headers)
        end = info.size if stop is None else min(stop, info.size)
        return SwiftReader(info, answer, start, max(0, end - start))
    first, end, size = swift_headers.content_range(headers)
    if first != start or end != (size if stop is None else min(stop, size)):
        raise StrangeAnswer(f"the store gives bytes {first} to {end} where {start} to {stop} were asked for")
    if answer.length not in (None, end - first):
        raise StrangeAnswer(f"the store gives {answer.length:,} bytes, and says that they are {first} to {end}")
    return SwiftReader(swift_headers.object_info(name, headers, size), answer, 0, end - first)


def _empty(http: SwiftHttp, container: str, name: str, if_hash: str | None) -> ObjectReader:
    """A reader of no bytes: the range is past the object's end."""
    info = swift_headers.object_info(name, http.call("head_object", container, name).headers)
    _check_hash(info, if_hash)
    return SwiftReader(info, None, 0, 0)


def _check_hash(info: ObjectInfo, if_hash: str | None) -> None:
    """Compare what the answer itself tells: Swift's own If-Match judges a copied large object by its source's hash."""
    if if_hash is not None and info.hash != if_hash:
        raise PreconditionError(f"the object's hash is {info.hash!r}, not {if_hash!r}")


def _digest(http: SwiftHttp, container: str, info: ObjectInfo, exchange: Exchange) -> ContentDigest | None:
    if swift_headers.is_plain(exchange.headers) and info.hash is not None:
        return ContentDigest("md5", (info.size,), (info.hash,))
    if not swift_headers.is_manifest(exchange.headers):
        return None
    digest = digest_of(read_manifest(http, container, info.name), info.hash)
    if digest and sum(digest.part_sizes) != info.size:
        raise StrangeAnswer(f"{info.size:,} bytes were told where the manifest has {sum(digest.part_sizes):,}")
    return digest


def broken_manifest(name: str) -> IntegrityError:
    """The error for a large object whose content is not what its manifest says."""
    return IntegrityError(f"a segment of the large object {name!r} is missing or was changed; its content is lost")
