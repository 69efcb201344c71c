"""`ObjectStorageClient`: what users call. What a backend writes is in `backend.py`.

Public `x` calls the backend's `_x` through the border, which turns the vendor's exceptions into typed ones and tries
again what may pass. Every rule that holds for all stores is here, once.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any, Literal, Self, TextIO, overload

from obs_client._engine import arguments
from obs_client._engine.border import Border
from obs_client._engine.transfers import download
from obs_client.backend.body import BytesBody
from obs_client.backend.primitives import Backend
from obs_client.backend.values import NewObject, UrlTerms
from obs_client.errors import (
    ContainerExistsError,
    ContainerNotFoundError,
    ContainerNotSpecified,
    NotFoundError,
    ObjectNotFoundError,
    PreconditionError,
)
from obs_client.models import (
    Attributes,
    Capabilities,
    CleanupReport,
    ClientOptions,
    ContainerInfo,
    EndpointFact,
    ObjectInfo,
    SignedUrl,
    SubdirInfo,
)

if TYPE_CHECKING:
    import io

    from obs_client._engine.transfers.files import TextWriteFile, WriteFile
    from obs_client._engine.transfers.progress import Progress
    from obs_client._engine.transfers.read_file import ReadFile

# What only some methods need of the engine is loaded when they are first called: a program that reads starts sooner.

WEEK = 7 * 24 * 3600.0
DAY = 24 * 3600


class ObjectStorageClient(Backend):
    """One store: its containers, and the objects in them.

    A method that answers yes or no returns `False` for the one reason that its docstring gives. A method that must
    return content raises `ObjectNotFoundError`. Every other failure is an exception; no failure is ever returned.

    `container_name` may be left out of every object method once a container is chosen, by the constructor or by
    `use_container`. One client may be used by many threads, and by a child process after a fork.

    Raises:
        ContainerNotSpecified: No container was given or chosen. Every method checks this first.
        InvalidNameError: The store cannot keep a name, metadata or header. Raised before any request.
        AuthorizationError, ServiceError, TemporaryError: The store refused, failed, or did not recover in time.
    """

    def __init__(self, container_name: str | None = None, *, options: ClientOptions | None = None) -> None:
        """Choose a container, if one is given; makes no request."""
        if container_name is not None:
            arguments.check_container_name(container_name, self.container_resource)
        if options is not None and not isinstance(options, ClientOptions):
            raise TypeError(f"options must be ClientOptions, not {type(options).__name__}")
        super().__init__(options or ClientOptions())
        self.container_name = container_name

    def __repr__(self) -> str:
        return f"{type(self).__name__}(container_name={self.container_name!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close idle connections. Safe to repeat. A client that is used again opens new ones."""

    @property
    def capabilities(self) -> Capabilities:
        """What this store can do, and its limits. Some stores are asked for it, once.

        Whether there is a key to sign URLs with may depend on the chosen container: a Swift client that was given none
        asks for it here, by two requests at most, and again after a minute. No other store is asked for that.
        """
        from obs_client._engine import signed_urls

        return signed_urls.capabilities_of(self._border, self.container_name)

    @property
    def endpoint_facts(self) -> tuple[EndpointFact, ...]:
        """What this client knows about its server so far, by trial, option or document. More comes as it works.

        Makes no request; `obs_client.probe` makes those that find out.
        """
        return tuple(self._border.endpoint_facts)

    # ---- containers -------------------------------------------------------------------------------------------------

    def container_create(self, container_name: str) -> bool:
        """Create a container. False: it is there already (also possible after a lost response)."""
        arguments.check_container_name(container_name, self.container_resource)
        arguments.check_new_container_name(container_name, self._border.capabilities)
        try:
            self._border.container_create(container_name)
        except ContainerExistsError:
            return False
        return True

    def container_list(self, prefix: str | None = None) -> list[ContainerInfo]:
        """All containers whose names start with `prefix`, in the store's order."""
        from obs_client._engine import listing

        arguments.check_prefix(prefix)
        return list(listing.containers(self._border, prefix or ""))

    def container_info(self, container_name: str) -> ContainerInfo | None:
        """One container, or None if it is absent."""
        arguments.check_container_name(container_name, self.container_resource)
        try:
            return self._border.container_info(container_name)
        except NotFoundError:
            return None

    def container_delete(self, container_name: str, force: bool = False) -> bool:
        """Delete a container. True also if it never existed. False: it holds objects and `force` is not set.

        If it was the chosen container, no container is chosen afterwards. Where `capabilities.atomic_container_delete`
        is False, an object that is written while an empty container is being deleted is lost with it.

        Args:
            force: Delete the objects in it first. What others write meanwhile is deleted too, for some rounds.
        """
        from obs_client._engine import deleting

        arguments.check_container_name(container_name, self.container_resource)
        deleted = deleting.delete_container(self._border, container_name, force)
        if deleted and self.container_name == container_name:
            self.container_name = None
        return deleted

    def use_container(self, container_name: str | None, create: bool = False) -> bool:
        """Choose the container for calls that name none; None chooses none. False: absent, and `create` not set."""
        if container_name is not None:
            arguments.check_container_name(container_name, self.container_resource)
            if create:
                self.container_create(container_name)
            elif self.container_info(container_name) is None:
                return False
        self.container_name = container_name
        return True

    # ---- listing ----------------------------------------------------------------------------------------------------

    @overload
    def object_list(
        self,
        fetch_metadata: bool = False,
        prefix: str | None = None,
        delimiter: None = None,
        container_name: str | None = None,
        *,
        limit: int | None = None,
    ) -> list[ObjectInfo]: ...

    @overload
    def object_list(
        self,
        fetch_metadata: bool = False,
        prefix: str | None = None,
        delimiter: str | None = None,
        container_name: str | None = None,
        *,
        limit: int | None = None,
    ) -> list[ObjectInfo | SubdirInfo]: ...

    def object_list(
        self,
        fetch_metadata: bool = False,
        prefix: str | None = None,
        delimiter: str | None = None,
        container_name: str | None = None,
        *,
        limit: int | None = None,
    ) -> list[Any]:
        """All that `object_iter` yields, as a list."""
        return list(self.object_iter(fetch_metadata, prefix, delimiter, container_name, limit=limit))

    @overload
    def object_iter(
        self,
        fetch_metadata: bool = False,
        prefix: str | None = None,
        delimiter: None = None,
        container_name: str | None = None,
        *,
        start_after: str | None = None,
        limit: int | None = None,
    ) -> Iterator[ObjectInfo]: ...

    @overload
    def object_iter(
        self,
        fetch_metadata: bool = False,
        prefix: str | None = None,
        delimiter: str | None = None,
        container_name: str | None = None,
        *,
        start_after: str | None = None,
        limit: int | None = None,
    ) -> Iterator[ObjectInfo | SubdirInfo]: ...

    def object_iter(
        self,
        fetch_metadata: bool = False,
        prefix: str | None = None,
        delimiter: str | None = None,
        container_name: str | None = None,
        *,
        start_after: str | None = None,
        limit: int | None = None,
    ) -> Iterator[Any]:
        """All objects of a container, page by page as they are consumed.

        In the byte order of their UTF-8 names, if `capabilities.ordered_listing`.

        Args:
            fetch_metadata: Give each entry as `object_info` would, with metadata, by more requests where the store
                does not list it; names that vanish meanwhile are left out. Otherwise `metadata` is None.
            prefix: Only names that start with it.
            delimiter: Names that contain it after the prefix become one `SubdirInfo`, up to and including it.
            start_after: Only entries whose name, or whose `subdir`, comes after it in byte order.
            limit: No more entries than this, and no more asked of the store; None: all. Fewer come only at the end.

        Raises:
            ContainerNotFoundError: At the first entry asked for.
        """
        from obs_client._engine import listing

        container = self._container(container_name)
        arguments.check_switch(fetch_metadata, "fetch_metadata")
        arguments.check_prefix(prefix)
        arguments.check_delimiter(delimiter)
        arguments.check_prefix(start_after, "start_after")
        arguments.check_limit(limit)
        query = listing.Query(container, prefix or "", delimiter, start_after, limit)
        return listing.objects(self._border, query, fetch_metadata)

    def object_glob(
        self, pattern: str, container_name: str | None = None, *, fetch_metadata: bool = False
    ) -> Iterator[ObjectInfo]:
        """The objects whose full names match a pattern, page by page as they are consumed.

        `*` and `?` match text without a slash, `**` for any text (`**/` also for nothing), `[abc]` and `[!abc]` for
        one character. Only names that begin as the pattern does are listed.

        Raises:
            ContainerNotFoundError: At the first object asked for.
            ValueError: The pattern is empty, or cannot be read.
        """
        from obs_client._engine import globbing

        container = self._container(container_name)
        arguments.check_switch(fetch_metadata, "fetch_metadata")
        return globbing.objects(self._border, container, pattern, fetch_metadata)

    # ---- reading ----------------------------------------------------------------------------------------------------

    def object_info(self, object_name: str, container_name: str | None = None) -> ObjectInfo | None:
        """An object's size, hash, type, metadata and time. None: the object or its container is absent."""
        container = self._object(object_name, container_name)
        try:
            return self._border.object_info(container, object_name)
        except NotFoundError:
            return None

    def object_exists(self, object_name: str, container_name: str | None = None) -> bool:
        """Whether an object has this name. False: the object or its container is absent."""
        return self.object_info(object_name, container_name) is not None

    def object_tags(self, object_name: str, container_name: str | None = None) -> dict[str, str] | None:
        """An object's tags, which some stores keep beside its metadata; None if it, or its container, is absent.

        Raises:
            NotSupportedError: This store has none; see `capabilities.tags`.
        """
        container = self._object(object_name, container_name)
        arguments.check_declared("tags", self._border.capabilities)
        try:
            return dict(self._border.object_tags(container, object_name))
        except NotFoundError:
            return None

    def object_headers(self, object_name: str, container_name: str | None = None) -> dict[str, str] | None:
        """All that the store itself reports about an object, in its own words. None: it, or its container, is absent.

        These are the headers of its response, in lower case, or the fields of its document; empty if there are none.
        """
        container = self._object(object_name, container_name)
        try:
            return dict(self._border.object_headers(container, object_name))
        except NotFoundError:
            return None

    def object_read(
        self,
        object_name: str,
        container_name: str | None = None,
        *,
        start: int = 0,
        stop: int | None = None,
        if_hash: str | None = None,
        if_none_match: str | None = None,
    ) -> bytes:
        """An object's bytes from `start` to before `stop` (None: the end); start at or past the end gives `b""`.

        A `start` below 0 counts from the end: -8 gives the last 8 bytes, or all of an object that has fewer; -0 is 0.

        A complete object is compared with the store's digest, if the store reports one. A range is checked for its
        length and for being of one version; its bytes cannot be compared with a digest.

        Args:
            if_hash: Read only the version that has this hash, as `object_info` returned it.
            if_none_match: The hash of a copy that you hold: an object that still has it is not read again.

        Raises:
            ObjectNotFoundError: The object or its container is absent.
            PreconditionError: The object does not have the hash `if_hash`.
            ObjectUnchangedError: The object still has the hash `if_none_match`, found by one request without content.
            IntegrityError: The bytes do not match what the store reports.
            ObjectChangedError: The object was replaced meanwhile, and could not be read completely.
        """
        container = self._object(object_name, container_name)
        arguments.check_range(start, stop)
        arguments.check_versions(if_hash, if_none_match)
        try:
            return download.read(self._border, container, object_name, start, stop, if_hash, if_none_match)
        except ContainerNotFoundError as error:
            raise _object_not_found(object_name, container) from error

    def object_download(
        self,
        object_name: str,
        stream: IO[bytes],
        container_name: str | None = None,
        *,
        if_none_match: str | None = None,
        progress: Progress | None = None,
    ) -> bool:
        """Write an object's bytes to a binary stream. False: it is absent, and nothing was written.

        The stream is not closed. If an error is raised, the stream may hold some of the bytes.

        Args:
            if_none_match: As `object_read`.
            progress: Called in this thread with the count of bytes moved since the last call.

        Raises:
            IntegrityError, ObjectChangedError: As `object_read`.
            ObjectUnchangedError: As `object_read`; nothing was written.
        """
        container = self._object(object_name, container_name)
        arguments.check_binary(stream, "write")
        arguments.check_versions(None, if_none_match)
        try:
            return download.to_stream(self._border, container, object_name, stream, progress, if_none_match)
        except NotFoundError:
            return False

    def download_file(
        self,
        object_name: str,
        local_path: str | os.PathLike[str],
        container_name: str | None = None,
        *,
        if_none_match: str | None = None,
        progress: Progress | None = None,
        resume: bool = False,
    ) -> bool:
        """Write an object to a local file. False: it is absent, and no file was made or touched.

        The bytes go to a file beside the target, which replaces the target when they are complete and checked: the
        target is the old file or the new one, also if the process is killed. A symbolic link in its place is replaced,
        not followed. A target that is not a regular file (a pipe, a device) is written to as a stream.

        Args:
            resume: Go on with what an earlier call with `resume` got of the same version, in this process or one that
                was killed: the file beside the target stays, and its bytes are read and checked again. What was got is
                noted as by `upload_file`. An object without a hash, and one of one part, is read from its start.

        Raises:
            IntegrityError, ObjectChangedError, ObjectUnchangedError: As `object_read`; the target is as it was.
            ConflictError: With `resume`: another process is at this transfer.
        """
        container = self._object(object_name, container_name)
        arguments.check_versions(None, if_none_match)
        arguments.check_switch(resume, "resume")
        path = os.fspath(local_path)
        try:
            get = _resuming_download() if resume else download.to_file
            return get(self._border, container, object_name, path, progress, if_none_match)
        except NotFoundError:
            return False

    @overload
    def object_open(
        self,
        object_name: str,
        mode: Literal["rb"] = "rb",
        container_name: str | None = None,
        *,
        if_hash: str | None = None,
        if_none_match: str | None = None,
    ) -> ReadFile: ...

    @overload
    def object_open(
        self,
        object_name: str,
        mode: Literal["r", "rt"],
        container_name: str | None = None,
        *,
        encoding: str | None = None,
        if_hash: str | None = None,
        if_none_match: str | None = None,
    ) -> TextIO: ...

    @overload
    def object_open(
        self,
        object_name: str,
        mode: Literal["wb"],
        container_name: str | None = None,
        *,
        metadata: Mapping[str, str] | None = None,
        content_type: str | None = None,
        content_encoding: str | None = None,
        content_disposition: str | None = None,
        content_language: str | None = None,
        cache_control: str | None = None,
        if_absent: bool = False,
        if_hash: str | None = None,
    ) -> WriteFile: ...

    @overload
    def object_open(
        self,
        object_name: str,
        mode: Literal["w", "wt"],
        container_name: str | None = None,
        *,
        encoding: str | None = None,
        metadata: Mapping[str, str] | None = None,
        content_type: str | None = None,
        content_encoding: str | None = None,
        content_disposition: str | None = None,
        content_language: str | None = None,
        cache_control: str | None = None,
        if_absent: bool = False,
        if_hash: str | None = None,
    ) -> TextWriteFile: ...

    @overload
    def object_open(
        self,
        object_name: str,
        mode: str,
        container_name: str | None = None,
        *,
        if_hash: str | None = None,
    ) -> Any: ...

    def object_open(
        self,
        object_name: str,
        mode: str = "rb",
        container_name: str | None = None,
        *,
        encoding: str | None = None,
        metadata: Mapping[str, str] | None = None,
        content_type: str | None = None,
        content_encoding: str | None = None,
        content_disposition: str | None = None,
        content_language: str | None = None,
        cache_control: str | None = None,
        if_absent: bool = False,
        if_hash: str | None = None,
        if_none_match: str | None = None,
    ) -> ReadFile | TextIO | WriteFile | TextWriteFile:
        """A file object over an object.

        Reading can seek, and sees one version of the object: if it is replaced meanwhile, the next request raises
        `ObjectChangedError`. Its attribute `info` is that version, and `verified` says whether all bytes were read in
        order and proved right.

        Writing publishes the object by `close()`, or at the end of a `with` block that raised nothing. An exception in
        the block, `discard()`, garbage collection and the end of the interpreter discard it. A foreign wrapper around
        the file (`gzip.open`, `io.TextIOWrapper`) publishes when it closes the file, whatever happened before.

        Args:
            mode: `rb`, `wb`, or as text `r` and `w`.
            encoding: Of text; None: UTF-8.
            if_hash: Read, or replace, only the version that has this hash, as `object_info` returned it.
            if_none_match: In reading, as `object_read`.

        Raises:
            ObjectNotFoundError, ObjectUnchangedError: At once, in reading.
            PreconditionError: If `if_absent` or `if_hash` does not hold: at once in reading, in writing by `close()`,
                and nothing was written.
            TypeError: An argument for writing was passed in reading, or the other way round.
        """
        from obs_client._engine.attributes import Headers
        from obs_client._engine.transfers import files

        container = self._object(object_name, container_name)
        kind = files.check_mode(mode, encoding)
        headers = Headers(content_type, content_encoding, content_disposition, content_language, cache_control)
        if kind == "r":
            files.refuse_in_reading(headers, metadata, if_absent)
            arguments.check_versions(if_hash, if_none_match)
            return files.open_reader(self._border, container, object_name, mode, encoding, if_hash, if_none_match)
        if if_none_match is not None:
            raise TypeError("if_none_match: only for reading; if_absent and if_hash are for writing")
        attributes = self._border.rules.attributes(object_name, metadata, headers)
        new = self._new(container, object_name, attributes, None, if_absent, if_hash)
        return files.open_writer(self._border, new, mode, encoding)

    # ---- writing ----------------------------------------------------------------------------------------------------

    def object_upload(
        self,
        stream: IO[bytes],
        object_name: str,
        metadata: Mapping[str, str] | None = None,
        container_name: str | None = None,
        *,
        size: int | None = None,
        content_type: str | None = None,
        content_encoding: str | None = None,
        content_disposition: str | None = None,
        content_language: str | None = None,
        cache_control: str | None = None,
        if_absent: bool = False,
        if_hash: str | None = None,
        progress: Progress | None = None,
    ) -> bool:
        """Write an object from a binary stream, from where it stands to its end. False: a condition does not hold.

        Readers see the complete old object or the complete new one. If anything fails, the stream included, nothing is
        left of the new object and the old one stays. The stream is not closed.

        Args:
            stream: Anything with `read`; it need not be able to seek. A regular file is read by several threads.
            metadata: Keys of letters, digits, `-` and (where the store keeps it) `_`, lower-cased; values of any text.
            size: Bytes in the stream, if known; a stream with another count is an error.
            content_type: None: guessed from the name, by a table of our own.
            if_absent: Write only if no object has this name.
            if_hash: Write only if the object has this hash, as `object_info` returned it.
            progress: Called in this thread with the count of bytes moved since the last call; their sum is the size.

        Raises:
            ContainerNotFoundError: The container is absent.
            IntegrityError: The stream's bytes are not `size` many, or arrived as other bytes.
            ObjectChangedError: The source file changed while it was read.
            NotSupportedError: The store does not keep this condition. Nothing was written.
        """
        from obs_client._engine.attributes import Headers
        from obs_client._engine.transfers import upload

        container = self._object(object_name, container_name)
        arguments.check_binary(stream, "read")
        arguments.check_size(size)
        headers = Headers(content_type, content_encoding, content_disposition, content_language, cache_control)
        attributes = self._border.rules.attributes(object_name, metadata, headers)
        new = self._new(container, object_name, attributes, size, if_absent, if_hash)
        return _condition_held(new, lambda: upload.upload(self._border, new, stream, progress))

    def object_write(
        self,
        object_name: str,
        data: bytes | bytearray | memoryview,
        metadata: Mapping[str, str] | None = None,
        container_name: str | None = None,
        *,
        content_type: str | None = None,
        content_encoding: str | None = None,
        content_disposition: str | None = None,
        content_language: str | None = None,
        cache_control: str | None = None,
        if_absent: bool = False,
        if_hash: str | None = None,
        progress: Progress | None = None,
    ) -> bool:
        """Write an object from bytes in memory. False: a condition does not hold. All else as `object_upload`."""
        from obs_client._engine.attributes import Headers
        from obs_client._engine.transfers import upload

        container = self._object(object_name, container_name)
        if not isinstance(data, (bytes, bytearray, memoryview)):
            hint = (
                "encode it: text.encode()"
                if isinstance(data, str)
                else "for files there is upload_file, for streams object_upload"
            )
            raise TypeError(f"data must be bytes, not {type(data).__name__}; {hint}")
        headers = Headers(content_type, content_encoding, content_disposition, content_language, cache_control)
        attributes = self._border.rules.attributes(object_name, metadata, headers)
        body = BytesBody(data)
        new = self._new(container, object_name, attributes, body.size, if_absent, if_hash)
        return _condition_held(new, lambda: upload.upload_bytes(self._border, new, body, progress))

    def upload_file(
        self,
        local_path: str | os.PathLike[str],
        object_name: str,
        metadata: Mapping[str, str] | None = None,
        container_name: str | None = None,
        *,
        content_type: str | None = None,
        content_encoding: str | None = None,
        content_disposition: str | None = None,
        content_language: str | None = None,
        cache_control: str | None = None,
        if_absent: bool = False,
        if_hash: str | None = None,
        progress: Progress | None = None,
        resume: bool = False,
    ) -> bool:
        """Write an object from a local file. False: a condition does not hold. All else as `object_upload`.

        Args:
            resume: Go on with what an earlier call with `resume` has sent of this file to this name, in this process or
                one that was killed; and leave what this call has sent, if it fails in a way that may pass. What was
                sent is noted in the state folder of the platform, or where the variable `OBS_TRANSFERS` says. Without
                `capabilities.resumable_uploads`, and of one part, all is sent.

        Raises:
            OSError: The file is absent, a directory, or cannot be read: as `open` raises it.
            ConflictError: With `resume`: another process is at this transfer.
        """
        from obs_client._engine.attributes import Headers
        from obs_client._engine.transfers import upload

        arguments.check_switch(resume, "resume")
        container = self._object(object_name, container_name)
        headers = Headers(content_type, content_encoding, content_disposition, content_language, cache_control)
        attributes = self._border.rules.attributes(object_name, metadata, headers)
        new = self._new(container, object_name, attributes, None, if_absent, if_hash)
        with open(local_path, "rb") as stream:

            def write() -> None:
                if not resume or not _send(self._border, new, stream, os.fspath(local_path), progress):
                    upload.upload(self._border, new, stream, progress)

            return _condition_held(new, write)

    def object_copy(
        self,
        object_name: str,
        target_name: str,
        container_name: str | None = None,
        *,
        target_container_name: str | None = None,
        if_absent: bool = False,
        resume: bool = False,
    ) -> bool:
        """Copy an object with all its attributes within the store. False: the source is absent.

        Args:
            target_container_name: None: the source's container.
            if_absent: Copy only if no object has the target's name.
            resume: As in `obs_client.copying.object_copy`.

        Raises:
            ConflictError: With `resume`: another process is at this copy.
            ContainerNotFoundError: The target's container is absent.
            PreconditionError: `if_absent` was given, and an object has that name.
            NotSupportedError: The store does not keep this condition. Nothing was written.
        """
        from obs_client._engine import copying

        arguments.check_switch(resume, "resume")
        container = self._object(object_name, container_name)
        arguments.check_object_name(target_name)
        target = container if target_container_name is None else self._container(target_container_name)
        arguments.check_new_object_name(target_name, self._border.capabilities)
        self._check_conditions(if_absent, None)
        return copying.copy(self._border, (container, object_name), (target, target_name), if_absent, resume)

    # ---- changing metadata ------------------------------------------------------------------------------------------

    def object_replace_metadata(
        self, object_name: str, metadata: Mapping[str, str], container_name: str | None = None
    ) -> bool:
        """Replace an object's metadata. Content and all other attributes stay. False: it is absent.

        Of several programs that change an object's metadata at once, the last wins completely.
        """
        from obs_client._engine import copying

        container = self._object(object_name, container_name)
        wanted = self._border.rules.metadata(metadata)
        return copying.change_metadata(self._border, container, object_name, lambda _: wanted)

    def object_set_metadata(self, object_name: str, key: str, value: str, container_name: str | None = None) -> bool:
        """Set one metadata key of an object, as `object_replace_metadata` does. False: the object is absent."""
        from obs_client._engine import copying

        container = self._object(object_name, container_name)
        added = self._border.rules.metadata({key: value})
        return copying.change_metadata(self._border, container, object_name, lambda old: {**old, **added})

    def object_delete_metadata(self, object_name: str, key: str, container_name: str | None = None) -> bool:
        """Remove one metadata key. True also if the key was not there. False: the object is absent."""
        from obs_client._engine import copying

        container = self._object(object_name, container_name)
        unwanted = self._border.rules.key(key)
        return copying.change_metadata(
            self._border,
            container,
            object_name,
            lambda old: {key: value for key, value in old.items() if key != unwanted},
        )

    # ---- deleting ---------------------------------------------------------------------------------------------------

    def object_delete(self, object_name: str, container_name: str | None = None, *, if_hash: str | None = None) -> bool:
        """Delete an object. True: it is gone, also if it never existed. False: `if_hash` was given and does not hold.

        Args:
            if_hash: Delete only the version that has this hash, as `object_info` reported it; another version stays.
                If a response was lost on the way, the request is sent again: True then still says that nothing is
                there, and False that another version is there by now. Whether this call had deleted the one with the
                hash before the other came cannot be known.

        Raises:
            NotSupportedError: The store keeps no such condition (`capabilities.delete_if_hash`); nothing was asked.
        """
        container = self._object(object_name, container_name)
        border = self._border
        if if_hash is not None:
            arguments.check_deletion(if_hash, border.capabilities, self.delete_condition_hint)
        try:
            border.object_delete(container, object_name, if_hash)
        except NotFoundError:
            return True
        except PreconditionError:
            if if_hash is None:
                raise
            return False
        return True

    def object_delete_many(self, object_names: Iterable[str], container_name: str | None = None) -> None:
        """Delete objects, in as few requests as the store allows; absent ones are not a failure.

        Raises:
            PartialFailureError: Some could not be deleted; its `failures` has the error of each.
        """
        from obs_client._engine import deleting

        container = self._container(container_name)
        if isinstance(object_names, (str, bytes)):
            raise TypeError("object_names must be several names; delete one with object_delete")
        wanted = list(dict.fromkeys(object_names))
        for name in wanted:
            arguments.check_object_name(name)
        deleting.delete_objects(self._border, container, wanted)

    def object_delete_prefix(self, prefix: str, container_name: str | None = None) -> int:
        """Delete all objects whose names start with `prefix`; return how many. A folder's prefix ends with a slash.

        They are deleted while they are listed, in as few requests as the store allows. To delete all of a container
        there is `container_delete` with `force`: an empty prefix is refused.

        Raises:
            ContainerNotFoundError: The container is absent.
            PartialFailureError: Some could not be deleted; its `failures` has the error of each.
        """
        from obs_client._engine import deleting

        container = self._container(container_name)
        arguments.check_text(prefix, "prefix")
        if not prefix:
            raise ValueError("prefix must not be empty; container_delete(..., force=True) deletes everything")
        return deleting.delete_prefix(self._border, container, prefix)

    def cleanup(
        self, container_name: str | None = None, *, prefix: str | None = None, older_than: float = WEEK
    ) -> CleanupReport:
        """Remove what killed writers left in a container: unfinished uploads, temporary files; no object.

        The docstring of each backend says what it removes. What a transfer with `resume` on this machine, in this
        account of its user, can go on with stays for a week.

        Args:
            prefix: Only leftovers of objects whose names start with it.
            older_than: Seconds. Younger leftovers stay, since they may belong to an active writer.
        """
        from obs_client._engine.resuming.records import kept_uploads

        container = self._container(container_name)
        arguments.check_prefix(prefix)
        arguments.check_seconds(older_than, "older_than")
        return self._border.cleanup(container, prefix or "", older_than, kept_uploads(self._border))

    # ---- signed URLs ------------------------------------------------------------------------------------------------

    def object_generate_download_url(
        self,
        object_name: str,
        container_name: str | None = None,
        expires_in_seconds: int | None = None,
        *,
        content_type: str | None = None,
        content_disposition: str | None = None,
    ) -> SignedUrl:
        """A URL by which anybody can GET the object for a time (None: 24 hours), with no credentials.

        Args:
            content_type, content_disposition: What the response has in place of the object's own.

        Raises:
            NotSupportedError: The store has no such URLs, or none with these arguments; see
                `capabilities.download_urls` and the other capabilities of URLs.
        """
        from obs_client._engine import signed_urls

        container = self._object(object_name, container_name)
        seconds = arguments.check_expiry(expires_in_seconds, DAY)
        terms = UrlTerms(content_type, content_disposition)
        return signed_urls.download_url(self._border, container, object_name, seconds, terms)

    def object_generate_upload_url(
        self,
        object_name: str,
        container_name: str | None = None,
        expires_in_seconds: int | None = None,
        *,
        content_type: str | None = None,
        content_disposition: str | None = None,
        size: int | None = None,
    ) -> SignedUrl:
        """A URL by which anybody can PUT the object for a time (None: 24 hours), with no credentials.

        Its attribute `headers` has those that the PUT must carry.

        Args:
            content_type, content_disposition: The only ones that the PUT may carry, and must.
            size: Bytes that the PUT must have.

        Raises:
            NotSupportedError: The store has no such URLs, or none with these arguments; see
                `capabilities.upload_urls` and the other capabilities of URLs.
        """
        from obs_client._engine import signed_urls

        container = self._object(object_name, container_name)
        seconds = arguments.check_expiry(expires_in_seconds, DAY)
        terms = UrlTerms(content_type, content_disposition, size)
        return signed_urls.upload_url(self._border, container, object_name, seconds, terms)

    # ---- what the methods above share -------------------------------------------------------------------------------

    @property
    def _border(self) -> Border:
        return Border(self)

    def _container(self, container_name: str | None) -> str:
        chosen = self.container_name if container_name is None else container_name
        if chosen is None:
            raise ContainerNotSpecified("no container: give container_name=..., or choose one with use_container(...)")
        arguments.check_container_name(chosen, self.container_resource)
        return chosen

    def _object(self, object_name: str, container_name: str | None) -> str:
        container = self._container(container_name)
        arguments.check_object_name(object_name)
        return container

    def _check_conditions(self, if_absent: bool, if_hash: str | None) -> None:
        if if_absent or if_hash is not None:
            arguments.check_conditions(if_absent, if_hash, self._border.capabilities, self.condition_hint)

    def _new(
        self,
        container: str,
        name: str,
        attributes: Attributes,
        size: int | None,
        if_absent: bool,
        if_hash: str | None,
    ) -> NewObject:
        self._check_conditions(if_absent, if_hash)
        return NewObject(container, name, attributes, size, if_absent=if_absent, if_hash=if_hash)


def _send(border: Border, new: NewObject, stream: io.BufferedReader, path: str, progress: Progress | None) -> bool:
    """`resuming.upload.send`, loaded when it is needed."""
    from obs_client._engine.resuming import upload

    return upload.send(border, new, stream, path, progress)


def _resuming_download() -> Callable[..., bool]:
    from obs_client._engine.resuming.download import to_file

    return to_file


def _condition_held(new: NewObject, write: Callable[[], None]) -> bool:
    try:
        write()
    except PreconditionError:
        if not new.conditional:
            raise
        return False
    return True


def _object_not_found(name: str, container: str) -> ObjectNotFoundError:
    return ObjectNotFoundError(
        f"there is no object {name!r}: there is no container {container!r}", container=container, object_name=name
    )
