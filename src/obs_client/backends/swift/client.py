"""`SwiftClient`: OpenStack Swift, by swiftclient and keystoneauth1 over the library's own transport."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence
from typing import Any

from obs_client._http.pool import warn_if_unchecked
from obs_client.backend.body import Body
from obs_client.backend.multipart import MultipartUpload
from obs_client.backend.values import NO_TERMS, NewObject, ObjectReader, Page, UrlTerms
from obs_client.backends.swift.access.clouds import read_cloud
from obs_client.backends.swift.access.login import PREFIXES, choose
from obs_client.backends.swift.access.session import SwiftSession, make_access
from obs_client.backends.swift.cleanup import Cleanup
from obs_client.backends.swift.copying import Source, SwiftCopy, copy_at_once
from obs_client.backends.swift.deleting import delete_object, delete_objects, remove_discarded
from obs_client.backends.swift.errors import (
    UNSEEN,
    NoContainer,
    classify,
    hint_of,
    request_id_of,
    retry_after,
    status_of,
    swift_sdk,
)
from obs_client.backends.swift.headers import number, text
from obs_client.backends.swift.large.upload import SwiftUpload
from obs_client.backends.swift.limits import Limits
from obs_client.backends.swift.listing import all_rows, containers_page, objects_page, sum_of_sizes
from obs_client.backends.swift.reading import NOT_MODIFIED, ObjectOpening, look_at
from obs_client.backends.swift.requests import SwiftHttp
from obs_client.backends.swift.segments import Segments
from obs_client.backends.swift.signing import Signing
from obs_client.backends.swift.writing import replace_metadata, write_object
from obs_client.client import ObjectStorageClient
from obs_client.credentials import Credentials, Secret
from obs_client.errors import (
    ConfigurationError,
    ContainerExistsError,
    ContainerNotEmptyError,
    ObjectStorageClientError,
)
from obs_client.models import (
    Attributes,
    Capabilities,
    CleanupReport,
    ClientOptions,
    ContainerInfo,
    EndpointFact,
    ObjectInfo,
    SubdirInfo,
)

LISTED_FOR_SIZE = 10_000
"""Objects of a container with large objects up to which its size is exact; of more it includes their manifests."""


class SwiftClient(ObjectStorageClient):
    """An account (project) of OpenStack Swift.

    Large objects are static large objects; their segments are in the container `<container>_segments`, and go when
    the object is replaced or deleted, unless the container keeps versions. Large objects of other tools are read as
    any object; deleting one deletes its manifest only, since others may use its segments. Dynamic ones likewise.

    A write with `if_absent` is refused if the object is there when the write begins. Of several that begin at once the
    last wins, and the others are told so when they look after it; who looks before the last has ended is not.

    `cleanup` removes segments of this library's layout that no manifest in the container names. Besides those of
    killed writers there may be some of a large object that another writer replaced in the moment in which it was
    published: Swift tells no writer what it replaced.

    A pickled client carries the credentials that were given to it as a mapping, and the TempURL key; never what came
    from the environment or a cloud, nor a token of a login.
    """

    def __init__(
        self,
        storage_url: str | None = None,
        container_name: str | None = None,
        *,
        region: str | None = None,
        credentials: Mapping[str, str] | None = None,
        cloud: str | None = None,
        verify: bool | str = True,
        timeout: float = 60.0,
        temp_url_key: str | None = None,
        create_temp_url_key: bool = False,
        allow_http_storage: bool = False,
        if_none_match: bool | None = None,
        options: ClientOptions | None = None,
    ) -> None:
        """Choose a store and how to log in; makes no request.

        Args:
            storage_url: `https://host/v1/AUTH_project`, in place of the catalogue's.
            region: Of the catalogue; None: `OS_REGION_NAME`.
            credentials: The environment's own names (`OS_*`, `ST_*`) with their values, in place of the environment;
                an empty mapping reads public data without a login.
            cloud: An entry of `clouds.yaml` (and `secure.yaml`), which is used whole, and in place of the environment:
                each client may have its own. None: `OS_CLOUD`, if it is set. openstacksdk reads it (extra `clouds`).
            verify: Check servers' certificates; a path: by the authorities in this file or directory. False says by a
                `RuntimeWarning` that whoever is on the way can read and change everything.
            timeout: Seconds without a byte after which a request has failed.
            temp_url_key: What to sign URLs with; None: the key of the container or the account.
            create_temp_url_key: Set a key on the account if there is none.
            allow_http_storage: Follow a login by https to a storage URL of http.
            if_none_match: The server keeps `If-None-Match: *` of a write; False: it does not, and a write with
                `if_absent` looks first; None: it does if its `/info` is that of OpenStack's own Swift.

        Raises:
            ConfigurationError: No login can be made of the credentials, or the URL is none.
        """
        super().__init__(container_name, options=options)
        self._given = {
            "storage_url": storage_url,
            "region": region,
            "cloud": cloud,
            "verify": verify,
            "timeout": timeout,
            "create_temp_url_key": create_temp_url_key,
            "allow_http_storage": allow_http_storage,
            "if_none_match": if_none_match,
        }
        if cloud is not None and credentials is not None:
            raise ConfigurationError(
                "a cloud and credentials exclude each other: a cloud replaces all of them; use one of the two"
            )
        self._own_credentials = self._credentials = Credentials(credentials, *PREFIXES)
        if (name := cloud or self._credentials.get("OS_CLOUD")) is not None:
            found = read_cloud(name, region, *PREFIXES)
            self._credentials, storage_url = found.credentials, storage_url or found.storage_url
            verify = found.verify if verify is True else verify
        self._temp_url_key = None if temp_url_key is None else Secret(temp_url_key)
        self.timeout = timeout
        url = storage_url or self._credentials.get("OS_STORAGE_URL")
        if url is not None:
            make_access(url, None)
        if verify is True:
            verify = self._credentials.get("OS_CACERT") or True
        warn_if_unchecked(verify)
        login = choose(self._credentials, url)
        session = SwiftSession(login, url, region, verify, timeout, allow_http_storage)
        self._http = SwiftHttp(session, verify, timeout, if_none_match)
        self._segments = Segments(self._http)
        self._signing = Signing(self._http, self._temp_url_key, create_temp_url_key)
        self._told: tuple[Limits, Capabilities] | None = None

    def __repr__(self) -> str:
        return f"SwiftClient(storage_url={self._given['storage_url']!r}, container_name={self.container_name!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        key = None if self._temp_url_key is None else self._temp_url_key.reveal()
        given = {**self._given, "credentials": self._own_credentials.given(), "temp_url_key": key}
        return _rebuild, (given, self.container_name, self.options)

    def close(self) -> None:
        self._http.close()

    @property
    def native(self) -> Any:
        """A new `swiftclient.Connection` to the same account, for what this library does not do.

        It logs in for itself, is for one thread, and has swiftclient's own behaviour: it changes names with `.` and
        `..` in them, and checks no content.
        """
        session, sdk = self._http.session, swift_sdk()
        if not session.login.renewable:
            access = session.access()
            token = "" if access.token is None else access.token.reveal()
            return sdk.Connection(preauthurl=access.url, preauthtoken=token, timeout=self.timeout)
        region = self._given["region"] or self._credentials.get("OS_REGION_NAME")
        options = {"region_name": region, "object_storage_url": self._given["storage_url"]}
        return sdk.Connection(session=session.sdk_session(), os_options=options, timeout=self.timeout)

    # ---- what the cluster can -----------------------------------------------------------------------------------

    def _capabilities(self) -> Capabilities:
        """What this cluster can, by its `/info`, asked once."""
        limits = self._limits
        if self._told is None or self._told[0] is not limits:
            self._told = limits, limits.capabilities()
        return self._told[1]

    @property
    def _limits(self) -> Limits:
        return self._http.limits

    def _endpoint_facts(self) -> Sequence[EndpointFact]:
        return self._http.facts.all()

    # ---- containers -------------------------------------------------------------------------------------------------

    def _location(self, container: str) -> tuple[Hashable, str]:
        return ("swift", self._http.session.access().url), f"{container}/"

    def _container_create(self, container: str) -> None:
        # Looked for first, since who may use a container often may not create any.
        is_there = self._segments.look_at(container, UNSEEN) is not None
        if is_there or self._http.call("put_container", container).answer.status == 202:
            raise ContainerExistsError(f"container {container!r} is there already", container=container)
        self._segments.note_container(container, {})

    def _container_list(self, prefix: str, marker: str | None) -> Page[ContainerInfo]:
        return containers_page(self._http, prefix, marker)

    def _container_info(self, container: str) -> ContainerInfo:
        with NoContainer(container):
            headers = self._http.call("head_container", container).headers
        self._segments.note_container(container, headers)
        size, count = number(headers, "x-container-bytes-used"), number(headers, "x-container-object-count")
        return ContainerInfo(container, self._size_with_segments(container, size, count), count)

    def _size_with_segments(self, container: str, size: int | None, count: int | None) -> int | None:
        """Bytes of all objects: Swift counts a large one by its manifest, and its bytes where the segments are."""
        if size is None or not self._segments.exist(container):
            return size
        marked = self._limits.marks_manifests
        listed = count is not None and count <= LISTED_FOR_SIZE
        of_objects = sum_of_sizes(all_rows(self._http, container), manifests=marked) if listed else size
        of_segments = 0 if marked and listed else self._segments.size(container)
        return None if of_objects is None or of_segments is None else of_objects + of_segments

    def _container_delete(self, container: str) -> None:
        try:
            with NoContainer(container):
                self._http.call("delete_container", container)
        except swift_sdk().ClientException as error:
            if status_of(error) != 409:
                raise
            raise ContainerNotEmptyError(f"container {container!r} holds objects", container=container) from error
        self._segments.remove_place(container)

    # ---- objects ----------------------------------------------------------------------------------------------------

    def _object_list(
        self, container: str, prefix: str, delimiter: str | None, start_after: str | None, marker: str | None
    ) -> Page[ObjectInfo | SubdirInfo]:
        with NoContainer(container):
            return objects_page(self._http, container, prefix, delimiter, marker or start_after)

    def _object_list_some(
        self,
        container: str,
        prefix: str,
        delimiter: str | None,
        start_after: str | None,
        marker: str | None,
        most: int,
    ) -> Page[ObjectInfo | SubdirInfo]:
        with NoContainer(container):
            return objects_page(self._http, container, prefix, delimiter, marker or start_after, most)

    def _object_info(self, container: str, name: str) -> ObjectInfo:
        return look_at(self._http, container, name)

    def _object_headers(self, container: str, name: str) -> Mapping[str, str]:
        headers = self._http.call("head_object", container, name).headers
        return {name: text(value) for name, value in headers.items()}

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
        except Exception as error:
            if status_of(error) != NOT_MODIFIED:
                raise
            return None

    def _opening(
        self, container: str, name: str, if_hash: str | None = None, known: str | None = None
    ) -> ObjectOpening:
        return ObjectOpening(self._http, container, name, if_hash, known, check=self.options.check_content)

    def _object_write(self, new: NewObject, body: Body) -> ObjectInfo:
        return self._write(new, body, {})

    def _write(self, new: NewObject, body: Body, further: Mapping[str, str]) -> ObjectInfo:
        check = self.options.check_content
        return write_object(self._http, self._segments, self._limits, new, body, check=check, further=further)

    def _object_replace_metadata(self, container: str, name: str, attributes: Attributes, if_hash: str | None) -> None:
        replace_metadata(self._http, container, name, attributes)

    def _object_delete(self, container: str, name: str, if_hash: str | None = None) -> None:
        delete_object(self._http, self._segments, container, name)

    def _object_delete_many(self, container: str, object_names: Sequence[str]) -> Mapping[str, Exception]:
        return delete_objects(self._http, self._segments, container, object_names, self._limits)

    def _object_copy(self, container: str, source: ObjectInfo, new: NewObject) -> None:
        piece = self._capabilities().copy_part_size
        memory = min(piece, self.options.part_size) if self._limits.segments else None
        seen = Source(self._http, container, source)
        copy_at_once(self._http, self._segments, self._write, seen, new, piece, memory)

    def _object_begin_copy(self, container: str, source: ObjectInfo, new: NewObject) -> MultipartUpload:
        with NoContainer(new.container):
            self._segments.provide(new.container)
        return SwiftCopy(self._http, self._segments, new, self._limits, Source(self._http, container, source))

    def _object_reopen_copy(self, container: str, source: ObjectInfo, new: NewObject, identity: str) -> MultipartUpload:
        seen = Source(self._http, container, source)
        return SwiftCopy(self._http, self._segments, new, self._limits, seen, identity)

    def _tidy(self, container: str) -> None:
        remove_discarded(self._http, self._segments, container, self._limits)

    def _object_multipart(self, new: NewObject) -> MultipartUpload:
        if not self._limits.segments:
            return super()._object_multipart(new)
        with NoContainer(new.container):
            self._segments.provide(new.container)
        limits, check = self._limits, self.options.check_content
        return SwiftUpload(self._http, self._segments, new, limits, check=check)

    def _object_reopen(self, new: NewObject, identity: str) -> MultipartUpload:
        limits, check = self._limits, self.options.check_content
        return SwiftUpload(self._http, self._segments, new, limits, check=check, identity=identity)

    def _object_generate_download_url(self, container: str, name: str, seconds: int, terms: UrlTerms = NO_TERMS) -> str:
        if not self._capabilities().download_urls or self._limits.digest is None:
            return super()._object_generate_download_url(container, name, seconds, terms)
        return self._signing.url("GET", container, name, seconds, self._limits.digest, terms.content_disposition)

    def _object_generate_upload_url(self, container: str, name: str, seconds: int, terms: UrlTerms = NO_TERMS) -> str:
        if not self._capabilities().upload_urls or self._limits.digest is None:
            return super()._object_generate_upload_url(container, name, seconds, terms)
        return self._signing.url("PUT", container, name, seconds, self._limits.digest)

    def _can_sign(self, container: str | None) -> bool:
        return self._signing.can_sign(container)

    def _cleanup(self, container: str, prefix: str, older_than: float, kept: Collection[str] = ()) -> CleanupReport:
        with NoContainer(container):
            return Cleanup(self._http, container).run(prefix, older_than, self._limits, kept)

    def _classify_error(self, error: Exception) -> type[ObjectStorageClientError] | None:
        return classify(error)

    def _hint(self, error: Exception) -> str:
        return hint_of(error)

    def _request_id(self, error: Exception) -> str | None:
        return request_id_of(error)

    def _retry_after(self, error: Exception) -> float | None:
        return retry_after(error)


def _rebuild(given: dict[str, Any], container_name: str | None, options: ClientOptions) -> SwiftClient:
    return SwiftClient(container_name=container_name, options=options, **given)
