"""What one directory holds, as segments of names."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import NamedTuple

from obs_client.backends.local import names as local_names
from obs_client.backends.local.names import Kind, Path
from obs_client.backends.local.tree import Tree
from obs_client.backends.local.walk import display
from obs_client.errors import ServiceError


class Item(NamedTuple):
    """A file or directory.

    Attributes:
        key: Its segment, by which it stands among the others: with a slash for a directory.
        kind: What it is.
        form: Where it is below the directory that was scanned.
        plain: Whether that is its own text.
    """

    key: str
    kind: Kind
    form: Path
    plain: bool


def scan(tree: Tree, path: Path) -> Iterator[Item]:
    """The files and directories of a directory, in no order; our own files and what is no file are left out.

    Raises:
        ServiceError: No object name leads to one of them.
    """
    left: list[Path] = [()]
    while left:
        pieces = left.pop()
        for entry in tree.scan(path + pieces):
            component = os.fsencode(entry.name)
            if entry.is_dir(follow_symlinks=False):
                kind: Kind = "d"
            elif entry.is_file(follow_symlinks=False) and not is_ours(component):
                kind = "f"
            else:
                continue
            if kind == "d" and local_names.is_piece(component) and len(pieces) < local_names.NAME_MAXIMUM:
                left.append((*pieces, component))
            else:
                yield _item(path, (*pieces, component), kind)


def is_ours(component: bytes) -> bool:
    """Whether a file of this name is a leftover or a sidecar."""
    return component.startswith(local_names.MARK) and (
        local_names.is_temporary(component) or local_names.is_sidecar(component)
    )


def holds_object(tree: Tree, paths: list[Path]) -> bool:
    """Whether any object is in the directories, or below."""
    left = list(paths)
    while left:
        path = left.pop()
        for item in scan(tree, path):
            if item.kind == "f":
                return True
            left.append(path + item.form)
    return False


def check_name(name: str, path: Path) -> None:
    """Raise `ServiceError` if a file's name is none that an object can have."""
    # Four bytes a character at the most: most names are seen to be short enough at once.
    if not name or (4 * len(name) > local_names.NAME_MAXIMUM and len(name.encode()) > local_names.NAME_MAXIMUM):
        raise _unreadable(path, f"its object name would have {len(name.encode()):,} bytes, 1 to 1,024 are possible")


def _item(path: Path, form: Path, kind: Kind) -> Item:
    plain = len(form) == 1 and not form[0].startswith(local_names.MARK)
    try:
        segment = form[0].decode() if plain else local_names.segment_of(form, kind)
        return Item(segment if kind == "f" else segment + "/", kind, form, plain)
    except UnicodeDecodeError:
        raise _unreadable(path + form, "its name is not UTF-8") from None
    except local_names.UnreadableName:
        raise _unreadable(path + form, "its name starts with '%obs_' but is no escape of this library") from None


def _unreadable(path: Path, reason: str) -> ServiceError:
    return ServiceError(f"no object name leads to the file {display(path)!r}: {reason}; rename it")
