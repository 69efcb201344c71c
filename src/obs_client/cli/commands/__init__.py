"""The commands, one function each, and in which module each is; a module is loaded when its command is asked for."""

from __future__ import annotations

from importlib import import_module

import click

from obs_client.cli.telling.examples import epilog

_MODULES = {
    "about": ("completion", "help", "version"),
    "checking": ("check",),
    "containers": ("mb", "rb"),
    "copying": ("cp", "mv"),
    "listing": ("du", "ls", "tree"),
    "metadata": ("meta",),
    "probing": ("probe",),
    "removing": ("cleanup", "rm"),
    "resuming.transfers": ("transfers",),
    "showing": ("cat", "info"),
    "signing": ("url",),
    "stores": ("stores",),
    "syncing": ("sync",),
    "testing": ("test",),
    "transfers": ("get", "put"),
}

_HOMES = {name: module for module, names in _MODULES.items() for name in names}

NAMES: list[str] = sorted(_HOMES)


def command(name: str) -> click.Command | None:
    """The command of this name; None if there is none."""
    if name not in _HOMES:
        return None
    found = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    assert isinstance(found, click.Command)
    found.epilog = epilog(name)
    return found
