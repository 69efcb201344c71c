"""Open uploads that are found in a container: what killed writers left, and what was begun though no answer said so."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import unquote_plus

from obs_client._http.answer import HttpAnswer
from obs_client._http.errors import StrangeAnswer
from obs_client._http.kit import xml
from obs_client._http.kit.buffers import CONTENT_LIMIT
from obs_client._http.kit.dates import read_date
from obs_client._http.kit.etags import bare_etag
from obs_client._http.kit.numbers import read_number
from obs_client.backend.multipart import UploadGone
from obs_client.backends.s3.errors import S3Error, code_of, make_error
from obs_client.backends.s3.listing import is_true, read_time
from obs_client.backends.s3.multipart.requests import (
    Upload,
    abort_multipart_upload,
    list_multipart_uploads,
    list_parts,
)
from obs_client.backends.s3.reading import head_bucket
from obs_client.backends.s3.requests import Request, Requests
from obs_client.errors import NotFoundError
from obs_client.models import CleanupReport

ROUNDED_SECONDS = 1.0
"""Servers tell the begin of an upload in whole seconds, some of them rounded up."""


_NO_UPLOAD = ("NoSuchUpload", "NoSuchKey", "404")
"""What servers say of an upload that is no more; Ceph's gateway as of an object."""


BEGIN_SECONDS = 30.0
"""How long after a process noted that it begins an upload it may have begun it."""


class OpenUpload(NamedTuple):
    """An upload that is open.

    Attributes:
        begun: Epoch seconds of this machine's clock; None: the server does not say.
    """

    upload: Upload
    begun: float | None


def cleanup(
    requests: Requests, container: str, prefix: str, older_than: float, kept: frozenset[str] = frozenset()
) -> CleanupReport:
    """Abort every open upload under the prefix that is older than so many seconds, whoever began it.

    Args:
        kept: Ids of uploads that stay.
    """
    removed: list[str] = []
    size = 0
    until = time.time() - older_than + ROUNDED_SECONDS
    for upload, begun in [*open_uploads(requests, container, prefix)]:
        if begun is None or begun > until or upload.upload_id in kept:
            continue
        try:
            size += _size(requests, upload)
            requests.finish(abort_multipart_upload(upload))
        except (S3Error, NotFoundError) as error:
            if code_of(error) != "NoSuchUpload" and not isinstance(error, NotFoundError):
                raise
        else:
            removed.append(f"{upload.name} (upload {upload.upload_id})")
    return CleanupReport(tuple(removed), size)


def end_lost(requests: Requests, container: str, name: str, since: float, until: float) -> None:
    """End the upload that a request began between two moments, though its answer was lost.

    That is the one of this very name that began then, and that this process does not know. Where there are several,
    any but one may be another writer's: they are left, and that is said.
    """
    found = [
        upload
        for upload, begun in open_uploads(requests, container, name)
        if _marked(upload.name) == _marked(name) and upload.upload_id not in requests.experience.uploads
        and begun is not None and since - 2 * ROUNDED_SECONDS <= begun <= until + 2 * ROUNDED_SECONDS
    ]  # fmt: skip
    if len(found) > 1:
        import logging  # slow to load, and seldom needed

        logging.getLogger("obs_client").warning(
            "%d uploads of %r in %r were begun while the answer to one of ours was lost, which is left open, since it "
            "cannot be told from others'; cleanup() removes it later", len(found), name, container,
        )  # fmt: skip
        return
    for upload in found:
        try:
            requests.finish(abort_multipart_upload(upload._replace(name=name)))
        except S3Error as error:
            if error.code not in ("NoSuchUpload", "404"):
                raise


def open_uploads(requests: Requests, container: str, prefix: str) -> Iterator[OpenUpload]:
    """All open uploads of names that begin so."""
    # Elsewhere than at Amazon it is at times said of names that are not encoded that they are.
    encoded = requests.is_amazon
    markers: tuple[str | None, str | None] = None, None
    while True:
        answer = _listed(requests, container, list_multipart_uploads(container, prefix, *markers, encoded))
        if answer is None:
            return
        content = answer.read(CONTENT_LIMIT)
        document = xml.without_impossible(content)
        if document != content and not encoded:
            encoded = True  # XML cannot hold some name
            continue
        page = xml.parse_answer(document, "ListMultipartUploadsResult", ())
        if page.name == "Error":
            raise make_error("ListMultipartUploads", answer, page)
        ahead = (read_date(answer.headers.get("date")) or time.time()) - time.time()
        ahead = ahead if abs(ahead) > 2 * ROUNDED_SECONDS else 0.0
        yield from _of_page(container, page, prefix, encoded, ahead)
        following = _following(page, encoded)
        if following is None:
            return
        if following == markers:
            raise StrangeAnswer("the listing of uploads repeats itself")
        markers = following


def parts_there(requests: Requests, upload: Upload) -> dict[int, tuple[str, int]]:
    """By number, the tag and the bytes of each part that the server has of an upload.

    Raises:
        UploadGone: It has no such upload.
    """
    there: dict[int, tuple[str, int]] = {}
    last = 0
    while True:
        page = _page_of_parts(requests, upload, last)
        rows = {_count(row.find("PartNumber")): row for row in page.all("Part")}
        there.update({number: (bare_etag(row.find("ETag") or ""), _number(row)) for number, row in rows.items()})
        if not is_true(page.find("IsTruncated") or "false"):
            return there
        if not rows or max(rows) <= last:
            raise StrangeAnswer("the listing of parts repeats itself")
        last = max(rows)


def _page_of_parts(requests: Requests, upload: Upload, after: int) -> xml.Element:
    try:
        return requests.document(list_parts(upload, after), ("ListPartsResult", "ListPartsResponse"), echoes=True)
    except S3Error as error:
        if error.code in _NO_UPLOAD:
            raise UploadGone(f"the server has no upload {upload.upload_id}") from error
        raise


def _listed(requests: Requests, container: str, asked: Request) -> HttpAnswer | None:
    """A page of uploads; None: there are none."""
    try:
        return requests.call(asked)
    except S3Error as error:
        if error.code != "NoSuchUpload":
            raise
        # `rclone serve s3` says so of a container without uploads, and of one that is not there.
        requests.finish(head_bucket(container))
        return None


def _of_page(container: str, page: xml.Element, prefix: str, encoded: bool, ahead: float) -> Iterator[OpenUpload]:
    """The uploads of a page; `ahead`: seconds by which the server's clock is ahead of this machine's."""
    for row in page.all("Upload"):
        name = _name(row.get("Key"), encoded)
        if _marked(name).startswith(_marked(prefix)):
            began = row.find("Initiated")
            begun = read_time(began) - ahead if began else None
            yield OpenUpload(Upload(container, name, row.get("UploadId")), begun)


def _following(page: xml.Element, encoded: bool) -> tuple[str, str] | None:
    """Where the next page begins; None: there is none."""
    told, key = page.find("IsTruncated"), page.find("NextKeyMarker")
    if not (is_true(told) if told is not None else key):
        return None
    if not key:
        raise StrangeAnswer("the listing of uploads is truncated, but has no marker to continue at")
    return _name(key, encoded), page.find("NextUploadIdMarker") or ""


def _name(text: str, encoded: bool) -> str:
    return unquote_plus(text) if encoded else text


def _marked(name: str) -> str:
    """A name as it is read from a document that cannot hold all of it."""
    return "".join(each if xml.can_hold(each) or each in "\t\n\r" else "?" for each in name)


def _size(requests: Requests, upload: Upload) -> int:
    """Bytes of the first thousand parts of an upload, as far as the server tells."""
    found = requests.document(list_parts(upload), ("ListPartsResult", "ListPartsResponse"), echoes=True)
    return sum(_number(part) for part in found.all("Part"))


def _number(part: xml.Element) -> int:
    return _count(part.find("Size"))


def _count(text: str | None) -> int:
    return read_number(text) or 0
