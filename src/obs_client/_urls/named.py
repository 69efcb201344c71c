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
                f"{self.name!r} is no name of a store: it has two characters at least, small letters, digits, '+', '.' "
                f"and '-', and begins with a letter"
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

    Raises:
        ConfigurationError: The file makes no sense; or it holds keys, and others can read it.
    """
    path = stores_path()
    try:
        with path.open("rb") as file:
            tables = tomllib.load(file)
            open_to_others = os.fstat(file.fileno()).st_mode & (stat.S_IRWXG | stat.S_IRWXO)
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"the named stores in {path} cannot be read: {type(error).__name__}") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"the named stores in {path} are no TOML: {error}") from None
    stores = {name: _store(name, table, path) for name, table in tables.items()}
    if open_to_others and any(store.credentials for store in stores.values()):
        raise ConfigurationError(f"{path} holds keys, and others can read it", hint=f"chmod 600 {path}")
    return stores


def _store(name: str, table: object, path: Path) -> NamedStore:
    if not isinstance(table, dict) or not isinstance(table.get("url"), str):
        raise ConfigurationError(f"the store {name!r} in {path} has no url")
    if unknown := set(table) - _FIELDS:
        raise ConfigurationError(f"the store {name!r} in {path} has url and credentials, and no {sorted(unknown)[0]!r}")
    keys = table.get("credentials")
    if keys is not None and not (isinstance(keys, dict) and all(isinstance(value, str) for value in keys.values())):
        raise ConfigurationError(f"the credentials of the store {name!r} in {path} are names with texts")
    return NamedStore(name, table["url"], keys)
