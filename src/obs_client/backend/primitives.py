"""The backend's half of a client: the primitives that each store writes, about ten, and what they must keep.

A backend subclasses `ObjectStorageClient` and overrides these underscore methods, its constructor and `close`, nothing
else.

Some loops look like retries and are none: they look again, a bounded number of times, since something else has changed
meanwhile, and the failure that ends each of them is typed. These are all:

- A token or keys that ran out: renewed, and the request sent again with the new ones (`swift/requests.py` and
  `swift/large/upload.py`, `RENEWALS`; `s3/requests.py`, `azure/requests.py`, `gcs/requests.py`). The refusal is no
  failure of the store.
- A container that is in another region than was thought: asked there, once (`s3/requests.py`).
- A kept connection that was closed while it was idle: a new one, once (`_http/pool.py`). Nothing was answered.
- What a server does not take (a checksum, a bulk delete, so many names at once): the same work in the next way that it
  may take, which is then remembered for the endpoint (`s3/multipart.py`, `s3/deleting.py`, `swift/deleting.py`).
- A file or directory that another program replaces between two calls of the system: opened again by its name
  (`local/reading.py`, `local/draft.py`, `local/lock.py` for a time).
- A source that is replaced while it is copied, or an object while its metadata change: copied, or changed, as it is
  now (`_engine/copying.py`, `sync/running/copy.py`). Each round is another version.
- An object that is replaced while its end is looked for (`_object_open_end`, `_ROUNDS`).
- A container that others fill while it is emptied (`_engine/deleting.py`, `ROUNDS`).
"""

from __future__ import annotations

import abc
from collections.abc import Collection, Hashable, Mapping, Sequence
from typing import TYPE_CHECKING

from obs_client.backend.body import Body
from obs_client.backend.values import NO_TERMS, NewObject, ObjectReader, Page, UrlTerms
from obs_client.errors import NotSupportedError, ObjectStorageClientError, TemporaryError
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

if TYPE_CHECKING:
    from obs_client.backend.multipart import MultipartUpload


_ROUNDS = 5
"""How often the end of an object is looked for that is replaced meanwhile."""


class Backend(abc.ABC):
    """The primitives: what the library calls on a store.

    The arguments of a primitive were checked before: names, metadata and ranges are legal, metadata keys are lower-case
    and unique, a body knows its size and stands at its start. Two laws hold for all primitives:

    - One request where the store allows it, so that another try repeats little.
    - Repeatable: the same call after a failure, whether or not it was done, leads to the same result.

    A primitive raises the exceptions of the store's SDK, which `_classify_error` names, or typed ones where its
    docstring says so. It does not retry, and does not translate exceptions.
    """

    timeout: float = 0.0
    """Seconds that one try may wait for the store; the border counts them when it decides on another try."""

    condition_hint: str = ""
    """What to do about a condition that is refused because `capabilities` does not declare it."""

    delete_condition_hint: str = ""
    """The same for a condition of a deletion."""

    container_resource: str | None = None
    """A pattern of what stands for a container and may hold slashes, unlike its name: the ARN of an access point."""

    opens_whole: bool = False
    """Whether `_object_open` moves no content, as of a file: a file object then opens all of an object at once."""

    def __init__(self, options: ClientOptions) -> None:
        self.options = options

    @abc.abstractmethod
    def _capabilities(self) -> Capabilities:
        """What this store can do, and its limits; it may ask the store, and keeps what it was told."""

    @abc.abstractmethod
    def _container_create(self, container: str) -> None:
        """Create a container.

        Raises:
            ContainerExistsError: It is there already.
            InvalidNameError: The store takes no such name.
            TemporaryError: One of this name was deleted, and the store keeps its name for a while.
        """

    @abc.abstractmethod
    def _container_list(self, prefix: str, marker: str | None) -> Page[ContainerInfo]:
        """One page of the containers whose names start with `prefix`; `marker` is the page's before, None at first."""

    @abc.abstractmethod
    def _container_info(self, container: str) -> ContainerInfo:
        """One container.

        Raises:
            ContainerNotFoundError: It is absent.
        """

    @abc.abstractmethod
    def _container_delete(self, container: str) -> None:
        """Delete an empty container.

        What is written at the same moment is either kept or refused; a store that promises no such thing looks whether
        the container is empty, and declares `atomic_container_delete=False`.

        Raises:
            ContainerNotFoundError: It is absent.
            ContainerNotEmptyError: It holds objects, and all of them stay.
        """

    def _check_emptying(self, container: str) -> None:  # noqa: B027 - most stores can delete what was emptied
        """Refuse a container that could not be deleted once all its objects are; called before the first of them is.

        Raises:
            ContainerNotFoundError: It is absent; also found out later.
            ContainerNotEmptyError: It holds what no listing shows.
            NotSupportedError: It is not to be deleted.
        """

    @abc.abstractmethod
    def _object_list(
        self, container: str, prefix: str, delimiter: str | None, start_after: str | None, marker: str | None
    ) -> Page[ObjectInfo | SubdirInfo]:
        """One page of a container's objects, by one request.

        An entry whose `metadata` is not None must be whole, as `_object_info` gives it; the others are asked for by
        `_object_info` when metadata is wanted, a few at once, or one after the other where `listing_has_metadata` says
        that they are rare.

        Args:
            start_after: Entries up to it may be left out; never those after it.
            marker: The `next_marker` of the page before, None at first.

        Raises:
            ContainerNotFoundError: The container is absent.
        """

    @abc.abstractmethod
    def _object_info(self, container: str, name: str) -> ObjectInfo:
        """An object, with its metadata.

        Raises:
            NotFoundError: It, or its container, is absent.
        """

    @abc.abstractmethod
    def _object_open(
        self, container: str, name: str, start: int, stop: int | None, if_hash: str | None
    ) -> ObjectReader:
        """A reader of the bytes from `start` to before `stop` (None: the end), with the info of the whole object.

        It gives the bytes of one version, and as many as the range has; a start at or past the end gives none.

        Raises:
            NotFoundError: The object, or its container, is absent.
            PreconditionError: `if_hash` is given and is not the object's hash.
        """

    @abc.abstractmethod
    def _object_write(self, new: NewObject, body: Body) -> ObjectInfo | None:
        """Write an object by one request, in the place of any other; readers see the old one or the new one, whole.

        Returns:
            What the answer told of what was written, as `new.written` makes it; None if it told nothing. No request is
            made for it.

        Raises:
            ContainerNotFoundError: The container is absent.
            PreconditionError: A condition of `new` does not hold; given only what `capabilities` declares.
            IntegrityError: The store received other bytes; nothing is written.
        """

    @abc.abstractmethod
    def _object_replace_metadata(self, container: str, name: str, attributes: Attributes, if_hash: str | None) -> None:
        """Give an object these attributes in place of its own; the content stays, and what the store keeps besides.

        Args:
            if_hash: The hash the object had when its attributes were read; given only if `capabilities.if_hash`.

        Raises:
            NotFoundError: The object, or its container, is absent.
            PreconditionError: `if_hash` is not the object's hash.
            NeedsParts: The store makes a copy for it, and the object is too large for one request; nothing was changed.
        """

    @abc.abstractmethod
    def _object_delete(self, container: str, name: str, if_hash: str | None = None) -> None:
        """Delete an object. An absent one is no failure, or a `NotFoundError`, as suits the store.

        Args:
            if_hash: Delete only what has this hash, in one step; given only if `capabilities.delete_if_hash`.

        Raises:
            PreconditionError: There is an object, and `if_hash` is not its hash; it stays. Never where there is none.
        """

    # ---- with a default that a backend may better -------------------------------------------------------------------

    def _object_list_some(
        self,
        container: str,
        prefix: str,
        delimiter: str | None,
        start_after: str | None,
        marker: str | None,
        most: int,
    ) -> Page[ObjectInfo | SubdirInfo]:
        """As `_object_list`, for who wants few entries: better by a page of no more than `most`, from 1 to 999."""
        return self._object_list(container, prefix, delimiter, start_after, marker)

    def _object_copy(self, container: str, source: ObjectInfo, new: NewObject) -> None:
        """Copy within the store; called if `capabilities.server_side_copy`, otherwise the content is read and written.

        Args:
            source: As `_object_info` gave it; where the store can, the copy is refused if the hash is another by now.
            new: Where to; its attributes are the source's.

        Raises:
            ObjectNotFoundError: The source is absent.
            ContainerNotFoundError: The target's container is absent.
            PreconditionError: A condition of `new` does not hold.
            ObjectChangedError: The source is another by now.
            NeedsParts: One request cannot copy this object, or what it made is not to stay.
            NeedsReading: The store cannot copy this object at all.
        """
        raise NotSupportedError(f"{type(self).__name__} cannot copy within the store")

    def _object_open_changed(
        self, container: str, name: str, start: int, stop: int | None, known: str
    ) -> ObjectReader | None:
        """As `_object_open` without a condition; None if the object has the hash `known`.

        Better by one request that moves no content then (If-None-Match); where an answer does not heed it, its reader
        may be given all the same: its hash is looked at.
        """
        return self._object_open(container, name, start, stop, None)

    def _object_open_end(self, container: str, name: str, count: int, if_hash: str | None) -> ObjectReader:
        """As `_object_open`, of the last bytes: so many (at least 1), or all if the object has fewer.

        Better by one request. Here two, and more if the object is replaced by one of another size between them: the
        bytes are the last ones of the version whose info the reader has.

        Raises:
            NotSupportedError: The store does not say how many bytes the object has.
        """
        size = self._object_info(container, name).size
        for _ in range(_ROUNDS):
            if size is None:
                raise NotSupportedError(
                    f"the store does not report the size of {name!r}, so its last bytes cannot be found"
                )
            reader = self._object_open(container, name, max(0, size - count), None, if_hash)
            if reader.info.size == size:
                return reader
            reader.close()
            size = reader.info.size
        raise TemporaryError(f"{name!r} was replaced each time before its last bytes could be read; try again")

    def _lists_in_order(self, container: str) -> bool:
        """Whether listings of this container come in the byte order of their names.

        By default as `capabilities.ordered_listing`; for stores with containers of several kinds. No request is sent.
        """
        return self._capabilities().ordered_listing

    def _object_tags(self, container: str, name: str) -> Mapping[str, str]:
        """An object's tags; called if `capabilities.tags`.

        Raises:
            NotFoundError: The object, or its container, is absent.
        """
        raise NotSupportedError(f"{type(self).__name__} has no tags of objects")

    def _object_headers(self, container: str, name: str) -> Mapping[str, str]:
        """What the store itself tells of an object, as it came: headers, names in lower case, or fields; {}: nothing.

        Raises:
            NotFoundError: The object, or its container, is absent.
        """
        self._object_info(container, name)
        return {}

    def _object_begin_copy(self, container: str, source: ObjectInfo, new: NewObject) -> MultipartUpload:
        """Begin a copy by parts; called if `_object_copy` or `_object_replace_metadata` raised `NeedsParts`.

        The upload's `copy_part` is called for each part, in place of `put_part`. What the store keeps beside the
        attributes goes along.

        Args:
            source: As `_object_info` gave it; a source that is another by now is refused, here or by a part.
            new: Where to; the source itself where its attributes are changed, perhaps under `new.if_hash`.

        Raises:
            ObjectNotFoundError, ContainerNotFoundError, ObjectChangedError: As `_object_copy`.
        """
        raise NotSupportedError(f"{type(self).__name__} cannot copy by parts")

    def _tidy(self, container: str) -> None:  # noqa: B027 - most stores have nothing to remove
        """Remove what earlier calls replaced or deleted together with its object, as far as the store does not do it.

        Called after each call that may leave something (parts of a replaced large object, say), in the same thread, and
        again if it fails in a way that is transient; a failure in the end is no failure of that call.
        """

    def _metadata_sent(self, metadata: Mapping[str, str]) -> Mapping[str, str]:
        """The metadata as the store is sent it: what its limits count.

        A store whose keys have a smaller alphabet, or whose values must be encoded, maps them here, reversibly.
        """
        return metadata

    def _object_delete_many(self, container: str, object_names: Sequence[str]) -> Mapping[str, Exception]:
        """Delete up to `capabilities.delete_batch_maximum` objects by one request; gives the error of each failure."""
        failures: dict[str, Exception] = {}
        for name in object_names:
            try:
                self._object_delete(container, name)
            except Exception as error:  # noqa: BLE001 - handed back by name, none is dropped
                failures[name] = error
        return failures

    def _object_multipart(self, new: NewObject) -> MultipartUpload:
        """Begin a large object.

        Raises:
            ContainerNotFoundError: The container is absent; here or by `complete`.
        """
        from obs_client.backend.multipart import SpooledUpload

        return SpooledUpload(new, self._object_write)

    def _object_reopen(self, new: NewObject, identity: str) -> MultipartUpload:
        """Go on with an upload that another process began and left; called if `capabilities.resumable_uploads`.

        Args:
            new: As that process gave it to `_object_multipart`, but for the conditions, which count when it completes.
            identity: The upload's.

        Raises:
            UploadGone: There is none any more; here or by its `take_up`.
            ConflictError: Its process is still at work on it, as far as the store can tell.
        """
        raise NotSupportedError(f"{type(self).__name__} cannot continue an upload")

    def _object_reopen_copy(self, container: str, source: ObjectInfo, new: NewObject, identity: str) -> MultipartUpload:
        """Go on with a copy by parts that another process began and left, as `_object_reopen` does.

        Called if `capabilities.resumable_uploads`, for uploads of `_object_begin_copy` that have an identity. By
        default all is copied again.

        Args:
            container, source, new: As that process gave them to `_object_begin_copy`, but for the conditions. The
                source has the same hash.

        Raises:
            UploadGone: There is none any more, or none can be gone on with; here or by its `take_up`.
            ObjectNotFoundError, ContainerNotFoundError, ObjectChangedError: As `_object_copy`.
        """
        from obs_client.backend.multipart import UploadGone

        raise UploadGone

    def _object_end_begun(self, new: NewObject, since: float) -> None:  # noqa: B027 - for many a begin is no request
        """End an upload that `_object_multipart` may have begun in a process that died before it knew its identity.

        Called if `capabilities.resumable_uploads`.

        Args:
            new: As it was given; its write id is that process's own.
            since: Epoch seconds before which it was not begun.
        """

    def _object_generate_download_url(self, container: str, name: str, seconds: int, terms: UrlTerms = NO_TERMS) -> str:
        """A URL for GET that expires after so many seconds; `terms` only where it declares one of them.

        Raises:
            InvalidNameError: The store signs no URL of this name, or cannot answer with this disposition.
        """
        raise NotSupportedError(f"{type(self).__name__} has no signed URLs: capabilities.download_urls is False")

    def _object_generate_upload_url(self, container: str, name: str, seconds: int, terms: UrlTerms = NO_TERMS) -> str:
        """A URL for PUT that expires after so many seconds; as a `SignedUrl` with the headers that it wants of its own.

        Those of `capabilities.upload_url_headers` and of the terms are added to them.
        """
        raise NotSupportedError(f"{type(self).__name__} has no signed URLs: capabilities.upload_urls is False")

    def _can_sign(self, container: str | None) -> bool:
        """Whether there is something to sign URLs with, where `capabilities` declares them; it may ask the store.

        Args:
            container: Whose; None: any.
        """
        return True

    def _cleanup(self, container: str, prefix: str, older_than: float, kept: Collection[str] = ()) -> CleanupReport:
        """Remove leftovers of killed writers older than so many seconds; nothing where writers leave nothing.

        Args:
            kept: Identities of uploads that stay, since somebody means to go on with them; given only if
                `capabilities.resumable_uploads`.

        Raises:
            ContainerNotFoundError: The container is absent.
        """
        self._container_info(container)
        return CleanupReport((), 0)

    def _location(self, container: str) -> tuple[Hashable, str]:
        """The store, and where in it a container's names begin, ending in a slash.

        Clients that reach the same store tell the same of it, so that nobody syncs a container into itself. By default
        each client is a store of its own.
        """
        return self, f"{container}/"

    def _endpoint_facts(self) -> Sequence[EndpointFact]:
        """What is known by now of the server beyond `capabilities`; makes no request.

        Whoever learns a fact logs it by `learned`.
        """
        return ()

    def _classify_error(self, error: Exception) -> type[ObjectStorageClientError] | None:
        """The kind of a vendor's exception; None: it is not the store's, and goes out as it is."""
        return None

    def _hint(self, error: Exception) -> str:
        """What the user can do about a vendor's exception: the option or the step that helps; empty if nothing does."""
        return ""

    def _request_id(self, error: Exception) -> str | None:
        """By which the store knows the request that failed, or None."""
        return None

    def _retry_after(self, error: Exception) -> float | None:
        """Seconds that the store asked to wait before another try, or None."""
        return None
