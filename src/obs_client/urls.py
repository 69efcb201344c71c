"""Storage URLs: which client they mean, and where in its store.

=================================================  ===================================================================
`s3://[container[/prefix]][?option=value]`         `S3Client`
`swift://[container[/prefix]][?option=value]`      `SwiftClient`, which logs in as the environment says
`https://host/.../v1/AUTH_x[/container[/prefix]]`  `SwiftClient` with this storage URL, which ends with the segment
                                                   after `v1`; a path that is exactly `/swift/v1` has none. Also `http:`
`file:///some/root[?container_name=docs]`          `LocalClient`: the directories in the root are its containers
`memory:`                                          `MemoryClient`, empty
`name://[container[/prefix]][?option=value]`       the class that an entry point `name` in the group
                                                   `obs_client.backends` gives, called with `container_name` and the
                                                   options
=================================================  ===================================================================

Options are the names of the constructor's parameters; besides, `anonymous=true` stands for `credentials={}`: public
data are read without a login, whatever the environment holds. `profile=PATH` is a profile that `obs probe` made: its
options hold where the URL does not say otherwise. Such a path has a `/` or ends in `.json`; any other `profile` is
that of the constructor, where it has one.
"""

from __future__ import annotations

import dataclasses
import inspect
import os
import re
import typing
from collections.abc import Callable, Mapping
from importlib import import_module
from urllib.parse import parse_qsl, unquote, urlsplit

from obs_client._engine import arguments
from obs_client.client import ObjectStorageClient
from obs_client.errors import ConfigurationError

ENTRY_POINTS = "obs_client.backends"
ANONYMOUS = "anonymous"
_PROFILE = "profile"

_DIRECTORY = ("obs_client.backends.local.directory", "DirectoryClient")
_SWIFT = ("obs_client.backends.swift.client", "SwiftClient")
_BUILT_IN = {
    "file": ("obs_client.backends.local.store", "LocalClient"),
    "http": _SWIFT,
    "https": _SWIFT,
    "memory": ("obs_client.backends.memory", "MemoryClient"),
    "s3": ("obs_client.backends.s3.client", "S3Client"),
    "swift": _SWIFT,
}
_URL = re.compile(r"(?i)[a-z][a-z0-9+.-]*://|(file|http|https|memory|s3|swift):")
_KEPT = {ord(character): f"%{ord(character):02X}" for character in "\t\n\r"}
"""What `urlsplit` would drop without a word, as the WHATWG's standard for URLs has it, and what stands for it."""

_SECRET = re.compile("credential|password|secret|token|access_key|^key$|^temp_url_key$", re.IGNORECASE)


@dataclasses.dataclass(frozen=True, slots=True)
class StorageUrl:
    """A place in a store: its client, a container in it, and a prefix in that.

    Attributes:
        scheme: What is before the colon, in lower case.
        root: The directory of a `file` URL, the storage URL of an `https` or `http` one, else "".
        container_name: None if the URL names none.
        prefix: What follows the container, or "".
        options: The constructor's other parameters.
    """

    scheme: str
    root: str = ""
    container_name: str | None = None
    prefix: str = ""
    options: Mapping[str, object] = dataclasses.field(default_factory=dict)

    @classmethod
    def parse(cls, url: str) -> StorageUrl:
        """Take a URL apart; makes no request.

        Raises:
            ConfigurationError: It is no storage URL, names an unknown scheme or option, or holds credentials.
        """
        if not isinstance(url, str):
            raise TypeError(f"a storage URL must be a str, not {type(url).__name__}")
        try:
            parts = urlsplit(url.translate(_KEPT), allow_fragments=False)
        except ValueError as error:
            raise ConfigurationError(f"this is no storage URL: {error}") from error
        scheme = parts.scheme.lower()
        if not scheme:
            raise ConfigurationError(f"{url!r} has no scheme; storage URLs begin with one of {_schemes()}")
        if "@" in parts.netloc:
            raise ConfigurationError(
                "a storage URL must hold no credentials (what stands before '@'); give them to the constructor or the "
                "environment"
            )
        options = _options(_client_class(scheme), parts.query)
        if scheme == "file":
            return _file_url(parts.netloc, _unquoted(parts.path), options)
        if scheme == "memory":
            return _memory_url(parts.netloc + parts.path, options)
        if scheme in ("http", "https"):
            return _swift_url(f"{scheme}://{parts.netloc}", parts.path, options)
        return _container_url(scheme, parts.netloc, parts.path, options)

    def is_same_store(self, other: StorageUrl) -> bool:
        """Whether one client serves both, whichever containers they name."""
        return (self.scheme, self.root, self.options) == (other.scheme, other.root, other.options)

    def client(self) -> ObjectStorageClient:
        """A new client with the container chosen; the prefix is for the caller to keep to."""
        make: Callable[..., ObjectStorageClient] = _client_class(self.scheme)
        if self.scheme in ("file", "http", "https"):
            return make(self.root, self.container_name, **self.options)
        return make(container_name=self.container_name, **self.options)


def is_url(text: str) -> bool:
    """Whether a text is meant as a storage URL; all else is the path of a file or directory."""
    return _URL.match(text) is not None


def _is_profile_path(text: str) -> bool:
    """Whether `profile=text` in a URL is the path of what `obs probe` made, and not a name in a configuration."""
    return "/" in text or text.endswith(".json")


def directory_client(path: str | os.PathLike[str], *, follow_symlinks: bool = False) -> ObjectStorageClient:
    """A client for one local directory, whose file names are the object names; nothing is looked at yet.

    Args:
        follow_symlinks: Read what symbolic links lead to, as far as it is in the directory; nothing is written.
    """
    module, name = _DIRECTORY
    make: Callable[..., ObjectStorageClient] = getattr(import_module(module), name)
    return make(path, follow_symlinks=follow_symlinks)


def from_url(url: str) -> ObjectStorageClient:
    """A client for a storage URL; makes no request.

    Raises:
        ConfigurationError: As `StorageUrl.parse`; or the URL goes on with a prefix, which a client does not keep.
    """
    place = StorageUrl.parse(url)
    if place.prefix:
        raise ConfigurationError(
            f"the URL goes on with the prefix {place.prefix!r} after the container {place.container_name!r}; give the "
            f"prefix to the client's methods, or use StorageUrl.parse"
        )
    return place.client()


def _schemes() -> str:
    from importlib import metadata  # which loads much that is not needed for the built-in schemes

    plug_ins = {entry.name for entry in metadata.entry_points(group=ENTRY_POINTS)} - set(_BUILT_IN)
    return ", ".join(f"{name}:" for name in sorted(_BUILT_IN) + sorted(plug_ins))


def _client_class(scheme: str) -> type[ObjectStorageClient]:
    if scheme in _BUILT_IN:
        module, name = _BUILT_IN[scheme]
        found = getattr(import_module(module), name)
    else:
        found = _plug_in(scheme)
    if not (isinstance(found, type) and issubclass(found, ObjectStorageClient)):
        raise ConfigurationError(f"the entry point of scheme {scheme!r} gives no subclass of ObjectStorageClient")
    return found


def _plug_in(scheme: str) -> object:
    from importlib import metadata

    entries = tuple(metadata.entry_points(group=ENTRY_POINTS, name=scheme))
    if not entries:
        raise ConfigurationError(f"no backend for scheme {scheme!r} is installed; there are {_schemes()}")
    try:
        return entries[0].load()
    except ImportError as error:
        raise ConfigurationError(f"the backend for scheme {scheme!r} cannot be imported: {error}") from error


def _options(client_class: type[ObjectStorageClient], query: str) -> dict[str, object]:
    if not query:
        return {}
    known = _known_options(client_class)
    options: dict[str, object] = {}
    pairs = _pairs(query)
    profile = next((text for name, text in pairs if name == _PROFILE and _is_profile_path(text)), None)
    for name, text in pairs:
        if text is profile:
            continue
        _check_known(name, text, known)
        if name in options:
            raise ConfigurationError(f"option {name!r} stands twice in the URL")
        options[name] = _value(name, text, known[name])
    if options.pop(ANONYMOUS, False):
        options["credentials"] = {}
    return options if profile is None else {**_options_of_profile(client_class, profile, options, known), **options}


def _pairs(query: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(query, keep_blank_values=True, strict_parsing=True)
    except ValueError:
        raise ConfigurationError("the URL's options must read name=value, joined by '&'") from None


def _check_known(name: str, text: str, known: Mapping[str, object]) -> None:
    if _SECRET.search(name):
        raise ConfigurationError(f"a URL must hold no credentials; give {name} to the constructor or environment")
    if name == _PROFILE and _is_profile_path(text):
        raise ConfigurationError(f"option {name!r} stands twice in the URL")
    if name == _PROFILE and name not in known:
        raise ConfigurationError(
            f"profile={text} is no path of a profile that obs probe made: such a path has a '/' or ends in '.json'"
        )
    if name not in known:
        raise ConfigurationError(f"unknown option {name!r} in the URL; {_suggestion(name, known)}")


def _options_of_profile(
    client_class: type[ObjectStorageClient], path: str, given: Mapping[str, object], known: Mapping[str, object]
) -> Mapping[str, object]:
    """The options that a probe found out, where the URL does not say otherwise."""
    from obs_client.probing.profile import read_profile

    options = read_profile(path).options_for(client_class.__name__, given)
    for name, value in options.items():
        kinds = typing.get_args(known.get(name)) or (known.get(name),)
        if type(value) not in kinds and not (type(value) is int and float in kinds):
            raise ConfigurationError(f"{path!r}: {client_class.__name__} takes no option {name}={value!r}")
    return options


def _suggestion(name: str, known: Mapping[str, object]) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name, known)
    meant = f"did you mean {close[0]}? " if close else ""
    return f"{meant}known are {', '.join(sorted(known))}"


def _known_options(client_class: type[ObjectStorageClient]) -> dict[str, object]:
    """The constructor's parameters that can be written as text, with their types."""
    hints = typing.get_type_hints(client_class.__init__)
    parameters = list(inspect.signature(client_class.__init__).parameters)[1:]
    known = {
        name: hints.get(name, str)
        for name in parameters
        if name not in ("root", "storage_url", "options") and not _SECRET.search(name)
    }
    return {**known, ANONYMOUS: bool} if "credentials" in parameters else known


def _value(name: str, text: str, kind: object) -> object:
    kinds = set(typing.get_args(kind)) or {kind}
    if bool in kinds and text.lower() in ("true", "false"):
        return text.lower() == "true"
    try:
        if int in kinds:
            return int(text)
        if float in kinds:
            return float(text)
    except ValueError:
        raise ConfigurationError(f"option {name} must be a number, not {text!r}") from None
    if str in kinds:
        return text
    raise ConfigurationError(f"option {name} must be true or false, not {text!r}")


def _file_url(host: str, path: str, options: dict[str, object]) -> StorageUrl:
    if host not in ("", "localhost") or not path.startswith("/"):
        raise ConfigurationError("a file URL has an absolute path and no host: file:///some/root")
    if not {".", ".."}.isdisjoint(path.split("/")):
        raise ConfigurationError("a file URL holds no '.' or '..' between slashes; write the path that is meant")
    return StorageUrl("file", path, _container_option(options), "", options)


def _memory_url(rest: str, options: dict[str, object]) -> StorageUrl:
    if rest:
        raise ConfigurationError("a memory URL is just 'memory:'; the store is new and empty each time")
    return StorageUrl("memory", "", _container_option(options), "", options)


def _swift_url(host: str, path: str, options: dict[str, object]) -> StorageUrl:
    if "container_name" in options:
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
    chosen = _container_name(_unquoted(container)) if container else None
    return StorageUrl(host.partition(":")[0], storage_url, chosen, _unquoted(prefix), options)


def _container_option(options: dict[str, object]) -> str | None:
    name = options.pop("container_name", None)
    return None if name is None else _container_name(str(name))


def _container_url(scheme: str, host: str, path: str, options: dict[str, object]) -> StorageUrl:
    if "container_name" in options:
        raise ConfigurationError(f"the container stands before the '?': {scheme}://container")
    if path.strip("/") and not host:
        raise ConfigurationError(
            f"the URL names no container; did you mean {scheme}://{path.lstrip('/')}, with two slashes?"
        )
    container = _container_name(_unquoted(host)) if host else None
    return StorageUrl(scheme, "", container, _unquoted(path.removeprefix("/")), options)


def _unquoted(text: str) -> str:
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{text!r} in the URL stands for bytes that are no UTF-8: no name has them") from error


def _container_name(name: str) -> str:
    arguments.check_container_name(name)
    return name
