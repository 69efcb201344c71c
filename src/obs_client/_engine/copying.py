"""Copying an object within one store: by the store where it can, else by reading and writing."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from types import ModuleType
from typing import IO, cast

from obs_client._engine import arguments
from obs_client._engine.border import Border
from obs_client._engine.parallel import bounded_map, ended
from obs_client._engine.transfers import parts, upload
from obs_client._engine.transfers.guarded_upload import GuardedUpload
from obs_client._engine.transfers.reading import GuardedReader
from obs_client.backend import stopping
from obs_client.backend.multipart import NeedsParts, NeedsReading
from obs_client.backend.values import NewObject
from obs_client.errors import (
    ContainerNotFoundError,
    NotFoundError,
    NotSupportedError,
    ObjectChangedError,
    PreconditionError,
)
from obs_client.models import Attributes, ObjectInfo

Spot = tuple[str, str]
"""A container and an object's name in it."""

LONGEST_WAIT = 1.0
"""Seconds before another change of metadata that others change at the same time."""

Check = Callable[[ObjectInfo], object]


def copy(border: Border, source: Spot, target: Spot, if_absent: bool, resume: bool = False) -> bool:
    """Copy an object with all its attributes. False: the source is absent."""
    return copy_checked(border, source, target, if_absent, resume=resume) is not None


def copy_checked(
    border: Border,
    source: Spot,
    target: Spot,
    if_absent: bool = False,
    check: Check = lambda _: None,
    *,
    resume: bool = False,
) -> ObjectInfo | None:
    """Copy an object, and give what was copied. None: the source is absent.

    Args:
        check: Called with what is about to be copied, that very version; what it raises goes out, and nothing is
            written. It is called again if the source is replaced meanwhile.
        resume: Go on with the parts that an earlier call has copied, and leave those that this one has.
    """
    capabilities = border.capabilities
    arguments.check_writable(capabilities)
    if capabilities.server_side_copy:
        return _copy_by_store(border, source, target, if_absent, check, resume)
    return _copy_by_reading(border, source, target, if_absent, check, resume)


def _copy_by_reading(
    border: Border, source: Spot, target: Spot, if_absent: bool, check: Check, resume: bool
) -> ObjectInfo | None:
    try:
        reader = GuardedReader(border, *source)
    except NotFoundError:
        return None
    with reader:
        check(reader.info)
        if source == target:
            _refuse_itself(if_absent, target)
            return reader.info
        new = _new(reader.info, target, if_absent)
        if not resume or not _resuming().between(border, reader, border, new, None):
            upload.upload(border, new, cast("IO[bytes]", ReaderStream(reader)), None)
    return reader.info


class ReaderStream:
    """A guarded reader as a stream to upload from."""

    def __init__(self, reader: GuardedReader) -> None:
        self.readinto = reader.readinto


def _copy_by_store(
    border: Border, source: Spot, target: Spot, if_absent: bool, check: Check, resume: bool
) -> ObjectInfo | None:
    for tries_left in reversed(range(border.options.attempts)):
        try:
            info = border.object_info(*source)
        except NotFoundError:
            return None
        check(info)
        if source == target:
            _refuse_itself(if_absent, target)
            return info
        try:
            _copy_version(border, source[0], info, _new(info, target, if_absent), resume)
        except NeedsReading:
            return _copy_by_reading(border, source, target, if_absent, check, resume)
        except (NotFoundError, ObjectChangedError) as error:
            # Replaced or deleted since it was looked at: look again.
            if not tries_left or isinstance(error, ContainerNotFoundError):
                raise
        else:
            return info
    return None


def _copy_version(border: Border, container: str, source: ObjectInfo, new: NewObject, resume: bool) -> None:
    if source.size is None:
        raise NeedsReading
    try:
        border.object_copy(container, source, new)
    except NeedsParts:
        if not resume or not _resuming().within(border, container, source, new):
            copy_by_parts(border, container, source, new)


def _resuming() -> ModuleType:
    from obs_client._engine.resuming import copy as resuming_copy  # of large objects only

    return resuming_copy


def copy_by_parts(border: Border, container: str, source: ObjectInfo, new: NewObject) -> None:
    """Let the store copy an object by parts in parallel, onto itself with other attributes or to another name."""
    whole = source.size
    if whole is None:
        raise NotSupportedError(
            f"the store does not report the size of {source.name!r}, so it cannot be copied in parts"
        )
    size = parts.part_size(whole, border.capabilities.copy_part_size, border.capabilities)
    new = dataclasses.replace(new, size=whole, part_size=size)
    guarded = GuardedUpload(border, new, (container, source))
    try:
        with ended(bounded_map(guarded.copy_part, parts.parts_of(whole, size), border.options.workers)) as copied:
            for _ in copied:
                pass
        guarded.complete()
    except BaseException as error:
        guarded.abort_after(error)
        raise


def change_metadata(
    border: Border, container: str, name: str, change: Callable[[dict[str, str]], dict[str, str]]
) -> bool:
    """Give an object other metadata. False: it is absent.

    Raises:
        ObjectChangedError: It was replaced each time before the change could be made.
    """
    for tries in range(border.options.attempts):
        if tries:
            _let_others_end(tries)
        try:
            info = border.object_info(container, name)
            attributes = Attributes.of(info)
            attributes = dataclasses.replace(attributes, metadata=change(attributes.metadata), write_id=info.write_id)
            if tries and attributes.metadata == info.metadata:
                return True  # it was done, and the answer was lost
            _replace_attributes(border, container, info, attributes)
        except NotFoundError:
            return False
        except PreconditionError:
            continue
        return True
    raise ObjectChangedError(
        f"{name!r} was replaced each time before its metadata could be changed; try again when it is quiet",
        container=container,
        object_name=name,
    )


def _let_others_end(tries: int) -> None:
    """Wait for a random time, the longer the more often others were faster: they would go on meeting each other."""
    import random  # seldom needed

    stopping.sleep(random.uniform(0.0, min(LONGEST_WAIT, 0.02 * 2.0**tries)))  # noqa: S311 - keeps no secret


def _replace_attributes(border: Border, container: str, info: ObjectInfo, attributes: Attributes) -> None:
    if_hash = info.hash if border.capabilities.if_hash else None
    try:
        border.object_replace_metadata(container, info.name, attributes, if_hash)
    except NeedsParts:
        new = NewObject(container, info.name, attributes, info.size, if_hash=if_hash)
        copy_by_parts(border, container, info, new)


def _new(info: ObjectInfo, target: Spot, if_absent: bool) -> NewObject:
    return NewObject(*target, Attributes.of(info), info.size, if_absent=if_absent)


def _refuse_itself(if_absent: bool, target: Spot) -> None:
    if if_absent:
        raise PreconditionError(
            f"{target[1]!r} is there: it is the source itself", container=target[0], object_name=target[1]
        )
