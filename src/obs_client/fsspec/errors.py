"""What callers of fsspec catch: the exceptions of a file system, each with the library's own as its cause."""

from __future__ import annotations

import errno
from types import TracebackType

from obs_client.errors import (
    AuthorizationError,
    ConfigurationError,
    ContainerExistsError,
    ContainerNotEmptyError,
    InvalidNameError,
    NotFoundError,
    NotSupportedError,
    ObjectChangedError,
    ObjectStorageClientError,
    PreconditionError,
)

NUMBERS: tuple[tuple[type[ObjectStorageClientError], int], ...] = (
    (NotFoundError, errno.ENOENT),
    (AuthorizationError, errno.EACCES),
    (ContainerExistsError, errno.EEXIST),
    (ContainerNotEmptyError, errno.ENOTEMPTY),
    (PreconditionError, errno.EEXIST),
    (ObjectChangedError, errno.ESTALE),
)
"""The system's numbers, from which Python makes `FileNotFoundError` and its like; all else is an input/output error."""


class translated:  # noqa: N801 - a block, which reads as a word
    """A block in which the library's errors become those of a file system.

    Args:
        path: What it is about, as the caller wrote it.
        reading: A name that cannot be is a name of nothing.
    """

    def __init__(self, path: object, *, reading: bool = False) -> None:
        self._path = path
        self._reading = reading

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if isinstance(error, ObjectStorageClientError):
            raise _as_usual(error, str(self._path), self._reading) from error


def absent(path: str) -> FileNotFoundError:
    """The error that says that nothing is there."""
    return FileNotFoundError(errno.ENOENT, "no such object or folder", path)


def _as_usual(error: ObjectStorageClientError, path: str, reading: bool) -> Exception:
    if isinstance(error, InvalidNameError):
        return absent(path) if reading else ValueError(str(error))
    if isinstance(error, ConfigurationError):
        # Most options come as keywords here.
        return ValueError(str(error).replace(" in the URL", ""))
    if isinstance(error, NotSupportedError):
        return NotImplementedError(str(error))
    number = next((number for kind, number in NUMBERS if isinstance(error, kind)), errno.EIO)
    if reading and number == errno.EEXIST:
        number = errno.ESTALE  # a condition of a reader: the object is there, but is another
    return OSError(number, str(error), path)
