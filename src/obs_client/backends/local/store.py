"""A store in files, whichever tree they stand in; and `LocalClient`, whose containers are the directories in a root."""

from __future__ import annotations

import abc
import contextlib
import errno
import os
from collections.abc import Collection, Hashable, Iterator

from obs_client.backend.atomic import DIRECTORY_FLAGS, TEMPORARY_NAME, TemporaryFileRemovedError, named_by
from obs_client.backend.body import Body
from obs_client.backend.multipart import MultipartUpload, UploadGone
from obs_client.backend.values import NewObject, ObjectReader, Page
from obs_client.backends.local import cleanup
from obs_client.backends.local.attributes import replace
from obs_client.backends.local.draft import Draft, remove
from obs_client.backends.local.listing import PAGE_SIZE, Enter, page, walk
from obs_client.backends.local.lock import exclusive
from obs_client.backends.local.names import COMPONENT_MAXIMUM, ESCAPING, Naming
from obs_client.backends.local.places import Unlisted, display, survey
from obs_client.backends.local.reading import LocalReader, check_hash_at, open_object, opened
from obs_client.backends.local.record import make
from obs_client.backends.local.spelling import ExactDevices
from obs_client.backends.local.tree import Tree
from obs_client.backends.local.writing import LocalUpload, copy_body, copy_content
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
    **dict.fromkeys((errno.EBUSY, errno.ESTALE, errno.ETIMEDOUT), TemporaryError),
    errno.ENAMETOOLONG: InvalidNameError,
}
_HINTS = {
    **dict.fromkeys(
        (errno.EACCES, errno.EPERM),
        "look at the permissions of the file and of the directories above it, and at the user of this process",
    ),
    errno.EROFS: "the file system is mounted for reading only",
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT), "make room on the file system, or raise the quota"),
    errno.EFBIG: "the file system, or a limit of this process, does not allow files of this size",
    **dict.fromkeys((errno.EMFILE, errno.ENFILE), "raise the limit of open files (ulimit -n), or use fewer workers"),
}
_ABSENT = (FileNotFoundError, NotADirectoryError)
_CAPABILITIES = Capabilities(
    server_side_copy=True,
    if_absent=True,
    if_hash=True,
    delete_if_hash=True,
    resumable_uploads=True,
    equal_parts=True,
    ordered_listing=True,
    listing_has_metadata=True,
)


class FileStore(ObjectStorageClient):
    """What both clients of the local file system are: objects are the ordinary files below a directory.

    They differ in the rule by which names are paths, in what is a container, and in what is done about links; a client
    says so by the tree that it opens. A file is the same object, with the same attributes, by either client and from
    whichever directory above it.
    """

    opens_whole = True
    _names: Naming

    def __init__(self, container_name: str | None, options: ClientOptions | None) -> None:
        super().__init__(container_name, options=options)
        self._exact: ExactDevices = set()

    def __getstate__(self) -> dict[str, object]:
        # What is known of file systems is by the numbers of devices, which are others on another machine.
        return {**self.__dict__, "_exact": set()}

    @abc.abstractmethod
    def _open_tree(self, container: str) -> Tree:
        """The directories of a container.

        Raises:
            ContainerNotFoundError: It is absent.
        """

    def _open_home(self, container: str) -> Tree:
        """The same for writing; an absent container may be made, if that is what such a store does."""
        return self._open_tree(container)

    def _begin_listing(self) -> None:
        """Told that a listing begins."""

    def _skip(self, name: str, reason: str) -> None:
        """Told of what a listing leaves out since no file is there."""

    def _container_info(self, container: str) -> ContainerInfo:
        self._open_tree(container).close()
        return ContainerInfo(container, None, None)

    def _object_list(
        self, container: str, prefix: str, delimiter: str | None, start_after: str | None, marker: str | None
    ) -> Page[ObjectInfo | SubdirInfo]:
        return self._object_list_some(container, prefix, delimiter, start_after, marker, PAGE_SIZE)

    def _object_list_some(
        self,
        container: str,
        prefix: str,
        delimiter: str | None,
        start_after: str | None,
        marker: str | None,
        most: int,
    ) -> Page[ObjectInfo | SubdirInfo]:
        if marker is None:
            self._begin_listing()
        with self._open_tree(container) as tree:
            found = page(tree, prefix, delimiter, start_after, marker, self._skip, most)
        self._container_info(container)  # one that went away meanwhile is not an empty one
        return found

    def _object_info(self, container: str, name: str) -> ObjectInfo:
        self._names.check(name)
        with self._open_tree(container) as tree, opened(tree, container, name) as file:
            return file.info(name)

    def _object_open(
        self, container: str, name: str, start: int, stop: int | None, if_hash: str | None
    ) -> ObjectReader:
        self._names.check(name)
        with self._open_tree(container) as tree:
            file = open_object(tree, container, name)
        try:
            file.check_hash(container, name, if_hash)
        except BaseException:
            os.close(file.descriptor)
            raise
        return LocalReader(file, name, start, stop)

    def _object_write(self, new: NewObject, body: Body) -> ObjectInfo:
        with self._draft(new) as draft:
            try:
                return draft.publish(copy_body(body, draft.descriptor, 0).hex())
            except TemporaryFileRemovedError as error:
                raise TemporaryError(str(error)) from error  # all of it is here to be written again

    def _object_multipart(self, new: NewObject) -> MultipartUpload:
        return LocalUpload(self._draft(new))

    def _object_reopen(self, new: NewObject, identity: str) -> MultipartUpload:
        if not TEMPORARY_NAME.fullmatch(os.fsencode(identity)):
            raise UploadGone(f"{identity!r} is not a temporary file")
        try:
            return LocalUpload(self._draft(new, os.fsencode(identity)))
        except (TemporaryFileRemovedError, ContainerNotFoundError) as error:
            raise UploadGone(str(error)) from error

    def _object_end_begun(self, new: NewObject, since: float) -> None:
        with contextlib.suppress(UploadGone, ConflictError):
            self._object_reopen(new, os.fsdecode(named_by(new.attributes.write_id or ""))).abort()

    def _object_replace_metadata(self, container: str, name: str, attributes: Attributes, if_hash: str | None) -> None:
        self._names.check(name)
        with self._open_tree(container) as tree, tree.changing(), opened(tree, container, name) as file:
            file.check_hash(container, name, if_hash)
            part_size = file.record.part_size if file.record and file.hash else None
            record = make(attributes, file.status, file.hash, part_size)
            replace(file.descriptor, tree.directory(file.path[:-1]), file.path[-1], file.status, record)

    def _object_delete(self, container: str, name: str, if_hash: str | None = None) -> None:
        self._names.check(name)
        with self._open_tree(container) as tree, tree.changing(for_all=if_hash is not None):
            places = survey(tree, name).places
            if if_hash is not None and places:
                check_hash_at(tree, places[0], container, name, if_hash)
            # The one that is read goes last: none of the others may be seen in its place.
            for place in reversed(places):
                remove(tree, place)
                tree.prune(place.path[:-1])

    def _object_copy(self, container: str, source: ObjectInfo, new: NewObject) -> None:
        self._names.check(source.name)
        with self._open_tree(container) as tree, opened(tree, container, source.name) as file:
            file.check_is_still(source)
            with self._draft(new) as draft:
                draft.publish(*copy_content(file, draft.descriptor, source.name))

    def _cleanup(self, container: str, prefix: str, older_than: float, kept: Collection[str] = ()) -> CleanupReport:
        with self._open_tree(container) as tree:
            return cleanup.clean(tree, prefix, older_than, frozenset(map(os.fsencode, kept)))

    def _classify_error(self, error: Exception) -> type[ObjectStorageClientError] | None:
        return _KINDS.get(error.errno or 0, ServiceError) if isinstance(error, OSError) else None

    def _hint(self, error: Exception) -> str:
        return _HINTS.get(error.errno or 0, "") if isinstance(error, OSError) else ""

    def _draft(self, new: NewObject, again: bytes | None = None) -> Draft:
        self._names.check(new.name)
        return Draft(lambda: self._open_home(new.container), new, again)


def walk_files(
    store: FileStore,
    container: str,
    prefix: str,
    enter: Enter,
    unlisted: Unlisted,
    *,
    folders: bool = False,
    folded: bool = False,
) -> Iterator[ObjectInfo | SubdirInfo]:
    """All objects whose names start with the prefix, in order, by one walk that nothing but its end ends.

    Args:
        folders: Directories are objects too: of no bytes, with a name that ends with a slash.
        folded: Folders at a slash after the prefix are one entry each, and not looked into.
        enter: Says of a folder (`a/b/`) whether it is looked into; what is not is neither read nor able to fail.
        unlisted: Told of a folder that cannot be read, or a file that no object name leads to, and why.

    Raises:
        ContainerNotFoundError: The directory is absent, at the first object that is asked for.
    """
    store._begin_listing()
    with store._open_tree(container) as tree:
        yield from walk(tree, prefix, enter, store._skip, unlisted, folders=folders, folded=folded)


class LocalClient(FileStore):
    """A store on the local file system of Linux or macOS, beside whatever else uses the same files.

    The directories in `root` are the containers. An object is an ordinary file under a readable path, which other
    programs may read, write and remove; names that no path can have are escaped as `names` says. A tree that other
    programs made is read in place, and nothing is written into it by reading. Symbolic links below the root are
    not followed and not listed; only regular files are objects.

    Attributes are kept with each file, in the extended attribute `user.obs_client`, or else in a sidecar file beside
    it. An object's hash is the MD5 of its content, or of its parts; it is dropped when another program changes the
    file. Readers see the old object or the complete new one, also when a writer is killed. Nothing is forced to the
    disk (no fsync), so a power cut can lose what was written last.

    `cleanup` removes unfinished files of killed writers, and sidecars whose file is gone.
    """

    _names = ESCAPING

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
        super().__init__(container_name, options)
        self.root: str = os.path.abspath(checked_path(root, "root"))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.root!r}, container_name={self.container_name!r})"

    def _capabilities(self) -> Capabilities:
        return _CAPABILITIES

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
                f"{container!r} in {self.root!r} is not a directory of exactly this name; remove or rename it",
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

    def _container_delete(self, container: str) -> None:
        with self._open_tree(container) as tree, exclusive(tree.container):
            try:
                cleanup.empty(tree, container)
                self._remove_directory(container)
            except OSError as error:
                if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                    raise
                raise ContainerNotEmptyError(
                    f"somebody writes into container {container!r} just now", container=container
                ) from error

    def _open_root(self) -> int:
        try:
            return os.open(self.root, DIRECTORY_FLAGS)
        except _ABSENT as error:
            raise ConfigurationError(
                f"the root {self.root!r} is not a directory; create it, or use the path of one that exists"
            ) from error

    def _remove_directory(self, container: str) -> None:
        root = self._open_root()
        try:
            os.rmdir(_component(container), dir_fd=root)
        finally:
            os.close(root)

    def _open_tree(self, container: str) -> Tree:
        path = (_component(container),)
        with Tree(self._open_root(), self._names, self._exact) as root:
            try:
                return Tree(os.dup(root.directory(path)), self._names, self._exact)
            except FileNotFoundError as error:
                raise ContainerNotFoundError(
                    f"there is no container {container!r}: no such directory in {self.root!r}", container=container
                ) from error

    def _has_container(self, container: str) -> bool:
        try:
            self._open_tree(container).close()
        except ContainerNotFoundError:
            return False
        return True

    def _container_name(self, entry: os.DirEntry[str]) -> str:
        try:
            return os.fsencode(entry.name).decode()
        except UnicodeDecodeError:
            raise ServiceError(
                f"no container name leads to the directory '{display((os.fsencode(entry.name),))}' in {self.root!r}: "
                f"its name is not UTF-8; rename it"
            ) from None


def checked_path(path: object, what: str) -> str:
    """The path of a directory as text.

    Raises:
        TypeError: It is not a str or a path of str.
        ConfigurationError: No directory can have it.
    """
    text = os.fspath(path) if isinstance(path, (str, os.PathLike)) else path
    if not isinstance(text, str):
        raise TypeError(f"{what} must be a str or a path of str, not {type(text).__name__}")
    if not text or "\0" in text:
        raise ConfigurationError(f"{what} {text!r} is not the path of a directory")
    return text


def _component(container: str) -> bytes:
    raw = container.encode()
    if len(raw) > COMPONENT_MAXIMUM:
        raise InvalidNameError(
            f"container name {container!r} has {len(raw)} bytes, a directory's name has at most 255",
            container=container,
        )
    return raw
