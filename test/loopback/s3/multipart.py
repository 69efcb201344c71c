"""Uploads in parts."""

from __future__ import annotations

import re
import time
from xml.etree.ElementTree import Element

from test.loopback.serving import Request, Response

from . import attributes, conditions, digests, documents
from .copies import result_tag, source_of, stamp
from .objects import publish
from .refusals import Refusal, invalid
from .state import State, Stored, StoredPart, Upload, check_key

PARTS_MAXIMUM = 10_000
_LOCATION_ROOM = 1024
_GARBAGE = b"\xd4[n7&#x0b;&#x00;&#x00;&#x10;\x8a`"
_RANGE = re.compile(r"bytes=(\d+)-(\d+)", re.ASCII)


class Multipart:
    """The operations on an upload."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._ways = state.ways

    def begin(self, request: Request, bucket: str, key: str) -> Response:
        """CreateMultipartUpload."""
        check_key(key, self._ways.name_maximum)
        algorithm = request.header("x-amz-checksum-algorithm").upper()
        if algorithm and self._ways.checksums == "refuse":
            raise Refusal(*self._ways.checksum_refusal)
        kept_algorithm = algorithm if self._ways.checksums == "keep" else ""
        with self._state.lock:
            kept = attributes.of_write(request.headers, self._state.bucket(bucket), self._ways)
            upload = self._state.begin(bucket, key, kept, request.header("x-amz-tagging"), kept_algorithm)
        fields: list[documents.Tree] = [("Bucket", bucket), ("Key", key), ("UploadId", upload.id)]
        headers = {"x-amz-checksum-algorithm": algorithm, "x-amz-checksum-type": "COMPOSITE"} if kept_algorithm else {}
        return Response(200, headers, documents.write((self._ways.begin_root, fields), self._ways))

    def put_part(self, request: Request, bucket: str, key: str) -> Response:
        """UploadPart."""
        number = _number(request)
        with self._state.lock:
            upload = self._state.upload(bucket, key, request.query["uploadId"])
        keeping = self._ways.part_checksums or self._ways.checksums
        checksums = digests.check_body(request, self._ways, keeping)
        if keeping == "keep":
            _check_type(upload, checksums)
        part = self._part(request.body)
        with self._state.lock:
            upload.parts[number] = part
        return Response(200, {"ETag": f'"{part.etag}"', **checksums})

    def copy_part(self, request: Request, bucket: str, key: str) -> Response:
        """UploadPartCopy."""
        number = _number(request)
        if self._ways.part_copy_seconds:
            time.sleep(self._ways.part_copy_seconds)
        with self._state.lock:
            upload = self._state.upload(bucket, key, request.query["uploadId"])
            source = self._state.stored(*source_of(request, self._ways))
        conditions.check_source(request.headers, source, self._ways.part_copy_source_conditions)
        part = self._part(_range_of(request, source))
        with self._state.lock:
            upload.parts[number] = part
        fields: list[documents.Tree] = [
            ("LastModified", stamp(part.modified)),
            ("ETag", result_tag(part.etag, self._ways)),
        ]
        if upload.algorithm == "CRC32":
            fields.append(("ChecksumCRC32", digests.encoded(part.crc32)))
        return Response(200, {}, documents.write(("CopyPartResult", fields), self._ways))

    def complete(self, request: Request, bucket: str, key: str) -> Response:
        """CompleteMultipartUpload."""
        if self._ways.complete_seconds:
            time.sleep(self._ways.complete_seconds)
        upload_id = request.query["uploadId"]
        with self._state.lock:
            done = self._state.bucket(bucket).completed.get(upload_id)
            if done and self._ways.complete_again:
                self._check_not_replaced(bucket, key, done)
                return self._completed(request, bucket, key, done)
            upload = self._state.upload(bucket, key, upload_id)
            found = documents.read(request.body, "CompleteMultipartUpload").findall("Part")
            parts = [_claimed(each, upload) for each in found]
            self._check_parts(parts, [int(each.findtext("PartNumber", "0")) for each in found])
        stored = self._assembled(upload, parts)
        publish(self._state, request, bucket, key, stored, self._ways.complete_conditions)
        with self._state.lock:
            self._state.bucket(bucket).uploads.pop(upload.id, None)
            self._state.bucket(bucket).completed[upload.id] = stored.etag
        return self._completed(request, bucket, key, stored.etag if self._ways.complete_etag else "")

    def _completed(self, request: Request, bucket: str, key: str, etag: str) -> Response:
        location = f"http://{request.header('host')}/{bucket}/{key}"
        fields: list[documents.Tree] = [
            ("Location", location),
            ("Bucket", bucket),
            ("Key", key),
            ("ETag", result_tag(etag, self._ways) if etag else ""),
        ]
        body = documents.write(("CompleteMultipartUploadResult", fields), self._ways)
        if self._ways.garbled_location and len(location.encode()) > _LOCATION_ROOM:
            place = location.encode()
            body = body.replace(place, place[:_LOCATION_ROOM] + _GARBAGE, 1)
        return Response(200, {}, body)

    def _check_not_replaced(self, bucket: str, key: str, etag: str) -> None:
        stored = self._state.bucket(bucket).objects.get(key)
        if stored is None or stored.etag != etag:
            raise Refusal(500, "InternalError", "This multipart completion is already in progress")

    def abort(self, request: Request, bucket: str, key: str) -> Response:
        """AbortMultipartUpload."""
        with self._state.lock:
            upload = self._state.upload(bucket, key, request.query["uploadId"])
            del self._state.bucket(bucket).uploads[upload.id]
        return Response(204)

    def _part(self, content: bytes) -> StoredPart:
        digest = digests.md5(content)
        tag = digest.hex() if self._ways.part_etags == "md5" else digests.etag("random", content)
        return StoredPart(content, tag, digest, digests.crc32(content), time.time())

    def _check_parts(self, parts: list[StoredPart], numbers: list[int]) -> None:
        if not parts:
            raise invalid("You must specify at least one part", "MalformedXML")
        if numbers != sorted(set(numbers)):
            message = "The list of parts was not in ascending order. Parts must be ordered by part number."
            raise invalid(message, "InvalidPartOrder")
        sizes = [len(part.content) for part in parts]
        if any(size < self._ways.part_minimum for size in sizes[:-1]):
            raise invalid("Your proposed upload is smaller than the minimum allowed size", "EntityTooSmall")
        if self._ways.equal_parts and (len(set(sizes[:-1])) > 1 or sizes[-1] > sizes[0]):
            raise invalid("All non-trailing parts must have the same length.", "InvalidPart")

    def _assembled(self, upload: Upload, parts: list[StoredPart]) -> Stored:
        content = b"".join(part.content for part in parts)
        tag = digests.md5(b"".join(part.md5 for part in parts)).hex()
        if self._ways.multipart_etags == "random" or attributes.is_encrypted_by_key(upload.headers):
            tag = digests.etag("random", b"")
        checksums = {}
        if upload.algorithm == "CRC32":
            composite = digests.encoded(digests.crc32(b"".join(part.crc32 for part in parts)))
            checksums = {
                "x-amz-checksum-crc32": f"{composite}-{len(parts)}",
                "x-amz-checksum-type": "COMPOSITE",
            }
        sizes = tuple(len(part.content) for part in parts)
        return Stored(content, f"{tag}-{len(parts)}", upload.headers, time.time(), sizes, checksums, upload.tags)


def _number(request: Request) -> int:
    text = request.query.get("partNumber", "")
    if not text.isdecimal() or not 1 <= int(text) <= PARTS_MAXIMUM:
        message = f"Part number must be an integer between 1 and {PARTS_MAXIMUM}, inclusive"
        raise invalid(message, "InvalidArgument")
    return int(text)


def _check_type(upload: Upload, checksums: dict[str, str]) -> None:
    """A part carries the checksum that the upload was begun for, and no other."""
    carried = {name.removeprefix(digests.PREFIX) for name in checksums}
    wanted = {upload.algorithm.lower()} if upload.algorithm else set()
    if carried != wanted:
        expected, actual = (", ".join(sorted(each)) or "null" for each in (wanted, carried))
        message = f"Checksum Type mismatch occurred, expected checksum Type: {expected}, actual checksum Type: {actual}"
        raise invalid(message)


def _range_of(request: Request, source: Stored) -> bytes:
    header = request.header("x-amz-copy-source-range")
    if not header:
        return source.content
    match = _RANGE.fullmatch(header)
    if match is None or not int(match[1]) <= int(match[2]) < len(source.content):
        raise invalid("Range specified is not valid for source object", "InvalidArgument")
    return source.content[int(match[1]) : int(match[2]) + 1]


def _claimed(each: Element, upload: Upload) -> StoredPart:
    """A part as a completion names it."""
    part = upload.parts.get(int(each.findtext("PartNumber", "0")))
    if part is None or each.findtext("ETag", "").strip('"') != part.etag:
        message = "One or more of the specified parts could not be found, or its ETag does not match."
        raise invalid(message, "InvalidPart")
    checksum = each.findtext("ChecksumCRC32")
    if upload.algorithm == "CRC32" and checksum is None:
        message = "The upload was created using a crc32 checksum. The complete request must include it for each part."
        raise invalid(message)
    if checksum is not None and checksum != digests.encoded(part.crc32):
        raise invalid("The checksum of a part does not match", "InvalidPart")
    return part
