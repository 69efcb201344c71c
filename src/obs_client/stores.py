"""Named stores: a URL, and keys if they must be there, under a name that is then a scheme: `work://photos/2026`.

They are in one file, `stores.toml` in the configuration folder of the platform, or what `OBS_STORES` names:

    [work]
    url = "s3://?endpoint_url=https://s3.example.com&profile=work"

    [album]
    url = "swift://photos/2026"          # album://cat.jpg is swift://photos/2026/cat.jpg

    [album.credentials]                  # by the environment's own names
    OS_AUTH_URL = "https://keystone.example.com/v3"

A store with keys is refused while others can read the file. `add` and `remove` leave a file that is its owner's only.
Built-in schemes, and those of installed packages, cannot be taken.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

from obs_client._urls.named import NamedStore, read_store, read_stores, stores_path
from obs_client._urls.schemes import is_taken
from obs_client.errors import ConfigurationError
from obs_client.urls import StorageUrl

__all__ = ["NamedStore", "add", "read_store", "read_stores", "remove", "stores_path"]

_ESCAPED = {'"': '\\"', "\\": "\\\\"}


def add(store: NamedStore, *, replace: bool = False) -> None:
    """Keep a store under its name.

    Args:
        replace: In place of another of this name.

    Raises:
        ConfigurationError: The name is taken, the URL is none, or it takes no credentials.
    """
    if is_taken(store.name):
        raise ConfigurationError(f"{store.name!r} is a URL scheme, and cannot be the name of a store")
    stores = read_stores()
    if store.name in stores and not replace:
        raise ConfigurationError(f"there is a store {store.name!r} already, {stores[store.name].url}")
    url = StorageUrl.parse(store.url)
    if url.alias is not None:
        raise ConfigurationError(f"{store.url!r} is itself of a named store; write its own URL")
    url.client(credentials=store.credentials).close()
    _write({**stores, store.name: store}.values())


def remove(name: str) -> bool:
    """Forget a store; what is in it stays. False: there is none of this name."""
    stores = read_stores()
    if name not in stores:
        return False
    del stores[name]
    _write(stores.values())
    return True


def _write(stores: Iterable[NamedStore]) -> None:
    """Put the file in its place as a whole; nobody but its owner can read it."""
    path = stores_path()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = path.with_name(f"{path.name}.{os.getpid()}.new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with open(descriptor, "w", encoding="utf-8") as file:
            file.write("\n".join(map(_text, stores)))
        os.replace(temporary, os.path.realpath(path))
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _text(store: NamedStore) -> str:
    """A store as TOML; a name may hold dots, so that it is quoted."""
    name = _quoted(store.name)
    lines = [f"[{name}]", f"url = {_quoted(store.url)}"]
    if store.credentials is not None:
        lines += ["", f"[{name}.credentials]", *_pairs(store.credentials)]
    return "\n".join(lines) + "\n"


def _pairs(values: Mapping[str, str]) -> list[str]:
    return [f"{_quoted(name)} = {_quoted(value)}" for name, value in values.items()]


def _quoted(text: str) -> str:
    """A basic string of TOML."""
    return '"' + "".join(_ESCAPED.get(char) or _plain(char) for char in text) + '"'


def _plain(char: str) -> str:
    return char if char.isprintable() else f"\\U{ord(char):08x}"
