"""`GCSClient`: Google Cloud Storage."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from obs_client._http.kit.calls.refusals import header_of, retry_after, status_of
from obs_client._http.kit.calls.tokens import missing_package
from obs_client._http.pool import warn_if_unchecked
from obs_client.backend.body import Body
from obs_client.backend.values import NO_TERMS, NewObject, ObjectReader, Page, UrlTerms
from obs_client.backends.gcs.errors import IDENTITY, classify, hint_of
from obs_client.backends.gcs.login.choice import PREFIXES, choose
from obs_client.backends.gcs.reading import ObjectOpening, fields_at, is_changed, look_at
from obs_client.backends.gcs.requests import Request, Requests, bucket_path
from obs_client.client import ObjectStorageClient
from obs_client.credentials import Credentials
from obs_client.errors import ObjectStorageClientError
from obs_client.models import (
    Attributes,
    Capabilities,
    CleanupReport,
    ClientOptions,
    ContainerInfo,
    ObjectInfo,
    SubdirInfo,
)

if TYPE_CHECKING:
    from obs_client.backend.multipart import MultipartUpload

# What only some programs need (listing, writing, uploads, copying, deleting) is imported when it is first used.


class GCSClient(ObjectStorageClient):
    """Containers of a project of Google Cloud Storage; the extra `gcs` installs what its login and checks need.

    The login is, in this order: a service account's key as JSON (`GOOGLE_SERVICE_ACCOUNT_KEY`), the file that
    `GOOGLE_APPLICATION_CREDENTIALS` names, a ready token (`GOOGLE_OAUTH_ACCESS_TOKEN`), else what google-auth finds:
    `gcloud auth application-default login`, or the machine's own service account. `GOOGLE_IMPERSONATE_SERVICE_ACCOUNT`
    names an account for which that login acts. With `STORAGE_EMULATOR_HOST` no token is sent.

    The hash is the object's generation with its CRC-32C; it stays while only metadata change.

    Large objects are written by parts, side by side. Killed writers leave parts, which cost their size until
    `cleanup` removes them: it aborts *every* open upload of that age under the prefix, whoever began it. Under a
    condition the bytes go one after the other, since Google holds no condition of parts; of such writers nothing stays.
    In a container with a hierarchical namespace folders are no objects, and stay when their objects are deleted, as
    older versions do: who deletes such a container is told of them. Where a container has soft delete, as by default,
    what is replaced or deleted costs its size for seven days more.

    A pickled client carries the credentials that were given to it as a mapping; never what came from the environment,
    nor a token.
    """

    def __init__(
        self,
        container_name: str | None = None,
        *,
        project: str | None = None,
        endpoint_url: str | None = None,
        user_project: str | None = None,
        credentials: Mapping[str, str] | None = None,
        verify: bool | str = True,
        timeout: float = 60.0,
        options: ClientOptions | None = None,
    ) -> None:
        """Choose how to log in; makes no request.

        Args:
            project: Whose containers are made and listed; None: `GOOGLE_CLOUD_PROJECT`, or that of the login.
            endpoint_url: Of a server that is not Google's own, or a private way to it; None: as the credentials say.
            user_project: The project that pays for requests to containers of others.
            credentials: The environment's own names (`GOOGLE_*`) with their values, in place of the environment; an
                empty mapping reads public data without a login.
            verify: False: certificates are not checked, which a `RuntimeWarning` says; a text: the path of a CA file.
            timeout: Seconds to wait for the next bytes of the server.

        Raises:
            ConfigurationError: No login can be made of the credentials, or the URL is none.
        """
        super().__init__(container_name, options=options)
        self._given = {
            "project": project,
            "endpoint_url": endpoint_url,
            "user_project": user_project,
            "verify": verify,
            "timeout": timeout,
        }
        self._credentials = Credentials(credentials, *PREFIXES)
        warn_if_unchecked(verify)
        self.timeout = timeout
        login = choose(self._credentials, endpoint_url, project, verify, timeout)
        self._requests = Requests(login, user_project, verify, timeout)
        self._known_capabilities: Capabilities | None = None

    def __repr__(self) -> str:
        endpoint = self._requests.login.endpoint
        return f"GCSClient(container_name={self.container_name!r}, endpoint_url={endpoint!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        given = {**self._given, "credentials": self._credentials.given()}
        return _rebuild, (given, self.container_name, self.options)

    @property
    def native(self) -> Any:
        """A new `Client` of google-cloud-storage with the same login, for what this library does not do."""
        try:
            from google.cloud import storage
        except ImportError as error:
            raise missing_package("google-cloud-storage", "gcs-native", "native") from error
        login = self._requests.login
        options = {"api_endpoint": login.endpoint}
        if login.identity is None:
            return storage.Client.create_anonymous_client()
        return storage.Client(login.project, login.identity.account().credential(), client_options=options)

    def close(self) -> None:
        self._requests.close()

    def _capabilities(self) -> Capabilities:
        if self._known_capabilities is None:
            self._known_capabilities = _capabilities_of(self._requests)
        return self._known_capabilities

    def _location(self, container: str) -> tuple[Hashable, str]:
        return ("gs", self._requests.login.endpoint), f"{container}/"

    def _container_create(self, container: str) -> None:
        from obs_client.backends.gcs.writing import create_container

        create_container(self._requests, container)

    def _container_list(self, prefix: str, marker: str | None) -> Page[ContainerInfo]:
        from obs_client.backends.gcs.listing import page_of_containers

        return page_of_containers(self._requests, prefix, marker)

    def _container_info(self, container: str) -> ContainerInfo:
        path = bucket_path(container)
        try:
            self._requests.json(Request("buckets.get", "GET", path, "fields=name"))
        except Exception as error:
            if status_of(error) != 403:
                raise
            # Many roles may see what is in a container, and not the container.
            self._requests.json(Request("objects.list", "GET", f"{path}/o", "maxResults=1&fields=kind"))
        return ContainerInfo(container, None, None)

    def _container_delete(self, container: str) -> None:
        from obs_client.backends.gcs.deleting import delete_container

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
        from obs_client.backends.gcs.listing import page_of_objects

        return page_of_objects(self._requests, container, prefix, delimiter, start_after, marker, most)

    def _object_info(self, container: str, name: str) -> ObjectInfo:
        return look_at(self._requests, container, name)

    def _object_headers(self, container: str, name: str) -> Mapping[str, str]:
        return fields_at(self._requests, container, name)

    def _object_open(
        self, container: str, name: str, start: int, stop: int | None, if_hash: str | None
    ) -> ObjectReader:
        return self._opening(container, name, if_hash).open(start, stop)

    def _object_open_end(self, container: str, name: str, count: int, if_hash: str | None) -> ObjectReader:
        found = self._opening(container, name, if_hash).open_end(count)
        return found or super()._object_open_end(container, name, count, if_hash)

    def _opening(self, container: str, name: str, if_hash: str | None) -> ObjectOpening:
        return ObjectOpening(self._requests, container, name, if_hash, check=self.options.check_content)

    def _object_open_changed(
        self, container: str, name: str, start: int, stop: int | None, known: str
    ) -> ObjectReader | None:
        if not is_changed(self._requests, container, name, known):
            return None
        return self._object_open(container, name, start, stop, None)

    def _object_write(self, new: NewObject, body: Body) -> ObjectInfo | None:
        from obs_client.backends.gcs.writing import write_object

        return write_object(self._requests, new, body, check=self.options.check_content)

    def _object_replace_metadata(self, container: str, name: str, attributes: Attributes, if_hash: str | None) -> None:
        from obs_client.backends.gcs.writing import replace_metadata

        replace_metadata(self._requests, NewObject(container, name, attributes, None, if_hash=if_hash))

    def _object_delete(self, container: str, name: str, if_hash: str | None = None) -> None:
        from obs_client.backends.gcs.deleting import delete_object

        delete_object(self._requests, container, name, if_hash)

    def _object_delete_many(self, container: str, object_names: Sequence[str]) -> Mapping[str, Exception]:
        from obs_client.backends.gcs.deleting import delete_objects

        return delete_objects(self._requests, container, object_names)

    def _object_multipart(self, new: NewObject) -> MultipartUpload:
        if new.conditional or self._requests.login.is_emulator:  # which know no uploads by parts
            from obs_client.backends.gcs.resumable import ResumableUpload

            return ResumableUpload(self._requests, new, check=self.options.check_content)
        from obs_client.backends.gcs.multipart import GCSUpload

        return GCSUpload(self._requests, new, check=self.options.check_content)

    def _object_reopen(self, new: NewObject, identity: str) -> MultipartUpload:
        from obs_client.backends.gcs.multipart import GCSUpload

        return GCSUpload(self._requests, new, check=self.options.check_content, identity=identity)

    def _object_end_begun(self, new: NewObject, since: float) -> None:
        from obs_client.backends.gcs.multipart import end_begun

        end_begun(self._requests, new, since)

    def _object_copy(self, container: str, source: ObjectInfo, new: NewObject) -> None:
        from obs_client.backends.gcs.copying import copy_object

        copy_object(self._requests, container, source, new)

    def _object_generate_download_url(self, container: str, name: str, seconds: int, terms: UrlTerms = NO_TERMS) -> str:
        return self._url("GET", container, name, seconds, terms)

    def _object_generate_upload_url(self, container: str, name: str, seconds: int, terms: UrlTerms = NO_TERMS) -> str:
        return self._url("PUT", container, name, seconds, terms)

    def _url(self, method: str, container: str, name: str, seconds: int, terms: UrlTerms) -> str:
        from obs_client.backends.gcs.signing import signed_url

        return signed_url(self._requests, method, container, name, seconds, terms)

    def _cleanup(self, container: str, prefix: str, older_than: float, kept: Collection[str] = ()) -> CleanupReport:
        if self._requests.login.is_emulator:
            return super()._cleanup(container, prefix, older_than)
        from obs_client.backends.gcs.multipart import cleanup

        return cleanup(self._requests, container, prefix, older_than, kept)

    def _metadata_sent(self, metadata: Mapping[str, str]) -> Mapping[str, str]:
        from obs_client.backends.gcs.writing import sent_metadata

        return sent_metadata(metadata)

    def _classify_error(self, error: Exception) -> type[ObjectStorageClientError] | None:
        return classify(error)

    def _hint(self, error: Exception) -> str:
        return hint_of(error)

    def _request_id(self, error: Exception) -> str | None:
        return header_of(error, IDENTITY)

    def _retry_after(self, error: Exception) -> float | None:
        return retry_after(error)


def _capabilities_of(requests: Requests) -> Capabilities:
    from obs_client.backends.gcs import deleting, multipart, writing

    signs = requests.login.can_sign
    return Capabilities(
        download_urls=signs,
        upload_urls=signs,
        download_url_content_type=signs,
        download_url_content_disposition=signs,
        upload_url_content_type=signs,
        upload_url_content_disposition=signs,
        upload_url_size=signs,
        server_side_copy=True,
        if_absent=True,
        if_hash=True,
        delete_if_hash=True,
        resumable_uploads=not requests.login.is_emulator,
        listing_has_metadata=True,
        part_size_minimum=multipart.PART_SIZE_MINIMUM,
        part_size_maximum=multipart.PART_SIZE_MAXIMUM,
        part_count_maximum=multipart.PART_COUNT_MAXIMUM,
        delete_batch_maximum=deleting.BATCH_MAXIMUM,
        object_names_refused=writing.NAMES_REFUSED,
        container_name_maximum=222,
        metadata_total_maximum=writing.METADATA_MAXIMUM - writing.RESERVED,
    )


def _rebuild(given: dict[str, Any], container_name: str | None, options: ClientOptions) -> GCSClient:
    return GCSClient(container_name=container_name, options=options, **given)
