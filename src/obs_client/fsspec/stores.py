"""The clients of file systems: one for all that say the same, whichever thread made them; and keys that stay here."""

from __future__ import annotations

import secrets
import weakref
from collections.abc import Hashable, Mapping
from typing import Any
from urllib.parse import urlencode

from obs_client._http.kit.fork import ForkLock
from obs_client.client import ObjectStorageClient
from obs_client.errors import ConfigurationError
from obs_client.models import ClientOptions
from obs_client.urls import from_url

# fsspec makes a file system for each thread; a client for each would be a login and a pool of connections for each.
_clients: weakref.WeakValueDictionary[Hashable, ObjectStorageClient] = weakref.WeakValueDictionary()
_in_memory: list[ObjectStorageClient] = []
_lock = ForkLock()

SEAL = "kept in the process that passed them: "
_sealed: dict[str, Mapping[str, str]] = {}


def url_of(store: str, options: Mapping[str, object]) -> str:
    """The storage URL of a store, or of a named store by its bare name, with further options in its query."""
    url = store if ":" in store else f"{store}:"
    written = {name: str(value).lower() if isinstance(value, bool) else value for name, value in options.items()}
    given = {name: value for name, value in written.items() if value is not None}
    return url + ("&" if "?" in url else "?") + urlencode(given) if given else url


def shared_client(
    url: str, container_name: str | None, credentials: Mapping[str, str] | None, options: ClientOptions | None
) -> ObjectStorageClient:
    """The client of these, as `obs_client.from_url` makes it; the same one as long as anybody has it."""
    keys = None if credentials is None else frozenset(credentials.items())
    key = (url, container_name, keys, options)
    with _lock:
        client = _clients.get(key)
        if client is None:
            client = from_url(url, container_name=container_name, credentials=credentials, options=options)
            _clients[key] = client
            if url.startswith("memory:"):
                _in_memory.append(client)  # what is in it lasts as long as the process
    return client


def seal(credentials: Mapping[str, str]) -> str:
    """A text that stands for keys in this process, and its children by fork, and tells nothing of them."""
    text = SEAL + secrets.token_hex(8)
    _sealed[text] = dict(credentials)
    return text


def known(credentials: Mapping[str, str] | str) -> Mapping[str, str] | str:
    """The keys that a text of `seal` stands for, if they are of this process; else as it is."""
    return _sealed.get(credentials, credentials) if isinstance(credentials, str) else credentials


def unsealed(credentials: Mapping[str, str] | str | None) -> Mapping[str, str] | None:
    """The keys that a text of `seal` stands for; all else as it is.

    Raises:
        ConfigurationError: Another process has them.
    """
    found = None if credentials is None else known(credentials)
    if isinstance(found, str):
        raise ConfigurationError(
            "the credentials of this file system stayed in the process that passed them",
            hint="let each process find them itself: in its environment, a profile, or a named store",
        )
    return found


def without_secrets(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options of a file system as they may be written down."""
    keys = options.get("credentials")
    return {**options, "credentials": seal(keys)} if isinstance(keys, Mapping) else dict(options)
