"""Several arguments of one command: none is lost to another, one's failure leaves the others be, one login for all."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import Self

import click

import obs_client
from obs_client import errors
from obs_client.cli.address import Address
from obs_client.cli.failures import Declined, Failure, NotThere, WrongUse, failure_of
from obs_client.cli.settings import Settings
from obs_client.cli.text import count_text, printable

HOPELESS = (BrokenPipeError, Declined, WrongUse, errors.ConfigurationError)
"""What fails for one argument, and would for all others; or says that nothing more is wanted."""

OF_THE_STORE = (errors.ContainerNotFoundError, errors.TemporaryError)
"""What fails for all others too if it is the store's state, and not the argument's."""


SHOWN = 10
"""Arguments that are told of one by one, of those that fail."""

REFUSED = 20
"""Arguments that the store refuses before all others are taken to be refused, too, if none was allowed."""


class Clients:
    """One client for all addresses in a store; the end of a `with` block closes them.

    Which container is chosen in it depends on who came first, so each call must name its own.
    """

    def __init__(self) -> None:
        self._stack = contextlib.ExitStack()
        self._made: list[tuple[obs_client.StorageUrl, obs_client.ObjectStorageClient]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stack.close()

    def of(self, address: Address) -> obs_client.ObjectStorageClient:
        """The client of an address's store.

        Raises:
            NotThere: It is a path whose directory's parent is absent.
        """
        for url, client in self._made:
            if url.is_same_store(address.url):
                return client
        if address.path is not None and not os.path.isdir(address.url.root):
            what = "directory" if address.is_folder else "file"
            raise NotThere(f"there is no {what} {address.text!r}", "a storage URL has a scheme: s3://container")
        made = self._stack.enter_context(address.client())
        self._made.append((address.url, made))
        return made

    def container(self, address: Address) -> obs_client.Place:
        """The container that an address names, as a place."""
        return obs_client.Place(self.of(address), address.container_name())

    def folder(self, address: Address) -> obs_client.Place:
        """The folder that an address names, as a place: all names that begin with it and a slash."""
        return obs_client.Place(self.of(address), address.container_name(), address.name)


def check_targets(targets: Iterable[tuple[str, str]]) -> None:
    """Raise a usage error if two of some sources, each with its target's name, would become one object."""
    sources: dict[str, str] = {}
    for source, name in targets:
        if name in sources:
            raise click.UsageError(
                printable(f"{sources[name]} and {source} would both become {name!r}; give each a call of its own")
            )
        sources[name] = source


def is_up(place: obs_client.Place) -> bool:
    """Whether a container answers, and is there."""
    try:
        return place.client.container_info(place.container_name) is not None
    except errors.ObjectStorageClientError:
        return False


def store_is_up(_argument: str, error: Exception) -> bool:
    """A `goes_on` for arguments that are in stores of their own: only one that is down most likely is that of all."""
    return not isinstance(error, errors.TemporaryError)


def each(
    settings: Settings,
    actions: Mapping[str, Callable[[], object]],
    goes_on: Callable[[str, Exception], bool] = lambda _argument, _error: False,
) -> None:
    """Do what is to be done for each argument; one that fails is told of, and the others are done.

    Args:
        goes_on: Asked after a failure that may be the store's: whether others may be done all the same.

    Raises:
        Failure: Some failed; its kind is theirs if that is one, so that the exit status tells that all were absent.
        Exception: The only argument failed, or what is hopeless for all others came up.
    """
    failures: list[Failure] = []
    for tried, (argument, action) in enumerate(actions.items(), 1):
        try:
            action()
        except HOPELESS:
            raise
        except (Failure, errors.ObjectStorageClientError, OSError) as error:
            if len(actions) == 1 or (isinstance(error, OF_THE_STORE) and not goes_on(argument, error)):
                raise
            failures.append(_told(settings, argument, error, is_shown=settings.verbose or len(failures) < SHOWN))
            if isinstance(error, errors.AuthorizationError) and REFUSED <= len(failures) == tried:
                raise
    if len(failures) > SHOWN and not settings.verbose:
        settings.say(f"and {len(failures) - SHOWN:,} more; --verbose names all")
    if failures:
        kind = NotThere if all(isinstance(failure, NotThere) for failure in failures) else Failure
        raise kind(f"{len(failures):,} of {count_text(len(actions), 'argument')} failed", "the others are done")


def _told(settings: Settings, argument: str, error: Exception, *, is_shown: bool) -> Failure:
    """Say why an argument failed, if it is shown; what a command raises names the argument itself."""
    failure = error if isinstance(error, Failure) else failure_of(error, about=argument)
    if is_shown:
        settings.show_details(error)
        failure.show()
    return failure
