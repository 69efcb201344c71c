"""The path of a storage URL: where the store is, which container in it, and the prefix in that."""

from __future__ import annotations

import typing
from urllib.parse import unquote

from obs_client._engine import arguments
from obs_client.errors import ConfigurationError

CONTAINER = "container_name"
PREFIX = "prefix"


class Location(typing.NamedTuple):
    """What stands before the options.

    Attributes:
        root: The directory of a `file` URL, the storage URL of an `https` or `http` one, else "".
        container_name: None if none is named.
        prefix: What follows the container, or "".
    """

    root: str = ""
    container_name: str | None = None
    prefix: str = ""


def location_of(scheme: str, host: str, path: str, options: dict[str, object]) -> Location:
    """Where a URL leads to; takes out of its options what belongs to that.

    Raises:
        ConfigurationError: There can be no such place.
    """
    if scheme == "file":
        return _of_file(host, unquoted(path), options)
    if scheme == "memory":
        return _of_memory(host + path, options)
    if scheme in ("http", "https"):
        return _of_swift(f"{scheme}://{host}", path, options)
    return _of_container(scheme, host, path, options)


def unquoted(text: str) -> str:
    """A text with `%` sequences taken for the UTF-8 that they stand for."""
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{text!r} in the URL stands for bytes that are no UTF-8: no name has them") from error


def container_name(name: str) -> str:
    """The name of a container, if it can be one."""
    arguments.check_container_name(name)
    return name


def _of_file(host: str, path: str, options: dict[str, object]) -> Location:
    if host not in ("", "localhost") or not path.startswith("/"):
        raise ConfigurationError("a file URL has an absolute path and no host: file:///some/root")
    if not {".", ".."}.isdisjoint(path.split("/")):
        raise ConfigurationError("a file URL holds no '.' or '..' between slashes; write the path that is meant")
    container, prefix = _container_option(options), str(options.pop(PREFIX, ""))
    if prefix and container is None:
        raise ConfigurationError(f"a file URL with a prefix names its container too: ?container_name=...&{PREFIX}=...")
    return Location(path.rstrip("/") or "/", container, prefix)


def _of_memory(rest: str, options: dict[str, object]) -> Location:
    if rest:
        raise ConfigurationError(
            "a memory URL is just 'memory:', with a container memory:?container_name=...; "
            "the store is new and empty each time"
        )
    return Location("", _container_option(options))


def _of_swift(host: str, path: str, options: dict[str, object]) -> Location:
    if CONTAINER in options:
        raise ConfigurationError("the container stands in the path, after the account")
    segments = path.rstrip("/").split("/")
    if host.endswith("//") or "v1" not in segments:
        raise ConfigurationError(
            "a Swift storage URL reads https://host/.../v1/AUTH_account[/container[/prefix]]; another server's S3 is "
            "s3://container?endpoint_url=https://host"
        )
    end = segments.index("v1") + 2
    if segments == ["", "swift", "v1"]:
        end = len(segments)
    if len(segments) < end or not segments[end - 1]:
        raise ConfigurationError("the storage URL ends at v1; the account is missing: .../v1/AUTH_account")
    storage_url = host + "/".join(segments[:end])
    container, _, prefix = path.removeprefix("/".join(segments[:end])).removeprefix("/").partition("/")
    chosen = container_name(unquoted(container)) if container else None
    return Location(storage_url, chosen, unquoted(prefix))


def _container_option(options: dict[str, object]) -> str | None:
    name = options.pop(CONTAINER, None)
    return None if name is None else container_name(str(name))


def _of_container(scheme: str, host: str, path: str, options: dict[str, object]) -> Location:
    if CONTAINER in options:
        raise ConfigurationError(f"the container stands before the '?': {scheme}://container")
    if path.strip("/") and not host:
        raise ConfigurationError(
            f"the URL names no container; did you mean {scheme}://{path.lstrip('/')}, with two slashes?"
        )
    container = container_name(unquoted(host)) if host else None
    return Location("", container, unquoted(path.removeprefix("/")))
