"""Names of files, as Django has them, and the names of their objects."""

from __future__ import annotations

import os
import posixpath
from pathlib import PurePosixPath

from django.core.exceptions import SuspiciousFileOperation

FileName = str | os.PathLike[str]


def object_name(name: FileName) -> str:
    """The name of a file's object: its path in one spelling, with slashes; "" is the storage itself.

    Raises:
        SuspiciousFileOperation: It leads out of the storage, as `../other` and `/etc/passwd` do.
    """
    path = posixpath.normpath(os.fspath(name).replace("\\", "/") or ".")
    if path.startswith("/") or path.split("/")[0] == "..":
        raise SuspiciousFileOperation(f"{os.fspath(name)!r} is outside of the storage")
    return "" if path == "." else path


def folder_prefix(name: FileName) -> str:
    """What the names of all objects in a folder begin with."""
    folder = object_name(name)
    return f"{folder}/" if folder else ""


def split_extensions(name: str) -> tuple[str, str, str]:
    """The folder, the name before its extensions, and those: `a/b.tar.gz` is `a`, `b`, `.tar.gz`."""
    folder, file_name = posixpath.split(name)
    extensions = "".join(PurePosixPath(file_name).suffixes)
    return folder, file_name.removesuffix(extensions), extensions
