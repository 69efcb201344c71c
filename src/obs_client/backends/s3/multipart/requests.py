"""The requests of an upload in parts, and what names an upload and a part in them."""

from __future__ import annotations

from typing import NamedTuple

from obs_client._http.kit import xml
from obs_client._http.kit.calls.queries import query_of
from obs_client.backend.body import Body
from obs_client.backends.s3.requests import XML_NAMESPACE, Request


class Upload(NamedTuple):
    """An open upload, as requests name it."""

    container: str
    name: str
    upload_id: str


class StoredPart(NamedTuple):
    """A part that is stored; `checksum` is its CRC-32 as S3 writes it, if the server told one back."""

    number: int
    etag: str
    checksum: str | None = None


def create_multipart_upload(container: str, name: str, headers: dict[str, str], checksums: bool) -> Request:
    """Begin an upload; `headers`: all that the object carries. With `checksums` its parts carry CRC-32."""
    if checksums:
        headers = {**headers, "x-amz-checksum-algorithm": "CRC32"}
    return Request("CreateMultipartUpload", "POST", container, name, "uploads", headers)


def upload_part(upload: Upload, number: int, body: Body, headers: dict[str, str]) -> Request:
    """Send a part; `headers`: its digests."""
    return Request("UploadPart", "PUT", upload.container, upload.name, _query(upload, number), headers, body)


def upload_part_copy(upload: Upload, number: int, headers: dict[str, str]) -> Request:
    """Let the server make a part of a range of another object, which the headers name."""
    return Request("UploadPartCopy", "PUT", upload.container, upload.name, _query(upload, number), headers)


def complete_multipart_upload(upload: Upload, parts: list[StoredPart], conditions: dict[str, str]) -> Request:
    """Publish the object, made of these parts in order of their numbers."""
    document = f'<CompleteMultipartUpload xmlns="{XML_NAMESPACE}">{"".join(map(_document_of, parts))}'
    body = f"{document}</CompleteMultipartUpload>".encode()
    place = upload.container, upload.name, _query(upload)
    return Request("CompleteMultipartUpload", "POST", *place, conditions, body)


def abort_multipart_upload(upload: Upload) -> Request:
    """Remove an upload and its parts."""
    return Request("AbortMultipartUpload", "DELETE", upload.container, upload.name, _query(upload))


def list_parts(upload: Upload, after: int | None = None) -> Request:
    """Ask for a thousand parts of an upload: the first, or those after a number."""
    query = query_of(("uploadId", upload.upload_id), ("part-number-marker", after or None))
    return Request("ListParts", "GET", upload.container, upload.name, query)


def list_multipart_uploads(
    container: str, prefix: str, key_marker: str | None, upload_id_marker: str | None, encoded: bool
) -> Request:
    """Ask for open uploads; with `encoded` their names come as in URLs."""
    query = query_of(
        "uploads",
        ("prefix", prefix),
        ("encoding-type", "url" if encoded else None),
        ("key-marker", key_marker),
        ("upload-id-marker", upload_id_marker),
    )
    return Request("ListMultipartUploads", "GET", container, query=query)


def _query(upload: Upload, number: int | None = None) -> str:
    return query_of(("uploadId", upload.upload_id), ("partNumber", number))


def _document_of(part: StoredPart) -> str:
    checksum = f"<ChecksumCRC32>{part.checksum}</ChecksumCRC32>" if part.checksum else ""
    return f"<Part><PartNumber>{part.number}</PartNumber><ETag>{xml.escape(part.etag)}</ETag>{checksum}</Part>"
