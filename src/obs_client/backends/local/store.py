"""`LocalClient`: containers are the directories in a root, objects the ordinary files in them."""

from __future__ import annotations

import errno
import os
from collections.abc import Hashable

from obs_client.backend.atomic import DIRECTORY_FLAGS
from obs_client.backend.body import Body
from obs_client.backend.multipart import MultipartUpload
from obs_client.backend.values import NewObject, ObjectReader, Page
from obs_client.backends.local import attributes as local_attributes
from obs_client.backends.local import cleanup as local_cleanup
from obs_client.backends.local import copying as local_copy
from obs_client.backends.local import listing as local_listing
from obs_client.backends.local import lock as local_lock
from obs_client.backends.local import names as local_names
from obs_client.backends.local import reading as local_read
from obs_client.backends.local import record as local_record
from obs_client.backends.local import walk as local_walk
from obs_client.backends.local import writing as local_write
from obs_client.backends.local.multipart import LocalUpload
from obs_client.backends.local.reading import OpenFile
from obs_client.backends.local.spelling import ExactDevices
from obs_client.backends.local.tree import Tree
from obs_client.backends.local.writing import Draft
from obs_client.client import ObjectStorageClient
from obs_client.errors import (
    AuthorizationError,
    ConfigurationError,
    ConflictError,
    ContainerExistsError,
    ContainerNotEmptyError,
    ContainerNotFoundError,
    InvalidNameError,
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

_KINDS: dict[int, type[ObjectStorageClientError]] = {
    **dict.fromkeys((errno.EACCES, errno.EPERM, errno.EROFS), AuthorizationError),
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO), ServiceError),
    **dict.fromkeys((errno.EMFILE, errno.ENFILE, errno.EINTR, errno.EAGAIN), TemporaryError),
    **dict.fromkeys((errno.EBUSY, errno.ESTALE), TemporaryError),
    errno.ENAMETOOLONG: InvalidNameError,
}
_ABSENT = (FileNotFoundError, NotADirectoryError)
_CAPABILITIES = Capabilities(
    server_side_copy=True,
    if_absent=True,
    if_hash=True,
    equal_parts=True,
    ordered_listing=True,
    listing_has_metadata=True,
)


class LocalClient(ObjectStorageClient):
    """A store on the local file system of Linux or macOS, beside whatever else uses the same files.

    The directories in `root` are the containers. An object is an ordinary file under a readable path, which other
    programs may read, write and remove; names that no path can have are escaped as `local_names` says. A tree that
    other programs made is read in place, and nothing is written into it by reading. Symbolic links below the root are
    neither followed nor listed; only regular files are objects.

    Attributes are kept with each file, in the extended attribute `user.obs_client`, or else in a sidecar file beside
    it. An object's hash is the MD5 of its content, or of its parts; it is dropped when another program changes the
    file. Readers see the old object or the new one, whole, also when a writer is killed. Nothing is forced to the
    disk (no fsync), so a power cut may take what was written last.

    `cleanup` removes unfinished files of killed writers, and sidecars whose file is gone.
    """

    def __init__(
        self,
        root: str | os.PathLike[str],
        container_name: str | None = None,
        *,
        options: ClientOptions | None = None,
    ) -> None:
        """Nothing is looked at yet: an absent root is a `ConfigurationError` at first use.

        Args:
            root: An existing directory; a relative path counts from the directory that is current now.
        """
        super().__init__(container_name, options=options)
        path = os.fspath(root) if isinstance(root, (str, os.PathLike)) else root
        if not isinstance(path, str):
            raise TypeError(f"root must be a str or a path of str, not {type(path).__name__}")
        if not path or "\0" in path:
            raise ConfigurationError(f"root {path!r} is no path of a directory")
        self.root = os.path.abspath(path)
        self._exact: ExactDevices = set()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.root!r}, container_name={self.container_name!r})"

    def _capabilities(self) -> Capabilities:
        return _CAPABILITIES

    # ---- containers -------------------------------------------------------------------------------------------------

    def _location(self, container: str) -> tuple[Hashable, str]:
        return "file", os.path.join(os.path.realpath(self.root), container, "")

    def _container_create(self, container: str) -> None:
        root = self._open_root()
        try:
            os.mkdir(_component(container), 0o777, dir_fd=root)
        except FileExistsError as error:
            if self._has_container(container):
                raise ContainerExistsError(f"container {container!r} is there already", container=container) from error
            raise ConflictError(
                f"{container!r} in {self.root!r} is no directory of this very name; remove or rename it",
                container=container,
            ) from error
        finally:
            os.close(root)

    def _container_list(self, prefix: str, marker: str | None) -> Page[ContainerInfo]:
        root = self._open_root()
        try:
            with os.scandir(root) as entries:
                names = [self._container_name(entry) for entry in entries if entry.is_dir(follow_symlinks=False)]
        finally:
            os.close(root)
        found = sorted(name for name in names if name.startswith(prefix))
        return Page([ContainerInfo(name, None, None) for name in found], None)

    def _container_info(self, container: str) -> ContainerInfo:
        self._open_tree(container).close()
        return ContainerInfo(container, None, None)

    def _container_delete(self, container: str) -> None:
        with self._open_tree(container) as tree, local_lock.exclusive(tree.container):
            try:
                local_cleanup.empty(tree, container)
                self._remove_directory(container)
            except OSError as error:
                if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                    raise
                raise ContainerNotEmptyError(
                    f"somebody writes into container {container!r} just now", container=container
                ) from error

    # ---- objects ----------------------------------------------------------------------------------------------------

    def _object_list(
        self, container: str, prefix: str, delimiter: str | None, start_after: str | None, marker: str | None
    ) -> Page[ObjectInfo | SubdirInfo]:
        with self._open_tree(container) as tree:
            return local_listing.page(tree, prefix, delimiter, start_after, marker)

    def _object_info(self, container: str, name: str) -> ObjectInfo:
        with self._open_tree(container) as tree, local_read.opened(tree, container, name) as file:
            return file.info(name)

    def _object_open(
        self, container: str, name: str, start: int, stop: int | None, if_hash: str | None
    ) -> ObjectReader:
        with self._open_tree(container) as tree:
            file = local_read.open_object(tree, container, name)
        try:
            _check_hash(container, name, file, if_hash)
        except BaseException:
            os.close(file.descriptor)
            raise
        return local_read.LocalReader(file, name, start, stop)

    def _object_write(self, new: NewObject, body: Body) -> None:
        with self._draft(new) as draft:
            draft.publish(local_write.copy_body(body, draft.descriptor, 0).hex())

    def _object_multipart(self, new: NewObject) -> MultipartUpload:
        return LocalUpload(self._draft(new))

    def _object_replace_metadata(self, container: str, name: str, attributes: Attributes, if_hash: str | None) -> None:
        with (
            self._open_tree(container) as tree,
            local_lock.exclusive(tree.container),
            local_read.opened(tree, container, name) as file,
        ):
            _check_hash(container, name, file, if_hash)
            part_size = file.record.part_size if file.record and file.hash else None
            record = local_record.make(attributes, file.status, file.hash, part_size)
            directory = tree.directory(file.path[:-1])
            local_attributes.replace(file.descriptor, directory, file.path[-1], file.status, record)

    def _object_delete(self, container: str, name: str) -> None:
        with self._open_tree(container) as tree, local_lock.exclusive(tree.container):
            # The one that is read goes last: none of the others may be seen in its place.
            for place in reversed(local_walk.survey(tree, name).places):
                local_write.remove(tree, place)
                tree.prune(place.path[:-1])

    def _object_copy(self, container: str, source: ObjectInfo, new: NewObject) -> None:
        with self._open_tree(container) as tree, local_read.opened(tree, container, source.name) as file:
            local_copy.check_is_still(file, source)
            with self._draft(new) as draft:
                draft.publish(*local_copy.copy_content(file, draft, source.name))

    def _cleanup(self, container: str, prefix: str, older_than: float) -> CleanupReport:
        with self._open_tree(container) as tree:
            return local_cleanup.clean(tree, prefix, older_than)

    def _classify_error(self, error: Exception) -> type[ObjectStorageClientError] | None:
        if not isinstance(error, OSError):
            return None
        return _KINDS.get(error.errno or 0, ServiceError)

    # ---- opening ----------------------------------------------------------------------------------------------------

    def _draft(self, new: NewObject) -> Draft:
        return Draft(lambda: self._open_tree(new.container), new)

    def _open_root(self) -> int:
        try:
            return os.open(self.root, DIRECTORY_FLAGS)
        except _ABSENT as error:
            raise ConfigurationError(
                f"the root {self.root!r} is no directory; create it, or give the path of one that exists"
            ) from error

    def _remove_directory(self, container: str) -> None:
        root = self._open_root()
        try:
            os.rmdir(_component(container), dir_fd=root)
        finally:
            os.close(root)

    def _open_tree(self, container: str) -> Tree:
        path = (_component(container),)
        with Tree(self._open_root(), self._exact) as root:
            try:
                return Tree(os.dup(root.directory(path)), self._exact)
            except FileNotFoundError as error:
                raise self._no_container(container) from error

    def _has_container(self, container: str) -> bool:
        try:
            self._open_tree(container).close()
        except ContainerNotFoundError:
            return False
        return True

    def _no_container(self, container: str) -> ContainerNotFoundError:
        return ContainerNotFoundError(
            f"there is no container {container!r}: no such directory in {self.root!r}", container=container
        )

    def _container_name(self, entry: os.DirEntry[str]) -> str:
        try:
            return os.fsencode(entry.name).decode()
        except UnicodeDecodeError:
            raise ServiceError(
                f"no container name leads to the directory {entry.name!r} in {self.root!r}: its name is not UTF-8; "
                f"rename it"
            ) from None


def _component(container: str) -> bytes:
    raw = container.encode()
    if len(raw) > local_names.COMPONENT_MAXIMUM:
        raise InvalidNameError(
            f"container name {container!r} has {len(raw)} bytes, a directory's name has 255 at the most",
            container=container,
        )
    return raw


def _check_hash(container: str, name: str, file: OpenFile, wanted: str | None) -> None:
    if wanted is not None and file.hash != wanted:
        raise PreconditionError(
            f"the object {name!r} has the hash {file.hash}, not {wanted}", container=container, object_name=name
        )
