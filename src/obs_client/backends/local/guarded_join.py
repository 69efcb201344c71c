"""The one way from names to paths below a directory: nothing outside of it is ever opened, made or removed.

Every step opens one component relative to the descriptor of the directory before it, and follows no symbolic link; so
nothing in the directory leads out of it, not even while other programs swap things. Nothing is remembered from one
call to the next.
"""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator, Sequence

from obs_client.backend.atomic import DIRECTORY_FLAGS
from obs_client.backends.local import names as local_names
from obs_client.errors import ConflictError, InvalidNameError

Path = tuple[bytes, ...]
"""Components below the directory; none is empty, `.` or `..`."""

LINKS_MAXIMUM = 40

_STEP_FLAGS = DIRECTORY_FLAGS | os.O_NOFOLLOW
_NO_DIRECTORY = (errno.ELOOP, errno.ENOTDIR)


class LeadsOutside(Exception):
    """A symbolic link leads out of the directory, in circles, or nowhere."""


def path_of(name: str) -> Path:
    """The components of a name, which is taken as it is.

    Raises:
        InvalidNameError: No path below a directory can have this name.
    """
    components = []
    for segment in name.split("/"):
        component = local_names.plain(segment)
        if component is None:
            raise InvalidNameError(
                f"no file in a directory can have the name {name!r}: its segment {segment!r} {_reason(segment)}; leave "
                f"it out with an exclude pattern, or take a file: URL with container_name, which keeps every name",
                object_name=name,
            )
        components.append(component)
    return tuple(components)


def _reason(segment: str) -> str:
    if segment in ("", ".", ".."):
        return "leads elsewhere" if segment else "is empty (the pattern '**/' is for marks of folders)"
    if segment.startswith(local_names.MARK.decode()):
        return "is kept for this library's own files"
    return "has more than 255 bytes, or a NUL"


class GuardedDirectory:
    """A directory, by its path.

    Attributes:
        path: Absolute, without symbolic links: what the path given led to at first.
    """

    def __init__(self, path: str) -> None:
        self.path = os.path.realpath(path)

    @contextlib.contextmanager
    def opened(self, path: Path) -> Iterator[int]:
        """As `open`, for the time of a `with`; nothing is made."""
        descriptor = self.open(path)
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    def open(self, path: Path, made: list[Path] | None = None) -> int:
        """A descriptor of the directory at a path, for the caller to close.

        Args:
            made: If given, directories that are absent are made, and added to it.

        Raises:
            FileNotFoundError: A component is absent.
            ConflictError: A component is no directory, but a file or a symbolic link.
        """
        descriptor = self._open_root(made is not None)
        try:
            for end in range(1, len(path) + 1):
                inner = self._step(descriptor, path[:end], made)
                os.close(descriptor)
                descriptor = inner
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor

    def prune(self, path: Path, keep: int = 0) -> None:
        """Remove a directory that is empty, and those above it that are then; not the first `keep` components."""
        for end in range(len(path), keep, -1):
            try:
                with self.opened(path[: end - 1]) as parent:
                    os.rmdir(path[end - 1], dir_fd=parent)
            except FileNotFoundError:
                continue  # another one removed it, but perhaps not those above it
            except (OSError, ConflictError):
                return  # not empty, or not ours to remove

    def real_path(self, path: Sequence[bytes]) -> Path:
        """The same place without symbolic links.

        Raises:
            FileNotFoundError: Nothing is there.
            LeadsOutside: The links lead out of the directory, or in circles.
        """
        left = list(reversed(path))
        done: list[bytes] = []
        links = 0
        while left:
            component = left.pop()
            if component == b"..":
                if not done:
                    raise LeadsOutside("leads out of the directory")
                done.pop()
            elif component not in (b"", b"."):
                target = self._link(tuple(done), component)
                if target is None:
                    done.append(component)
                    continue
                links += 1
                if links > LINKS_MAXIMUM:
                    raise LeadsOutside("leads in circles")
                if target.startswith(b"/"):
                    done, target = [], self._below_root(target)
                left.extend(reversed(target.split(b"/")))
        return tuple(done)

    def is_case_blind(self) -> bool:
        """Whether two names that differ in case only are one file here; found out without writing.

        By a file in the directory; if there is none with letters in its name, by its own path or one above.
        """
        try:
            with self.opened(()) as root, os.scandir(root) as entries:
                name = next((entry.name for entry in entries if entry.name.swapcase() != entry.name), None)
                if name is not None:
                    return _is_same_file(name, name.swapcase(), root)
        except (FileNotFoundError, ConflictError):
            pass  # it will be made below one of those above it
        path = self.path
        while path != "/":
            head, tail = os.path.split(path)
            if os.path.lexists(path) and tail.swapcase() != tail:
                return _is_same_file(path, os.path.join(head, tail.swapcase()), None)
            path = head
        return False

    def _open_root(self, make: bool) -> int:
        try:
            return os.open(self.path, _STEP_FLAGS)
        except FileNotFoundError:
            if not make:
                raise
            os.makedirs(self.path, exist_ok=True)
            return os.open(self.path, _STEP_FLAGS)
        except OSError as error:
            if error.errno not in _NO_DIRECTORY:
                raise
            raise ConflictError(f"{self.path!r} is no directory") from error

    def _step(self, parent: int, path: Path, made: list[Path] | None) -> int:
        try:
            return os.open(path[-1], _STEP_FLAGS, dir_fd=parent)
        except FileNotFoundError:
            if made is None:
                raise
        except OSError as error:
            raise self._no_directory(path, error) from error
        with contextlib.suppress(FileExistsError):
            os.mkdir(path[-1], 0o777, dir_fd=parent)
            made.append(path)
        return self._step(parent, path, None)

    def _no_directory(self, path: Path, error: OSError) -> Exception:
        if error.errno not in _NO_DIRECTORY:
            return error
        shown = os.fsdecode(b"/".join(path))
        return ConflictError(
            f"{shown!r} in {self.path!r} is a file or a symbolic link where a directory must be; it is neither "
            f"replaced nor followed"
        )

    def _link(self, parent: Path, component: bytes) -> bytes | None:
        try:
            with self.opened(parent) as descriptor:
                return os.readlink(component, dir_fd=descriptor)
        except ConflictError as error:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), os.fsdecode(component)) from error
        except OSError as error:
            if error.errno != errno.EINVAL:
                raise
            return None

    def _below_root(self, target: bytes) -> bytes:
        root = os.fsencode(self.path)
        if target == root or target.startswith(root.rstrip(b"/") + b"/"):
            return target[len(root) :]
        raise LeadsOutside("leads out of the directory")


def _is_same_file(name: str, other: str, directory: int | None) -> bool:
    try:
        first = os.stat(name, dir_fd=directory, follow_symlinks=False)
        second = os.stat(other, dir_fd=directory, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return (first.st_dev, first.st_ino) == (second.st_dev, second.st_ino)
