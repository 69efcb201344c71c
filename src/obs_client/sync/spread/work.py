"""What one worker does, wherever it runs: a range of names, or steps that were planned elsewhere.

Only small values travel: where the places are, what is wanted, and sums. Each piece may be done twice, or begin and be
lost: what is the same already is not copied again.
"""

from __future__ import annotations

import dataclasses
import functools
import pickle
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from obs_client._engine.parallel import bounded_map
from obs_client.credentials import Secret
from obs_client.errors import ConfigurationError
from obs_client.models import ObjectInfo
from obs_client.places import Place
from obs_client.sync.options import SyncOptions
from obs_client.sync.plan import Kept, planned
from obs_client.sync.ranges import Bounds, Range, Taken
from obs_client.sync.report import Done, SyncReport
from obs_client.sync.running.copy import Copier
from obs_client.sync.running.run import Run
from obs_client.sync.spread.splitting import Probe, split
from obs_client.sync.spread.versions import Versions, check_versions, versions
from obs_client.sync.steps import Step

FAILURES_MAXIMUM = 100
"""How many failures a piece tells by name; of the others it gives the count."""


class Job:
    """A sync, as it goes to the workers: both places, with clients that each process makes for itself, and how.

    Attributes:
        has_keys: It carries credentials, since a client was given them.

    Raises:
        ConfigurationError: A client, or what changes attributes, cannot go to another process.
    """

    def __init__(self, source: Place, target: Place, options: SyncOptions) -> None:
        try:
            with Secret.watched() as found:
                self._places = pickle.dumps((source, target))
                pickle.dumps(options)
        except (TypeError, AttributeError, pickle.PicklingError) as error:
            raise ConfigurationError(f"this cannot go to another process: {error}") from error
        self.options = options
        self.has_keys: bool = bool(found)
        self._versions = tuple(versions())

    progress: Callable[[int], object] | None = None
    """Told of bytes as they are moved."""

    def __repr__(self) -> str:
        return "Job()"  # some schedulers log what they are given

    def kept(self) -> Kept | None:
        """What counts the names that stay as they are, for who does not want each."""
        return Kept()

    def tell(self, done: Done) -> None:
        """Tell of a step that has ended."""

    @property
    def places(self) -> tuple[Place, Place]:
        """Source and target, by clients of this process.

        Raises:
            ConfigurationError: It has another library or Python than the process that gave the work.
        """
        check_versions(Versions(*self._versions))
        return _opened(self._places)


@functools.lru_cache(maxsize=4)
def _opened(places: bytes) -> tuple[Place, Place]:
    """Kept from piece to piece, so that not each logs in and connects anew."""
    source, target = pickle.loads(places)  # noqa: S301 - what `Job` made, by the way that all its fields come
    return source, target


class JobHere(Job):
    """A sync in this process, which may tell of each step, and of bytes as they move."""

    def __init__(
        self,
        source: Place,
        target: Place,
        options: SyncOptions,
        progress: Callable[[int], object] | None = None,
        on_done: Callable[[Done], object] | None = None,
    ) -> None:
        self._here = source, target
        self.options = options
        self.progress = progress
        self._on_done = on_done

    @property
    def places(self) -> tuple[Place, Place]:
        """Source and target, by the caller's clients."""
        return self._here

    def kept(self) -> Kept | None:
        """What counts; None: each step is told."""
        return Kept() if self._on_done is None else None

    def tell(self, done: Done) -> None:
        """Tell it to the caller."""
        if self._on_done:
            self._on_done(done)


class RangeDone(NamedTuple):
    """A piece that was done.

    Attributes:
        within: The names of it.
        rests: What was given and not done, in pieces.
        report: What was done; it has no more than `FAILURES_MAXIMUM` failures.
        more_failures: How many others there were.
        deletions: How many names only the target has; of a piece that deletes, before it did.
        in_target: How many names the target has, with what was copied; of a piece that deletes, before it did.
    """

    within: Range
    rests: tuple[Range, ...]
    report: SyncReport
    more_failures: int = 0
    deletions: int = 0
    in_target: int = 0


def copy_range(job: Job, within: Range, bounds: Bounds, pieces: int) -> RangeDone:
    """Plan a range and do its copies, as far as the bounds allow; the rest is cut into so many pieces, if it can be."""
    source, target = job.places
    taken, kept, extra = Taken(within, bounds), job.kept(), _Extra()
    new = 0

    def note(done: Done) -> None:
        nonlocal new
        new += done.outcome == "copied" and done.step.target is None
        taken.add_size(done.size)
        job.tell(done)

    run = Run(source, target, job.options, ask=False, progress=job.progress, on_done=note)
    report = run.run(extra.left_out(planned(source, target, job.options, kept, taken)), kept)
    rests = () if taken.rest is None else tuple(split(taken.rest, probe(source), pieces))
    return _told(taken, rests, report, extra.count, new)


def delete_range(job: Job, within: Range, bounds: Bounds, most: int) -> RangeDone:
    """Delete what only the target has of a range, as far as the bounds allow; it is planned anew.

    Args:
        most: If there are more, none is deleted.
    """
    source, target = job.places
    taken, extra = Taken(within, bounds), _Extra()
    options = dataclasses.replace(job.options, delete=True, max_delete=most)
    steps = planned(source, target, options, Kept(), taken)
    run = Run(source, target, options, ask=False, progress=None, on_done=job.tell)
    report = run.run(extra.alone(steps))
    return _told(taken, () if taken.rest is None else (taken.rest,), report, extra.count)


class Outcomes(NamedTuple):
    """What became of some steps: of all but these they were copied as planned.

    Attributes:
        others: What became of the others, by their places among the steps.
    """

    others: dict[int, Done]

    def of(self, steps: list[Step]) -> Iterator[Done]:
        """What became of each."""
        for place, step in enumerate(steps):
            yield self.others.get(place) or Done(step, "copied", step.reason, step.source_size)


def do_steps(job: Job, steps: list[Step], ask: bool) -> Outcomes:
    """Do copies of small objects that were planned elsewhere."""
    source, target = job.places
    copier = Copier(source, target, ask, job.options.map_attributes)
    outcomes = enumerate(bounded_map(copier.copy, steps, job.options.workers, small=True))
    return Outcomes({place: done for place, done in outcomes if not _is_as_planned(done)})


def _is_as_planned(done: Done) -> bool:
    return done.outcome == "copied" and done.size == done.step.source_size


class _Extra:
    """Counts the deletions, which come later, when all copies are done, and are planned anew then."""

    def __init__(self) -> None:
        self.count = 0

    def left_out(self, steps: Iterable[Step]) -> Iterator[Step]:
        for step in steps:
            if step.action == "delete":
                self.count += 1
            else:
                yield step

    def alone(self, steps: Iterable[Step]) -> Iterator[Step]:
        for step in steps:
            if step.action == "delete":
                self.count += 1
                yield step


def probe(place: Place) -> Probe:
    """What finds the first name after a text, by a listing of one entry."""

    def first(after: str) -> str | None:
        start = place.prefix + after if after else None
        found = place.client.object_iter(
            prefix=place.prefix, start_after=start, limit=1, container_name=place.container_name
        )
        entry = next(iter(found), None)
        return entry.name[len(place.prefix) :] if isinstance(entry, ObjectInfo) else None

    return first


def _told(taken: Taken, rests: tuple[Range, ...], report: SyncReport, deletions: int, new: int = 0) -> RangeDone:
    few, more = _few_failures(report)
    return RangeDone(taken.done, rests, few, more, deletions, taken.in_target + new)


def _few_failures(report: SyncReport) -> tuple[SyncReport, int]:
    failures = dict(list(report.failures.items())[:FAILURES_MAXIMUM])
    return dataclasses.replace(report, failures=failures), len(report.failures) - len(failures)
