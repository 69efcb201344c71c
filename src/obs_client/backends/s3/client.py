"""`S3Client`: Amazon S3 and the servers that speak its protocol."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from obs_client._http.kit import xml as s3_xml
from obs_client._http.kit.etags import etag_of
from obs_client._http.kit.ranges import find_place, range_header
from obs_client._http.kit.readers import AnswerReader, EmptyReader
from obs_client._http.pool import BrokenAnswer, HttpAnswer, warn_if_unchecked
from obs_client.backend.body import Body
from obs_client.backend.integrity import ContentDigest
from obs_client.backend.multipart import MultipartUpload, NeedsParts
from obs_client.backend.values import NewObject, ObjectReader, Page
from obs_client.backends.s3 import capabilities as s3_capabilities
from obs_client.backends.s3 import checksums as s3_checksums
from obs_client.backends.s3 import copying as s3_copying
from obs_client.backends.s3 import deleting as s3_deleting
from obs_client.backends.s3 import digests as s3_digests
from obs_client.backends.s3 import errors as s3_errors
from obs_client.backends.s3 import headers as s3_headers
from obs_client.backends.s3 import listing as s3_listing
from obs_client.backends.s3 import multipart as s3_multipart
from obs_client.backends.s3 import settings as s3_settings
from obs_client.backends.s3.connection import Exchange, S3Connection, check_identity
from obs_client.client import ObjectStorageClient
from obs_client.errors import (
    ConfigurationError,
    ContainerExistsError,
    ContainerNotFoundError,
    InvalidNameError,
    ObjectChangedError,
    ObjectStorageClientError,
)
from obs_client.models import (
    Attributes,
    Capabilities,
    CleanupReport,
    ClientOptions,
    ContainerInfo,
    ObjectInfo,
    SubdirInfo,
)

URL_SECONDS_MAXIMUM = 7 * 24 * 3600

_CONTAINER_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


class S3Client(ObjectStorageClient):
    """Objects in Amazon S3, or in a server that speaks its protocol.

    Credentials come from boto3's own chain (environment, profiles, roles), or from `credentials`: a mapping of
    `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN` that replaces the environment and profiles
    whole; an empty one is anonymous access to public data. A pickled client carries the keys of that mapping, secret
    ones too, since it could not work elsewhere without; never what was read from the environment.

    Changing metadata keeps content, headers, expiry, storage class, encryption and tags; S3 resets the access list.
    `cleanup` aborts *every* open multipart upload of that age under the prefix, whoever began it.

    Args:
        region: None: of the environment or profile, else us-east-1.
        endpoint_url: Of a server that is not Amazon's; None: of the environment or profile, else Amazon's.
        verify: False: certificates are not checked, which a `RuntimeWarning` says; a text: the path of a CA file.
        timeout: Seconds to wait for the next bytes of the server.
        addressing_style: `path` (right for most servers), `virtual` or `auto`.
        checksums: Send CRC-32 in S3's own headers; False: MD5, which every server knows; None: CRC-32 to Amazon, and
            with the parts of large objects to servers that prove to verify it, else MD5.
        conditional_writes: The server keeps conditions of writes, single, multipart and copies.
        requester_pays: Agree to pay for requests to containers of others.
        storage_class, server_side_encryption, kms_key_id: Of new objects, as S3 names them.

    `native` is botocore's client, for what this class does not have; its calls go by botocore's own transport. Event
    handlers that are registered on it are for those calls: this class's own requests do not heed them.
    """

    def __init__(
        self,
        container_name: str | None = None,
        *,
        region: str | None = None,
        endpoint_url: str | None = None,
        credentials: Mapping[str, str] | None = None,
        verify: bool | str = True,
        timeout: float = 60.0,
        addressing_style: str | None = None,
        checksums: bool | None = None,
        conditional_writes: bool | None = None,
        requester_pays: bool = False,
        storage_class: str | None = None,
        server_side_encryption: str | None = None,
        kms_key_id: str | None = None,
        options: ClientOptions | None = None,
    ) -> None:
        """Make no request. None in an option means: what is right for the endpoint; see the class for what each does.

        Raises:
            ConfigurationError: An option makes no sense, or a key is missing from `credentials`.
        """
        super().__init__(container_name, options=options)
        settings = s3_settings.check(region, endpoint_url, credentials, verify, timeout, addressing_style)
        warn_if_unchecked(verify)
        self.timeout = settings.timeout
        self._connection = S3Connection(settings)
        self._checksums = s3_checksums.ServerChecksums(self._connection, checksums)
        self._conditional_writes = conditional_writes
        self._payer = {"RequestPayer": "requester"} if requester_pays else {}
        self.condition_hint = "; if yours does, say so: S3Client(..., conditional_writes=True)"
        self._chosen = s3_capabilities.chosen(storage_class, server_side_encryption, kms_key_id)
        self._known_capabilities: Capabilities | None = None
        self._bulk: s3_deleting.BulkDelete | None = None

    def __repr__(self) -> str:
        endpoint = self._connection.settings.find_endpoint()
        return f"S3Client(container_name={self.container_name!r}, endpoint_url={endpoint!r})"

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_bulk": None}

    @property
    def native(self) -> Any:
        """botocore's client."""
        return self._connection.client()

    def _capabilities(self) -> Capabilities:
        if self._known_capabilities is None:
            self._known_capabilities = s3_capabilities.find(
                vendor=self._connection.is_vendor,
                anonymous=self._connection.settings.anonymous,
                conditional_writes=self._conditional_writes,
            )
        return self._known_capabilities

    def close(self) -> None:
        self._connection.close()

    def _location(self, container: str) -> tuple[Hashable, str]:
        if self._connection.is_vendor:
            return "s3", f"{container}/"  # a bucket has its name for itself in all regions and accounts
        return ("s3", str(self.native.meta.endpoint_url).rstrip("/")), f"{container}/"

    def _container_create(self, container: str) -> None:
        if not _CONTAINER_NAME.fullmatch(container) or ".." in container:
            raise InvalidNameError(
                f"{container!r}: a container name in S3 has 3 to 63 of a-z, 0-9, '-' and '.', and begins and ends with "
                f"a letter or digit",
                container=container,
            )
        if self._container_state(container) == "ours":
            # Asked before, since S3 in us-east-1 and many servers say yes to creating one's own again.
            raise ContainerExistsError(f"container {container!r} is there already", container=container)
        region = self._connection.region_of(container)
        params: dict[str, Any] = {"Bucket": container}
        if region != "us-east-1":
            params["CreateBucketConfiguration"] = {"LocationConstraint": region}
        try:
            self._connection.finish("create_bucket", params)
        except Exception as error:
            if s3_errors.code_of(error) != "BucketAlreadyExists" or self._container_state(container) != "ours":
                raise
            # Some servers say so of one's own too.
            raise ContainerExistsError(f"container {container!r} is there already", container=container) from error

    def _container_state(self, container: str) -> str:
        """Whether a container is `ours`, `absent` or `closed` to us."""
        try:
            self._connection.finish("head_bucket", {"Bucket": container})
        except Exception as error:
            status = s3_errors.status_of(error)
            if status in (403, 404):
                return "absent" if status == 404 else "closed"
            raise
        return "ours"

    def _container_list(self, prefix: str, marker: str | None) -> Page[ContainerInfo]:
        params: dict[str, Any] = {}
        if self._connection.is_vendor:
            params = {"MaxBuckets": 1000, "Prefix": prefix, "ContinuationToken": marker}
            params = {name: value for name, value in params.items() if value}
        root = self._connection.document("list_buckets", params, "ListAllMyBucketsResult", ("Buckets",))
        return s3_listing.read_containers(root, prefix)

    def _container_info(self, container: str) -> ContainerInfo:
        _check_possible(container)
        try:
            self._connection.finish("head_bucket", {"Bucket": container})
        except Exception as error:
            self._explain(error, "list_objects_v2", {"Bucket": container, "MaxKeys": 1})
            raise
        return ContainerInfo(container, None, None)

    def _container_delete(self, container: str) -> None:
        _check_possible(container)
        self._connection.finish("delete_bucket", {"Bucket": container})

    def _object_list(
        self, container: str, prefix: str, delimiter: str | None, start_after: str | None, marker: str | None
    ) -> Page[ObjectInfo | SubdirInfo]:
        params: dict[str, Any] = {"Bucket": container, "EncodingType": "url", **self._payer}
        if prefix:
            params["Prefix"] = prefix
        if delimiter is not None:
            params["Delimiter"] = delimiter
        if marker is not None:
            params["ContinuationToken"] = marker
        elif start_after and self._capabilities().ordered_listing:
            # In another order, what the server takes to be before it may be after it in ours.
            params["StartAfter"] = start_after
        answer = self._connection.call("list_objects_v2", params)
        page = s3_listing.read_page(answer.read(s3_xml.LIMIT))
        if isinstance(page, s3_xml.Element):
            raise s3_errors.make("list_objects_v2", answer, page)
        return page

    def _object_info(self, container: str, name: str) -> ObjectInfo:
        return self._info_of(name, self._head(container, name))

    def _head(self, container: str, name: str, **params: Any) -> HttpAnswer:
        place = self._place(container, name)
        try:
            return self._connection.finish("head_object", {**place, **params})
        except Exception as error:
            self._explain(error, "get_object", {**place, "Range": "bytes=0-0"})
            raise

    def _info_of(self, name: str, head: HttpAnswer) -> ObjectInfo:
        size = head.headers.get("content-length", "")
        if not size.isdecimal():
            raise BrokenAnswer("the answer does not say how many bytes the object has: it is not whole")
        return s3_headers.info_of(name, head, int(size))

    def _object_open(
        self, container: str, name: str, start: int, stop: int | None, if_hash: str | None
    ) -> ObjectReader:
        condition = {} if if_hash is None else {"IfMatch": f'"{if_hash}"'}
        if start == stop:
            return self._empty_reader(container, name, condition)
        params = {**self._place(container, name), **condition}
        whole = start == 0 and stop is None
        if asked := range_header(start, stop):
            params["Range"] = asked
        if whole and self._checksums.always:
            params["ChecksumMode"] = "ENABLED"
        try:
            answer = self._connection.call("get_object", params)
        except Exception as error:
            if s3_errors.status_of(error) != 416:
                raise
            return self._empty_reader(container, name, condition)
        try:
            return self._reader(container, name, answer, start, stop)
        except BaseException:
            answer.close()
            raise

    def _empty_reader(self, container: str, name: str, condition: dict[str, str]) -> ObjectReader:
        return EmptyReader(self._info_of(name, self._head(container, name, **condition)))

    def _reader(self, container: str, name: str, answer: HttpAnswer, start: int, stop: int | None) -> ObjectReader:
        check_identity(answer)
        place = find_place(answer, start, stop)
        info = s3_headers.info_of(name, answer, place.size)
        digest = self._digest(container, name, answer, place.size) if place.take == place.size else None
        return AnswerReader(info, answer, place, digest)

    def _digest(self, container: str, name: str, answer: HttpAnswer, size: int) -> ContentDigest | None:
        if not self.options.check_content:
            return None

        place = self._place(container, name)
        parts = s3_digests.AskedPartSizes(
            lambda number: self._connection.finish("head_object", place | ({"PartNumber": number} if number else {})),
            answer,
            size,
            s3_headers.part_size_of(answer),
        )
        told = self._checksums.ask(place, answer)
        return s3_digests.of_answer(told, size, parts, not container.endswith("--x-s3"))

    def _object_write(self, new: NewObject, body: Body) -> None:
        digest = s3_digests.of_body(body, self._checksums.always)
        params = {
            **self._place(new.container, new.name),
            **s3_headers.params_of(new.attributes),
            **s3_multipart.conditions_of(new),
            **self._chosen,
        }
        answer = self._connection.finish("put_object", params, Exchange(body, digest.headers, expect=True))
        digest.check(answer, body)

    def _object_delete(self, container: str, name: str) -> None:
        self._connection.finish("delete_object", self._place(container, name))

    def _object_delete_many(self, container: str, object_names: Sequence[str]) -> Mapping[str, Exception]:
        if self._bulk is None:
            self._bulk = s3_deleting.BulkDelete(self._connection, self._checksums.always)
        plain = [name for name in object_names if s3_xml.can_hold(name)]
        failures = self._bulk.delete({"Bucket": container, **self._payer}, plain) if len(plain) > 1 else None
        if failures is None:
            return super()._object_delete_many(container, object_names)
        odd = [name for name in object_names if not s3_xml.can_hold(name)]
        return {**failures, **super()._object_delete_many(container, odd)}

    def _object_multipart(self, new: NewObject) -> MultipartUpload:
        place = self._place(new.container, new.name)
        params = {**s3_headers.params_of(new.attributes, new.part_size), **self._chosen}
        upload_id, digests = self._checksums.begin(place, params)
        return s3_multipart.S3Upload(
            self._connection,
            place,
            upload_id,
            s3_multipart.conditions_of(new),
            new.attributes.write_id,
            lambda: self._look(new.container, new.name),
            digests,
        )

    def _object_copy(self, container: str, source: ObjectInfo, new: NewObject) -> None:
        if source.size > s3_copying.COPY_MAXIMUM:
            raise NeedsParts
        copy = self._copy_of(container, source, new, self._chosen)
        try:
            s3_copying.copy_at_once(self._connection, copy)
        except Exception as error:
            if s3_copying.is_refused(error) and s3_copying.source_changed(self._connection, copy):
                raise ObjectChangedError(f"{source.name!r} was replaced before it was copied") from error
            if s3_errors.status_of(error) == 500:
                self._container_info(new.container)  # SeaweedFS has no other answer if that is absent
            raise

    def _object_begin_copy(self, container: str, source: ObjectInfo, new: NewObject) -> MultipartUpload:
        onto_itself = (container, source.name) == (new.container, new.name)
        copy = self._copy_of(container, source, new, {} if onto_itself else self._chosen)
        return s3_copying.S3Copy(self._connection, copy)

    def _object_replace_metadata(self, container: str, name: str, attributes: Attributes, if_hash: str | None) -> None:
        condition = {} if if_hash is None else {"IfMatch": f'"{if_hash}"'}
        head = self._head(container, name, **condition)
        copy = self._copy(container, name, head, NewObject(container, name, attributes, None, if_hash=if_hash), {})
        if copy.size > s3_copying.COPY_MAXIMUM:
            raise NeedsParts
        s3_copying.copy_at_once(self._connection, copy)

    def _copy_of(self, container: str, source: ObjectInfo, new: NewObject, chosen: dict[str, Any]) -> s3_copying.Copy:
        head = self._head_of_source(container, source.name, source.hash)
        return self._copy(container, source.name, head, new, chosen)

    def _copy(
        self, container: str, source_name: str, head: HttpAnswer, new: NewObject, chosen: dict[str, Any]
    ) -> s3_copying.Copy:
        return s3_copying.Copy(
            (container, source_name),
            head,
            self._place(new.container, new.name),
            new.attributes,
            s3_multipart.conditions_of(new),
            chosen,
            lambda: self._look(new.container, new.name),
        )

    def _head_of_source(self, container: str, name: str, known_hash: str | None) -> HttpAnswer:
        head = self._head(container, name)
        if etag_of(head.headers) != (known_hash or None):
            raise ObjectChangedError(f"{name!r} was replaced before it was copied")
        return head

    def _look(self, container: str, name: str) -> ObjectInfo | None:
        try:
            return self._object_info(container, name)
        except Exception as error:
            if s3_errors.status_of(error) == 404:
                return None
            raise

    def _object_generate_download_url(self, container: str, name: str, seconds: int) -> str:
        return self._sign("get_object", container, name, seconds)

    def _object_generate_upload_url(self, container: str, name: str, seconds: int) -> str:
        return self._sign("put_object", container, name, seconds)

    def _sign(self, operation: str, container: str, name: str, seconds: int) -> str:
        if seconds > URL_SECONDS_MAXIMUM:
            raise ValueError(f"expires_in_seconds in S3 is at most {URL_SECONDS_MAXIMUM:,} (7 days), not {seconds:,}")
        if self._connection.settings.anonymous:
            raise ConfigurationError("an anonymous client cannot sign URLs; give credentials")
        client = self._connection.client(container)
        return str(client.generate_presigned_url(operation, Params=self._place(container, name), ExpiresIn=seconds))

    def _cleanup(self, container: str, prefix: str, older_than: float) -> CleanupReport:
        return s3_multipart.cleanup(self._connection, {"Bucket": container, **self._payer}, prefix, older_than)

    def _metadata_sent(self, metadata: Mapping[str, str]) -> Mapping[str, str]:
        return s3_headers.sent_metadata(metadata)

    def _classify_error(self, error: Exception) -> type[ObjectStorageClientError] | None:
        return s3_errors.classify(error)

    def _retry_after(self, error: Exception) -> float | None:
        return s3_errors.retry_after(error)

    def _place(self, container: str, name: str) -> dict[str, Any]:
        return {"Bucket": container, "Key": name, **self._payer}

    def _explain(self, error: Exception, operation: str, params: dict[str, Any]) -> None:
        """Raise the reason of a failed HEAD: its answer has none, that of a GET has."""
        if s3_errors.status_of(error) in (400, 401, 403):
            self._connection.call(operation, params).close()


def _check_possible(container: str) -> None:
    """Refuse a name that no server's container can have: old ones and other servers' are wider than S3's."""
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,255}", container):
        raise ContainerNotFoundError(f"S3 has no container {container!r}: no such name can be", container=container)
