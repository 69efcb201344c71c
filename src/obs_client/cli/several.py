"""Several arguments of one command: none is lost to another, one's failure leaves the others be, one login for all."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Collection, Iterable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Self

import click

import obs_client
from obs_client import errors
from obs_client.cli.address import Address
from obs_client.cli.failures import Declined, Failure, NotThere, WrongUse, failure_of
from obs_client.cli.settings import Settings
from obs_client.cli.text import count_text, is_or_are, printable

if TYPE_CHECKING:
    from obs_client.sync.report import Streak

HOPELESS = (BrokenPipeError, Declined, WrongUse, errors.ConfigurationError)
"""What fails for one argument, and would for all others; or says that nothing more is wanted."""

OF_THE_STORE = (errors.ContainerNotFoundError, errors.TemporaryError)
"""What fails for all others too if it is the store's state, and not the argument's."""


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
                printable(f"{sources[name]} and {source} would both become {name!r}; run the command once for each")
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


Action = Callable[[], object]


def each(
    settings: Settings,
    actions: Mapping[str, Action] | Collection[tuple[str, Action]],
    goes_on: Callable[[str, Exception], bool] = lambda _argument, _error: False,
) -> None:
    """Do what is to be done for each argument; one that fails is told of, and the others are done.

    Args:
        goes_on: Asked after a failure that may be the store's: whether others may be done all the same.

    Raises:
        Failure: Some failed; its kind is theirs if that is one, so that the exit status tells that all were absent.
        Exception: The only argument failed, or what is hopeless for all others came up, or so many failed in one way.
    """
    run = _Run(settings, len(actions))
    for number, (argument, action) in enumerate(actions.items() if isinstance(actions, Mapping) else actions, 1):
        settings.counted = f"{number:,}/{len(actions):,} " if len(actions) > 1 else ""
        try:
            action()
        except HOPELESS:
            raise
        except (Failure, errors.ObjectStorageClientError, OSError) as error:
            if len(actions) == 1:
                raise
            if isinstance(error, OF_THE_STORE) and not goes_on(argument, error):
                run.stop(argument)
                raise
            run.failed(argument, error)
        else:
            run.did()
    run.finish()


class _Run:
    """What became of many arguments; the first that fail are told of at once, the others are counted at the end."""

    def __init__(self, settings: Settings, total: int) -> None:
        self._settings = settings
        self._total = total
        self._failures: list[tuple[str, Failure]] = []
        self._streak: Streak | None = None
        self._done = 0

    def did(self) -> None:
        """Note that one is done."""
        self._done += 1
        if self._streak is not None:
            self._streak.add("", None)

    def failed(self, argument: str, error: Exception) -> None:
        """Note one that failed, and say why.

        Raises:
            ObjectStorageClientError: So many failed in one way that the others would, too.
        """
        from obs_client.cli.many.reasons import SHOWN, said
        from obs_client.sync.report import Streak

        failure = error if isinstance(error, Failure) else _with_cause(failure_of(error), error)
        self._failures.append((argument, failure))
        if self._settings.verbose or len(self._failures) <= SHOWN:
            self._settings.show_details(error)
            about = "" if isinstance(error, Failure) else f"{argument}: "
            self._settings.say(f"{about}{said(failure)}")
        if self._streak is None:
            self._streak = Streak(done=self._done)
        self._streak.add(argument, error)

    def stop(self, argument: str) -> None:
        """Say how many are left, since the store fails for all."""
        left = self._total - self._done - len(self._failures) - 1
        if left and (self._done or self._failures):
            self._settings.say(f"stopped at {argument}; {count_text(left, 'name')} more {is_or_are(left)} left undone")

    def finish(self) -> None:
        """Tell of all that failed.

        Raises:
            Failure: Some did; its kind is theirs if that is one.
        """
        from obs_client.cli.many.reasons import SHOWN, advice, counted

        if not self._failures:
            return
        if len(self._failures) > SHOWN and not self._settings.verbose:
            for line in counted(self._failures):
                self._settings.say(line)
        failures = [failure for _, failure in self._failures]
        kind = NotThere if all(isinstance(failure, NotThere) for failure in failures) else Failure
        hints = (advice(failures), "the others are done" if self._done else "")
        raise kind(f"{len(failures):,} of {count_text(self._total, 'name')} failed", "; ".join(filter(None, hints)))


def _with_cause(failure: Failure, error: Exception) -> Failure:
    failure.__cause__ = error
    return failure
