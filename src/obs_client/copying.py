"""Copying and moving an object from any client to any other: by the store itself within one, else streamed.

A streamed copy is one request to the source and one to the target while the object fits into one part. A larger one is
read and written by parts in parallel, in (workers + 1) x two parts of memory, whatever its size and its parts on
either side. The bytes read are compared with the source's digest before the object is published; those written carry
the target's.
"""

from __future__ import annotations

from collections.abc import Callable

from obs_client._engine import arguments, download, write_id
from obs_client._engine import copying as copying_within
from obs_client._engine.border import Border
from obs_client._engine.part_writer import PartWriter
from obs_client._engine.progress import Progress
from obs_client._engine.reading import GuardedReader
from obs_client.backend.body import BytesBody
from obs_client.backend.values import NewObject
from obs_client.client import ObjectStorageClient
from obs_client.errors import ConflictError, IntegrityError, NotFoundError, ObjectChangedError
from obs_client.models import Attributes, ObjectInfo

AttributesMap = Callable[[Attributes], Attributes]
"""Makes of an object's attributes those that its copy is to have."""


def object_copy(
    source: ObjectStorageClient,
    source_container: str,
    name: str,
    target: ObjectStorageClient,
    target_container: str,
    target_name: str,
    *,
    if_absent: bool = False,
    map_attributes: AttributesMap | None = None,
    progress: Progress | None = None,
) -> bool:
    """Copy an object with all its attributes. False: the source is absent.

    If both clients are the same one, the store copies, and nothing comes by here. Readers of the target see the old
    object or the new one, whole.

    Args:
        if_absent: Copy only if no object has the target's name.
        map_attributes: Changes what the target cannot keep, or what is to differ.
        progress: Called in this thread with the count of bytes moved since the last call; their sum is the size.

    Raises:
        ContainerNotFoundError: The target's container is absent.
        InvalidNameError: The target cannot keep an attribute, which is named; nothing was written.
        PreconditionError: `if_absent`, and there is one.
        NotSupportedError: The target keeps no such condition; nothing was written.
        IntegrityError, ObjectChangedError: As `ObjectStorageClient.object_read`; nothing was written.
    """
    for client_name, container in ((name, source_container), (target_name, target_container)):
        arguments.check_container_name(container)
        arguments.check_object_name(client_name)
    arguments.check_conditions(if_absent, None, target.capabilities, type(target).__name__)
    start, end = (source_container, name), (target_container, target_name)
    if source is target and map_attributes is None:
        return _copy_within(source, start, end, if_absent, progress)
    border = Border(source)
    try:
        reader = GuardedReader(border, source_container, name)
    except NotFoundError:
        return False
    with reader:
        write_copy(border, reader, target, end, if_absent=if_absent, map_attributes=map_attributes, progress=progress)
    return True


def object_move(
    source: ObjectStorageClient,
    source_container: str,
    name: str,
    target: ObjectStorageClient,
    target_container: str,
    target_name: str,
    *,
    if_absent: bool = False,
    map_attributes: AttributesMap | None = None,
    progress: Progress | None = None,
) -> bool:
    """Copy an object as `object_copy` does, look that the copy is there, then delete the source.

    False: the source is absent. An object that is moved onto itself stays.

    Raises:
        ObjectChangedError: The source was replaced meanwhile, and stays; the copy is there too.
        ConflictError: The copy cannot be told from the source, which stays: perhaps they are one object.
        IntegrityError: The copy is not there, or has another size; the source stays.
    """
    if source is target and (source_container, name) == (target_container, target_name):
        return source.object_info(name, source_container) is not None
    before = source.object_info(name, source_container)
    if before is None or not object_copy(
        source,
        source_container,
        name,
        target,
        target_container,
        target_name,
        if_absent=if_absent,
        map_attributes=map_attributes,
        progress=progress,
    ):
        return False
    after = source.object_info(name, source_container)
    _check_moved(before, after, target.object_info(target_name, target_container), source is target)
    return source.object_delete(name, source_container)


def write_copy(
    source: Border,
    reader: GuardedReader,
    target: ObjectStorageClient,
    place: tuple[str, str],
    *,
    if_absent: bool = False,
    map_attributes: AttributesMap | None = None,
    progress: Progress | None = None,
) -> None:
    """Write what a reader of `source` gives as an object of a container and name, with its attributes."""
    border = Border(target)
    info = reader.info
    new = NewObject(*place, _attributes(info, place[1], target, map_attributes), info.size, if_absent=if_absent)
    if info.size <= min(border.options.part_size, border.capabilities.part_size_maximum or info.size):
        content = memoryview(bytearray(info.size))
        reader.read_fully(content)
        reader.readinto(memoryview(bytearray(1)))  # an object of no bytes has not been asked for any yet
        border.object_write(new, BytesBody(content, reader.content_digests))
        if progress and info.size:
            progress(info.size)
        return
    with PartWriter(border, new, progress) as writer:
        for block in download.blocks(source, reader):
            writer.write(block)
        writer.publish()


def _copy_within(
    client: ObjectStorageClient,
    source: tuple[str, str],
    target: tuple[str, str],
    if_absent: bool,
    progress: Progress | None,
) -> bool:
    if not copying_within.copy(Border(client), source, target, if_absent):
        return False
    if progress:
        info = client.object_info(target[1], target[0])
        if info is not None and info.size:
            progress(info.size)
    return True


def _attributes(
    info: ObjectInfo, name: str, target: ObjectStorageClient, map_attributes: AttributesMap | None
) -> Attributes:
    """What the copy carries, refused if the target cannot keep it."""
    wanted = write_id.attributes_of(info)
    if map_attributes:
        wanted = map_attributes(wanted)
        if not isinstance(wanted, Attributes):
            raise TypeError(f"map_attributes must give Attributes, not {type(wanted).__name__}")
    headers = (wanted.content_encoding, wanted.content_disposition, wanted.content_language, wanted.cache_control)
    return arguments.check_attributes(name, wanted.metadata, wanted.content_type, headers, target.capabilities)


def _check_moved(before: ObjectInfo, after: ObjectInfo | None, copy: ObjectInfo | None, same_store: bool) -> None:
    """Raise unless the source is as it was, and the copy is there and is another object."""
    if copy is None or copy.size != before.size:
        raise IntegrityError(f"the copy of {before.name!r} is not there whole; the source stays")
    if after is None or (after.size, after.hash, after.last_modified) != (
        before.size,
        before.hash,
        before.last_modified,
    ):
        raise ObjectChangedError(f"{before.name!r} was replaced or deleted while it was moved; the copy is there too")
    if not same_store and (after.name, after.last_modified, after.hash) == (copy.name, copy.last_modified, copy.hash):
        raise ConflictError(
            f"the copy of {before.name!r} cannot be told from the source; the source stays, lest it be the only one"
        )
