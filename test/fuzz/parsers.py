"""Every parser of bytes from outside, with examples of what it takes."""

from __future__ import annotations

import dataclasses
import os
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from obs_client._http.answer import HttpAnswer
from obs_client._http.head import body_length, parse_head
from obs_client._http.kit import dates, encoded_words, json_answer, ranges, retry_after, xml
from obs_client._http.kit.calls import batches
from obs_client._urls.named import VARIABLE
from obs_client.backend.listing import name_of
from obs_client.backends.azure import listing as azure_listing
from obs_client.backends.gcs import listing as gcs_listing
from obs_client.backends.local import record
from obs_client.backends.s3 import listing as s3_listing
from obs_client.backends.swift import listing as swift_listing
from obs_client.errors import ObjectStorageClientError
from obs_client.models import ObjectInfo
from obs_client.stores import read_stores
from obs_client.sync.steps import read_steps
from obs_client.urls import StorageUrl


@dataclasses.dataclass(frozen=True)
class Parser:
    """A parser of bytes.

    Attributes:
        parse: It, with a check of what it gives.
        examples: What it takes.
        errors: What it may raise.
    """

    parse: Callable[[bytes], object]
    examples: tuple[bytes, ...]
    errors: tuple[type[Exception], ...] = (OSError, ObjectStorageClientError)


S3_PAGE = (
    b'<?xml version="1.0" encoding="UTF-8"?><ListBucketResult><Name>box</Name><MaxKeys>2</MaxKeys>'
    b"<EncodingType>url</EncodingType><IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken>"
    b"<Contents><Key>a%20b</Key><LastModified>2026-11-26T10:00:00.000Z</LastModified><ETag>&quot;0&quot;</ETag>"
    b"<Size>1</Size></Contents><Contents><Key>c</Key><LastModified>2026-11-26T10:00:00.000Z</LastModified>"
    b"<ETag>&quot;1&quot;</ETag><Size>22</Size></Contents><CommonPrefixes><Prefix>d/</Prefix></CommonPrefixes>"
    b"</ListBucketResult>"
)
SWIFT_PAGE = (
    b'[{"name": "a", "hash": "d41d8cd98f00b204e9800998ecf8427e", "bytes": 0, "content_type": "text/plain", '
    b'"last_modified": "2026-11-26T10:00:00.000000"}, {"subdir": "b/"}]'
)
SWIFT_ROWS = SWIFT_PAGE.replace(b', {"subdir": "b/"}', b"")
AZURE_PAGE = (
    b'<?xml version="1.0" encoding="utf-8"?><EnumerationResults ContainerName="box"><Blobs><Blob><Name>a</Name>'
    b"<Properties><Last-Modified>Thu, 26 Nov 2026 10:00:00 GMT</Last-Modified><Etag>0x8</Etag>"
    b"<Content-Length>4</Content-Length><Content-Type>text/plain</Content-Type></Properties><Metadata><k>v</k>"
    b"</Metadata></Blob><BlobPrefix><Name>d/</Name></BlobPrefix></Blobs><NextMarker>m</NextMarker>"
    b"</EnumerationResults>"
)
GCS_ITEM = (
    b'{"name": "a", "size": "4", "generation": "17", "crc32c": "AAAAAA==", "contentType": "text/plain", '
    b'"updated": "2026-11-26T10:00:00.000Z", "timeCreated": "2026-11-26T10:00:00.000Z", "metadata": {"k": "v"}}'
)
GCS_PAGE = b'{"kind": "storage#objects", "items": [%b], "prefixes": ["d/"], "nextPageToken": "t"}' % GCS_ITEM
GCS_ROWS = GCS_PAGE.replace(b', "metadata": {"k": "v"}', b"")
RECORD = (
    b'{"size":4,"mtime_ns":5,"content_type":"text/plain","metadata":{"k":"v"},"hash":"0123456789abcdef-2",'
    b'"part_size":2,"ctime_ns":6,"stored_ns":7,"name":"a"}'
)
PLAN = (
    b'{"action": "copy", "name": "a", "reason": "new", "source": {"size": 1, "hash": "h", "last_modified": 1.5}}\n'
    b'{"action": "end", "steps": 1}\n'
)
STORES = b'[work]\nurl = "s3://box?profile=a"\n[album]\nurl = "swift://box"\n[album.credentials]\nOS_AUTH_URL = "u"\n'
HEAD = b'HTTP/1.1 200 OK\r\nContent-Length: 4\r\nETag: "a"\r\nConnection: close\r\nX-Object-Meta-A: 1'
CHUNKED = HEAD.replace(b"Content-Length: 4", b"Transfer-Encoding: chunked")
BATCH = (
    b"--b\r\nContent-Type: application/http\r\nContent-ID: <response-0>\r\n\r\n"
    b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n\r\n--b--"
)


def _head(data: bytes) -> None:
    head = parse_head(data)
    body_length("GET", head)
    find = encoded_words.decode_words
    for name, value in head.headers.items():
        name.encode("latin-1")
        find(value)


def _page(entries: Iterable[Any]) -> None:
    """Look at all of a page, as a user would."""
    for entry in entries:
        name_of(entry).encode()
        if isinstance(entry, ObjectInfo):
            assert entry.size is None or isinstance(entry.size, int)
            assert entry.last_modified is None or isinstance(entry.last_modified, float)
            assert entry.hash is None or entry.hash.encode() is not None


def _s3_page(data: bytes) -> None:
    page = s3_listing.read_page(_text(data))
    if not isinstance(page, xml.Element):
        _page(page.entries)


def _range(data: bytes) -> None:
    head = parse_head(b"HTTP/1.1 206 OK\r\nContent-Length: 4\r\nContent-Range: " + data)
    answer = cast("HttpAnswer", SimpleNamespace(status=head.status, length=4, headers=head.headers))
    place = ranges.find_place(answer, 0, 4)
    assert place.skip >= 0
    assert place.take is None or place.take >= 0


def _date(data: bytes) -> None:
    found = dates.read_date(_latin(data))
    assert found is None or isinstance(found, float)


def _wait(data: bytes) -> None:
    for date in ({}, {"date": "Thu, 26 Nov 2026 10:00:00 GMT"}):
        found = retry_after.retry_after({"retry-after": _latin(data), **date})
        assert found is None or found >= 0.0


def _record(data: bytes) -> None:
    found = record.decode(data)
    status = os.stat_result((0o100600, 0, 0, 1, 0, 0, 1 << 40, 0, 0, 0))
    record.info_of("a", status, dataclasses.replace(found, size=1 << 40, mtime_ns=0, ctime_ns=None, stored_ns=None))
    digest = record.digest_of(
        status, dataclasses.replace(found, size=1 << 40, mtime_ns=0, ctime_ns=None, stored_ns=None)
    )
    assert digest is None or len(digest.part_sizes) < 1_000_000


def _stores(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "stores.toml")
        path.write_bytes(data)
        before = os.environ.get(VARIABLE)
        os.environ[VARIABLE] = str(path)
        try:
            read_stores()
        finally:
            if before is None:
                del os.environ[VARIABLE]
            else:
                os.environ[VARIABLE] = before


def _latin(data: bytes) -> str:
    return data.decode("latin-1")


def _text(data: bytes) -> str:
    """What the transport makes of a document: text, or an error of its own."""
    return data.decode(errors="replace")


PARSERS: dict[str, Parser] = {
    "head": Parser(
        _head,
        (
            HEAD,
            b"HTTP/1.0 404 Not Found\r\nContent-Length: 0",
            CHUNKED,
        ),
    ),
    "batch": Parser(lambda data: batches.read_batch("multipart/mixed; boundary=b", data), (BATCH,)),
    "xml": Parser(
        lambda data: xml.parse_answer(data, "ListBucketResult", ("Name",)), (S3_PAGE, b"<Error><Code>A</Code></Error>")
    ),
    "xml that echoes": Parser(
        lambda data: xml.parse_answer(xml.without_impossible(data), "ListBucketResult", ()), (S3_PAGE,)
    ),
    "json": Parser(json_answer.parse_json, (SWIFT_PAGE, GCS_ITEM)),
    "listing of S3": Parser(_s3_page, (S3_PAGE,)),
    "listing of Swift": Parser(lambda data: _page(swift_listing.read_page(_text(data))), (SWIFT_PAGE, SWIFT_ROWS)),
    "listing of Azure": Parser(lambda data: _page(azure_listing.read_page(_text(data)).entries), (AZURE_PAGE,)),
    "listing of Google": Parser(lambda data: _page(gcs_listing.read_page(_text(data)).entries), (GCS_PAGE, GCS_ROWS)),
    "date": Parser(
        _date, (b"Thu, 26 Nov 2026 10:00:00 GMT", b"Thursday, 26-Nov-26 10:00:00 GMT", b"Thu Nov 26 10:00:00 2026"), ()
    ),
    "time": Parser(
        lambda data: s3_listing.read_time(_text(data)), (b"2026-11-26T10:00:00.000Z", b"2026-11-26T10:00:00+01:00")
    ),
    "range": Parser(_range, (b"bytes 0-3/10", b"bytes 0-3/*")),
    "Retry-After": Parser(_wait, (b"120", b"1.5", b"Thu, 26 Nov 2026 10:00:00 GMT"), ()),
    "encoded words": Parser(
        lambda data: encoded_words.decode_words(_latin(data)),
        (b"=?UTF-8?B?w7w=?=", b"=?utf-8?Q?=C3=BC?= =?latin-1?Q?a?="),
        (),
    ),
    "record of a file": Parser(_record, (RECORD,), (ValueError,)),
    "plan": Parser(lambda data: list(read_steps(_text(data).splitlines())), (PLAN,)),
    "named stores": Parser(_stores, (STORES,)),
    "URL": Parser(
        lambda data: StorageUrl.parse(_text(data)),
        (
            b"s3://box/a/b?region=x&part_size=8MiB",
            b"swift://host:80/v1/a/box",
            b"file:///tmp/a%20b",
            b"gs://box?timeout=3",
        ),
    ),
}
