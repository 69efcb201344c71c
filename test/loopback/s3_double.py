"""A server on loopback that speaks S3 from memory, as the document says or in the ways of another server.

    with s3_double(Ways(bulk_delete=False)) as server:
        client = S3Client(endpoint_url=server.url, credentials=server.credentials)

Signatures, digests and conditions are checked as S3 checks them. `test.loopback.s3_named` has known servers.
"""

from __future__ import annotations

import dataclasses
import secrets
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from test.loopback.failures import Failure, Failures
from test.loopback.s3 import digests, documents
from test.loopback.s3.attributes import of_write
from test.loopback.s3.buckets import Buckets
from test.loopback.s3.copies import Copies
from test.loopback.s3.listing import Listing
from test.loopback.s3.multipart import Multipart
from test.loopback.s3.objects import Objects
from test.loopback.s3.operations import operation_of, place_of
from test.loopback.s3.refusals import Refusal, invalid
from test.loopback.s3.signature import Signatures
from test.loopback.s3.state import State, Stored
from test.loopback.s3.ways import MEBIBYTE, Ways
from test.loopback.serving import Request, Response, http_date, serve

REGION = "us-east-1"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "double", "AWS_SECRET_ACCESS_KEY": "secret of the double"}


@dataclasses.dataclass(frozen=True)
class Seen:
    """A request as the server took it."""

    operation: str
    target: str
    headers: Mapping[str, str]
    connection: int
    status: int


class S3Double:
    """The running server.

    Attributes:
        url: Its endpoint.
        state: What it keeps; tests may look, and change it.
        seen: The requests that it answered, in order.
    """

    def __init__(self, ways: Ways) -> None:
        self.ways = ways
        self.state = State(ways)
        self.url = ""
        self.region = REGION
        self.credentials: Mapping[str, str] = dict(CREDENTIALS)
        self.seen: list[Seen] = []
        keys = {CREDENTIALS["AWS_ACCESS_KEY_ID"]: CREDENTIALS["AWS_SECRET_ACCESS_KEY"]}
        self._signatures = Signatures(keys, REGION, ways)
        self._failures = Failures(ways.failures)
        self._lock = threading.Lock()
        self._buckets, self._objects = Buckets(self.state, REGION), Objects(self.state)
        self._listing, self._copies, self._multipart = (
            Listing(self.state),
            Copies(self.state),
            Multipart(self.state),
        )

    def accept(self, key_id: str, secret: str) -> None:
        """Take signatures by one more key."""
        self._signatures.accept(key_id, secret)

    def store(
        self,
        bucket: str,
        key: str,
        content: bytes,
        headers: Mapping[str, str] | None = None,
        *,
        etag: str = "",
        parts: tuple[int, ...] = (),
    ) -> Stored:
        """Put an object there past the protocol, into a container that is made if it is absent.

        Args:
            headers: What GET and HEAD tell, by names in lower case; not checked.
            etag: Empty: what this server's tags are.
            parts: The bytes of each part, if another tool wrote it in parts.
        """
        with self.state.lock:
            if bucket not in self.state.buckets:
                self.state.create(bucket)
            place = self.state.bucket(bucket)
            kept = {**of_write({}, place, self.ways), **(headers or {})}
            tag = etag or (_composite(content, parts) if parts else digests.etag(self.ways.etags, content))
            stored = Stored(content, tag, kept, time.time(), parts)
            place.objects[key] = stored
        return stored

    def operations(self) -> list[str]:
        """The names of the operations that were asked for, in order."""
        return [each.operation for each in self.seen]

    def open_uploads(self) -> list[str]:
        """The names of the objects of which an upload is open."""
        with self.state.lock:
            return sorted(each.key for bucket in self.state.buckets.values() for each in bucket.uploads.values())

    def early(self, request: Request) -> Response | None:
        """417 from servers that do not know what is expected of them."""
        if self.ways.expects:
            return None
        return self._finished(request, operation_of(request, self.ways), Response(417))

    def respond(self, request: Request) -> Response:
        """The response to a request."""
        operation = "Unknown"
        try:
            operation = operation_of(request, self.ways)
            response = self._failed(request, operation) or self._do(request, operation)
        except Refusal as error:
            response = self._refused(request, error)
        except UnicodeDecodeError:
            response = self._refused(request, invalid("Couldn't parse the specified URI.", "InvalidURI"))
        return self._finished(request, operation, response)

    def _do(self, request: Request, operation: str) -> Response:
        bucket, key = place_of(request, self.ways)
        with self.state.lock:
            region = self.state.buckets[bucket].region if bucket in self.state.buckets else ""
        self._signatures.check(request, region)
        self._check_payer(request, bucket)
        if not bucket:
            return self._buckets.list(request)
        if not key:
            return self._of_bucket(operation)(request, bucket)
        return self._of_object(operation)(request, bucket, key)

    def _check_payer(self, request: Request, bucket: str) -> None:
        """Refuse who does not agree to pay for a container that is there."""
        told = (request.header("x-amz-request-payer"), request.query.get("x-amz-request-payer"))
        with self.state.lock:
            there = bucket in self.state.buckets
        if self.ways.requester_pays and there and "requester" not in told:
            raise Refusal(403, "AccessDenied", "Access Denied")

    def _of_bucket(self, operation: str) -> Callable[[Request, str], Response]:
        return {
            "CreateBucket": self._buckets.create,
            "HeadBucket": self._buckets.head,
            "DeleteBucket": self._buckets.delete,
            "GetBucketLocation": self._buckets.location,
            "DeleteObjects": self._buckets.delete_objects,
            "ListObjects": self._listing.objects,
            "ListObjectsV2": self._listing.objects,
            "ListMultipartUploads": self._listing.uploads,
        }[operation]

    def _of_object(self, operation: str) -> Callable[[Request, str, str], Response]:
        return {
            "GetObject": self._objects.get,
            "HeadObject": self._objects.get,
            "PutObject": self._objects.put,
            "DeleteObject": self._objects.delete,
            "GetObjectTagging": self._objects.tagging,
            "CopyObject": self._copies.copy,
            "CreateMultipartUpload": self._multipart.begin,
            "UploadPart": self._multipart.put_part,
            "UploadPartCopy": self._multipart.copy_part,
            "CompleteMultipartUpload": self._multipart.complete,
            "AbortMultipartUpload": self._multipart.abort,
            "ListParts": self._listing.parts,
        }[operation]

    def _failed(self, request: Request, operation: str) -> Response | None:
        """What a request gets that is to fail; the work is done before if it is to be."""
        failure = self._failures.next(operation, request.connection)
        if failure is None:
            return None
        if failure.done:
            self._do(request, operation)
        if not failure.status:
            return Response(lost=True)
        error = Refusal(failure.status, failure.code, failure.message, headers=dict(failure.headers))
        return self._refused(request, error)

    def _refused(self, request: Request, error: Refusal) -> Response:
        if error.status == 304 or request.method == "HEAD":
            return Response(error.status, error.headers)
        details: list[documents.Tree] = [*error.details.items()]
        fields: list[documents.Tree] = [("Code", error.code), ("Message", error.message), *details]
        headers = {"Content-Type": "application/xml", **error.headers}
        return Response(error.status, headers, documents.write(("Error", fields), self.ways))

    def _finished(self, request: Request, operation: str, response: Response) -> Response:
        """The response with what all responses have, without what this server leaves out."""
        headers = {**response.headers, "Date": http_date(time.time() + self.ways.clock_ahead)}
        if self.ways.server:
            headers["Server"] = self.ways.server
        if self.ways.request_id:
            parts = {"id": secrets.token_hex(10), "time": f"{int(time.time()):010x}"}
            headers[self.ways.request_id] = self.ways.request_id_form.format_map(parts)
        response.headers = {name: headers[name] for name in headers if name.lower() not in self.ways.omit_headers}
        status = 0 if response.lost else response.status
        with self._lock:
            self.seen.append(Seen(operation, request.target, request.headers, request.connection, status))
        return response


def _composite(content: bytes, parts: tuple[int, ...]) -> str:
    """The tag of an object of parts."""
    starts = [sum(parts[:number]) for number in range(len(parts))]
    tags = b"".join(digests.md5(content[start : start + size]) for start, size in zip(starts, parts, strict=True))
    return f"{digests.md5(tags).hex()}-{len(parts)}"


@contextmanager
def s3_double(ways: Ways | None = None, tls: ssl.SSLContext | None = None) -> Iterator[S3Double]:
    """Run the server; by the document if no ways are given, over TLS if a context is."""
    double = S3Double(ways or Ways())
    with serve(double, tls) as server:
        double.url = server.url
        yield double


__all__ = ["CREDENTIALS", "MEBIBYTE", "REGION", "Failure", "S3Double", "Seen", "Ways", "s3_double"]
