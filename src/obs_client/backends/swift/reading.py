"""Reading an object or a range of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from urllib.parse import quote, unquote

from obs_client._http.errors import StrangeAnswer
from obs_client._http.kit.calls.queries import headers_of
from obs_client._http.kit.etags import quoted_etag
from obs_client._http.kit.ranges import Place, end_header, find_end, find_place, range_header
from obs_client._http.kit.readers import AnswerReader, EmptyReader
from obs_client.backend.integrity import ContentDigest
from obs_client.backend.values import ObjectReader
from obs_client.backends.swift.errors import UNSEEN, status_of
from obs_client.backends.swift.facts import OPENSTACK
from obs_client.backends.swift.headers import (
    content_length,
    is_manifest,
    is_plain,
    is_unmeasured,
    object_info,
    upload_id,
)
from obs_client.backends.swift.listing import all_rows, sum_of_sizes
from obs_client.backends.swift.requests import Exchange, SwiftHttp
from obs_client.backends.swift.segments import UntoldManifest, digest_of, marked_segments, read_manifest
from obs_client.errors import IntegrityError, PreconditionError
from obs_client.models import ObjectInfo

NOT_MODIFIED = 304


def look_at(http: SwiftHttp, container: str, name: str) -> ObjectInfo:
    """An object by its HEAD, and if that does not measure it by the listing of its segments."""
    try:
        headers = http.call("head_object", container, name).headers
    except Exception as error:
        if status_of(error) == 409:
            raise broken_manifest(name) from error
        raise
    info = object_info(name, headers, content_length(headers))
    if is_unmeasured(headers):
        return dataclasses.replace(info, size=_size_of_segments(http, headers["x-object-manifest"]))
    return info


def _size_of_segments(http: SwiftHttp, manifest: str) -> int | None:
    """Bytes of all segments of a dynamic large object; None: they cannot be listed.

    Args:
        manifest: Container and prefix, as the header has them.
    """
    container, _, prefix = unquote(manifest, errors="surrogateescape").partition("/")
    try:
        return sum_of_sizes(all_rows(http, container, f"&prefix={quote(prefix, safe='')}"))
    except Exception as error:
        if status_of(error) not in UNSEEN:
            raise
        return None


def open_object(
    http: SwiftHttp,
    container: str,
    name: str,
    start: int,
    stop: int | None,
    if_hash: str | None,
    check: bool,
    known: str | None = None,
) -> ObjectReader:
    """A reader; of a whole object that is to be checked, with what its content must hash to.

    Args:
        known: The hash of what is not to be sent: Swift answers it by 304.
    """
    if stop is not None and stop <= start:
        return _empty(http, container, name, if_hash)
    unless = None if known is None else quoted_etag(known)
    headers = headers_of(("Range", range_header(start, stop)), ("If-None-Match", unless))
    exchange = _asked(http, container, name, headers)
    if exchange is None:
        return _empty(http, container, name, if_hash)
    whole = start == 0 and stop is None
    return _reader(
        http, container, name, exchange, if_hash, check, lambda: find_place(exchange.answer, start, stop), whole
    )


def open_end(
    http: SwiftHttp, container: str, name: str, count: int, if_hash: str | None, check: bool
) -> ObjectReader | None:
    """A reader of the last bytes; None: the server does not tell them so, or there are none."""
    exchange = _asked(http, container, name, {"Range": end_header(count)})
    if exchange is None:
        return None
    place = find_end(exchange.answer, count)
    if place is None:
        exchange.answer.close()
        return None
    return _reader(http, container, name, exchange, if_hash, check, lambda: place)


def _asked(http: SwiftHttp, container: str, name: str, headers: dict[str, str]) -> Exchange | None:
    """The answer to a GET; None: the range is past the object's end."""
    try:
        return _get(http, container, name, headers)
    except Exception as error:
        if status_of(error) == 416:
            return None
        if status_of(error) == 409 or (status_of(error) == 404 and _is_there(http, container, name)):
            raise broken_manifest(name) from error
        raise


def _reader(
    http: SwiftHttp,
    container: str,
    name: str,
    exchange: Exchange,
    if_hash: str | None,
    check: bool,
    find: Callable[[], Place],
    whole: bool = False,
) -> ObjectReader:
    """A reader of what an answer has of what was asked for; `whole`: that was all."""
    try:
        place = find()
        info = object_info(name, exchange.headers, place.size)
        place = place._replace(size=info.size)
        if if_hash is not None:
            _check_hash(info if info.hash is not None else look_at(http, container, name), if_hash)
        whole = whole or place.take == place.size
        digest = _digest(http, container, info, exchange) if whole and check else None
    except BaseException:
        exchange.answer.close()
        raise
    return AnswerReader(info, exchange.answer, place, digest)


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


def _is_there(http: SwiftHttp, container: str, name: str) -> bool:
    """Whether what cannot be read is there, as a large object of lost segments is in a server that answers 404 then."""
    if http.keeps(OPENSTACK):
        return False
    try:
        return is_manifest(http.call("head_object", container, name).headers)
    except Exception as error:
        if status_of(error) != 404:
            raise
        return False


def _empty(http: SwiftHttp, container: str, name: str, if_hash: str | None) -> ObjectReader:
    """A reader of no bytes: the range is past the object's end."""
    info = look_at(http, container, name)
    _check_hash(info, if_hash)
    return EmptyReader(info)


def _check_hash(info: ObjectInfo, if_hash: str | None) -> None:
    """Compare what the answer itself tells: Swift's own If-Match judges a copied large object by its source's hash."""
    if if_hash is not None and info.hash != if_hash:
        raise PreconditionError(f"the object's hash is {info.hash!r}, not {if_hash!r}")


def _digest(http: SwiftHttp, container: str, info: ObjectInfo, exchange: Exchange) -> ContentDigest | None:
    if is_plain(exchange.headers) and info.hash is not None:
        return ContentDigest("md5", () if info.size is None else (info.size,), (info.hash,))
    if not is_manifest(exchange.headers):
        return None
    try:
        entries = read_manifest(http, container, info.name)
    except UntoldManifest:
        entries = marked_segments(http, container, upload_id(exchange.headers))
    digest = digest_of(entries, info.hash)
    if digest and info.size is not None and sum(digest.part_sizes) != info.size:
        raise StrangeAnswer(f"{info.size:,} bytes were reported where the manifest has {sum(digest.part_sizes):,}")
    return digest


def broken_manifest(name: str) -> IntegrityError:
    """The error for a large object whose content is not what its manifest says."""
    return IntegrityError(f"a segment of the large object {name!r} is missing or was changed; its content is lost")
