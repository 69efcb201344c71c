"""What the arguments of the commands name: a container, an object in it, or a folder.

- A storage URL is what begins with a scheme: `s3://container/name`. What follows the container is the name, character
  for character, with `%3F` for `?` and `%25` for `%`; `obs ls --urls` prints such URLs. One that means a name by its
  `%`, where an object has the name that it shows as it stands, is refused: `cli.written`.
- All else is a path on this machine: `notes.txt`, `./s3://odd`. A directory is a container, and a file is the object
  of its name in its directory. A path that is not there is a file, unless it ends with a slash.
- `file:///srv?container_name=docs&prefix=a.txt` is a root, whose directories are containers, as in `from_url`; the
  container and the name in it are options, since each directory on the way could be the container.

A folder is all names that begin with it and a slash: `s3://c/a` never means `ab`.
"""

from __future__ import annotations

import dataclasses
import math
import os

import click

import obs_client
from obs_client.cli.settings import Settings
from obs_client.cli.text import printable


@dataclasses.dataclass(frozen=True, slots=True)
class Address:
    """What one argument names.

    Attributes:
        text: The argument itself.
        url: The store, and the container if one is named.
        name: The object or folder in the container; "" for the container itself.
        path: The path of the file or directory, if it is on this machine.
    """

    text: str
    url: obs_client.StorageUrl
    name: str = ""
    path: str | None = None

    @classmethod
    def parse(cls, text: str) -> Address:
        """Take an argument apart; asks no store, but looks whether a path is a directory.

        Raises:
            ConfigurationError: It begins with a scheme, but is no storage URL.
        """
        if not _is_url(text):
            return _local(text, text)
        if text.partition("?")[1:] == ("?", ""):
            advice = "write %3F for a ? in a name, and * in a pattern"
            raise click.UsageError(f"{printable(text)} ends with a ?, which begins options; {advice}")
        url = obs_client.StorageUrl.parse(text)
        return cls(text, url, url.prefix)

    @property
    def literal(self) -> Address | None:
        """What the URL would name if `%` stood for itself; None if that is the same, or it is no URL."""
        if not _is_url(self.text):
            return None
        literal_text = _as_it_stands(self.text, in_query=self.url.scheme == "file" and self.url.alias is None)
        if literal_text == self.text:
            return None
        try:
            literal = Address.parse(literal_text)
        except (obs_client.ConfigurationError, obs_client.InvalidNameError):
            return None
        return None if (literal.url, literal.name) == (self.url, self.name) else literal

    @classmethod
    def of_url(cls, text: str, advice: str) -> Address:
        """The address that a storage URL names; a usage error with an advice if it is a plain path."""
        if not _is_url(text):
            raise click.UsageError(printable(f"{text} is a path, not a storage URL like s3://container; {advice}"))
        return cls.parse(text)

    @classmethod
    def of_container(cls, text: str, advice: str) -> Address:
        """The address of a container alone, else a usage error with an advice.

        A path is a directory, whether it is there or not.
        """
        address = cls.parse(text)
        if address.path is not None and address.name:
            address = _local(text, f"{address.path}/")
        if address.name:
            raise click.UsageError(f"{printable(text)} has more after the container; {advice}")
        return address

    @property
    def container(self) -> str | None:
        """The container's name."""
        return self.url.container_name

    def container_name(self) -> str:
        """The container's name; a usage error if none is named."""
        if self.container is None:
            scheme = self.url.alias.name if self.url.alias else self.url.scheme
            store = f"{self.url.root}/" if scheme in ("http", "https") else f"{scheme}://"
            like = f"{store}container"
            if scheme == "file":
                like = (
                    f"file://{self.url.root}?container_name=container&prefix=name, where the root before '?' holds the "
                    "containers; or give a plain path, without file:"
                )
            raise click.UsageError(printable(f"{self.text} names no container; write it like {like}"))
        return self.container

    @property
    def is_folder(self) -> bool:
        """Whether it cannot be an object: a container, a directory, or what ends with a slash."""
        return not self.name or self.name.endswith("/")

    @property
    def under(self) -> str:
        """The prefix of all names in the folder."""
        return self.name if self.is_folder else f"{self.name}/"

    def client(self) -> obs_client.ObjectStorageClient:
        """A new client with the container chosen, as patient and as fast as the command's options say."""
        context = click.get_current_context(silent=True)
        settings = context.find_object(Settings) if context else None
        if settings is None:
            return self.url.client()
        client = _as_patient(self.url, settings).client()
        return client if self.path is not None else _as_slow(client, settings)

    def object_name(self, advice: str = "go on with the object's name") -> str:
        """The object's name; a usage error with an advice if only a container or directory is named."""
        if not self.name:
            what = "is a directory" if self.path else "names no object"
            raise click.UsageError(printable(f"{self.text} {what}; {advice}"))
        return self.name

    def shown(self, name: str) -> str:
        """A name in the container as people write it after the URL: in a named store below the prefix it begins at."""
        start = self.url.alias.prefix if self.url.alias else None
        return name.removeprefix(start or "")

    def told(self, name: str) -> str:
        """A name in the container as lines tell of it: with the container, or as it is in a named store."""
        alias = self.url.alias
        if alias is None or alias.prefix is None:
            return f"{self.container_name()}/{name}"
        return f"{alias.name}://{self.shown(name)}"

    def receiving(self, base_name: str) -> str:
        """The name of an object that is put here: its own, if this is a folder."""
        return self.name + base_name if self.is_folder else self.name


def _as_patient(url: obs_client.StorageUrl, settings: Settings) -> obs_client.StorageUrl:
    """A URL with what the command was told of patience; that goes before what the URL says."""
    # Who asks for so many tries wants them at the first contact, too.
    patience = {"attempts": (settings.retries or 0) + 1, "give_up_first_after": math.inf}
    tries = {} if settings.retries is None else patience
    waits = {} if settings.timeout is None or url.scheme in ("file", "memory") else {"timeout": float(settings.timeout)}
    if not tries and not waits:
        return url
    return dataclasses.replace(url, client_options={**url.client_options, **tries}, options={**url.options, **waits})


def _as_slow(client: obs_client.ObjectStorageClient, settings: Settings) -> obs_client.ObjectStorageClient:
    """A client within `--limit-rate` and `--limit-requests`."""
    if settings.limit_rate is None and settings.limit_requests is None:
        return client
    from obs_client.wrappers import limited

    return limited(client, bytes_per_second=settings.limit_rate, requests_per_second=settings.limit_requests)


def _is_url(text: str) -> bool:
    from obs_client.urls import is_url

    return is_url(text)


def _as_it_stands(url: str, *, in_query: bool) -> str:
    """A URL that names what another one shows, each character for itself.

    Args:
        in_query: The container and the name are options, where `+` would be a blank too.
    """
    path, mark, query = url.partition("?")
    if not in_query:
        return path.replace("%", "%25") + mark + query
    options = (
        each.replace("%", "%25").replace("+", "%2B") if each.startswith(("container_name=", "prefix=")) else each
        for each in query.split("&")
    )
    return path + mark + "&".join(options)


def _local(text: str, path: str) -> Address:
    """The address of a path; symbolic links on the way to it are resolved, but not one in a file's own place."""
    if not path:
        raise click.UsageError("an empty path names nothing")
    if path.endswith(("/", "/.", "/..")) or path in (".", "..") or os.path.isdir(path):
        directory, name = os.path.realpath(path), ""
    else:
        parent, name = os.path.split(path)
        directory = os.path.realpath(parent or ".")
    root, container = os.path.split(directory)
    if not container:
        raise click.UsageError(f"{printable(text)}: the top directory '/' can be no container; name a directory in it")
    url = obs_client.StorageUrl("file", root, container)
    return Address(text, url, name, os.path.join(directory, name))
