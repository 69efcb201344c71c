"""Making the client that a URL means, with a plain word where a third party's class cannot be made."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from obs_client._urls.options import RESERVED, is_secret
from obs_client._urls.schemes import BUILT_IN
from obs_client.client import ObjectStorageClient
from obs_client.errors import ConfigurationError, ObjectStorageClientError


def made_of(scheme: str, make: Callable[..., ObjectStorageClient], given: Mapping[str, Any]) -> ObjectStorageClient:
    """The client of a scheme, with these arguments.

    Raises:
        ConfigurationError: A plug-in's constructor needs more, does not take these, or fails by an error of its own.
    """
    if scheme in BUILT_IN:
        return make(**given)
    _check_arguments(scheme, inspect.signature(make), given)
    try:
        return make(**given)
    except ObjectStorageClientError:
        raise
    except Exception as error:
        reason = f"{type(error).__name__}: {error}".removesuffix(": ")
        raise ConfigurationError(f"the client for scheme {scheme!r} could not be made: {reason}") from error


def _check_arguments(scheme: str, signature: inspect.Signature, given: Mapping[str, Any]) -> None:
    missing = [
        parameter.name
        for parameter in signature.parameters.values()
        if parameter.default is parameter.empty and parameter.name not in given and parameter.kind in _NAMED
    ]
    if secret := [name for name in missing if is_secret(name)]:
        raise ConfigurationError(f"the client for scheme {scheme!r} needs {secret[0]}, which a URL cannot hold")
    if reserved := [name for name in missing if name in RESERVED]:
        raise ConfigurationError(
            f"the client for scheme {scheme!r} requires {reserved[0]}, which is not a parameter that a URL sets",
            hint=f"give {reserved[0]} a default in its constructor; client.options are set after it was made",
        )
    if missing:
        options = "&".join(f"{name}=..." for name in missing)
        raise ConfigurationError(f"the URL lacks ?{options}, which the store {scheme}: needs")
    try:
        signature.bind(**given)
    except TypeError as error:
        raise ConfigurationError(f"the client for scheme {scheme!r} could not be made: {error}") from error


_NAMED = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
