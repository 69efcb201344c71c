"""Storage URLs: which client they mean, and where in its store.

=================================================  ===================================================================
`s3://[container[/prefix]][?option=value]`         `S3Client`
`gs://[container[/prefix]][?option=value]`         `GCSClient`; `gcs:` is the same
`swift://[container[/prefix]][?option=value]`      `SwiftClient`, which logs in as the environment says
`https://host/.../v1/AUTH_x[/container[/prefix]]`  `SwiftClient` with this storage URL, which ends with the segment
                                                   after `v1`; a path that is exactly `/swift/v1` has none. Also `http:`
`azure://[container[/prefix]][?account_url=...]`   `AzureClient`; so are the URLs that others have for Azure: `az:`,
                                                   `abfs:`, `abfss:`, `https://account.blob.core.windows.net/...`
`file:///some/root[?container_name=docs]`          `LocalClient`: the directories in the root are its containers; a
                                                   prefix is an option too: `&prefix=2026/`
`memory:`                                          `MemoryClient`, empty
`name://[container[/prefix]][?option=value]`       the class that an entry point `name` in the group
                                                   `obs_client.backends` gives, called with `container_name` and the
                                                   options; or a named store (`obs_client.stores`), and in it what
                                                   follows its own URL
=================================================  ===================================================================

Options are the names of the constructor's parameters, and the fields of `ClientOptions`: `?attempts=2&part_size=64MiB`.
Sizes and times may have a unit (`64MiB`, `1.5GB`; `500ms`, `30s`, `15m`). Stores
without a server take `timeout` too, so that only the place in a URL need change. Besides, `anonymous=true` stands for
`credentials={}`: public data are read without a login, whatever the environment holds. `profile=PATH` is a profile that
`obs probe` made: its options hold where the URL does not say otherwise. Such a path has a `/` or ends in `.json`; any
other `profile` is that of the constructor, where it has one.
"""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from obs_client._urls import paths
from obs_client._urls.azure import as_azure
from obs_client._urls.making import made_of
from obs_client._urls.options import ANONYMOUS, options_of, takes
from obs_client._urls.schemes import ENTRY_POINTS, all_schemes, client_class, is_taken, make_directory_client
from obs_client.client import ObjectStorageClient
from obs_client.errors import ConfigurationError
from obs_client.models import ClientOptions

if TYPE_CHECKING:
    from obs_client._urls.named import NamedStore

__all__ = ["ANONYMOUS", "ENTRY_POINTS", "Alias", "StorageUrl", "directory_client", "from_url", "is_url"]

_URL = re.compile(r"(?i)[a-z][a-z0-9+.-]*://|(azure|file|gcs|gs|http|https|memory|s3|swift):")
_NO_SERVER = ("file", "memory")
"""Schemes of stores that no server is asked for."""
_KEPT = {ord(character): f"%{ord(character):02X}" for character in "\t\n\r"}
"""What `urlsplit` would drop without a word, as the WHATWG's standard for URLs has it, and what stands for it."""


@dataclasses.dataclass(frozen=True, slots=True)
class Alias:
    """How a URL names its store.

    Attributes:
        name: That of the store.
        prefix: The prefix of the store's own URL, which `name://` stands for; None: its URL names no container.
    """

    name: str
    prefix: str | None


@dataclasses.dataclass(frozen=True, slots=True)
class StorageUrl:
    """A place in a store: its client, a container in it, and a prefix in that.

    Attributes:
        scheme: What is before the colon, in lower case.
        root: The directory of a `file` URL, the storage URL of an `https` or `http` one, else "".
        container_name: None if the URL names none.
        prefix: What follows the container, or "".
        options: The constructor's other parameters.
        client_options: Fields of `ClientOptions`.
        credentials: Those of a named store; None: it keeps none, or the URL is of no named store.
        alias: The named store; None: it is none.
    """

    scheme: str
    root: str = ""
    container_name: str | None = None
    prefix: str = ""
    options: Mapping[str, object] = dataclasses.field(default_factory=dict)
    client_options: Mapping[str, object] = dataclasses.field(default_factory=dict)
    credentials: Mapping[str, str] | None = dataclasses.field(default=None, repr=False)
    alias: Alias | None = None

    @classmethod
    def parse(cls, url: str) -> StorageUrl:
        """Take a URL apart; makes no request.

        Raises:
            ConfigurationError: It is no storage URL, names an unknown scheme or option, or holds credentials.
        """
        if not isinstance(url, str):
            raise TypeError(f"a storage URL must be a str, not {type(url).__name__}")
        try:
            parts = as_azure(urlsplit(url.translate(_KEPT), allow_fragments=False))
        except ValueError as error:
            raise ConfigurationError(f"this is not a storage URL: {error}") from error
        scheme = parts.scheme.lower()
        if not scheme:
            raise ConfigurationError(
                f"{url!r} has no scheme; storage URLs begin with one of {all_schemes()}; a directory is file:///srv/store"
            )
        if (store := _named(scheme)) is not None:
            return _in_named(store, url)
        if "@" in parts.netloc:
            raise ConfigurationError(
                "a storage URL must not contain credentials (the part before '@'); pass them "
                "to the constructor, or set "
                "them in the environment"
            )
        options, tuning = options_of(
            client_class(scheme), parts.query, *_further(scheme), waits=scheme not in _NO_SERVER
        )
        _tuned(tuning, None)
        location = paths.location_of(scheme, parts.netloc, parts.path, options)
        return cls(scheme, *location, options, tuning)

    def is_same_store(self, other: StorageUrl) -> bool:
        """Whether one client serves both, whichever containers they name."""
        mine, others = (
            (each.scheme, each.root, each.options, each.client_options, each.credentials) for each in (self, other)
        )
        return mine == others

    def client(
        self,
        *,
        container_name: str | None = None,
        credentials: Mapping[str, str] | None = None,
        options: ClientOptions | None = None,
    ) -> ObjectStorageClient:
        """A new client with the container chosen; the prefix is for the caller to keep to.

        Args:
            container_name: Where the URL names none.
            credentials: As the constructor takes them.
            options: What the URL says of them goes before.

        Raises:
            ConfigurationError: The URL names another container, or says itself how to log in; the store takes no
                credentials; or an option is missing that it needs, or a plug-in's constructor fails.
        """
        make: Callable[..., ObjectStorageClient] = client_class(self.scheme)
        given: dict[str, Any] = {**self.options, "container_name": self._container(container_name)}
        if self.scheme == "file":
            given["root"] = self.root
        elif self.root:
            given["storage_url"] = self.root
        if credentials is not None or self.credentials is not None:
            given["credentials"] = self._credentials(self.credentials if credentials is None else credentials)
        tuned = _tuned(self.client_options, options)
        if tuned is not None and takes(client_class(self.scheme), "options"):
            given["options"] = tuned
        made = made_of(self.scheme, make, given)
        if tuned is not None:
            made.options = tuned
        return made

    def _container(self, container_name: str | None) -> str | None:
        if self.container_name is None or container_name in (None, self.container_name):
            return self.container_name if container_name is None else container_name
        raise ConfigurationError(
            f"the URL names the container {self.container_name!r}, but {container_name!r} is given"
        )

    def _credentials(self, credentials: Mapping[str, str] | None) -> Mapping[str, str] | None:
        if not takes(client_class(self.scheme), "credentials"):
            raise ConfigurationError(f"{self.scheme}: takes no credentials")
        if "credentials" in self.options:
            raise ConfigurationError(f"the URL says {ANONYMOUS}=true, but credentials are given; use one of the two")
        return credentials


def is_url(text: str) -> bool:
    """Whether a text is meant as a storage URL; all else is the path of a file or directory."""
    return _URL.match(text) is not None


def directory_client(
    path: str | os.PathLike[str], *, follow_symlinks: bool = False, options: ClientOptions | None = None
) -> ObjectStorageClient:
    """A client for one local directory, whose file names are the object names; nothing is looked at yet.

    Args:
        follow_symlinks: Read what symbolic links lead to, as far as it is in the directory; nothing is written.
    """
    return make_directory_client(path, follow_symlinks=follow_symlinks, options=options)


def from_url(
    url: str,
    *,
    container_name: str | None = None,
    credentials: Mapping[str, str] | None = None,
    options: ClientOptions | None = None,
) -> ObjectStorageClient:
    """A client for a storage URL; makes no request. A URL with a prefix gives a store that begins there.

    That is the client within `obs_client.wrappers.prefixed`, which adds a slash to the prefix where there is none.

    Args:
        container_name: Where the URL names none.
        credentials: As the constructor takes them: a mapping of the environment's own names, in place of the
            environment.
        options: How the client works; what the URL says of that goes before.

    Raises:
        ConfigurationError: As `StorageUrl.parse` and `StorageUrl.client`.
    """
    place = StorageUrl.parse(url)
    client = place.client(container_name=container_name, credentials=credentials, options=options)
    if not place.prefix:
        return client
    from obs_client.wrappers.prefix import PrefixedClient

    return PrefixedClient(client, place.prefix)


def _named(scheme: str) -> NamedStore | None:
    """The store of this name; built-in schemes, and those of installed packages, go before."""
    if is_taken(scheme):
        return None
    from obs_client._urls.named import read_store  # which most URLs have no need of

    return read_store(scheme)


def _in_named(store: NamedStore, url: str) -> StorageUrl:
    """What follows the name of a store, in that store."""
    if not is_taken(store.url.partition(":")[0].lower()):
        raise ConfigurationError(f"the store {store.name!r} has no storage URL of a scheme that there is: {store.url}")
    own = StorageUrl.parse(store.url)
    start, _, query = url.partition("?")
    rest = paths.unquoted(start.partition(":")[2].removeprefix("//"))
    options, tuning = options_of(client_class(own.scheme), query, waits=own.scheme not in _NO_SERVER)
    if paths.CONTAINER in options:
        raise ConfigurationError(f"the container stands before the '?': {store.name}://container")
    _tuned(tuning, None)
    if own.container_name is None:
        container, _, prefix = rest.partition("/")
        if prefix and not container:
            raise ConfigurationError(f"the URL names no container; did you mean {store.name}://{prefix}?")
        place = {"container_name": paths.container_name(container) if container else None, "prefix": prefix}
        alias = Alias(store.name, None)
    else:
        begins = own.prefix if own.prefix.endswith("/") or not own.prefix else f"{own.prefix}/"
        place, alias = {"prefix": begins + rest}, Alias(store.name, begins)
    return dataclasses.replace(
        own,
        **place,  # type: ignore[arg-type]
        options={**own.options, **options},
        client_options={**own.client_options, **tuning},
        credentials=store.credentials,
        alias=alias,
    )


def _further(scheme: str) -> tuple[str, ...]:
    return (paths.PREFIX,) if scheme == "file" else ()


def _tuned(fields: Mapping[str, Any], options: ClientOptions | None) -> ClientOptions | None:
    """The options with fields that go before."""
    if not fields:
        return options
    try:
        return dataclasses.replace(options or ClientOptions(), **fields)
    except ValueError as error:
        raise ConfigurationError(f"in the URL: {error}") from None
