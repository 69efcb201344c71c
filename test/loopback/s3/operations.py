"""Which operation a request is, by its method, its place, its query and its headers."""

from __future__ import annotations

import re

from test.loopback.serving import Request

from .refusals import Refusal
from .ways import Ways

SERVICE = {"GET": "ListBuckets"}
BUCKET = {"PUT": "CreateBucket", "HEAD": "HeadBucket", "DELETE": "DeleteBucket", "GET": "ListObjects"}
BUCKET_QUERIES = {
    ("GET", "location"): "GetBucketLocation",
    ("GET", "uploads"): "ListMultipartUploads",
    ("POST", "delete"): "DeleteObjects",
}
OBJECT = {"GET": "GetObject", "HEAD": "HeadObject", "PUT": "PutObject", "DELETE": "DeleteObject"}
OBJECT_QUERIES = {
    ("POST", "uploads"): "CreateMultipartUpload",
    ("PUT", "uploadId"): "UploadPart",
    ("POST", "uploadId"): "CompleteMultipartUpload",
    ("DELETE", "uploadId"): "AbortMultipartUpload",
    ("GET", "uploadId"): "ListParts",
    ("GET", "tagging"): "GetObjectTagging",
}
COPIES = {"PutObject": "CopyObject", "UploadPart": "UploadPartCopy"}


def place_of(request: Request, ways: Ways) -> tuple[str, str]:
    """The container and the object of a request; empty: it is of none."""
    path = request.path.removeprefix("/")
    host = request.header("host").partition(":")[0]
    if ways.virtual_host and host.endswith(f".{ways.virtual_host}"):
        return host.removesuffix(f".{ways.virtual_host}"), folded(path, ways)
    bucket, _, key = path.partition("/")
    return bucket, folded(key, ways)


def folded(key: str, ways: Ways) -> str:
    """A name as it is kept."""
    if ways.folds == "case":
        return key.lower()
    return re.sub("/{2,}", "/", key) if ways.folds == "slashes" else key


def operation_of(request: Request, ways: Ways) -> str:
    """The name of the operation, as S3 has it."""
    bucket, key = place_of(request, ways)
    if not bucket:
        return _one(SERVICE, {}, request)
    if not key:
        found = _one(BUCKET, BUCKET_QUERIES, request)
        second = found == "ListObjects" and request.query.get("list-type") == "2"
        return "ListObjectsV2" if second else found
    found = _one(OBJECT, OBJECT_QUERIES, request)
    return COPIES.get(found, found) if "x-amz-copy-source" in request.headers else found


def _one(methods: dict[str, str], queries: dict[tuple[str, str], str], request: Request) -> str:
    for (method, parameter), name in queries.items():
        if method == request.method and parameter in request.query:
            return name
    if request.method not in methods:
        message = "The specified method is not allowed against this resource."
        raise Refusal(405, "MethodNotAllowed", message)
    return methods[request.method]
