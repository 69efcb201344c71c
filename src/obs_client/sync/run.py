"""Doing the steps of a sync: copies by several threads, then the deletions, if all went well."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator

from obs_client import copying, names
from obs_client.border import Border
from obs_client.copying import AttributesMap, Progress
from obs_client.errors import (
    ContainerNotFoundError,
    NotFoundError,
)
from obs_client.models import ObjectInfo
from obs_client.parallel import WorkerPool
from obs_client.reading import GuardedReader
from obs_client.sync.content import Comparison
from obs_client.sync.delete import Deleter
from obs_client.sync.listing import Entry
from obs_client.sync.places import Place
from obs_client.sync.plan import Kept, decide
from obs_client.sync.report import HOPELESS, Done, SyncReport, Tally, changed, failed
from obs_client.sync.saved import SavedPlan
from obs_client.sync.steps import Step, Version

WORKERS = 16
IN_FLIGHT = 64 * 1024 * 1024
"""Bytes of small objects that may be on their way at once."""

GONE = "gone from the source meanwhile"
THERE_ALREADY = "already in the target"

_AHEAD = 4


@dataclasses.dataclass(frozen=True, slots=True)
class Settings:
    """How steps are done.

    Attributes:
        ask: Ask just before each copy whether source and target are still what the step says.
        workers: Threads for small objects; large ones are copied one at a time, by parts in parallel.
        max_delete: How many names may be deleted; one more, and none is. None: any number, but not all there is.
        dry_run: Do nothing.
        map_attributes: Makes of an object's attributes those of its copy.
        progress: Told of bytes moved.
        on_done: Told of each step that has ended.
    """

    ask: bool
    workers: int = WORKERS
    max_delete: int | None = None
    dry_run: bool = False
    map_attributes: AttributesMap | None = None
    progress: Progress | None = None
    on_done: Callable[[Done], object] | None = None

    def __post_init__(self) -> None:
        if self.workers < 1:
            raise ValueError(f"workers must be at least 1, not {self.workers}")
        if self.max_delete is not None and self.max_delete < 0:
            raise ValueError(f"max_delete must be 0 or more, not {self.max_delete}")


class Run:
    """One sync at work; all its callbacks come in the caller's thread."""

    def __init__(self, source: Place, target: Place, settings: Settings) -> None:
        self._source = source
        self._target = target
        self._settings = settings
        self._tally = Tally()
        self._comparison = Comparison(source, target)
        self._large = min(source.client.options.part_size, target.client.options.part_size)

    def run(self, steps: Iterable[Step], kept: Kept | None = None) -> SyncReport:
        """Do all steps; what the steps' iterator raises goes out, and then nothing is deleted.

        Args:
            kept: Counts, by the time the steps end, the names that need none.
        """
        with SavedPlan(self._copy_all(steps)) as deletions:
            count = deletions.deletions
            self._tally.counts["skipped"] += kept.count if kept else 0
            reason = self._why_not(count) if count else None
            if reason is None:
                deleter = Deleter(self._source, self._target, self._settings.workers, self._settings.dry_run)
                for done in deleter.delete(iter(deletions)):
                    self._count(done)
        if self._source.directory is not None:
            self._tally.notes.update(self._source.directory.skipped)
        return self._tally.report(count if reason else 0, reason, self._settings.dry_run)

    # ---- copies -----------------------------------------------------------------------------------------------------

    def _copy_all(self, steps: Iterable[Step]) -> Iterator[Step]:
        """Do the copies, and give the deletions, which are for later."""
        workers, moving = self._settings.workers, 0
        with WorkerPool(self._copy, workers) as pool:
            for step in steps:
                if step.action == "skip":
                    self._count(Done(step, "skipped", step.reason))
                elif step.action == "delete":
                    yield step
                elif step.source is not None and step.source.size > self._large:
                    self._count(self._copy(step, self._settings.progress))
                else:
                    size = step.source.size if step.source else 0
                    while pool.pending >= _AHEAD * workers or (pool.pending and moving + size > IN_FLIGHT):
                        moving -= self._count_small(pool.result())
                    pool.submit(step)
                    moving += size
            while pool.pending:
                self._count_small(pool.result())

    def _count_small(self, done: Done) -> int:
        """Count a step that a worker did; gives the bytes that it may have held."""
        if self._settings.progress and done.size and not self._settings.dry_run:
            self._settings.progress(done.size)
        self._count(done)
        return done.step.source.size if done.step.source else 0

    def _count(self, done: Done) -> None:
        self._tally.add(done)
        if self._settings.on_done:
            self._settings.on_done(done)

    def _copy(self, step: Step, progress: Progress | None = None) -> Done:
        if self._settings.dry_run:
            return Done(step, "copied", step.reason, step.source.size if step.source else 0)
        try:
            return self._copy_one(step, progress)
        except HOPELESS:
            raise
        except Exception as error:  # noqa: BLE001 - collected by name, none is dropped
            return failed(step, error)

    def _copy_one(self, step: Step, progress: Progress | None) -> Done:
        source, target = self._source, self._target
        start, end = source.full_name(step.name), target.full_name(step.name)
        names.check_object_name(start)
        names.check_object_name(end)
        if self._settings.ask and self._is_there_already(step, end):
            return Done(step, "skipped", THERE_ALREADY)
        if self._comparison.same_store and self._settings.map_attributes is None:
            return self._copy_within(step, start, end, progress)
        border = Border(source.client)
        try:
            reader = GuardedReader(border, source.container_name, start)
        except ContainerNotFoundError:
            raise
        except NotFoundError:
            return Done(step, "skipped", GONE)
        with reader:
            self._check_source(step, reader.info)
            copying.write_copy(
                border,
                reader,
                target.client,
                (target.container_name, end),
                map_attributes=self._settings.map_attributes,
                progress=progress,
            )
        return Done(step, "copied", step.reason, reader.info.size)

    def _copy_within(self, step: Step, start: str, end: str, progress: Progress | None) -> Done:
        client, container = self._source.client, self._source.container_name
        if self._settings.ask:
            info = client.object_info(start, container)
            if info is None:
                return Done(step, "skipped", GONE)
            self._check_source(step, info)
        size = step.source.size if step.source else 0
        if not client.object_copy(start, end, container, target_container_name=self._target.container_name):
            return Done(step, "skipped", GONE)
        if progress and size:
            progress(size)
        return Done(step, "copied", step.reason, size)

    # ---- what changed since the plan --------------------------------------------------------------------------------

    def _check_source(self, step: Step, info: ObjectInfo) -> None:
        if self._settings.ask and step.source is not None and not step.source.is_still(Version.of(info)):
            raise changed(step, "the source was replaced")

    def _is_there_already(self, step: Step, end: str) -> bool:
        """Whether the step was done already; raises if the target is neither that nor what it was."""
        found = self._target.client.object_info(end, self._target.container_name)
        now = None if found is None else Version.of(found)
        if step.target is None and now is None:
            return False
        if step.target is not None and now is not None and step.target.is_still(now):
            return False
        if step.source is not None and now is not None:
            planned = _entry(self._source.full_name(step.name), step.source)
            if decide(self._comparison, step.name, planned, _entry(end, now)).action == "skip":
                return True
        raise changed(step, "the target was replaced, made or deleted")

    def _why_not(self, count: int) -> str | None:
        """Why nothing is to be deleted."""
        most, counts = self._settings.max_delete, self._tally.counts
        if counts["failed"]:
            return f"{counts['failed']:,} steps failed"
        if most is not None and count > most:
            return f"{count:,} names would be deleted, max_delete is {most:,}"
        if most is None and not counts["copied"] + counts["skipped"]:
            return "the source holds nothing, so that all would be deleted; give max_delete to do so"
        return None


def _entry(name: str, version: Version) -> Entry:
    return Entry(name, version.size, version.hash, version.last_modified)
