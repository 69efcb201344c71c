"""Each of S3's operations that are used: how we ask for it, how botocore does, and the comparison of both."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

from obs_client.backend.body import Body, BytesBody
from obs_client.backend.values import NewObject
from obs_client.backends.s3.copying import copy_object, source_headers
from obs_client.backends.s3.deleting import delete_bucket, delete_object, delete_objects
from obs_client.backends.s3.listing import list_buckets, list_objects
from obs_client.backends.s3.multipart.requests import (
    StoredPart,
    Upload,
    abort_multipart_upload,
    complete_multipart_upload,
    create_multipart_upload,
    list_multipart_uploads,
    list_parts,
    upload_part,
    upload_part_copy,
)
from obs_client.backends.s3.reading import get_object, get_object_tagging, head_bucket, head_object
from obs_client.backends.s3.requests import Request, Requests
from obs_client.backends.s3.settings import Choices, check
from obs_client.backends.s3.writing import attribute_headers, conditions_of, create_bucket, put_object
from obs_client.models import Attributes
from test.s3.protocol import witness

KEYS = {"AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret"}
TOKEN = "token/of+a=session"
DATA = b"some data"


class Address(NamedTuple):
    """Where a client is to go."""

    region: str
    endpoint_url: str | None = None
    style: str | None = None
    token: str | None = None


class Operation(NamedTuple):
    """One of S3's operations: our request, and botocore's call; each is given the container and a name.

    Attributes:
        differs: The headers that are ours alone, and those that are botocore's alone.
    """

    ours: Callable[[str, str], Request]
    method: str
    theirs: Callable[[str, str], dict[str, Any]]
    differs: tuple[frozenset[str], frozenset[str]] = (frozenset(), frozenset())


def of_container(**params: Any) -> Callable[[str, str], dict[str, Any]]:
    return lambda container, _: {"Bucket": container, **params}


def of_object(**params: Any) -> Callable[[str, str], dict[str, Any]]:
    return lambda container, name: {"Bucket": container, "Key": name, **params}


def copied(**params: Any) -> Callable[[str, str], dict[str, Any]]:
    return lambda container, name: {
        "Bucket": container,
        "Key": "target",
        "CopySource": {"Bucket": container, "Key": name},
        **params,
    }


ATTRIBUTES = Attributes("text/x", {"key": "value", "two": "b c"}, "gzip", "inline; a", "de", "no-cache")
THEIR_ATTRIBUTES = {
    "ContentType": "text/x",
    "Metadata": {"key": "value", "two": "b c"},
    "ContentEncoding": "gzip",
    "ContentDisposition": "inline; a",
    "ContentLanguage": "de",
    "CacheControl": "no-cache",
}
CHOICES = Choices(storage_class="STANDARD_IA", encryption="aws:kms", kms_key_id="a-key")
THEIR_CHOICES = {"StorageClass": "STANDARD_IA", "ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "a-key"}
ABSENT = conditions_of(NewObject("c", "n", ATTRIBUTES, None, if_absent=True))
SAME = conditions_of(NewObject("c", "n", ATTRIBUTES, None, if_hash="tag"))
CRC32 = {"x-amz-checksum-crc32": "NSRBwg=="}
WRITE_HEADERS = {**attribute_headers(ATTRIBUTES), **CHOICES.object_headers}
ID = "an/id+of=an~upload"


def body() -> Body:
    return BytesBody(DATA)


def new(container: str, name: str) -> NewObject:
    return NewObject(container, name, ATTRIBUTES, None)


OPERATIONS = {
    "ListBuckets": Operation(lambda *_: list_buckets(), "list_buckets", lambda *_: {}),
    "ListBuckets of a page": Operation(
        lambda _, name: list_buckets(name, "a/marker+=", 1000),
        "list_buckets",
        lambda _, name: {"MaxBuckets": 1000, "Prefix": name, "ContinuationToken": "a/marker+="},
    ),
    "CreateBucket": Operation(lambda c, _: create_bucket(c, "us-east-1"), "create_bucket", of_container()),
    "CreateBucket in a region": Operation(
        lambda c, _: create_bucket(c, "eu-west-1"),
        "create_bucket",
        of_container(CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}),
    ),
    "HeadBucket": Operation(lambda c, _: head_bucket(c), "head_bucket", of_container()),
    "DeleteBucket": Operation(lambda c, _: delete_bucket(c), "delete_bucket", of_container()),
    "ListObjectsV2": Operation(
        lambda c, _: list_objects(c, "", None, None, None), "list_objects_v2", of_container(EncodingType="url")
    ),
    "ListObjectsV2 of a page": Operation(
        lambda c, name: list_objects(c, name, "/", name, "2a/marker+="),
        "list_objects_v2",
        lambda c, name: {
            "Bucket": c,
            "EncodingType": "url",
            "Prefix": name,
            "Delimiter": "/",
            "ContinuationToken": "a/marker+=",
            "StartAfter": name,
        },
    ),
    "ListObjects of a page": Operation(
        lambda c, name: list_objects(c, "", "/", None, f"1{name}"),
        "list_objects",
        lambda c, name: {"Bucket": c, "EncodingType": "url", "Delimiter": "/", "Marker": name},
    ),
    "GetObject": Operation(get_object, "get_object", of_object()),
    "GetObject of a range": Operation(
        lambda c, name: get_object(c, name, part="bytes=1-2", if_hash="tag", checksums=True),
        "get_object",
        of_object(Range="bytes=1-2", IfMatch='"tag"', ChecksumMode="ENABLED"),
    ),
    "HeadObject": Operation(head_object, "head_object", of_object()),
    "HeadObject of a part": Operation(
        lambda c, name: head_object(c, name, if_hash="tag", part_number=7, checksums=True),
        "head_object",
        of_object(PartNumber=7, IfMatch='"tag"', ChecksumMode="ENABLED"),
    ),
    "GetObjectTagging": Operation(get_object_tagging, "get_object_tagging", of_object()),
    "PutObject": Operation(
        lambda c, name: put_object(c, name, body(), {**WRITE_HEADERS, **ABSENT, **CRC32}),
        "put_object",
        of_object(
            Body=DATA, IfNoneMatch="*", ChecksumCRC32=CRC32["x-amz-checksum-crc32"], **THEIR_ATTRIBUTES, **THEIR_CHOICES
        ),
    ),
    "PutObject with MD5": Operation(
        lambda c, name: put_object(c, name, body(), {**SAME, "Content-MD5": "bQ=="}),
        "put_object",
        of_object(Body=DATA, IfMatch='"tag"', ContentMD5="bQ=="),
    ),
    "CopyObject": Operation(
        lambda c, name: copy_object(new(c, "target"), {**WRITE_HEADERS, **source_headers(c, name, '"tag"'), **ABSENT}),
        "copy_object",
        copied(
            CopySourceIfMatch='"tag"', IfNoneMatch="*", MetadataDirective="REPLACE", **THEIR_ATTRIBUTES, **THEIR_CHOICES
        ),
    ),
    "DeleteObject": Operation(delete_object, "delete_object", of_object()),
    "DeleteObjects": Operation(
        lambda c, _: delete_objects(c, ["a&<b>", "\u00e4 \U0001f600"], True),
        "delete_objects",
        of_container(Delete={"Objects": [{"Key": "a&<b>"}, {"Key": "\u00e4 \U0001f600"}]}),
        (frozenset({"content-type"}), frozenset({"x-amz-sdk-checksum-algorithm"})),
    ),
    "CreateMultipartUpload": Operation(
        lambda c, name: create_multipart_upload(c, name, {**WRITE_HEADERS, "x-amz-tagging": "a=b&c=d%20e"}, True),
        "create_multipart_upload",
        of_object(ChecksumAlgorithm="CRC32", Tagging="a=b&c=d%20e", **THEIR_ATTRIBUTES, **THEIR_CHOICES),
    ),
    "UploadPart": Operation(
        lambda c, name: upload_part(Upload(c, name, ID), 10_000, body(), CRC32),
        "upload_part",
        of_object(UploadId=ID, PartNumber=10_000, Body=DATA, ChecksumCRC32=CRC32["x-amz-checksum-crc32"]),
    ),
    "UploadPartCopy": Operation(
        lambda c, name: upload_part_copy(
            Upload(c, "target", ID), 1, {**source_headers(c, name, '"tag"'), "x-amz-copy-source-range": "bytes=0-9"}
        ),
        "upload_part_copy",
        copied(UploadId=ID, PartNumber=1, CopySourceIfMatch='"tag"', CopySourceRange="bytes=0-9"),
    ),
    "CompleteMultipartUpload": Operation(
        lambda c, name: complete_multipart_upload(
            Upload(c, name, ID), [StoredPart(1, '"a"', "AAAAAA=="), StoredPart(2, '"b&<"')], ABSENT
        ),
        "complete_multipart_upload",
        of_object(
            UploadId=ID,
            IfNoneMatch="*",
            MultipartUpload={
                "Parts": [
                    {"PartNumber": 1, "ETag": '"a"', "ChecksumCRC32": "AAAAAA=="},
                    {"PartNumber": 2, "ETag": '"b&<"'},
                ]
            },
        ),
    ),
    "AbortMultipartUpload": Operation(
        lambda c, name: abort_multipart_upload(Upload(c, name, ID)), "abort_multipart_upload", of_object(UploadId=ID)
    ),
    "ListParts": Operation(lambda c, name: list_parts(Upload(c, name, ID)), "list_parts", of_object(UploadId=ID)),
    "ListMultipartUploads": Operation(
        lambda c, name: list_multipart_uploads(c, name, name, ID, True),
        "list_multipart_uploads",
        lambda c, name: {
            "Bucket": c,
            "Prefix": name,
            "EncodingType": "url",
            "KeyMarker": name,
            "UploadIdMarker": ID,
        },
    ),
}


@functools.cache
def requests_of(address: Address, choices: Choices = CHOICES) -> Requests:
    """Requests to an address; nothing is sent."""
    keys = {**KEYS, "AWS_SESSION_TOKEN": address.token} if address.token else KEYS
    region, url, style, _ = address
    return Requests(check(region, url, keys, True, 60.0, style, choices))


def compare(address: Address, operation: Operation, container: str, name: str) -> None:
    """Ours and theirs, with the keys of this module, differ as declared and in nothing else."""
    compare_sent(requests_of(address), witness.shared(*address), operation, container, name)


def compare_sent(requests: Requests, client: Any, operation: Operation, container: str, name: str) -> None:
    """What one and the other sends in the same second differs as declared and in nothing else."""
    while True:
        request = operation.ours(container, name)
        theirs = witness.ask(client, operation.method, operation.theirs(container, name))
        url, headers = requests.signed(request)
        ours = {each.lower(): value for each, value in headers.items()}
        if ours["x-amz-date"] == theirs.headers["x-amz-date"]:
            break
    assert (request.method, url) == (theirs.method, theirs.url)
    assert (bytes(request.body.readall()) if isinstance(request.body, Body) else request.body or b"") == theirs.body
    only_ours, only_theirs = operation.differs
    wanted = {each: value for each, value in theirs.unsigned_headers.items() if each not in only_theirs}
    assert {each.lower(): value for each, value in request.headers.items() if each.lower() not in only_ours} == wanted
    if not only_ours and not only_theirs:
        signing = [each for each in witness.SIGNING if each != "host"]
        assert [ours.get(each) for each in signing] == [theirs.headers.get(each) for each in signing]
