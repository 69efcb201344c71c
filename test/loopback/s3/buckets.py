"""Containers, and deleting many objects of one."""

from __future__ import annotations

import re

from test.loopback.serving import Request, Response

from . import digests, documents
from .copies import stamp
from .documents import Tree, truth
from .refusals import Refusal, invalid
from .state import State

DELETED_MAXIMUM = 1000
_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


class Buckets:
    """The operations on containers."""

    def __init__(self, state: State, region: str) -> None:
        self._state = state
        self._ways = state.ways
        self._region = region

    def list(self, request: Request) -> Response:
        """ListBuckets."""
        prefix = request.query.get("prefix", "")
        after = request.query.get("continuation-token", "")
        most = int(request.query.get("max-buckets", "10000"))
        with self._state.lock:
            found = [(name, self._state.buckets[name].created) for name in sorted(self._state.buckets)]
        found = [each for each in found if each[0].startswith(prefix) and each[0] > after]
        rows: list[Tree] = [
            ("Bucket", [("Name", name), ("CreationDate", stamp(created))]) for name, created in found[:most]
        ]
        fields: list[Tree] = [("Owner", [("ID", "owner"), ("DisplayName", "owner")]), ("Buckets", rows)]
        if len(found) > most:
            fields.append(("ContinuationToken", found[most - 1][0]))
        return Response(200, {}, documents.write(("ListAllMyBucketsResult", fields), self._ways))

    def create(self, request: Request, bucket: str) -> Response:
        """CreateBucket."""
        if not _NAME.fullmatch(bucket) or ".." in bucket:
            raise invalid("The specified bucket is not valid.", "InvalidBucketName")
        with self._state.lock:
            if bucket not in self._state.buckets:
                self._state.create(bucket)
            elif self._ways.create_again != 200:
                message = "Your previous request to create the named bucket succeeded and you already own it."
                raise Refusal(self._ways.create_again, "BucketAlreadyOwnedByYou", message)
        return Response(200, {"Location": f"/{bucket}"})

    def head(self, request: Request, bucket: str) -> Response:
        """HeadBucket."""
        with self._state.lock:
            self._state.bucket(bucket)
        return Response(200, {"x-amz-bucket-region": self._region})

    def location(self, request: Request, bucket: str) -> Response:
        """GetBucketLocation."""
        with self._state.lock:
            self._state.bucket(bucket)
        region = "" if self._region == "us-east-1" else self._region
        return Response(200, {}, documents.write(("LocationConstraint", region), self._ways))

    def delete(self, request: Request, bucket: str) -> Response:
        """DeleteBucket."""
        with self._state.lock:
            if self._state.bucket(bucket).objects:
                raise Refusal(409, "BucketNotEmpty", "The bucket you tried to delete is not empty")
            del self._state.buckets[bucket]
        return Response(204)

    def delete_objects(self, request: Request, bucket: str) -> Response:
        """DeleteObjects."""
        if not self._ways.bulk_delete:
            raise Refusal(*self._ways.bulk_refusal)
        checksums = digests.check_body(request, self._ways, self._ways.checksums)
        if self._ways.bulk_digest and not checksums and not request.header("content-md5"):
            raise invalid("Missing required header for this request: Content-MD5")
        root = documents.read(request.body, "Delete")
        names = [each.findtext("Key", "") for each in root.findall("Object")]
        if not 1 <= len(names) <= DELETED_MAXIMUM:
            raise invalid("The XML you provided was not well-formed", "MalformedXML")
        with self._state.lock:
            found = self._state.bucket(bucket).objects
            for name in names:
                found.pop(name, None)
        quiet = root.findtext("Quiet", "").lower() == truth(True)
        rows: list[Tree] = [] if quiet else [("Deleted", [("Key", name)]) for name in names]
        return Response(200, {}, documents.write(("DeleteResult", rows), self._ways))
