"""The commands `cp` and `mv`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import click

import obs_client
from obs_client.cli.address import Address
from obs_client.cli.objects import SYNC_COPIES, absent, already_there, size_of
from obs_client.cli.options import json_lines, pass_settings, place, shared
from obs_client.cli.pairs import METADATA, attributes_map, check_not_one_file
from obs_client.cli.settings import Settings
from obs_client.cli.several import Clients, check_targets, each, is_up
from obs_client.cli.text import printable
from obs_client.cli.written import check_written

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
    from obs_client.copying import object_copy

    _copy_all(settings, "copied", object_copy, sources, target, if_absent, metadata)


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
    from obs_client.copying import object_move

    _copy_all(settings, "moved", object_move, sources, target, if_absent, metadata)


def _copy_all(
    settings: Settings,
    what: str,
    action: Callable[..., bool],
    sources: tuple[str, ...],
    target: str,
    if_absent: bool,
    metadata: str,
) -> None:
    settings.go_on = "each object is in its old place or in the new one, whole; run the same command again"
    end = Address.parse(target)
    container = end.container_name()
    if len(sources) > 1 and not end.is_folder:
        raise click.UsageError("several objects need a folder: end the target with a slash")
    names = [(source, end.receiving(_base_name(Address.parse(source)))) for source in sources]
    check_targets(names)
    with Clients() as clients:
        action = partial(action, if_absent=if_absent, map_attributes=attributes_map(metadata))
        target_place = clients.container(end)
        check_written(target_place.client, end)

        def copy(source: str, target_name: str) -> None:
            start = Address.parse(source)
            check_not_one_file(start, end, target_name)
            place = clients.container(start)
            check_written(place.client, start)
            with settings.progress(start.name, partial(size_of, place.client, start)) as progress:
                try:
                    done = action(place, start.name, target_place, target_name, progress=progress)
                except obs_client.PreconditionError:
                    raise already_there(target_name) from None
            if not done:
                raise absent(place.client, start, folder_hint=SYNC_COPIES)
            settings.did(what, f"{source} -> {container}/{target_name}", source=source, name=target_name)

        def goes_on(source: str, error: Exception) -> bool:
            if isinstance(error, obs_client.ContainerNotFoundError):
                return is_up(target_place)
            return is_up(target_place) and is_up(clients.container(Address.parse(source)))

        each(settings, {source: partial(copy, source, name) for source, name in names}, goes_on)


def _base_name(address: Address) -> str:
    """The last part of an object's name; in a store the name of one may end with a slash."""
    if address.is_folder and (address.path is not None or not address.name):
        raise click.UsageError(f"{printable(address.text)} is no object but a folder, which obs sync copies")
    slash = "/" if address.is_folder else ""
    return address.name.removesuffix("/").rpartition("/")[2] + slash
