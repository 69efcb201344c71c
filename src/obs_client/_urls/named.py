"""Named stores: a file that gives a name to a URL, and to keys if they must be there; the name is then a scheme."""

from __future__ import annotations

import dataclasses
import os
import re
import stat
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path

from obs_client.errors import ConfigurationError

VARIABLE = "OBS_STORES"
"""Names another file."""

_NAME = re.compile("[a-z][a-z0-9+.-]+")
_FIELDS = {"url", "credentials"}


@dataclasses.dataclass(frozen=True, slots=True)
class NamedStore:
    """A store with a name.

    Attributes:
        name: Small letters, digits, `+`, `.` and `-`, beginning with a letter.
        url: A storage URL, with a container and a prefix if `name://` is to begin there.
        credentials: By the environment's own names, in place of the environment; None: none are kept.
    """

    name: str
    url: str
    credentials: Mapping[str, str] | None = dataclasses.field(default=None, repr=False)

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ConfigurationError(
                f"{self.name!r} is not a name for a store: it has at least two characters (small letters, digits, '+', "
                f"'.', '-') and begins with a letter"
            )


def stores_path() -> Path:
    """The file of named stores: in the configuration folder of the platform, or where `OBS_STORES` says."""
    named = os.environ.get(VARIABLE)
    if named:
        return Path(named)
    if sys.platform == "darwin":
        folder = Path("~/Library/Application Support").expanduser()
    else:
        folder = Path(os.environ.get("XDG_CONFIG_HOME") or Path("~/.config").expanduser())
    return folder / "obs_client" / "stores.toml"


def read_stores() -> dict[str, NamedStore]:
    """All named stores, by their names; none if there is no file.

    They are there to be looked at: `read_store` gives one that can be used.

    Raises:
        ConfigurationError: The file makes no sense.
    """
    path = stores_path()
    tables, _ = _read(path)
    return {name: _store(name, table, path) for name, table in tables.items()}


def store_names() -> list[str]:
    """The names of all named stores, in small letters, whatever else is in the file."""
    return [name.lower() for name in _read(stores_path())[0]]


def read_store(name: str) -> NamedStore | None:
    """The store of this name, or None. What else is in the file does not matter, as long as it is TOML.

    Raises:
        ConfigurationError: Its lines make no sense; or they hold keys, and others can read the file.
    """
    path = stores_path()
    tables, open_to_others = _read(path)
    store = next((_store(each, table, path) for each, table in tables.items() if each.lower() == name), None)
    if store is not None and store.credentials and open_to_others:
        raise ConfigurationError(
            f"the store {name!r} in {path} holds keys, and others can read it", hint=f"chmod 600 {path}"
        )
    return store


def _read(path: Path) -> tuple[dict[str, object], bool]:
    """What is in the file, by names, and whether others can read it."""
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            return tomllib.load(file), bool(mode & (stat.S_IRWXG | stat.S_IRWXO))
    except FileNotFoundError:
        return {}, False
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"the named stores in {path} are no TOML: {error}") from None
    except (OSError, ValueError, RecursionError) as error:  # no text, a number without end, or nested without end
        raise ConfigurationError(f"the named stores in {path} cannot be read: {type(error).__name__}") from error


def _store(name: str, table: object, path: Path) -> NamedStore:
    if not isinstance(table, dict) or not isinstance(table.get("url"), str):
        raise ConfigurationError(f"the store {name!r} in {path} has no url")
    if unknown := set(table) - _FIELDS:
        raise ConfigurationError(f"the store {name!r} in {path} has url and credentials, and no {sorted(unknown)[0]!r}")
    keys = table.get("credentials")
    if keys is not None and not (isinstance(keys, dict) and all(isinstance(value, str) for value in keys.values())):
        raise ConfigurationError(f"the credentials of the store {name!r} in {path} are names with texts")
    return NamedStore(name, table["url"], keys)
