"""The commands `cp` and `mv`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import click

import obs_client
from obs_client.cli.address import Address
from obs_client.cli.commands.resuming.option import resume_option, resuming
from obs_client.cli.many.folders import RECURSIVE, FolderCopier, expanded, in_folder, is_whole_folder
from obs_client.cli.objects import OR_RECURSIVE, SYNC_COPIES, absent, already_there, size_of
from obs_client.cli.options import json_lines, limits, pass_settings, place, shared
from obs_client.cli.pairs import METADATA, attributes_map, check_not_one_file
from obs_client.cli.settings import Settings
from obs_client.cli.several import Clients, check_targets, each, is_up, store_is_up
from obs_client.cli.text import printable
from obs_client.cli.written import check_written, url_of

if TYPE_CHECKING:
    from obs_client.places import Place

_IF_ABSENT = click.option("--if-absent", is_flag=True, help="Only if there is no object of this name.")


@click.command()
@place("sources", metavar="SOURCE...", nargs=-1, required=True)
@place("target")
@RECURSIVE
@_IF_ABSENT
@METADATA
@resume_option
@json_lines
@limits
@shared
@pass_settings
def cp(
    settings: Settings,
    sources: tuple[str, ...],
    target: str,
    recursive: bool,
    if_absent: bool,
    metadata: str,
    resume: bool | None,
) -> None:
    """Copy objects from any store to any other.

    All that they carry goes with them. Within one store the store itself copies. TARGET is a name, or a folder that
    ends with a slash, or a container. What the target cannot keep is an error, and nothing is written. Quoted patterns
    are matched: 's3://album/*.jpg'. With -r a folder keeps its name in a TARGET that is a folder; `obs sync` copies
    only what differs.
    """
    from obs_client.copying import object_copy

    _Copies(settings, "copied", object_copy, if_absent, metadata, resume).all(sources, target, recursive)


@click.command()
@place("sources", metavar="SOURCE...", nargs=-1, required=True)
@place("target")
@_IF_ABSENT
@METADATA
@json_lines
@limits
@shared
@pass_settings
def mv(settings: Settings, sources: tuple[str, ...], target: str, if_absent: bool, metadata: str) -> None:
    """Move objects from any store to any other.

    Each is copied; when the copy is seen to be there, the source is deleted. Quoted patterns are matched.
    """
    from obs_client.copying import object_move

    _Copies(settings, "moved", object_move, if_absent, metadata).all(sources, target, recursive=False)


class _Copies:
    """One run of `cp` or `mv`."""

    def __init__(
        self,
        settings: Settings,
        what: str,
        action: Callable[..., bool],
        if_absent: bool,
        metadata: str,
        resume: bool | None = None,
    ) -> None:
        self._resume = resume
        self._options = ["--resume", "--metadata", metadata, *(["--if-absent"] if if_absent else [])]
        self._settings = settings
        self._what = what
        self._map = attributes_map(metadata)
        self._if_absent = if_absent
        self._action = partial(action, if_absent=if_absent, map_attributes=self._map)
        settings.go_on = "each object is complete, in its old place or in the new one; run the same command again"

    def all(self, sources: tuple[str, ...], target: str, recursive: bool) -> None:
        """Copy or move all sources."""
        end = Address.parse(target)
        end.container_name()
        with Clients() as clients:
            texts = expanded(self._settings, clients, sources, recursive=recursive)
            if len(texts) > 1 and not end.is_folder:
                raise click.UsageError("several objects need a folder: end the target with a slash")
            starts = {text: Address.parse(text) for text in texts}
            folders = {text for text, start in starts.items() if recursive and is_whole_folder(clients, start)}
            names = {text: self._name(starts[text], end, text in folders) for text in starts}
            check_targets([(text, names[text]) for text in texts])
            target_place = None if len(folders) == len(starts) else clients.container(end)
            if target_place is not None:
                check_written(target_place.client, end)
            copier = FolderCopier(self._settings, clients, self._what, self._if_absent, self._map)

            def copy(start: Address, name: str) -> None:
                if start.text in folders:
                    copier.copy(start, in_folder(end, start))
                else:
                    assert target_place is not None
                    self._one(clients, start, end, target_place, name)

            def goes_on(source: str, error: Exception) -> bool:
                if target_place is None:
                    return store_is_up(source, error)
                if isinstance(error, obs_client.ContainerNotFoundError):
                    return is_up(target_place)
                return is_up(target_place) and is_up(clients.container(starts[source]))

            each(self._settings, {text: partial(copy, starts[text], names[text]) for text in starts}, goes_on)

    @staticmethod
    def _name(start: Address, end: Address, is_folder: bool) -> str:
        return in_folder(end, start).name if is_folder else end.receiving(_base_name(start))

    def _one(self, clients: Clients, start: Address, end: Address, target: Place, name: str) -> None:
        check_not_one_file(start, end, name)
        place = clients.container(start)
        check_written(place.client, start)
        with self._settings.progress(start.name, partial(size_of, place.client, start)) as progress:
            try:
                done = self._act(
                    start, end, name, partial(self._action, place, start.name, target, name, progress=progress)
                )
            except obs_client.PreconditionError:
                raise already_there(name) from None
        if not done:
            raise absent(place.client, start, folder_hint=OR_RECURSIVE if self._what == "copied" else SYNC_COPIES)
        shown = f"{start.text} -> {end.told(name)}"
        self._settings.did(self._what, shown, source=start.text, name=name)

    def _act(self, start: Address, end: Address, name: str, action: Callable[..., bool]) -> bool:
        """Copy or move; a copy goes on with an earlier one."""
        if self._what != "copied":
            return action()
        words = "cp", *self._options, "--", url_of(start, start.name), url_of(end, name)
        with resuming(self._resume, *words) as goes_on:
            return action(resume=goes_on)


def _base_name(address: Address) -> str:
    """The last part of an object's name; in a store the name of one may end with a slash."""
    if address.is_folder and (address.path is not None or not address.name):
        raise click.UsageError(f"{printable(address.text)} is not an object but a folder; obs sync copies folders")
    slash = "/" if address.is_folder else ""
    return address.name.removesuffix("/").rpartition("/")[2] + slash
