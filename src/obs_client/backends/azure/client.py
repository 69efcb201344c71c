"""`AzureClient`: Azure Blob Storage, and Azurite."""

from __future__ import annotations

import functools
from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from obs_client._http.kit.calls.refusals import Refusal, header_of, hint_of, kind_of, retry_after
from obs_client._http.pool import warn_if_unchecked
from obs_client.backend.body import Body
from obs_client.backend.multipart import MultipartUpload
from obs_client.backend.values import NO_TERMS, NewObject, ObjectReader, Page, UrlTerms
from obs_client.backends.azure import names
from obs_client.backends.azure.errors import CODES, HINTS, IDENTITY
from obs_client.backends.azure.login import PREFIX, choose
from obs_client.backends.azure.reading import NOT_MODIFIED, BlobOpening, head_blob, look_at, tags_of
from obs_client.backends.azure.requests import Request, Requests
from obs_client.backends.azure.writing import METADATA_MAXIMUM, RESERVED, create_container, put_blob, replace_metadata
from obs_client.client import ObjectStorageClient
from obs_client.credentials import Credentials
from obs_client.errors import NotSupportedError, ObjectStorageClientError
from obs_client.models import Attributes, Capabilities, ClientOptions, ContainerInfo, ObjectInfo, SubdirInfo

if TYPE_CHECKING:
    from obs_client.backends.azure.delegation import UrlSigner

# What only some programs need (listing, blocks, copying, deleting) is imported when it is first used.

URL_HEADERS = (("x-ms-blob-type", "BlockBlob"),)


class AzureClient(ObjectStorageClient):
    """Containers of an account of Azure Blob Storage, without hierarchical namespace.

    The login is, in this order: `AZURE_STORAGE_CONNECTION_STRING`; `AZURE_STORAGE_KEY` or `AZURE_STORAGE_SAS_TOKEN`,
    each with `AZURE_STORAGE_ACCOUNT` or `account_url`; `AZURE_STORAGE_ANON=true`; else what azure-identity finds
    (a service principal, a workload's or managed identity, `az login`), for which the extra `azure` is installed.

    The hash is Azure's ETag: it is another after each write, and after a change of metadata too. `-` in keys of
    metadata is sent as `__0x2d__`, as gocloud.dev does it, since Azure takes only identifiers.

    Large objects are written by blocks, of which nobody sees anything before the end. Killed writers leave some, which
    cost their size, until Azure drops them after a week; `cleanup` has nothing to do. Of two large writers of one name
    that overlap one ends with `ConflictError`. Azure deletes a container with all that is in it: this client looks
    first, so that an object that comes in between is lost.

    The content of large objects is checked by MD5, or several times as fast by CRC-64 where the package awscrt is
    installed (the extra `checksums`): who reads without it what was written with it finds `verified` False.

    A pickled client carries the credentials that were given to it as a mapping; never what came from the environment,
    nor a token.
    """

    def __init__(
        self,
        container_name: str | None = None,
        *,
        account_url: str | None = None,
        credentials: Mapping[str, str] | None = None,
        verify: bool | str = True,
        timeout: float = 60.0,
        options: ClientOptions | None = None,
    ) -> None:
        """Choose an account and how to log in; makes no request.

        Args:
            account_url: `https://account.blob.core.windows.net`; None: as the credentials say.
            credentials: The environment's own names (`AZURE_*`) with their values, in place of the environment; an
                empty mapping reads public data without a login.
            verify: False: certificates are not checked, which a `RuntimeWarning` says; a text: the path of a CA file.
            timeout: Seconds to wait for the next bytes of the server.

        Raises:
            ConfigurationError: No login can be made of the credentials, or the URL is none.
        """
        super().__init__(container_name, options=options)
        self._given = {"account_url": account_url, "verify": verify, "timeout": timeout}
        self._credentials = Credentials(credentials, PREFIX)
        warn_if_unchecked(verify)
        self.timeout = timeout
        self._requests = Requests(choose(self._credentials, account_url, verify, timeout), verify, timeout)

    def __repr__(self) -> str:
        endpoint = self._requests.login.endpoint
        return f"AzureClient(container_name={self.container_name!r}, account_url={endpoint!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        given = {**self._given, "credentials": self._credentials.given()}
        return _rebuild, (given, self.container_name, self.options)

    @property
    def native(self) -> Any:
        """A new `BlobServiceClient` of azure-storage-blob for the same account, for what this library does not do."""
        from obs_client.backends.azure.native import blob_service_client

        return blob_service_client(self._requests.login)

    def close(self) -> None:
        self._requests.close()

    def _capabilities(self) -> Capabilities:
        return self._known

    @functools.cached_property
    def _known(self) -> Capabilities:
        signs = self._requests.login.can_sign
        return Capabilities(
            download_urls=signs,
            upload_urls=signs,
            download_url_content_type=signs,
            download_url_content_disposition=signs,
            upload_url_headers=URL_HEADERS,
            server_side_copy=True,
            if_absent=True,
            if_hash=True,
            delete_if_hash=True,
            hash_of_content=False,
            exclusive_uploads=True,
            resumable_uploads=True,
            atomic_container_delete=False,
            ordered_listing=False,
            listing_has_metadata=True,
            part_size_maximum=names.PART_SIZE_MAXIMUM,
            part_count_maximum=names.PART_COUNT_MAXIMUM,
            copy_part_size=names.COPY_PART_SIZE,
            # Who has a SAS may not send batches on every server; many deletes side by side cost little more.
            delete_batch_maximum=names.BATCH_MAXIMUM if signs else 1,
            tags=True,
            object_names_refused=names.REFUSED,
            metadata_total_maximum=METADATA_MAXIMUM - RESERVED,
        )

    def _location(self, container: str) -> tuple[Hashable, str]:
        return ("azure", self._requests.login.endpoint), f"{container}/"

    def _container_create(self, container: str) -> None:
        create_container(self._requests, container)

    def _container_list(self, prefix: str, marker: str | None) -> Page[ContainerInfo]:
        from obs_client.backends.azure.listing import page_of_containers

        return page_of_containers(self._requests, prefix, marker)

    def _container_info(self, container: str) -> ContainerInfo:
        self._requests.finish(Request("Get Container Properties", "HEAD", container, query="restype=container"))
        return ContainerInfo(container, None, None)

    def _container_delete(self, container: str) -> None:
        from obs_client.backends.azure.deleting import delete_container

        delete_container(self._requests, container)

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
        from obs_client.backends.azure.listing import page_of_objects

        return page_of_objects(self._requests, container, prefix, delimiter, start_after, marker, most)

    def _object_info(self, container: str, name: str) -> ObjectInfo:
        return look_at(self._requests, container, name)

    def _object_tags(self, container: str, name: str) -> Mapping[str, str]:
        return tags_of(self._requests, container, name)

    def _object_headers(self, container: str, name: str) -> Mapping[str, str]:
        return self._requests.finish(head_blob(container, name)).headers

    def _object_open(
        self, container: str, name: str, start: int, stop: int | None, if_hash: str | None
    ) -> ObjectReader:
        check = self.options.check_content
        return BlobOpening(self._requests, container, name, if_hash, check=check).open(start, stop)

    def _object_open_changed(
        self, container: str, name: str, start: int, stop: int | None, known: str
    ) -> ObjectReader | None:
        check = self.options.check_content
        try:
            return BlobOpening(self._requests, container, name, None, known, check=check).open(start, stop)
        except Refusal as error:
            if error.status != NOT_MODIFIED:
                raise
            return None

    def _object_write(self, new: NewObject, body: Body) -> ObjectInfo:
        return put_blob(self._requests, new, body, check=self.options.check_content)

    def _object_replace_metadata(self, container: str, name: str, attributes: Attributes, if_hash: str | None) -> None:
        replace_metadata(self._requests, NewObject(container, name, attributes, None, if_hash=if_hash))

    def _object_delete(self, container: str, name: str, if_hash: str | None = None) -> None:
        from obs_client.backends.azure.deleting import delete_object

        delete_object(self._requests, container, name, if_hash)

    def _object_delete_many(self, container: str, object_names: Sequence[str]) -> Mapping[str, Exception]:
        from obs_client.backends.azure.deleting import delete_blobs

        if not self._requests.login.can_sign:
            return super()._object_delete_many(container, object_names)
        return delete_blobs(self._requests, container, object_names)

    def _object_multipart(self, new: NewObject) -> MultipartUpload:
        from obs_client.backends.azure.blocks import AzureUpload

        return AzureUpload(self._requests, new, check=self.options.check_content)

    def _object_reopen(self, new: NewObject, identity: str) -> MultipartUpload:
        from obs_client.backends.azure.blocks import AzureUpload

        return AzureUpload(self._requests, new, check=self.options.check_content, identity=identity)

    def _object_copy(self, container: str, source: ObjectInfo, new: NewObject) -> None:
        from obs_client.backends.azure.copying import Source, copy_blob

        copy_blob(self._requests, Source(self._requests, container, source), new)

    def _object_begin_copy(self, container: str, source: ObjectInfo, new: NewObject) -> MultipartUpload:
        from obs_client.backends.azure.copying import AzureCopy, Source

        return AzureCopy(self._requests, Source(self._requests, container, source), new)

    def _object_reopen_copy(self, container: str, source: ObjectInfo, new: NewObject, identity: str) -> MultipartUpload:
        from obs_client.backends.azure.copying import AzureCopy, Source

        return AzureCopy(self._requests, Source(self._requests, container, source), new, identity)

    def _object_generate_download_url(self, container: str, name: str, seconds: int, terms: UrlTerms = NO_TERMS) -> str:
        return self._url(container, name, "r", seconds, terms)

    def _object_generate_upload_url(self, container: str, name: str, seconds: int, terms: UrlTerms = NO_TERMS) -> str:
        return self._url(container, name, "cw", seconds, terms)

    @functools.cached_property
    def _signer(self) -> UrlSigner:
        from obs_client.backends.azure.delegation import UrlSigner

        return UrlSigner(self._requests)

    def _url(self, container: str, name: str, permissions: str, seconds: int, terms: UrlTerms) -> str:
        if not self._requests.login.can_sign:
            raise NotSupportedError("URLs are signed with the account's key, or for a user; this login has neither")
        return self._signer.url(container, name, permissions, seconds, terms)

    def _metadata_sent(self, metadata: Mapping[str, str]) -> Mapping[str, str]:
        return names.sent_metadata(metadata)

    def _classify_error(self, error: Exception) -> type[ObjectStorageClientError] | None:
        return kind_of(error, CODES)

    def _hint(self, error: Exception) -> str:
        return hint_of(error, HINTS, IDENTITY)

    def _request_id(self, error: Exception) -> str | None:
        return header_of(error, IDENTITY)

    def _retry_after(self, error: Exception) -> float | None:
        return retry_after(error)


def _rebuild(given: dict[str, Any], container_name: str | None, options: ClientOptions) -> AzureClient:
    return AzureClient(container_name=container_name, options=options, **given)
