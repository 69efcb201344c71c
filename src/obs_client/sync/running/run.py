"""Doing the steps of a sync: copies by several threads, then the deletions, if all went well."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterable, Iterator
from types import TracebackType
from typing import Protocol, Self

from obs_client._engine.parallel import ended
from obs_client._engine.transfers.progress import Progress
from obs_client.errors import ConflictError, ObjectStorageClientError
from obs_client.places import Place
from obs_client.sync.collisions import goes_with_deletions
from obs_client.sync.options import SyncOptions
from obs_client.sync.plan import Kept
from obs_client.sync.report import IN_A_ROW, Done, Streak, SyncReport, Tally, failed, why_none_is_deleted
from obs_client.sync.running.budget import Budget
from obs_client.sync.running.copy import Copier
from obs_client.sync.running.crew import Copy, Crew
from obs_client.sync.running.delete import Deleter
from obs_client.sync.saved import SavedPlan
from obs_client.sync.sides import directory_of, left_out
from obs_client.sync.steps import Step

IN_FLIGHT = 64 * 1024 * 1024
"""Bytes of small objects that may be on their way at once."""

DOWN = 5
"""Names for each worker that fail one after another, in a way that all share, before the others are left.

More than a batch of deletions, which one request may fail.
"""


class StepPool(Protocol):
    """What copies small objects, several at once.

    Attributes:
        ahead: How many steps may be in it.
        in_flight: The bytes of their objects that may.
    """

    ahead: int
    in_flight: int

    @property
    def pending(self) -> int:
        """How many steps are in it."""

    def submit(self, step: Step) -> None:
        """Take a step."""

    def result(self) -> Done:
        """Wait for a step to end; gives what became of it."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None: ...


class Run:
    """One sync at work; all its callbacks come in the caller's thread.

    Args:
        ask: Ask just before each copy whether source and target are still what the step says.
        progress: Told of bytes moved.
        on_done: Told of each step that has ended.
        pool: Makes what copies small objects, with the function that copies one; None: threads of this process.
    """

    def __init__(
        self,
        source: Place,
        target: Place,
        options: SyncOptions,
        *,
        ask: bool,
        progress: Progress | None,
        on_done: Callable[[Done], object] | None,
        pool: Callable[[], StepPool] | None = None,
    ) -> None:
        self._source = source
        self._target = target
        self._options = options
        self._progress = progress
        self._on_done = on_done
        self._tally = Tally()
        self._budget = Budget(options)
        self._copier = Copier(source, target, ask, options.map_attributes)
        self._streak = Streak(max(IN_A_ROW, DOWN * options.workers))
        room = min(IN_FLIGHT, source.client.options.memory, target.client.options.memory)
        self._pool = pool or functools.partial(Crew, self._begin, options.workers, room)
        self._large = min(source.client.options.part_size, target.client.options.part_size)

    def run_all(self, steps: Iterator[Step], kept: Kept | None = None) -> SyncReport:
        """Do steps as they are planned; for a directory only when all are, so that what it cannot have is refused."""
        if directory_of(self._target) is None:
            return self.run(steps, kept)
        with SavedPlan(steps) as plan:
            return self.run(plan, kept)

    def run(self, steps: Iterable[Step], kept: Kept | None = None) -> SyncReport:
        """Do all steps; what the steps' iterator raises goes out, and then nothing is deleted.

        Args:
            kept: Counts, by the time the steps end, the names that need none.
        """
        with SavedPlan(self._copy_all(steps)) as later:
            count = later.deletions
            self._tally.counts["skipped"] += kept.count if kept else 0
            reason = self._why_not(count, later.copies) if count else None
            if reason is None:
                deleter = Deleter(self._source, self._target, self._options)
                with ended(deleter.delete(step for step in later if step.action == "delete")) as deleted:
                    for done in deleted:
                        self._count(done)
            # What a file or a folder stood in the way of that only the target had.
            for step in later:
                if step.action == "copy" and not self._tally.stopped:
                    if reason is None:
                        self._remove_empty(step)
                    self._count(self._copy(step, self._progress))
        self._tally.notes.update(left_out(self._source, self._options))
        return self._tally.report(count if reason else 0, reason, self._options.dry_run)

    # ---- copies -----------------------------------------------------------------------------------------------------

    def _copy_all(self, steps: Iterable[Step]) -> Iterator[Step]:
        """Do the copies, and give what is for later: the deletions, and the copies that may need them."""
        with ended(steps), self._pool() as pool:
            moving = 0
            for step in self._listed(steps):
                if step.action == "delete":
                    yield step
                elif step.action != "copy":
                    self._count(_not_done(step))
                elif (reason := self._budget.take(step)) is not None:
                    self._tally.stopped = reason, step.name
                    break
                elif step.source_size > self._large or (step.source and step.source.size is None):
                    yield from self._counted(self._copy(step, self._progress))
                else:
                    while pool.pending >= pool.ahead or (pool.pending and moving + step.source_size > pool.in_flight):
                        done = pool.result()
                        moving -= done.step.source_size
                        yield from self._count_small(done)
                    pool.submit(step)
                    moving += step.source_size
            while pool.pending:
                yield from self._count_small(pool.result())

    def _listed(self, steps: Iterable[Step]) -> Iterator[Step]:
        """The steps; an error of the listings says how much was done before."""
        try:
            yield from steps
        except ObjectStorageClientError as error:
            if (count := self._tally.counts["copied"]) and error.args:
                error.args = (
                    f"{error.args[0]}; before, {count:,} {'name was' if count == 1 else 'names were'} copied",
                )
            raise

    def _counted(self, done: Done) -> Iterator[Step]:
        """Count a step, or give it back for later."""
        if self._is_in_the_way(done):
            yield done.step
        else:
            self._count(done)

    def _count_small(self, done: Done) -> Iterator[Step]:
        """The same for a step that a worker did, which told no progress."""
        if self._progress and done.size and not self._options.dry_run:
            self._progress(done.size)
        yield from self._counted(done)

    def _is_in_the_way(self, done: Done) -> bool:
        """Whether a copy failed since a directory has a file for a folder or a folder for a file, which may go yet."""
        directory = directory_of(self._target)
        if directory is None or not self._options.delete or type(done.error) is not ConflictError:
            return False
        return goes_with_deletions(directory, self._target.full_name(done.step.name), self._options)

    def _remove_empty(self, step: Step) -> None:
        """Remove the folder in a file's place, if it holds nothing but such."""
        directory = directory_of(self._target)
        if directory is not None and not self._options.dry_run:
            directory.remove_empty(self._target.full_name(step.name))

    def _count(self, done: Done) -> None:
        self._tally.add(done)
        if self._on_done:
            self._on_done(done)
        if done.step.action != "skip":
            self._streak.add(done.step.name, done.error)

    def _copy(self, step: Step, progress: Progress | None = None) -> Done:
        if self._options.dry_run:
            return Done(step, "copied", step.reason, step.source_size)
        return self._copier.copy(step, progress)

    @contextlib.contextmanager
    def _begin(self) -> Iterator[Copy]:
        """What copies the steps of one thread."""
        if self._options.dry_run:
            yield self._copy
        else:
            with self._copier.begin() as copy:
                yield copy

    # ---- what is not done -------------------------------------------------------------------------------------------

    def _why_not(self, count: int, copies: int) -> str | None:
        """Why nothing is to be deleted; so many copies are left for later."""
        if self._tally.stopped:
            return "not all was copied"
        counts = self._tally.counts
        is_empty = not counts["copied"] + counts["skipped"] + copies
        return why_none_is_deleted(count, self._options.max_delete, counts["failed"], source_is_empty=is_empty)


def _not_done(step: Step) -> Done:
    if step.action == "refuse":
        return failed(step, ConflictError(step.reason, object_name=step.name))
    return Done(step, "skipped", step.reason)
