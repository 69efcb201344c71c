"""The commands `cp` and `mv`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import click

import obs_client
from obs_client.cli.address import Address
from obs_client.cli.options import json_lines, pass_settings, place, shared
from obs_client.cli.pairs import METADATA, attributes_map, check_not_one_file, two_clients
from obs_client.cli.settings import Settings
from obs_client.cli.showing import absent, already_there, size_of
from obs_client.cli.text import printable

_IF_ABSENT = click.option("--if-absent", is_flag=True, help="Only if there is no object of this name.")


@click.command()
@place("sources", metavar="SOURCE...", nargs=-1, required=True)
@place("target")
@_IF_ABSENT
@METADATA
@json_lines
@shared
@pass_settings
def cp(settings: Settings, sources: tuple[str, ...], target: str, if_absent: bool, metadata: str) -> None:
    """Copy objects from any store to any other.

    All that they carry goes with them. Within one store the store itself copies. TARGET is a name, or a folder that
    ends with a slash, or a container. What the target cannot keep is an error, and nothing is written. Folders are
    copied by `obs sync`.
    """
    from obs_client.copying import copy_object

    for source in sources:
        _copy(settings, "copied", copy_object, source, target, if_absent, metadata, several=len(sources) > 1)


@click.command()
@place("sources", metavar="SOURCE...", nargs=-1, required=True)
@place("target")
@_IF_ABSENT
@METADATA
@json_lines
@shared
@pass_settings
def mv(settings: Settings, sources: tuple[str, ...], target: str, if_absent: bool, metadata: str) -> None:
    """Move objects from any store to any other.

    Each is copied; when the copy is seen to be there, the source is deleted.
    """
    from obs_client.copying import move_object

    for source in sources:
        _copy(settings, "moved", move_object, source, target, if_absent, metadata, several=len(sources) > 1)


def _copy(
    settings: Settings,
    what: str,
    action: Callable[..., bool],
    source: str,
    target: str,
    if_absent: bool,
    metadata: str,
    *,
    several: bool,
) -> None:
    settings.go_on = "each object is in its old place or in the new one, whole; run the same command again"
    start, end = Address.parse(source), Address.parse(target)
    name = _source_name(start)
    if several and not end.is_folder:
        raise click.UsageError("several objects need a folder: end the target with a slash")
    target_name = end.receiving(name.rpartition("/")[2])
    check_not_one_file(start, end, target_name)
    with two_clients(start, end) as (first, second):
        places = (first, start.container_name(), name, second, end.container_name(), target_name)
        with settings.progress(name, partial(size_of, first, start)) as progress:
            try:
                done = action(*places, if_absent=if_absent, map_attributes=attributes_map(metadata), progress=progress)
            except obs_client.PreconditionError:
                raise already_there(target_name) from None
        if not done:
            raise absent(first, start)
    settings.did(what, f"{source} -> {end.container}/{target_name}", source=source, name=target_name)


def _source_name(address: Address) -> str:
    if address.is_folder:
        raise click.UsageError(f"{printable(address.text)} is no object but a folder, which obs sync copies")
    return address.name
