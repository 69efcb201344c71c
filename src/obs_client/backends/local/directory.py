"""`DirectoryClient`: one directory of the local file system, whose file names are the object names, as they are.

What `LocalClient` escapes is refused here, so that a directory that is filled looks to all other programs as its names
say. Attributes are kept with each file in the same way.
"""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import stat
from collections.abc import Hashable, Iterator

from obs_client.backend.body import Body
from obs_client.backend.listing import fold, name_of
from obs_client.backend.multipart import MultipartUpload
from obs_client.backend.values import NewObject, ObjectReader, Page
from obs_client.backends.local import attributes as local_attributes
from obs_client.backends.local import cleanup as local_cleanup
from obs_client.backends.local import directory_listing
from obs_client.backends.local import record as local_record
from obs_client.backends.local.directory_draft import DirectoryDraft
from obs_client.backends.local.guarded_join import GuardedDirectory, LeadsOutside, Path, path_of
from obs_client.backends.local.multipart import LocalUpload
from obs_client.backends.local.reading import LocalReader, OpenFile
from obs_client.backends.local.tree import Tree
from obs_client.backends.local.writing import copy_body
from obs_client.client import ObjectStorageClient
from obs_client.errors import (
    AuthorizationError,
    ConfigurationError,
    ConflictError,
    ContainerExistsError,
    ContainerNotFoundError,
    InvalidNameError,
    NotSupportedError,
    ObjectNotFoundError,
    ObjectStorageClientError,
    PreconditionError,
    ServiceError,
    TemporaryError,
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

CONTAINER = "directory"
PAGE_SIZE = 10_000

_TRIES = 100
_READ_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_KINDS: dict[int, type[ObjectStorageClientError]] = {
    **dict.fromkeys((errno.EACCES, errno.EPERM, errno.EROFS), AuthorizationError),
    **dict.fromkeys((errno.EMFILE, errno.ENFILE, errno.EINTR, errno.EAGAIN, errno.EBUSY), TemporaryError),
    errno.ENAMETOOLONG: InvalidNameError,
}


class DirectoryClient(ObjectStorageClient):
    """A directory as a store of one container, `directory`; its regular files are the objects.

    A name that no path can have, or where a file or link stands in the way of a directory, is refused by an error.
    Nothing outside the directory is touched, ever. Empty directories are no objects: they are made as files need them,
    and removed with the last file in them. Permission bits are not kept: a new file has those of any new file, and one
    that is replaced keeps its own. Attributes are kept with the file, as `LocalClient` does.

    `cleanup` removes unfinished files of killed writers.

    Attributes:
        skipped: Of the last listing: names that are no files, and what they are.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        follow_symlinks: bool = False,
        options: ClientOptions | None = None,
    ) -> None:
        """Nothing is looked at yet but the links in `path` itself.

        Args:
            path: The directory; it is made when the first file is written, if it is absent.
            follow_symlinks: Read what symbolic links lead to, as far as it is in the directory; nothing is written.
        """
        super().__init__(CONTAINER, options=options)
        text = os.fspath(path) if isinstance(path, (str, os.PathLike)) else path
        if not isinstance(text, str):
            raise TypeError(f"the path of a directory must be a str or a path of str, not {type(text).__name__}")
        if not text or "\0" in text:
            raise ConfigurationError(f"{text!r} is no path of a directory")
        self.directory = GuardedDirectory(text)
        self.follow_symlinks = follow_symlinks
        self.skipped: dict[str, str] = {}

    def __repr__(self) -> str:
        return f"DirectoryClient({self.directory.path!r})"

    def _capabilities(self) -> Capabilities:
        return Capabilities(equal_parts=True, listing_has_metadata=True)

    # ---- the one container ------------------------------------------------------------------------------------------

    def _location(self, container: str) -> tuple[Hashable, str]:
        return "file", os.path.join(self.directory.path, "")

    def _container_create(self, container: str) -> None:
        try:
            self._container_info(container)
        except ContainerNotFoundError:
            if container != CONTAINER:
                raise
            os.makedirs(self.directory.path, exist_ok=True)
            return
        raise ContainerExistsError(f"{self.directory.path!r} is there already", container=container)

    def _container_list(self, prefix: str, marker: str | None) -> Page[ContainerInfo]:
        return Page([ContainerInfo(CONTAINER, None, None)] if CONTAINER.startswith(prefix) else [], None)

    def _container_info(self, container: str) -> ContainerInfo:
        try:
            if container == CONTAINER:
                with self.directory.opened(()):
                    return ContainerInfo(CONTAINER, None, None)
        except (FileNotFoundError, ConflictError) as error:
            raise self._no_directory(container) from error
        raise self._no_directory(container)

    def _container_delete(self, container: str) -> None:
        raise NotSupportedError("a directory is not deleted by this library")

    # ---- objects ----------------------------------------------------------------------------------------------------

    def _object_list(
        self, container: str, prefix: str, delimiter: str | None, start_after: str | None, marker: str | None
    ) -> Page[ObjectInfo | SubdirInfo]:
        self._container_info(container)
        if marker is None:
            self.skipped = {}
        after = marker or start_after
        walk = directory_listing.Walk(self.directory, prefix, after, self.follow_symlinks, self.skipped.__setitem__)
        entries = (entry for entry in fold(walk.objects(), prefix, delimiter) if not after or name_of(entry) > after)
        found = list(itertools.islice(entries, PAGE_SIZE))
        self._container_info(container)  # a directory that went away meanwhile is no empty one
        return Page(found, None if next(entries, None) is None else name_of(found[-1]))

    def _object_info(self, container: str, name: str) -> ObjectInfo:
        with self._opened(container, name) as file:
            return file.info(name)

    def _object_open(
        self, container: str, name: str, start: int, stop: int | None, if_hash: str | None
    ) -> ObjectReader:
        file = self._open(container, name)
        if if_hash is not None and file.hash != if_hash:
            os.close(file.descriptor)
            raise PreconditionError(f"the file {name!r} has the hash {file.hash}, not {if_hash}", object_name=name)
        return LocalReader(file, name, start, stop)

    def _object_write(self, new: NewObject, body: Body) -> None:
        with self._draft(new) as draft:
            draft.publish(copy_body(body, draft.descriptor, 0).hex())

    def _object_multipart(self, new: NewObject) -> MultipartUpload:
        return LocalUpload(self._draft(new))

    def _object_replace_metadata(self, container: str, name: str, attributes: Attributes, if_hash: str | None) -> None:
        with self._opened(container, name) as file, self.directory.opened(file.path[:-1]) as parent:
            part_size = file.record.part_size if file.record and file.hash else None
            record = local_record.make(attributes, file.status, file.hash, part_size)
            local_attributes.replace(file.descriptor, parent, file.path[-1], file.status, record)

    def _object_delete(self, container: str, name: str) -> None:
        self._check_writable()
        path = path_of(name)
        try:
            with self.directory.opened(path[:-1]) as parent:
                status = os.stat(path[-1], dir_fd=parent, follow_symlinks=False)
                if not stat.S_ISREG(status.st_mode):
                    return
                with local_attributes.leaving(parent, path[-1], status.st_ino):
                    os.unlink(path[-1], dir_fd=parent)
        except (FileNotFoundError, ConflictError):
            return
        self.directory.prune(path[:-1])

    def _cleanup(self, container: str, prefix: str, older_than: float) -> CleanupReport:
        self._container_info(container)
        with self.directory.opened(()) as root, Tree(os.dup(root), set()) as tree:
            return local_cleanup.clean(tree, prefix, older_than)

    def _classify_error(self, error: Exception) -> type[ObjectStorageClientError] | None:
        return _KINDS.get(error.errno or 0, ServiceError) if isinstance(error, OSError) else None

    # ---- opening ----------------------------------------------------------------------------------------------------

    def _draft(self, new: NewObject) -> DirectoryDraft:
        self._check_writable()
        return DirectoryDraft(self.directory, new)

    def _check_writable(self) -> None:
        if self.follow_symlinks:
            raise NotSupportedError("a directory whose symbolic links are followed is read only")

    @contextlib.contextmanager
    def _opened(self, container: str, name: str) -> Iterator[OpenFile]:
        file = self._open(container, name)
        try:
            yield file
        finally:
            os.close(file.descriptor)

    def _open(self, container: str, name: str) -> OpenFile:
        path = path_of(name)
        for _ in range(_TRIES):
            try:
                with contextlib.suppress(local_attributes.ReplacedError):
                    return self._open_path(self.directory.real_path(path) if self.follow_symlinks else path)
            except (FileNotFoundError, ConflictError, LeadsOutside) as error:
                self._container_info(container)
                raise ObjectNotFoundError(f"there is no file {name!r} in {self.directory.path!r}") from error
        raise TemporaryError(f"{name!r} was replaced each time before it could be opened; try again")

    def _open_path(self, path: Path) -> OpenFile:
        with self.directory.opened(path[:-1]) as parent:
            try:
                descriptor = os.open(path[-1], _READ_FLAGS, dir_fd=parent)
            except OSError as error:
                if error.errno in (errno.ELOOP, errno.ENXIO):
                    raise FileNotFoundError(errno.ENOENT, "is no file") from error
                raise
            try:
                status = os.fstat(descriptor)
                if not stat.S_ISREG(status.st_mode):
                    raise FileNotFoundError(errno.ENOENT, "is no file")
                record = local_attributes.load(descriptor, parent, path[-1], status)
                return OpenFile(descriptor, path, status, record)
            except BaseException:
                os.close(descriptor)
                raise

    def _no_directory(self, container: str) -> ContainerNotFoundError:
        return ContainerNotFoundError(f"there is no directory {self.directory.path!r}", container=container)
