"""The copies of a sync, each by itself; what is no longer what it was is refused."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator

from obs_client._engine.transfers.progress import Progress
from obs_client.backends.local.directory import Visit
from obs_client.backends.local.listing import FOLDER_TYPE
from obs_client.copying import SMALL, AttributesMap, Copying
from obs_client.errors import ContainerNotFoundError, NotFoundError, ObjectChangedError
from obs_client.models import ObjectInfo
from obs_client.places import Place
from obs_client.sync.content import Comparison, same_content
from obs_client.sync.listing import Entry
from obs_client.sync.report import HOPELESS, Done, changed, failed
from obs_client.sync.sides import check_is_there, check_kept, directory_of
from obs_client.sync.steps import MARKER, Step, Version

GONE = "gone from the source meanwhile"
THERE_ALREADY = "already in the target"

_TRIES = 3
"""How often an object is copied that is changed each time."""


class Copier:
    """Copies what steps say; several threads may call it.

    Args:
        ask: Ask just before each copy whether source and target are still what the step says.
    """

    def __init__(self, source: Place, target: Place, ask: bool, map_attributes: AttributesMap | None) -> None:
        self._source = source
        self._target = target
        self._ask = ask
        self._map_attributes = map_attributes
        self._comparison = Comparison(source, target)

    @contextlib.contextmanager
    def begin(self) -> Iterator[Callable[[Step], Done]]:
        """What does the steps of one thread, small ones by a short way."""
        reads, writes = _visit(self._source), _visit(self._target)
        try:
            with Copying(self._source, self._target, self._map_attributes, reads, writes) as copying:
                yield functools.partial(self._done, copying)
        finally:
            for visit in (reads, writes):
                if visit is not None:
                    visit.close()

    def copy(self, step: Step, progress: Progress | None = None) -> Done:
        """Do one step; what `progress` raises goes out, as what would fail for all other names."""
        with Copying(self._source, self._target, self._map_attributes) as copying:
            return self._done(copying, step, progress)

    def _done(self, copying: Copying, step: Step, progress: Progress | None = None) -> Done:
        told = None if progress is None else _Told(progress)
        try:
            return self._copy(copying, step, told)
        except HOPELESS:
            raise
        except Exception as error:  # noqa: BLE001 - collected by name, none is dropped
            if told is not None and told.raised is not None:
                raise told.raised  # noqa: B904 - it is this error, or what this one was made of
            return failed(step, error)

    def _copy(self, copying: Copying, step: Step, progress: Progress | None) -> Done:
        start, end = self._source.full_name(step.name), self._target.full_name(step.name)
        if self._ask and self._is_there_already(step, end):
            return Done(step, "skipped", THERE_ALREADY)
        if self._is_folder(step):
            return self._copy_folder(step, end)
        planned = step.source if self._ask else None
        small = step.source_size <= SMALL
        for _ in range(_TRIES):
            check = functools.partial(_check, step, planned)
            info = copying.copy(step.name, step.name, check=check, progress=progress, small=small)
            if info is None:
                check_is_there(self._source)
                return Done(step, "skipped", GONE)
            if not self._changed_after(start, info):
                check_kept(self._target, end)
                return Done(step, "copied", step.reason, info.size or 0)
            # By its time the copy looks newer than the change: later syncs would leave it as it is.
            planned, small = None, False
        raise ObjectChangedError(
            f"{step.name!r} was changed each time it was copied; sync again with checksum when nobody writes to it",
            object_name=step.name,
        )

    def _is_folder(self, step: Step) -> bool:
        """Whether a directory is to have a folder, or a folder of a directory is to be marked."""
        marks = step.reason == MARKER
        return marks and not (directory_of(self._source) is None and directory_of(self._target) is None)

    def _copy_folder(self, step: Step, end: str) -> Done:
        directory = directory_of(self._target)
        if directory is not None:
            directory.make_folder(end)
        else:
            self._target.client.object_write(end, b"", None, self._target.container_name, content_type=FOLDER_TYPE)
        return Done(step, "copied", step.reason)

    def _changed_after(self, name: str, info: ObjectInfo) -> bool:
        """Whether an object was changed after it was read; asked only where no later sync would see it by its hash.

        That is so for a directory, where asking costs no request, and for a store that told no hash.
        """
        directory = directory_of(self._source)
        if info.hash is not None if directory is None else directory.has_as_before(info):
            return False
        now = self._source.client.object_info(name, self._source.container_name)
        if now is None or now.size is None:  # what the system makes as it is read has a new time each time
            return False
        return not Version.of(info).is_still(Version.of(now))

    def _is_there_already(self, step: Step, end: str) -> bool:
        """Whether the step was done already; raises if the target is neither that nor what it was."""
        directory = directory_of(self._target)
        if directory is not None and step.reason == MARKER:
            return directory.has_folder(end)  # which no object tells of
        found = self._target.client.object_info(end, self._target.container_name)
        now = None if found is None else Version.of(found)
        if step.target is None and now is None:
            return False
        if step.target is not None and now is not None and step.target.is_still(now):
            return False
        if now is not None and self._is_copy(step, end, now):
            return True
        raise changed(step, "the target was replaced, made or deleted")

    def _is_copy(self, step: Step, end: str, now: Version) -> bool:
        """Whether what the target has is proved to be what the step was to copy."""
        if step.source is None or step.source.size != now.size:
            return False
        planned = _entry(self._source.full_name(step.name), step.source)
        try:
            return same_content(self._comparison, planned, _entry(end, now))
        except ContainerNotFoundError:
            raise
        except NotFoundError:
            return False


def _visit(place: Place) -> Visit | None:
    """The short way of small files, of a place that is a directory."""
    directory = directory_of(place)
    return None if directory is None else directory.visit(place.container_name)


class _Told:
    """A callback whose own exceptions are told from all others."""

    def __init__(self, callback: Progress) -> None:
        self._callback = callback
        self.raised: Exception | None = None

    def __call__(self, count: int) -> None:
        try:
            self._callback(count)
        except Exception as error:
            self.raised = error
            raise


def _check(step: Step, planned: Version | None, info: ObjectInfo) -> None:
    if planned is not None and not planned.is_still(Version.of(info)):
        raise changed(step, "the source was replaced")


def _entry(name: str, version: Version) -> Entry:
    return Entry(name, version.size, version.hash, version.last_modified)
