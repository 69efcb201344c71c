"""The commands `stores list`, `stores add`, `stores show`, `stores test` and `stores remove`."""

from __future__ import annotations

import copy
import os
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

import click

from obs_client.cli.failures import Failure, NotThere, failure_of
from obs_client.cli.options import json_lines, pass_settings, shared
from obs_client.cli.settings import Settings
from obs_client.cli.several import each
from obs_client.cli.text import count_text, printable
from obs_client.cli.usage import Commands
from obs_client.errors import ConfigurationError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from obs_client.stores import NamedStore


def _names(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from click.shell_completion import CompletionItem

    from obs_client import stores as library

    return [CompletionItem(name) for name in library.read_stores() if name.startswith(incomplete)]


_name = click.argument("name", shell_complete=_names)

_OPENSTACK = ("OS_", "ST_")
_GOOGLE = (
    "GOOGLE_APPLICATION_CREDENTIALS",
    "GOOGLE_SERVICE_ACCOUNT_KEY",
    "GOOGLE_CREDENTIALS",
    "GOOGLE_CLOUD_PROJECT",
    "GOOGLE_OAUTH_ACCESS_TOKEN",
    "GOOGLE_BEARER_TOKEN",
    "GOOGLE_IMPERSONATE_SERVICE_ACCOUNT",
    "GCLOUD_PROJECT",
    "STORAGE_EMULATOR_HOST",
)
_KEYS = {
    "azure": ("AZURE_STORAGE_", "AZURE_CLIENT_", "AZURE_TENANT_ID"),
    "gcs": _GOOGLE,
    "gs": _GOOGLE,
    "s3": ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"),
    "swift": _OPENSTACK,
    "http": _OPENSTACK,
    "https": _OPENSTACK,
}
"""What of the environment is a login, by the scheme of the URL."""


_NONE = "there are no named stores; obs stores add NAME URL makes one"


class Stores(Commands):
    """Lists the names where no command is given."""

    def parse_args(self, context: click.Context, arguments: list[str]) -> list[str]:
        """Take the arguments."""
        return super().parse_args(context, arguments or ["list"])


@click.group(cls=Stores)
def stores() -> None:
    """Give names to stores: work://photos/cat.jpg.

    Without a command it lists them.

    A name stands for a storage URL, with its options, and with a container and prefix if it is to begin there. It is
    then a scheme in all commands and programs. The names are in stores.toml in the configuration folder, or in the file
    that OBS_STORES names.
    """


@stores.command(name="list")
@json_lines
@shared
@pass_settings
def list_stores(settings: Settings) -> None:
    """List the names, each with its URL."""
    from obs_client import stores as library

    found = library.read_stores()
    if not found:
        settings.warn(_NONE)
    width = max(map(len, found), default=0)
    for name, store in found.items():
        settings.result(_record(store), f"{name:{width}}  {printable(store.url)}")


@stores.command()
@click.argument("name")
@click.argument("url")
@click.option(
    "--keep-keys", is_flag=True, help="Store the login from the environment in the file, readable by its owner only."
)
@click.option("--replace", is_flag=True, help="In place of a store that has the name.")
@json_lines
@shared
@pass_settings
def add(settings: Settings, name: str, url: str, keep_keys: bool, replace: bool) -> None:
    """Give a name to a storage URL.

    \b
    obs stores add work 's3://?endpoint_url=https://s3.example.com&profile=work'
    obs stores add album swift://photos/2026
    """
    from obs_client import stores as library

    credentials = _login(url) if keep_keys else None
    library.add(library.NamedStore(name, url, credentials), replace=replace)
    kept = f", with {count_text(len(credentials), 'key')}" if credentials else ""
    settings.did("store", f"{name}:// is {url} now{kept}", name=name, url=url)


@stores.command()
@_name
@json_lines
@shared
@pass_settings
def show(settings: Settings, name: str) -> None:
    """Show what a name stands for; of keys the names only."""
    from obs_client import stores as library

    store = _found(name)
    lines = [f"url   {printable(store.url)}", *(f"key   {printable(key)}" for key in store.credentials or {})]
    settings.result(_record(store), "\n".join([*lines, f"file  {printable(str(library.stores_path()))}"]))


@stores.command()
@click.argument("names", metavar="[NAME]...", nargs=-1, shell_complete=_names)
@json_lines
@shared
@pass_settings
def test(settings: Settings, names: tuple[str, ...]) -> None:
    """See that stores answer, and that the logins are right; reads only.

    Without a name all of them are tested.
    """
    from obs_client import stores as library

    chosen = [name.removesuffix("://") for name in names] or list(library.read_stores())
    if not chosen:
        settings.warn(_NONE)
    width = max(map(len, chosen), default=0) if len(chosen) > 1 else 0

    def look(name: str) -> None:
        try:
            record, text = _look(name)
        except ConfigurationError as error:
            if len(chosen) == 1:
                raise
            failure = failure_of(error, about=name)  # of this store alone
            raise Failure(failure.message, failure.hint) from error
        settings.result({"type": "store", "name": name, **record}, f"{f'{name:{width}}  ' if width else ''}{text}")

    each(settings, {name: partial(look, name) for name in chosen}, lambda _name, _error: True)


def _look(name: str) -> tuple[dict[str, object], str]:
    """What a store that answers holds, for programs and for people.

    Raises:
        NotThere: There is no such store, or not the container that it begins in.
    """
    from obs_client.cli.address import Address

    _found(name)
    address = Address.parse(f"{name}://")
    with address.client() as client:
        if address.container is None:
            count = len(client.container_list())
            return {"containers": count}, count_text(count, "container")
        if client.container_info(address.container) is None:
            raise NotThere(f"{name}: there is no container {address.container!r}", f"obs mb {name}:// creates it")
        return {"container": address.container}, f"the container {printable(address.container)} is there"


def _hidden(command: click.Command) -> click.Command:
    made = copy.copy(command)
    made.hidden = True
    return made


@stores.command()
@_name
@json_lines
@shared
@pass_settings
def remove(settings: Settings, name: str) -> None:
    """Forget a name; what is in the store stays."""
    from obs_client import stores as library

    if not library.remove(name):
        raise _absent(name)
    settings.did("removed", f"forgot {name}://", name=name)


# As people type it; one of the two is shown.
stores.add_command(_hidden(remove), "rm")


def _found(name: str) -> NamedStore:
    from obs_client import stores as library

    found = library.read_stores().get(name.removesuffix("://"))
    if found is None:
        raise _absent(name)
    return found


def _absent(name: str) -> NotThere:
    return NotThere(f"there is no store {name!r}", "obs stores list shows the names")


def _record(store: NamedStore) -> dict[str, object]:
    return {"type": "store", "name": store.name, "url": store.url, "keys": sorted(store.credentials or {})}


def _login(url: str) -> Mapping[str, str]:
    """The login that is in the environment for a URL.

    Raises:
        UsageError: There is none.
    """
    from obs_client.urls import StorageUrl

    wanted = _KEYS.get(StorageUrl.parse(url).scheme, ())
    found = {name: value for name, value in os.environ.items() if value and name.startswith(wanted)} if wanted else {}
    if not found:
        raise click.UsageError(printable(f"the environment has no login for {url} to store"))
    return found
