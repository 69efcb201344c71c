"""Copying and moving an object from any client to any other: by the store itself within one, else streamed.

A streamed copy is one request to the source and one to the target while the object fits into one part. A larger one is
read and written by parts in parallel, in (workers + 1) x two parts of memory, whatever its size and its parts on
either side. The bytes read are compared with the source's digest before the object is published; those written carry
the target's.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Protocol, Self

from obs_client._engine import arguments
from obs_client._engine import copying as copying_within
from obs_client._engine.attributes import Headers, Rules
from obs_client._engine.border import Border
from obs_client._engine.transfers import download
from obs_client._engine.transfers.memory import Share
from obs_client._engine.transfers.part_writer import PartWriter
from obs_client._engine.transfers.progress import Progress
from obs_client._engine.transfers.reading import GuardedReader, note_unverified
from obs_client.backend.body import BytesBody
from obs_client.backend.values import NewObject
from obs_client.errors import ConflictError, IntegrityError, NotFoundError, ObjectChangedError
from obs_client.models import Attributes, ObjectInfo
from obs_client.places import Place

__all__ = ["AttributesMap", "object_copy", "object_move"]

AttributesMap = Callable[[Attributes], Attributes]
"""Makes of an object's attributes those that its copy is to have."""

SMALL = 64 * 1024
"""Bytes of an object up to which room for it is kept from one copy to the next, and short ways are taken."""


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
        check, resume: As of `Copying.copy`.
    """
    with Copying(source, target, map_attributes) as copying:
        return copying.copy(name, target_name, if_absent=if_absent, check=check, progress=progress, resume=resume)


class ReadsSmall(Protocol):
    """A short way to read small objects of one container."""

    def read(self, name: str, most: int) -> tuple[ObjectInfo, bytes, dict[str, bytes]] | None:
        """An object of at most so many bytes, its content, and digests by which that was proved.

        None: it was not read, and is to be read as any other.
        """


class WritesSmall(Protocol):
    """A short way to write small objects into one container."""

    def write(self, new: NewObject, body: BytesBody) -> bool:
        """Write an object. False: it was not written, and is to be written as any other."""


class Copying:
    """Copies from one place to another, one after another by one thread; what holds for all is asked for once.

    Args:
        reads, writes: Short ways of the source and of the target.
    """

    def __init__(
        self,
        source: Place,
        target: Place,
        map_attributes: AttributesMap | None = None,
        reads: ReadsSmall | None = None,
        writes: WritesSmall | None = None,
    ) -> None:
        self._source = source
        self._target = target
        self._map_attributes = map_attributes
        self._reads = reads
        self._writes = writes
        self._reading = Border(source.client)
        self._writing = Border(target.client)
        self._is_within = source.client is target.client and map_attributes is None
        self._kept_rules: Rules | None = None
        self._small = min(SMALL, self._writing.options.part_size)
        self._share = Share(self._writing)
        self._space = memoryview(b"")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._share.close()

    def copy(
        self,
        name: str,
        target_name: str,
        *,
        if_absent: bool = False,
        check: copying_within.Check = lambda _: None,
        progress: Progress | None = None,
        resume: bool = False,
        small: bool = False,
    ) -> ObjectInfo | None:
        """Copy an object, and give what was copied. None: the source is absent.

        Args:
            check: Called with what is about to be copied, that very version; what it raises goes out, and nothing is
                written. It is called again if the source is replaced meanwhile.
            resume: As in `object_copy`.
            small: It is known to have no more than `SMALL` bytes: the short ways may be taken.
        """
        start, end = _spot(self._source, name), _spot(self._target, target_name)
        for _, full_name in (start, end):
            arguments.check_object_name(full_name)
        if self._is_within:
            return self._copy_within(start, end, if_absent, check, progress, resume)
        if small and self._reads is not None and (found := self._reads.read(start[1], self._small)) is not None:
            info, content, digests = found
            check(info)
            if not digests and self._reading.options.check_content:
                note_unverified(name)
            self._publish(self._new(info, end, if_absent), BytesBody(content, digests), progress)
            return info
        return self._copy_by_reader(start, end, if_absent, check, progress, resume)

    def _copy_within(
        self,
        start: tuple[str, str],
        end: tuple[str, str],
        if_absent: bool,
        check: copying_within.Check,
        progress: Progress | None,
        resume: bool,
    ) -> ObjectInfo | None:
        arguments.check_new_object_name(end[1], self._reading.capabilities)
        info = copying_within.copy_checked(self._reading, start, end, if_absent, check, resume=resume)
        if progress and info and info.size:
            progress(info.size)
        return info

    def _copy_by_reader(
        self,
        start: tuple[str, str],
        end: tuple[str, str],
        if_absent: bool,
        check: copying_within.Check,
        progress: Progress | None,
        resume: bool,
    ) -> ObjectInfo | None:
        try:
            reader = GuardedReader(self._reading, *start)
        except NotFoundError:
            return None
        with reader:
            check(reader.info)
            new = self._new(reader.info, end, if_absent)
            if not resume or not _resumed(self._reading, reader, self._writing, new, progress):
                self._write(reader, new, progress)
        return reader.info

    def _new(self, info: ObjectInfo, end: tuple[str, str], if_absent: bool) -> NewObject:
        attributes = _attributes(info, end[1], self._rules, self._map_attributes)
        return NewObject(*end, attributes, info.size, if_absent=if_absent)

    @property
    def _rules(self) -> Rules:
        if self._kept_rules is None:
            self._kept_rules = self._writing.rules
        return self._kept_rules

    def _write(self, reader: GuardedReader, new: NewObject, progress: Progress | None) -> None:
        """Write what a reader gives as a new object."""
        size, largest = reader.info.size, self._rules.capabilities.part_size_maximum
        if size is None or size > min(self._writing.options.part_size, largest or size):
            with PartWriter(self._writing, new, progress) as writer:
                for block in download.blocks(self._reading, reader):
                    writer.write(block)
                writer.publish()
        elif size <= self._small:
            self._pass_on(reader, new, self._room(size), progress)
        else:
            with Share(self._writing) as share:
                share.need(size)
                self._pass_on(reader, new, memoryview(bytearray(size)), progress)

    def _room(self, size: int) -> memoryview:
        """Room for the content of a small object, which is used again and again."""
        if size > len(self._space):
            self._share.need(size - len(self._space))
            self._space = memoryview(bytearray(size))
        return self._space[:size]

    def _pass_on(self, reader: GuardedReader, new: NewObject, content: memoryview, progress: Progress | None) -> None:
        reader.read_fully(content)
        if not content:
            reader.readinto(memoryview(bytearray(1)))  # an object of no bytes has not been asked for any yet
        self._publish(new, BytesBody(content, reader.content_digests), progress)

    def _publish(self, new: NewObject, body: BytesBody, progress: Progress | None) -> None:
        """Write an object from memory."""
        if self._writes is None or body.size > self._small or new.conditional or not self._writes.write(new, body):
            self._writing.object_write(new, body)
        if progress and body.size:
            progress(body.size)


def _resumed(source: Border, reader: GuardedReader, target: Border, new: NewObject, progress: Progress | None) -> bool:
    """Write what a reader gives, going on with what was written of it; False: it is to be written as any other."""
    from obs_client._engine.resuming import copy

    return copy.between(source, reader, target, new, progress)


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
