"""Whole folders for `get`, `put` and `cp`: all names of one, copied by several threads, whatever the target has."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

import click

import obs_client
from obs_client.cli.address import Address
from obs_client.cli.failures import Failure, NotThere
from obs_client.cli.many.globs import glob_of
from obs_client.cli.many.reasons import advice
from obs_client.cli.settings import Settings
from obs_client.cli.several import Clients
from obs_client.cli.text import count_text
from obs_client.cli.written import check_written

if TYPE_CHECKING:
    from obs_client.copying import AttributesMap
    from obs_client.places import Place
    from obs_client.sync import Done, Step

RECURSIVE = click.option("-r", "--recursive", is_flag=True, help="Folders, too, with all that is in them.")


@dataclasses.dataclass(frozen=True)
class FolderCopier:
    """Copies folders.

    Attributes:
        what: What became of a name, for programs.
        if_absent: What the target has stays as it is.
        map_attributes: Changes the attributes on their way.
    """

    settings: Settings
    clients: Clients
    what: str
    if_absent: bool = False
    map_attributes: AttributesMap | None = None

    def copy(self, source: Address, target: Address) -> None:
        """Copy all that is in one folder into another.

        Raises:
            Failure: Some names could not be copied; or there is nothing.
        """
        from obs_client.sync import SyncOptions, apply

        start, end = _place(self.clients, source), _place(self.clients, target)
        check_written(start.client, source, folders=True)
        options = SyncOptions(map_attributes=self.map_attributes)
        with self.settings.progress(source.text, lambda: None) as progress:
            on_done = partial(self._tell, source, target)
            report = apply(self._steps(start, end), start, end, options, ask=False, progress=progress, on_done=on_done)
        self.settings.fail_all(report.failures)
        if report.failures:
            hints = advice(report.failures.values()), "all others are copied" if report.copied else ""
            raise Failure(
                f"{count_text(len(report.failures), 'name')} in {source.text} failed", "; ".join(filter(None, hints))
            )
        if not report.copied and not report.skipped:
            raise NotThere(f"there is nothing in {source.text}")

    def _steps(self, start: Place, end: Place) -> Iterator[Step]:
        """As a sync plans it, but what it would leave is copied too."""
        from obs_client.sync import SyncOptions, plan_sync
        from obs_client.sync.plan import EQUAL_HASH, NOT_OLDER

        for step in plan_sync(start, end, SyncOptions()):
            if self.if_absent and step.action == "copy" and step.target is not None:
                yield dataclasses.replace(step, action="skip")
            elif not self.if_absent and step.action == "skip" and step.reason in (EQUAL_HASH, NOT_OLDER):
                yield dataclasses.replace(step, action="copy")
            else:
                yield step

    def _tell(self, source: Address, target: Address, done: Done) -> None:
        if done.outcome == "copied":
            name = done.step.name
            shown = f"{source.text.rstrip('/')}/{name} -> {target.text.rstrip('/')}/{name}"
            self.settings.did(self.what, shown, source=source.text, target=target.text, name=name)


def expanded(settings: Settings, clients: Clients, texts: tuple[str, ...], *, recursive: bool = False) -> list[str]:
    """The arguments, with what fits those that are patterns in their place: objects, and with `recursive` folders.

    Raises:
        NotThere: Nothing fits one of them.
    """
    found: list[str] = []
    for text in texts:
        glob = None if text == "-" else glob_of(clients, Address.parse(text))
        if glob is None:
            found.append(text)
            continue
        before = len(found)
        for entry in glob.entries(clients, settings.fail):
            if isinstance(entry, obs_client.ObjectInfo):
                found.append(glob.argument(entry.name))
            elif recursive:
                found.append(glob.argument(entry.subdir))
        if len(found) == before:
            raise NotThere(f"only folders fit {text!r}", "-r takes folders")
    return found


def is_whole_folder(clients: Clients, address: Address) -> bool:
    """Whether an argument is a folder or a container, and no object."""
    if address.path is not None:
        return os.path.isdir(address.path)
    return address.is_folder or clients.of(address).object_info(address.name, address.container_name()) is None


def in_folder(target: Address, source: Address) -> Address:
    """Where a folder goes to: it keeps its name in a target that is a folder, else it gets that of the target."""
    if not target.is_folder:
        return target
    base = (source.name.rstrip("/") or source.container_name()).rpartition("/")[2]
    path = None if target.path is None else os.path.join(target.path, base)
    return dataclasses.replace(target, name=target.name + base, path=path, text=f"{target.text.rstrip('/')}/{base}")


def _place(clients: Clients, address: Address) -> Place:
    if address.path is None:
        return clients.folder(address)
    return obs_client.Place.of_directory(address.path)
