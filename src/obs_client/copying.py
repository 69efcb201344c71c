"""Copying and moving an object from any client to any other: by the store itself within one, else streamed.

A streamed copy is one request to the source and one to the target while the object fits into one part. A larger one is
read and written by parts in parallel, in (workers + 1) x two parts of memory, whatever its size and its parts on
either side. The bytes read are compared with the source's digest before the object is published; those written carry
the target's.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable

from obs_client._engine import arguments
from obs_client._engine import copying as copying_within
from obs_client._engine.attributes import Headers, Rules
from obs_client._engine.border import Border
from obs_client._engine.transfers import download
from obs_client._engine.transfers.memory import Share
from obs_client._engine.transfers.part_writer import PartWriter
from obs_client._engine.transfers.progress import Progress
from obs_client._engine.transfers.reading import GuardedReader
from obs_client.backend.body import BytesBody
from obs_client.backend.values import NewObject
from obs_client.errors import ConflictError, IntegrityError, NotFoundError, ObjectChangedError
from obs_client.models import Attributes, ObjectInfo
from obs_client.places import Place

__all__ = ["AttributesMap", "object_copy", "object_move"]

AttributesMap = Callable[[Attributes], Attributes]
"""Makes of an object's attributes those that its copy is to have."""


def object_copy(
    source: Place,
    name: str,
    target: Place,
    target_name: str | None = None,
    *,
    if_absent: bool = False,
    map_attributes: AttributesMap | None = None,
    progress: Progress | None = None,
    resume: bool = False,
) -> bool:
    """Copy an object with all its attributes. False: the source is absent.

    If both places belong to one client, the store copies, and no content passes through this process. Readers of the
    target see the old object or the complete new one.

    Args:
        name: The object's name in the source: what follows its prefix.
        target_name: The name in the target; None: the same.
        if_absent: Copy only if no object has the target's name.
        map_attributes: Changes attributes that the target cannot keep, or that should differ.
        progress: Called in this thread with the count of bytes moved since the last call; their sum is the size.
        resume: Go on with the parts that an earlier call with `resume` has copied of the same version of the source, in
            this process or one that was killed; and leave those that this call has copied, if it fails in a way that
            may pass. What was copied is noted in the state folder of the platform, or where the variable
            `OBS_TRANSFERS` says. Without the target's `capabilities.resumable_uploads`, and of one part, or where the
            store copies by one request, all is copied. A source whose only digest is an MD5 of all its bytes is read
            again, and compared; what the target has of it is not sent again.

    Raises:
        ConflictError: With `resume`: another process is at this copy.
        ContainerNotFoundError: The target's container is absent.
        InvalidNameError: The target cannot keep an attribute, which is named; nothing was written.
        PreconditionError: `if_absent` was given, and an object has that name.
        NotSupportedError: The target does not keep this condition. Nothing was written.
        IntegrityError, ObjectChangedError: As `ObjectStorageClient.object_read`; nothing was written.
    """
    end = name if target_name is None else target_name
    arguments.check_switch(resume, "resume")
    for given in (name, end):
        arguments.check_object_name(given)
    client = target.client
    arguments.check_conditions(if_absent, None, Border(client).capabilities, client.condition_hint)
    copied = copy_checked(
        source, name, target, end, if_absent=if_absent, map_attributes=map_attributes, progress=progress,
        resume=resume,
    )  # fmt: skip
    return copied is not None


def object_move(
    source: Place,
    name: str,
    target: Place,
    target_name: str | None = None,
    *,
    if_absent: bool = False,
    map_attributes: AttributesMap | None = None,
    progress: Progress | None = None,
) -> bool:
    """Copy an object as `object_copy` does, check that the copy is there, then delete the source.

    False: the source is absent. An object that is moved onto itself stays.

    Raises:
        ObjectChangedError: The source was replaced meanwhile, and stays; the copy is there too.
        ConflictError: Two clients reach the same object, or the copy cannot be distinguished from the source. The
            source stays.
        IntegrityError: The copy is not there, or has another size; the source stays.
    """
    end = name if target_name is None else target_name
    same_store = source.client is target.client
    before = _info(source, name)
    if before is None:
        return False
    if same_store and _spot(source, name) == _spot(target, end):
        return True
    if not same_store and _location(source, name) == _location(target, end):
        raise ConflictError(f"{before.name!r} is reached by both clients: it is one object, and stays as it is")
    if not object_copy(
        source, name, target, end, if_absent=if_absent, map_attributes=map_attributes, progress=progress
    ):
        return False
    _check_moved(before, _info(source, name), _info(target, end), same_store)
    return source.client.object_delete(source.full_name(name), source.container_name)


def copy_checked(
    source: Place,
    name: str,
    target: Place,
    target_name: str,
    *,
    if_absent: bool = False,
    check: copying_within.Check = lambda _: None,
    map_attributes: AttributesMap | None = None,
    progress: Progress | None = None,
    resume: bool = False,
) -> ObjectInfo | None:
    """Copy an object, and give what was copied. None: the source is absent.

    Args:
        check: Called with what is about to be copied, that very version; what it raises goes out, and nothing is
            written. It is called again if the source is replaced meanwhile.
        resume: As in `object_copy`.
    """
    start, end = _spot(source, name), _spot(target, target_name)
    for _, full_name in (start, end):
        arguments.check_object_name(full_name)
    border = Border(source.client)
    if source.client is target.client and map_attributes is None:
        arguments.check_new_object_name(end[1], border.capabilities)
        info = copying_within.copy_checked(border, start, end, if_absent, check, resume=resume)
        if progress and info and info.size:
            progress(info.size)
        return info
    try:
        reader = GuardedReader(border, *start)
    except NotFoundError:
        return None
    with reader:
        check(reader.info)
        writing = Border(target.client)
        rules = writing.rules
        attributes = _attributes(reader.info, end[1], rules, map_attributes)
        new = NewObject(*end, attributes, reader.info.size, if_absent=if_absent)
        if not resume or not _resumed(border, reader, writing, new, progress):
            _write(border, reader, writing, rules.capabilities.part_size_maximum, new, progress)
    return reader.info


def _resumed(source: Border, reader: GuardedReader, target: Border, new: NewObject, progress: Progress | None) -> bool:
    """Write what a reader gives, going on with what was written of it; False: it is to be written as any other."""
    from obs_client._engine.resuming import copy

    return copy.between(source, reader, target, new, progress)


def _write(
    source: Border,
    reader: GuardedReader,
    target: Border,
    part_size_maximum: int | None,
    new: NewObject,
    progress: Progress | None,
) -> None:
    """Write what a reader of `source` gives as a new object."""
    size = reader.info.size
    if size is not None and size <= min(target.options.part_size, part_size_maximum or size):
        with Share(target) as share:
            share.need(size)
            content = memoryview(bytearray(size))
            reader.read_fully(content)
            reader.readinto(memoryview(bytearray(1)))  # an object of no bytes has not been asked for any yet
            target.object_write(new, BytesBody(content, reader.content_digests))
        if progress and size:
            progress(size)
        return
    with PartWriter(target, new, progress) as writer:
        for block in download.blocks(source, reader):
            writer.write(block)
        writer.publish()


def _spot(place: Place, name: str) -> tuple[str, str]:
    """The container and the full name of a name in a place."""
    return place.container_name, place.full_name(name)


def _location(place: Place, name: str) -> tuple[Hashable, str]:
    """The store, and where in it an object is: the same for all clients that are known to reach it."""
    store, start = Border(place.client).location(place.container_name)
    return store, start + place.full_name(name)


def _info(place: Place, name: str) -> ObjectInfo | None:
    return place.client.object_info(place.full_name(name), place.container_name)


def _attributes(info: ObjectInfo, name: str, rules: Rules, map_attributes: AttributesMap | None) -> Attributes:
    """What the copy carries, refused if the target cannot keep it."""
    wanted = Attributes.of(info)
    if map_attributes:
        wanted = map_attributes(wanted)
        if not isinstance(wanted, Attributes):
            raise TypeError(f"map_attributes must give Attributes, not {type(wanted).__name__}")
    return rules.attributes(name, wanted.metadata, Headers.of(wanted))


def _check_moved(before: ObjectInfo, after: ObjectInfo | None, copy: ObjectInfo | None, same_store: bool) -> None:
    """Raise unless the source is as it was, and the copy is there and is another object."""
    if copy is None or copy.size != before.size:
        raise IntegrityError(f"the copy of {before.name!r} is not complete; the source stays")
    if after is None or (after.size, after.hash, after.last_modified) != (
        before.size,
        before.hash,
        before.last_modified,
    ):
        raise ObjectChangedError(f"{before.name!r} was replaced or deleted while it was moved; the copy is there too")
    if not same_store and _may_be_one(after, copy):
        raise ConflictError(
            f"the copy of {before.name!r} cannot be distinguished from the source; the source "
            f"stays, so that nothing is lost"
        )


def _may_be_one(one: ObjectInfo, other: ObjectInfo) -> bool:
    """Whether two clients may tell here of one object, under names of which one may have a prefix more."""
    if not one.name.endswith(other.name) and not other.name.endswith(one.name):
        return False
    return (one.last_modified, one.hash) == (other.last_modified, other.hash)
