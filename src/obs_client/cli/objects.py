"""What is at an address: entries of a folder, an object's size, or why there is nothing."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import TypeAlias

import obs_client
from obs_client.cli.address import Address
from obs_client.cli.failures import Failure, NotThere, creating
from obs_client.cli.written import check_written

SYNC_COPIES = "obs sync copies folders"
OR_RECURSIVE = "obs sync copies folders, as does -r"

Entry: TypeAlias = "obs_client.ObjectInfo | obs_client.SubdirInfo"


def entries(
    client: obs_client.ObjectStorageClient, address: Address, recursive: bool, unlisted: Callable[[str, str], None]
) -> Iterator[Entry]:
    """The object of this name, if there is one, and what is in the folder of this name.

    Args:
        unlisted: Told of a name, or of a folder, that cannot be listed, and why.

    Raises:
        Failure: There is neither; or the URL may mean something else.
    """
    from obs_client.sync.listing import everything

    check_written(client, address, folders=True)
    found, container = False, address.container_name()

    def told(name: str, reason: str) -> None:
        nonlocal found
        found = True
        unlisted(name, reason)

    if not address.is_folder and (info := client.object_info(address.name, container)):
        found = True
        yield info
    for entry in everything(client, container, address.under, told, None if recursive else "/"):
        found = True
        yield entry
    if not found and address.path is not None and address.name:
        raise NotThere(f"there is no file or directory {address.text!r}", "a storage URL has a scheme: s3://container")
    if not found and address.name:
        raise NotThere(f"there is no object and no folder {address.name!r} in {address.container!r}")


def absent(
    client: obs_client.ObjectStorageClient,
    address: Address,
    hint: str = "obs ls shows what is there",
    folder_hint: str = "obs ls shows what is in it",
) -> Failure:
    """The failure of an object that is not there: tells what is there instead, or what else is missing.

    Args:
        hint: What to do if there is nothing of that name.
        folder_hint: What to do if there is a folder of that name.
    """
    if address.path is not None:
        if os.path.lexists(address.path):
            return NotThere(f"{address.text!r} is not a regular file", "links, pipes and devices are not objects")
        return NotThere(f"there is no file {address.text!r}", hint)
    name, container = address.name, address.container_name()
    if "*" in name:
        hint = "cat, get, cp, mv, info, ls, du and rm match patterns; obs sync takes --include"
    if client.container_info(container) is None:
        return NotThere(f"there is no container {container!r}", creating(container))
    if next(client.object_iter(prefix=address.under, container_name=container), None) is not None:
        return NotThere(f"{name!r} in {container!r} is a folder, not an object", folder_hint)
    return NotThere(f"there is no object {name!r} in {container!r}", hint)


def already_there(name: str) -> Exception:
    """The failure of `--if-absent`."""
    return Failure(f"there is an object {name!r} already", "without --if-absent it is replaced")


def size_of(client: obs_client.ObjectStorageClient, address: Address) -> int | None:
    """The size of an object; None if it is absent."""
    found = client.object_info(address.object_name(), address.container_name())
    return found.size if found else None
