"""A source and a target: as places of a sync, and what travels from one to the other."""

from __future__ import annotations

import contextlib
import functools
import os
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import click

import obs_client
from obs_client.cli.address import Address
from obs_client.cli.failures import Failure, NotThere, WrongUse
from obs_client.cli.several import Clients
from obs_client.cli.text import printable
from obs_client.cli.written import check_written
from obs_client.errors import ContainerNotFoundError, InvalidNameError

if TYPE_CHECKING:
    from obs_client.copying import AttributesMap
    from obs_client.models import Attributes
    from obs_client.places import Place

METADATA = click.option(
    "--metadata",
    type=click.Choice(["keep", "dashes", "drop"]),
    default="keep",
    show_default=True,
    help="If the target cannot keep the metadata: fail (keep), use - for _ in keys (dashes), or drop it.",
)


@contextlib.contextmanager
def two_places(source: Address, target: Address, follow_symlinks: bool) -> Iterator[tuple[Place, Place]]:
    """Both as folders; a path is a directory, and that of the target need not be there."""
    with Clients() as clients:
        if source.path is not None and not os.path.lexists(source.path):
            hint = "the first place must be there; a storage URL has a scheme: s3://container"
            raise NotThere(f"there is no directory {source.text!r}", hint)
        first = _directory(source, follow_symlinks)
        second = _directory(target, follow_symlinks=False)
        places = first or clients.folder(source), second or clients.folder(target)
        for address, place in zip((source, target), places, strict=True):
            check_written(place.client, address, folders=True)
        yield places


def holds_nothing(place: Place) -> bool:
    """Whether a place is absent or without any name."""
    try:
        return next(place.objects(), None) is None
    except ContainerNotFoundError:
        return True


def check_is_there(address: Address, place: Place) -> None:
    """Refuse a folder that is not there, container or all, as a source: what the target has is not to follow it.

    A folder of a store is there as long as an object is in it, or marks it. A container or a directory may be empty.
    """
    if address.path is None and place.prefix:
        found = place.client.object_iter(prefix=place.prefix, container_name=place.container_name, limit=1)
        if next(found, None) is None:
            check_no_object(address, place)
            raise NotThere(
                f"there is no folder {address.text!r}",
                "a folder in a store is there while it has objects; to empty the target too, obs rm -r deletes in it",
            )


def check_no_object(address: Address, place: Place) -> None:
    """Refuse an object that was given as a folder; to be asked of a place that holds nothing."""
    name, container = address.name, place.container_name
    if address.path is None and not address.is_folder and place.client.object_info(name, container) is not None:
        raise WrongUse(f"{name!r} in {container!r} is an object; sync and check take folders", "obs cp copies one")


def check_not_one_file(source: Address, target: Address, target_name: str) -> None:
    """Refuse two names of one file, in whichever way they are written."""
    paths = [_real_path(source, source.name), _real_path(target, target_name)]
    if paths[0] is not None and paths[0] == paths[1]:
        raise Failure(f"{source.text!r} and {target.text!r} are one file")


def attributes_map(metadata: str) -> AttributesMap | None:
    """What `--metadata` asks for."""
    return None if metadata == "keep" else functools.partial(_changed, metadata)


def _changed(metadata: str, attributes: Attributes) -> Attributes:
    """Attributes with other metadata; it goes to other processes, as a function of a module does."""
    import dataclasses

    return dataclasses.replace(attributes, metadata=_dashed(attributes.metadata) if metadata == "dashes" else {})


def _dashed(metadata: Mapping[str, str]) -> dict[str, str]:
    """Metadata with `-` for `_` in the keys, none of which is lost to another."""
    keys: dict[str, str] = {}
    for key in metadata:
        dashed = key.replace("_", "-")
        if dashed in keys:
            raise InvalidNameError(
                f"the metadata keys {keys[dashed]!r} and {key!r} would both become {dashed!r}; "
                f"change one of them, or copy with --metadata keep or drop"
            )
        keys[dashed] = key
    return {dashed: metadata[key] for dashed, key in keys.items()}


def _directory(address: Address, follow_symlinks: bool) -> Place | None:
    if address.path is None:
        return None
    if os.path.isfile(address.path):
        raise click.UsageError(f"{printable(address.text)} is a file; obs cp copies one object")
    return obs_client.Place.of_directory(address.path, follow_symlinks=follow_symlinks)


def _real_path(address: Address, name: str) -> str | None:
    if address.url.scheme != "file":
        return None
    return os.path.realpath(os.path.join(address.url.root, address.container_name(), name))
