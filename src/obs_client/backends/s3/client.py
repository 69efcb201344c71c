"""`S3Client`: Amazon S3 and the servers that speak its protocol."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from obs_client._http.kit.calls.queries import query_of
from obs_client._http.pool import warn_if_unchecked
from obs_client.backend.body import Body
from obs_client.backend.values import NO_TERMS, NewObject, ObjectReader, Page, UrlTerms
from obs_client.backends.s3.endpoints import EXPRESS_ENDS, KEEPS_CONDITIONS, KEEPS_RACES, RESOURCE, VERIFIES_PARTS
from obs_client.backends.s3.errors import (
    NOT_MODIFIED,
    S3Error,
    classify,
    hint_of,
    hint_of_anonymous,
    request_id_of,
    retry_after,
)
from obs_client.backends.s3.reading import (
    ObjectOpening,
    check_possible,
    get_object,
    info_at,
    look_at,
    look_at_container,
)
from obs_client.backends.s3.requests import Request, Requests
from obs_client.backends.s3.settings import Choices, check
from obs_client.client import ObjectStorageClient
from obs_client.errors import ObjectStorageClientError
from obs_client.models import (
    METADATA_KEY_CHARACTERS,
    Attributes,
    Capabilities,
    CleanupReport,
    ClientOptions,
    ContainerInfo,
    EndpointFact,
    ObjectInfo,
    Origin,
    Outcome,
    SubdirInfo,
)

if TYPE_CHECKING:
    from obs_client.backend.multipart import MultipartUpload

# What only some programs need (listing, writing, multipart, copying, deleting) is imported when it is first used.

URL_SECONDS_MAXIMUM = 7 * 24 * 3600


class S3Client(ObjectStorageClient):
    """Objects in Amazon S3, or in a server that speaks its protocol.

    Credentials come from boto3's own chain (environment, profiles, roles), or from `credentials`: a mapping of
    `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN` that replaces the environment and profiles
    whole; an empty one is anonymous access to public data; or from one `profile`. A pickled client carries the keys of
    that mapping, secret ones too, since it could not work elsewhere without; never what was read from the environment
    or a profile.

    Changing metadata keeps content, headers, expiry, storage class, encryption and tags; S3 resets the access list.
    `cleanup` aborts *every* open multipart upload of that age under the prefix, whoever began it.

    Args:
        region: None: of the environment or profile, else us-east-1.
        endpoint_url: Of a server that is not Amazon's; None: of the environment or profile, else Amazon's.
        profile: A profile of the AWS configuration files, which is used whole (keys, roles, single sign-on, region,
            endpoint, CA file, `s3` settings), and in place of the environment: each client may have its own.
        verify: False: certificates are not checked, which a `RuntimeWarning` says; a text: the path of a CA file.
        timeout: Seconds to wait for the next bytes of the server.
        addressing_style: `path` (right for most servers), `virtual` or `auto`.
        checksums: Send CRC-32 in S3's own headers; False: MD5, which every server knows; None: CRC-32 to Amazon, and
            with the parts of large objects to servers that prove to verify it, else MD5.
        conditional_writes: The server supports conditions of writes, single, multipart and copies.
        conditional_deletes: The server keeps `If-Match` of deletions, as Amazon's does.
        atomic_conditions: Also where several write at once: one of them is told yes, at the most. None: Amazon's are
            known to be so; at others who wrote a large object under a condition looks once more whose is there.
        sign_payload: Signatures cover what is sent, as some policies ask for; it costs a SHA-256 of all. None: as the
            profile says (`payload_signing_enabled`), else not.
        requester_pays: Agree to pay for requests to containers of others.
        storage_class, server_side_encryption, kms_key_id: Of new objects, as S3 names them.

    botocore is loaded only where it is needed: for keys that are not given as such (profiles, roles, single sign-on),
    for what a profile says, for FIPS and dual-stack endpoints, access points and S3 Express. What is learned of an
    endpoint (`endpoint_facts`) is kept for all clients of the process.

    `native` is botocore's client, for what this class does not have; its calls go by botocore's own transport. Event
    handlers that are registered on it are for those calls: this class's own requests do not heed them. An error of a
    request is an `S3Error`, as the cause of the typed one; only `native` raises botocore's own.
    """

    container_resource: str | None = RESOURCE

    def __init__(
        self,
        container_name: str | None = None,
        *,
        region: str | None = None,
        endpoint_url: str | None = None,
        credentials: Mapping[str, str] | None = None,
        profile: str | None = None,
        verify: bool | str = True,
        timeout: float = 60.0,
        addressing_style: str | None = None,
        checksums: bool | None = None,
        conditional_writes: bool | None = None,
        conditional_deletes: bool | None = None,
        atomic_conditions: bool | None = None,
        sign_payload: bool | None = None,
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
        choices = Choices(
            checksums,
            conditional_writes,
            conditional_deletes,
            atomic_conditions,
            sign_payload,
            requester_pays,
            storage_class,
            server_side_encryption,
            kms_key_id,
        )
        settings = check(region, endpoint_url, credentials, verify, timeout, addressing_style, choices, profile)
        warn_if_unchecked(verify)
        self.timeout: float = settings.timeout
        self._requests = Requests(settings)
        self.condition_hint = (
            "; if yours does, set S3Client(..., conditional_writes=True), in a URL ?conditional_writes=true"
        )
        self.delete_condition_hint = (
            "; if yours does, set S3Client(..., conditional_deletes=True), in a URL ?conditional_deletes=true"
        )
        self._known_capabilities: tuple[str | None, Capabilities] | None = None

    def __repr__(self) -> str:
        endpoint = self._requests.settings.find_endpoint()
        return f"S3Client(container_name={self.container_name!r}, endpoint_url={endpoint!r})"

    @property
    def native(self) -> Any:
        """botocore's client."""
        return self._requests.native()

    def _capabilities(self) -> Capabilities:
        server = self._requests.experience.server
        if self._known_capabilities is None or self._known_capabilities[0] != server:
            self._known_capabilities = server, _capabilities_of(self._requests)
        found = self._known_capabilities[1]
        if found.ordered_listing and (self.container_name or "").endswith(EXPRESS_ENDS):
            return dataclasses.replace(found, ordered_listing=False)
        return found

    def _endpoint_facts(self) -> Sequence[EndpointFact]:
        declared = _declared_facts(self._requests)
        names = {fact.name for fact in declared}
        return [*declared, *(fact for fact in self._requests.experience.facts if fact.name not in names)]

    def close(self) -> None:
        self._requests.close()

    def _location(self, container: str) -> tuple[Hashable, str]:
        if self._requests.is_amazon:
            return "s3", f"{container}/"  # a bucket has its name for itself in all regions and accounts
        return ("s3", self._requests.endpoint), f"{container}/"

    def _container_create(self, container: str) -> None:
        from obs_client.backends.s3.writing import create_container

        create_container(self._requests, container)

    def _container_list(self, prefix: str, marker: str | None) -> Page[ContainerInfo]:
        from obs_client.backends.s3.listing import page_of_containers

        return page_of_containers(self._requests, prefix, marker)

    def _container_info(self, container: str) -> ContainerInfo:
        return look_at_container(self._requests, container)

    def _container_delete(self, container: str) -> None:
        from obs_client.backends.s3.deleting import delete_bucket

        check_possible(container)
        self._requests.finish(delete_bucket(container))

    def _object_list(
        self, container: str, prefix: str, delimiter: str | None, start_after: str | None, marker: str | None
    ) -> Page[ObjectInfo | SubdirInfo]:
        return self._object_list_some(container, prefix, delimiter, start_after, marker, None)

    def _object_list_some(
        self,
        container: str,
        prefix: str,
        delimiter: str | None,
        start_after: str | None,
        marker: str | None,
        most: int | None,
    ) -> Page[ObjectInfo | SubdirInfo]:
        from obs_client.backends.s3.listing import list_objects, page_of_objects

        if marker is not None or not self._lists_in_order(container):
            # In another order, what the server takes to be before it may be after it in ours.
            start_after = None
        asked = list_objects(container, prefix, delimiter, start_after or None, marker, most)
        return page_of_objects(self._requests, asked)

    def _lists_in_order(self, container: str) -> bool:
        # Directory buckets have no order, and refuse StartAfter (ListObjectsV2 in Amazon's API reference).
        return self._requests.is_amazon and not container.endswith(EXPRESS_ENDS)

    def _object_info(self, container: str, name: str) -> ObjectInfo:
        return info_at(self._requests, container, name)

    def _object_tags(self, container: str, name: str) -> Mapping[str, str]:
        from obs_client.backends.s3.reading import tags_of

        return tags_of(self._requests, container, name)

    def _object_headers(self, container: str, name: str) -> Mapping[str, str]:
        return look_at(self._requests, container, name).headers

    def _object_open(
        self, container: str, name: str, start: int, stop: int | None, if_hash: str | None
    ) -> ObjectReader:
        return self._opening(container, name, if_hash).open(start, stop)

    def _object_open_end(self, container: str, name: str, count: int, if_hash: str | None) -> ObjectReader:
        found = self._opening(container, name, if_hash).open_end(count)
        return found or super()._object_open_end(container, name, count, if_hash)

    def _object_open_changed(
        self, container: str, name: str, start: int, stop: int | None, known: str
    ) -> ObjectReader | None:
        try:
            return self._opening(container, name, None, known).open(start, stop)
        except S3Error as error:
            if error.status != NOT_MODIFIED:
                raise
            return None

    def _opening(
        self, container: str, name: str, if_hash: str | None = None, known: str | None = None
    ) -> ObjectOpening:
        return ObjectOpening(self._requests, container, name, if_hash, known, check=self.options.check_content)

    def _object_write(self, new: NewObject, body: Body) -> ObjectInfo:
        from obs_client.backends.s3.names import check_kept
        from obs_client.backends.s3.writing import write_object

        check_kept(self._requests, new)
        return write_object(self._requests, new, body, check=self.options.check_content)

    def _object_delete(self, container: str, name: str, if_hash: str | None = None) -> None:
        from obs_client.backends.s3.deleting import delete_object, delete_version

        if if_hash is None:
            self._requests.finish(delete_object(container, name))
        else:
            delete_version(self._requests, container, name, if_hash)

    def _object_delete_many(self, container: str, object_names: Sequence[str]) -> Mapping[str, Exception]:
        from obs_client.backends.s3.deleting import can_be_deleted_with_others, delete_at_once

        plain = [name for name in object_names if can_be_deleted_with_others(name)]
        found = delete_at_once(self._requests, container, plain) if len(plain) > 1 else None
        if found is None:
            return super()._object_delete_many(container, object_names)
        odd = [name for name in object_names if not can_be_deleted_with_others(name)]
        return {**found.failures, **super()._object_delete_many(container, [*odd, *found.silent])}

    def _object_multipart(self, new: NewObject) -> MultipartUpload:
        from obs_client.backends.s3.multipart.beginning import begin_upload
        from obs_client.backends.s3.names import check_kept

        check_kept(self._requests, new)
        return begin_upload(self._requests, new, check=self.options.check_content)

    def _object_reopen(self, new: NewObject, identity: str) -> MultipartUpload:
        from obs_client.backends.s3.multipart.beginning import reopen_upload

        return reopen_upload(self._requests, new, identity, check=self.options.check_content)

    def _object_end_begun(self, new: NewObject, since: float) -> None:
        from obs_client.backends.s3.multipart.found import BEGIN_SECONDS, end_lost

        end_lost(self._requests, new.container, new.name, since, since + BEGIN_SECONDS)

    def _object_copy(self, container: str, source: ObjectInfo, new: NewObject) -> None:
        from obs_client.backends.s3.copying import copy_within
        from obs_client.backends.s3.names import check_kept

        check_kept(self._requests, new)
        copy_within(self._requests, container, source, new)

    def _object_begin_copy(self, container: str, source: ObjectInfo, new: NewObject) -> MultipartUpload:
        from obs_client.backends.s3.copying import S3Copy, copy_of
        from obs_client.backends.s3.names import check_kept

        check_kept(self._requests, new)
        return S3Copy(self._requests, copy_of(self._requests, container, source, new))

    def _object_reopen_copy(self, container: str, source: ObjectInfo, new: NewObject, identity: str) -> MultipartUpload:
        from obs_client.backends.s3.copying import S3Copy, copy_of

        return S3Copy(self._requests, copy_of(self._requests, container, source, new), identity)

    def _object_replace_metadata(self, container: str, name: str, attributes: Attributes, if_hash: str | None) -> None:
        from obs_client.backends.s3.copying import copy_onto_itself

        copy_onto_itself(self._requests, NewObject(container, name, attributes, None, if_hash=if_hash))

    def _object_generate_download_url(self, container: str, name: str, seconds: int, terms: UrlTerms = NO_TERMS) -> str:
        told = (
            ("response-content-type", terms.content_type),
            ("response-content-disposition", terms.content_disposition),
        )
        return self._sign(get_object(container, name)._replace(query=query_of(*told)), seconds)

    def _object_generate_upload_url(self, container: str, name: str, seconds: int, terms: UrlTerms = NO_TERMS) -> str:
        length = {} if terms.size is None else {"content-length": str(terms.size)}
        return self._sign(Request("PutObject", "PUT", container, name, headers={**terms.headers, **length}), seconds)

    def _can_sign(self, container: str | None) -> bool:
        from obs_client.backends.s3.sdk import is_multi_region

        return container is None or not is_multi_region(container)

    def _sign(self, request: Request, seconds: int) -> str:
        """A URL for a request; where its container is in another region than this client's, that is found first."""
        if seconds > URL_SECONDS_MAXIMUM:
            raise ValueError(f"expires_in_seconds in S3 is at most {URL_SECONDS_MAXIMUM:,} (7 days), not {seconds:,}")
        self._requests.find_region(request.container or "")
        return self._requests.presign(request, seconds)

    def _cleanup(self, container: str, prefix: str, older_than: float, kept: Collection[str] = ()) -> CleanupReport:
        from obs_client.backends.s3.multipart.found import cleanup

        stay = frozenset(identity.partition(" ")[2] for identity in kept)
        return cleanup(self._requests, container, prefix, older_than, stay)

    def _tidy(self, container: str) -> None:
        if self._requests.lost_begins:
            from obs_client.backends.s3.multipart.beginning import end_lost_begins

            end_lost_begins(self._requests, container)

    def _metadata_sent(self, metadata: Mapping[str, str]) -> Mapping[str, str]:
        from obs_client.backends.s3.writing import sent_metadata

        return sent_metadata(metadata)

    def _classify_error(self, error: Exception) -> type[ObjectStorageClientError] | None:
        return classify(error)

    def _hint(self, error: Exception) -> str:
        settings = self._requests.settings
        return (hint_of_anonymous if settings.anonymous else hint_of)(error, settings.find_endpoint())

    def _request_id(self, error: Exception) -> str | None:
        return request_id_of(error)

    def _retry_after(self, error: Exception) -> float | None:
        return retry_after(error)


def _capabilities_of(requests: Requests) -> Capabilities:
    """What an S3 server is taken to keep: Amazon's all that it documents, others what they all have."""
    from obs_client.backends.s3 import copying, deleting, names, writing
    from obs_client.backends.s3.multipart import upload

    settings, amazon = requests.settings, requests.is_amazon
    conditions, deletions = settings.choices.conditional_writes, settings.choices.conditional_deletes
    return Capabilities(
        download_urls=not settings.anonymous,
        upload_urls=not settings.anonymous,
        download_url_content_type=not settings.anonymous,
        download_url_content_disposition=not settings.anonymous,
        upload_url_content_type=not settings.anonymous,
        upload_url_content_disposition=not settings.anonymous,
        upload_url_size=not settings.anonymous,
        server_side_copy=True,
        if_absent=amazon if conditions is None else conditions,
        if_hash=amazon if conditions is None else conditions,
        delete_if_hash=amazon if deletions is None else deletions,
        atomic_conditions=requests.keeps_races,
        resumable_uploads=True,
        ordered_listing=amazon,
        part_size_minimum=upload.PART_SIZE_MINIMUM,
        part_size_maximum=upload.PART_SIZE_MAXIMUM,
        part_count_maximum=upload.PART_COUNT_MAXIMUM,
        copy_part_size=copying.COPY_PART_SIZE,
        equal_parts=not amazon,
        delete_batch_maximum=deleting.BATCH_MAXIMUM,
        object_names_refused=names.refused_names(requests),
        tags=True,
        # Servers behind WSGI or nginx drop headers with "_" without a word, and a client cannot know.
        metadata_key_characters=METADATA_KEY_CHARACTERS if amazon else METADATA_KEY_CHARACTERS.replace("_", ""),
        metadata_count_maximum=writing.HEADER_COUNT_MAXIMUM,
        metadata_total_maximum=writing.METADATA_MAXIMUM - writing.RESERVED,
    )


def _declared_facts(requests: Requests) -> list[EndpointFact]:
    """What an option says of the server, or Amazon's documents of its own."""
    choices = requests.settings.choices
    options = (
        (VERIFIES_PARTS, choices.checksums, "checksums"),
        (KEEPS_CONDITIONS, choices.conditional_writes, "conditional_writes"),
        (KEEPS_RACES, choices.atomic_conditions, "atomic_conditions"),
    )
    facts = []
    for name, said, option in options:
        if said is not None:
            outcome = Outcome.HOLDS if said else Outcome.DOES_NOT_HOLD
            facts.append(EndpointFact(name, outcome, Origin.OPTION, option))
        elif requests.is_amazon:
            facts.append(EndpointFact(name, Outcome.HOLDS, Origin.DOCUMENT, option))
    return facts
