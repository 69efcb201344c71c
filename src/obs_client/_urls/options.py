"""The options of a storage URL: parameters of the client's constructor, and fields of `ClientOptions`."""

from __future__ import annotations

import dataclasses
import inspect
import re
import typing
from collections.abc import Iterator, Mapping
from urllib.parse import parse_qsl

from obs_client._urls.quantities import seconds_of, size_of
from obs_client.client import ObjectStorageClient
from obs_client.errors import ConfigurationError
from obs_client.models import ClientOptions

ANONYMOUS = "anonymous"
_PROFILE = "profile"
STORE_PROFILE = "store_profile"
"""The path of what `obs probe` found out; its options are those of the URL, where that does not say otherwise."""

_SECRET = re.compile("credential|password|secret|token|access_key|^key$|^temp_url_key$", re.IGNORECASE)

RESERVED = ("root", "storage_url", "options")
"""Parameters of constructors that are not options of URLs: where the store is, which the URL itself says, and ours."""

_SIZES = {"part_size", "memory"}
_TIMEOUT = "timeout"
_TIMES = {_TIMEOUT, "first_pause", "longest_pause", "give_up_after", "give_up_first_after"}


class Options(typing.NamedTuple):
    """What a query says.

    Attributes:
        constructor: Parameters of the constructor, and `container_name` and `prefix` where they stand in the query.
        client: Fields of `ClientOptions`.
    """

    constructor: dict[str, object]
    client: dict[str, object]


def options_of(client_class: type[ObjectStorageClient], query: str, *further: str, waits: bool = True) -> Options:
    """The options of a URL for a class.

    Args:
        further: Names that are options of such URLs, but no parameters of the constructor.
        waits: Such a store may keep its client waiting; else any `timeout` is long enough, and is taken for that.

    Raises:
        ConfigurationError: One is unknown, a secret, or no value of its kind.
    """
    if not query:
        return Options({}, {})
    own = _parameters(client_class)
    beside = dict.fromkeys((*further, STORE_PROFILE), str)
    known = {**_tuning(), **own, **beside, **({} if waits else {_TIMEOUT: float})}
    options: dict[str, object] = {}
    for name, text in _pairs(query):
        _check_known(name, text, known)
        if name in options:
            raise ConfigurationError(f"option {name!r} stands twice in the URL")
        options[name] = _value(name, text, known[name])
    if options.pop(ANONYMOUS, False):
        options["credentials"] = {}
    if (path := options.pop(STORE_PROFILE, None)) is not None:
        del known[STORE_PROFILE]
        options = {**_options_of_profile(client_class, str(path), options, known), **options}
    tuning = set(_tuning()) - set(own)
    unused = tuning if waits else {*tuning, _TIMEOUT}
    constructor = {name: value for name, value in options.items() if name not in unused}
    return Options(constructor, {name: value for name, value in options.items() if name in tuning})


def takes(client_class: type[ObjectStorageClient], parameter: str) -> bool:
    """Whether the constructor of a class has a parameter."""
    return parameter in inspect.signature(client_class.__init__).parameters


def is_secret(name: str) -> bool:
    """Whether a parameter may be a secret, by its name; no URL can hold it."""
    return _SECRET.search(name) is not None


def _pairs(query: str) -> list[tuple[str, str]]:
    try:
        # A plus sign is itself (RFC 3986); only forms of HTML mean a blank by it.
        return parse_qsl(query.replace("+", "%2B"), keep_blank_values=True, strict_parsing=True)
    except ValueError:
        raise ConfigurationError("the URL's options must read name=value, joined by '&'") from None


def _check_known(name: str, text: str, known: Mapping[str, object]) -> None:
    if is_secret(name):
        raise ConfigurationError(
            f"a URL must not contain credentials; pass {name} to the constructor, or set it in the environment"
        )
    if name == _PROFILE and ("/" in text or text.endswith(".json")):
        raise ConfigurationError(
            f"the option profile names a profile of the AWS configuration files, and {text!r} is a path",
            hint=f"{STORE_PROFILE}={text} takes the options that obs probe found out",
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

    close = ["cloud"] if name == _PROFILE and "cloud" in known else get_close_matches(name, known)
    meant = f"did you mean {close[0]}? " if close else ""
    return f"{meant}known are {', '.join(sorted(known))}"


def _tuning() -> dict[str, object]:
    """The fields of `ClientOptions` that can be written as text, with their types."""
    return dict(
        _written(typing.get_type_hints(ClientOptions), [field.name for field in dataclasses.fields(ClientOptions)])
    )


def _parameters(client_class: type[ObjectStorageClient]) -> dict[str, object]:
    """The constructor's parameters that can be written as text, with their types."""
    hints = typing.get_type_hints(client_class.__init__)
    parameters = list(inspect.signature(client_class.__init__).parameters)[1:]
    named = [name for name in parameters if name not in RESERVED and not is_secret(name)]
    known = {name: hints.get(name, str) for name in named}
    return {**known, ANONYMOUS: bool} if "credentials" in parameters else known


def _written(hints: Mapping[str, object], names: list[str]) -> Iterator[tuple[str, object]]:
    for name in names:
        if hints[name] in (bool, int, float, str):
            yield name, hints[name]


def _value(name: str, text: str, kind: object) -> object:
    kinds = set(typing.get_args(kind)) or {kind}
    if bool in kinds and text.lower() in ("true", "false"):
        return text.lower() == "true"
    try:
        if name in _SIZES and int in kinds:
            return size_of(text)
        if name in _TIMES and float in kinds:
            return seconds_of(text)
    except ValueError as error:
        raise ConfigurationError(f"option {name} must be {error}") from None
    return _plain(name, text, kinds)


def _plain(name: str, text: str, kinds: set[object]) -> object:
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
