"""The XML API, as far as it is used: objects read, written, deleted; uploads by parts ("XML API multipart uploads")."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import secrets
import time
from urllib.parse import quote
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from test.loopback.serving import Request, Response

from . import conditions
from .content import content_response
from .digests import check_digests, of_header
from .refusals import Refusal, invalid, no_upload, xml_response
from .state import State, Upload, check_metadata, check_name, crc32c

PART_MINIMUM = 5 * 1024 * 1024  # "XML API multipart uploads": all parts but the last
PART_COUNT_MAXIMUM = 10_000
_ATTRIBUTES = {
    "content-type": "contentType",
    "content-encoding": "contentEncoding",
    "content-disposition": "contentDisposition",
    "content-language": "contentLanguage",
    "cache-control": "cacheControl",
}


class XmlApi:
    """What is asked by /bucket/object."""

    def __init__(self, state: State) -> None:
        self._state = state

    def respond(self, request: Request, bucket: str, name: str) -> Response:
        """The response to a request."""
        if not name:
            if request.method == "GET" and "uploads" in request.query:
                return self._open_uploads(request, bucket)
            raise invalid("This double has no such request to a bucket.")
        if "uploads" in request.query or "uploadId" in request.query:
            return self._of_upload(request, bucket, name)
        if request.method in ("GET", "HEAD"):
            stored = self._state.object(bucket, name)
            conditions.check(conditions.of_headers(request.headers), stored)
            response = content_response(request, stored, metadata=True)
            response.headers |= _told(request)
            return response
        if request.method == "PUT":
            return self._put(request, bucket, name)
        if request.method == "DELETE":
            self._state.drop(bucket, name)
            return Response(204)
        raise invalid("The method is not allowed against this resource.", "MethodNotAllowed")

    def _put(self, request: Request, bucket: str, name: str) -> Response:
        found = self._state.bucket(bucket)
        _check_length(request)
        check_digests(of_header(request.header("x-goog-hash"), request.header("content-md5")), request.body)
        conditions.check(conditions.of_headers(request.headers), found.objects.get(name))
        stored = self._state.put(bucket, name, request.body, _attributes(request), _metadata(request))
        headers = {"x-goog-generation": str(stored.generation), "x-goog-hash": f"crc32c={stored.crc32c}"}
        return Response(200, {"ETag": f'"{stored.generation:x}"', **headers})

    def _of_upload(self, request: Request, bucket: str, name: str) -> Response:
        if request.method == "POST" and "uploads" in request.query:
            return self._begin(request, bucket, name)
        upload = self._state.multipart.get(request.query.get("uploadId", ""))
        if upload is None or (upload.bucket, upload.name) != (bucket, name):
            raise no_upload()
        if request.method == "PUT":
            return _put_part(request, upload)
        if request.method == "POST":
            return self._complete(request, upload)
        if request.method == "DELETE":
            del self._state.multipart[request.query["uploadId"]]
            return Response(204)
        return _list_parts(request, upload)

    def _begin(self, request: Request, bucket: str, name: str) -> Response:
        """ "Initiate a multipart upload": it carries all that the object is to carry."""
        self._state.bucket(bucket)
        check_name(name)
        check_metadata(_metadata(request))
        upload_id = secrets.token_urlsafe(40)
        place = bucket, name, _attributes(request), _metadata(request), dict(request.query)
        self._state.multipart[upload_id] = Upload(*place, time.time())
        body = f"<Bucket>{bucket}</Bucket><Key>{escape(name)}</Key><UploadId>{upload_id}</UploadId>"
        return xml_response(f"<InitiateMultipartUploadResult>{body}</InitiateMultipartUploadResult>")

    def _complete(self, request: Request, upload: Upload) -> Response:
        """ "Complete a multipart upload": the object is there at once, with a CRC-32C and without an MD5."""
        wanted = [(int(number), etag) for number, etag in _wanted(request.body)]
        if not wanted or [number for number, _ in wanted] != sorted({number for number, _ in wanted}):
            raise invalid("The list of parts was not in ascending order.", "InvalidPartOrder")
        for number, etag in wanted:
            if upload.parts.get(number, ("", b""))[0] != etag.strip('"'):
                raise invalid("One or more of the specified parts could not be found.", "InvalidPart")
        contents = [upload.parts[number][1] for number, _ in wanted]
        if any(len(content) < PART_MINIMUM for content in contents[:-1]):
            raise invalid("Your proposed upload is smaller than the minimum allowed size.", "EntityTooSmall")
        place = upload.bucket, upload.name, b"".join(contents), upload.attributes, upload.metadata
        stored = self._state.put(*place, len(wanted), has_md5=False)
        del self._state.multipart[request.query["uploadId"]]
        body = f"<Bucket>{upload.bucket}</Bucket><Key>{escape(upload.name)}</Key>"
        body += f"<ETag>&quot;{stored.generation:x}-{len(wanted)}&quot;</ETag>"
        return xml_response(f"<CompleteMultipartUploadResult>{body}</CompleteMultipartUploadResult>")

    def _open_uploads(self, request: Request, bucket: str) -> Response:
        """ "List multipart uploads", in the order of names and ids."""
        self._state.bucket(bucket)
        query = request.query
        found = sorted(
            (upload.name, upload_id, upload.begun)
            for upload_id, upload in self._state.multipart.items()
            if upload.bucket == bucket and upload.name.startswith(query.get("prefix", ""))
        )
        after = query.get("key-marker", ""), query.get("upload-id-marker", "")
        left = [each for each in found if each[:2] > after]
        most = int(query.get("max-uploads", 1000))
        page, more = left[:most], len(left) > most
        body = f"<Bucket>{bucket}</Bucket><IsTruncated>{str(more).lower()}</IsTruncated>"
        write = quote if query.get("encoding-type") == "url" else escape
        body += "<EncodingType>url</EncodingType>" if write is quote else ""
        if more:
            body += f"<NextKeyMarker>{write(page[-1][0])}</NextKeyMarker>"
            body += f"<NextUploadIdMarker>{page[-1][1]}</NextUploadIdMarker>"
        body += "".join(_upload_row(write(name), upload_id, begun) for name, upload_id, begun in page)
        return xml_response(f"<ListMultipartUploadsResult>{body}</ListMultipartUploadsResult>")


def _put_part(request: Request, upload: Upload) -> Response:
    """ "Upload a part": a digest that is wrong is refused, the right one told ("HTTP headers: x-goog-hash")."""
    number = int(request.query.get("partNumber", "0"))
    if not 1 <= number <= PART_COUNT_MAXIMUM:
        raise invalid("Part number must be an integer between 1 and 10000.")
    check_digests(of_header(request.header("x-goog-hash"), request.header("content-md5")), request.body)
    etag = hashlib.md5(request.body).hexdigest()
    upload.parts[number] = etag, request.body
    return Response(200, {"ETag": f'"{etag}"', "x-goog-hash": f"crc32c={crc32c(request.body)}"})


def _list_parts(request: Request, upload: Upload) -> Response:
    rows = "".join(
        f"<Part><PartNumber>{number}</PartNumber><ETag>&quot;{etag}&quot;</ETag><Size>{len(content)}</Size></Part>"
        for number, (etag, content) in sorted(upload.parts.items())
    )
    return xml_response(f"<ListPartsResult><IsTruncated>false</IsTruncated>{rows}</ListPartsResult>")


def _told(request: Request) -> dict[str, str]:
    """What is asked to be answered ("XML API query string parameters"): only with a signature."""
    prefix = "response-"
    signed = "X-Goog-Signature" in request.query
    return {
        name.removeprefix(prefix).title(): value
        for name, value in request.query.items()
        if signed and name.startswith(prefix)
    }


def _check_length(request: Request) -> None:
    """As in "x-goog-content-length-range"."""
    least, _, most = request.header("x-goog-content-length-range").partition(",")
    if least and not int(least) <= len(request.body) <= int(most):
        raise Refusal(400, "invalid", "Your proposed upload is not in the allowed range.", "EntityTooLarge")


def _wanted(document: bytes) -> list[tuple[str, str]]:
    try:
        root = ET.fromstring(re.sub(rb' xmlns="[^"]*"', b"", document))
    except ET.ParseError:
        raise invalid("The XML you provided was not well-formed.", "MalformedXML") from None
    return [(part.findtext("PartNumber", ""), part.findtext("ETag", "")) for part in root.iter("Part")]


def _upload_row(name: str, upload_id: str, begun: float) -> str:
    moment = dt.datetime.fromtimestamp(begun, dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    row = f"<Key>{name}</Key><UploadId>{upload_id}</UploadId><Initiated>{moment}</Initiated>"
    return f"<Upload>{row}</Upload>"


def _attributes(request: Request) -> dict[str, str]:
    return {field: request.header(name) for name, field in _ATTRIBUTES.items() if request.header(name)}


def _metadata(request: Request) -> dict[str, str]:
    start = "x-goog-meta-"
    found = {name[len(start) :]: value for name, value in request.headers.items() if name.startswith(start)}
    return {key: value.encode("latin-1").decode("utf-8", "replace") for key, value in found.items()}
