"""Which class serves a scheme: built in, or a third party's by an entry point; loaded when it is asked for."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib import import_module

from obs_client._urls.azure import ALIASES, SCHEME
from obs_client.client import ObjectStorageClient
from obs_client.errors import ConfigurationError
from obs_client.models import ClientOptions

ENTRY_POINTS = "obs_client.backends"

_DIRECTORY = ("obs_client.backends.local.directory", "DirectoryClient")
_AZURE = ("obs_client.backends.azure.client", "AzureClient")
_GOOGLE = ("obs_client.backends.gcs.client", "GCSClient")
_SWIFT = ("obs_client.backends.swift.client", "SwiftClient")
BUILT_IN = {
    **dict.fromkeys((SCHEME, *ALIASES), _AZURE),
    "file": ("obs_client.backends.local.store", "LocalClient"),
    "gcs": _GOOGLE,
    "gs": _GOOGLE,
    "http": _SWIFT,
    "https": _SWIFT,
    "memory": ("obs_client.backends.memory", "MemoryClient"),
    "s3": ("obs_client.backends.s3.client", "S3Client"),
    "swift": _SWIFT,
}


def client_class(scheme: str) -> type[ObjectStorageClient]:
    """The class of a scheme.

    Raises:
        ConfigurationError: There is none, or it cannot be loaded.
    """
    if scheme in BUILT_IN:
        module, name = BUILT_IN[scheme]
        found = getattr(import_module(module), name)
    else:
        found = _plug_in(scheme)
    if not (isinstance(found, type) and issubclass(found, ObjectStorageClient)):
        raise ConfigurationError(f"the entry point of scheme {scheme!r} is not a subclass of ObjectStorageClient")
    return found


def make_directory_client(
    path: str | os.PathLike[str], *, follow_symlinks: bool, options: ClientOptions | None
) -> ObjectStorageClient:
    """A client for one local directory."""
    module, name = _DIRECTORY
    make: Callable[..., ObjectStorageClient] = getattr(import_module(module), name)
    return make(path, follow_symlinks=follow_symlinks, options=options)


def is_taken(scheme: str) -> bool:
    """Whether a scheme is built in, or an installed package's."""
    return scheme in BUILT_IN or scheme in _plug_ins()


def all_schemes() -> str:
    """The schemes that there are, for messages."""
    return ", ".join(f"{name}:" for name in sorted(BUILT_IN) + sorted(_plug_ins() - set(BUILT_IN)))


def _meant(scheme: str) -> str:
    """The schemes and named stores that are like this one, as a question; "" if none is."""
    from difflib import get_close_matches

    from obs_client._urls.named import store_names

    close = get_close_matches(scheme, sorted({*BUILT_IN, *_plug_ins(), *store_names()}), cutoff=0.7)
    return f"did you mean {' or '.join(f'{name}://' for name in close)}? " if close else ""


def _plug_ins() -> set[str]:
    from importlib import metadata  # which loads much that is not needed for the built-in schemes

    return {entry.name for entry in metadata.entry_points(group=ENTRY_POINTS)}


def _plug_in(scheme: str) -> object:
    from importlib import metadata

    entries = tuple(metadata.entry_points(group=ENTRY_POINTS, name=scheme))
    if not entries:
        raise ConfigurationError(
            f"no backend for scheme {scheme!r} is installed, and no store has this name; {_meant(scheme)}"
            f"there are {all_schemes()}"
        )
    try:
        return entries[0].load()
    except ImportError as error:
        raise ConfigurationError(f"the backend for scheme {scheme!r} cannot be imported: {error}") from error
