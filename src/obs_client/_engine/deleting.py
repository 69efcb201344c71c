"""Deleting many objects, and a container with what is in it."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator

from obs_client._engine import arguments, listing
from obs_client._engine.border import Border
from obs_client._engine.parallel import bounded_map
from obs_client.errors import (
    ConflictError,
    ContainerNotEmptyError,
    ContainerNotFoundError,
    NotFoundError,
    PartialFailureError,
)
from obs_client.models import ObjectInfo

ROUNDS = 3
"""How often a container is emptied that others fill meanwhile."""


def delete_objects(border: Border, container: str, names: Iterable[str]) -> None:
    """Delete objects in batches, several at once; absent ones are no failure."""

    def delete(batch: list[str]) -> dict[str, Exception]:
        return border.object_delete_many(container, batch)

    failures: dict[str, Exception] = {}
    for answered in bounded_map(
        delete, _batches(names, border.capabilities.delete_batch_maximum), border.options.workers, small=True
    ):
        failures.update({name: error for name, error in answered.items() if not isinstance(error, NotFoundError)})
    if failures:
        name, error = next(iter(failures.items()))
        raise PartialFailureError(
            f"{len(failures):,} {'object was' if len(failures) == 1 else 'objects were'} not deleted, all others were; "
            f"the first, {name!r}: {error}",
            failures,
            container=container,
            hint=getattr(error, "hint", ""),
        )


def delete_prefix(border: Border, container: str, prefix: str) -> int:
    """Delete all objects whose names begin so, while they are listed; gives how many."""
    arguments.check_writable(border.capabilities)
    counted = itertools.count()
    listed = listing.objects(border, listing.Query(container, prefix), fetch_metadata=False)
    delete_objects(
        border, container, (_counted(entry.name, counted) for entry in listed if isinstance(entry, ObjectInfo))
    )
    return next(counted)


def _counted(name: str, counter: Iterator[int]) -> str:
    next(counter)
    return name


def _batches(names: Iterable[str], size: int) -> Iterator[list[str]]:
    iterator = iter(names)
    while batch := list(itertools.islice(iterator, size)):
        yield batch


def delete_container(border: Border, container: str, force: bool) -> bool:
    """Delete a container. False: it holds objects, and they are not to be deleted."""
    try:
        if force:
            _delete_with_objects(border, container)
        else:
            border.container_delete(container)
    except ContainerNotFoundError:
        return True
    except ContainerNotEmptyError:
        if force:
            raise
        return False
    return True


def _delete_with_objects(border: Border, container: str) -> None:
    """Delete a container that others may fill meanwhile."""
    border.check_emptying(container)
    for rounds_left in reversed(range(ROUNDS)):
        _empty(border, container)
        try:
            border.container_delete(container)
        except ContainerNotEmptyError:
            if not rounds_left:
                raise
        else:
            return


def _empty(border: Border, container: str) -> None:
    """Delete all objects, again and again where each deletion brings back the version before."""
    while True:
        try:
            delete_objects(border, container, _names(border, container))
        except PartialFailureError as error:
            if any(type(each) is not ConflictError for each in error.failures.values()):
                raise
        else:
            return


def _names(border: Border, container: str) -> Iterator[str]:
    for entry in listing.objects(border, listing.Query(container), fetch_metadata=False):
        if isinstance(entry, ObjectInfo):
            yield entry.name
