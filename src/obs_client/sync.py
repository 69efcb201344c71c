"""Making one place what another is: plan, look at the plan, apply it; or all at once; and proving it.

A place is a folder in any store, or a local directory (`places.Place`). A sync that was stopped, at any point, is
simply started again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from obs_client.copying import AttributesMap, Progress
from obs_client.places import Place
from obs_client.sync_apply import WORKERS, Run, Settings, spooled
from obs_client.sync_check import CheckReport, check
from obs_client.sync_patterns import matcher
from obs_client.sync_plan import Kept, plan_sync, planned
from obs_client.sync_report import Done, SyncReport
from obs_client.sync_steps import Step, Version, read_steps, write_steps

__all__ = [
    "CheckReport",
    "Done",
    "Place",
    "Step",
    "SyncReport",
    "Version",
    "apply",
    "check",
    "plan_sync",
    "read_steps",
    "sync",
    "write_steps",
]


def sync(
    source: Place,
    target: Place,
    *,
    delete: bool = False,
    checksum: bool = False,
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    max_delete: int | None = None,
    dry_run: bool = False,
    workers: int = WORKERS,
    map_attributes: AttributesMap | None = None,
    progress: Progress | None = None,
    on_done: Callable[[Done], object] | None = None,
) -> SyncReport:
    """Make the target what the source is, as `plan_sync` says; the report tells what was done.

    Small objects take one request on each side, and are copied while the listings still come in. A target directory
    is looked over first: names that it cannot have are an error before anything is written. Deletions come last, and
    only if both listings ended well and nothing failed. Before each, source and target are asked once more.

    Args:
        delete, checksum, include, exclude: As in `plan_sync`.
        max_delete: If more names would be deleted, none is. None: any number; but if the source holds nothing at all,
            nothing is deleted unless this is given.
        dry_run: Write nothing; the report says what would be done.
        workers: Threads for objects of one part; larger ones are copied one at a time, by parts in parallel.
        map_attributes: Makes of an object's attributes those that its copy is to have, where the target cannot keep
            them; it may be called by several threads at once.
        progress: Called in this thread with the count of bytes moved since the last call.
        on_done: Called in this thread with each step when it has ended.

    Raises:
        What `plan_sync` raises; what fails for one name only is in the report.
    """
    settings = Settings(False, workers, max_delete, dry_run, map_attributes, progress, on_done)
    kept = Kept() if on_done is None else None
    steps = planned(source, target, delete, checksum, matcher(include, exclude), kept)
    return Run(source, target, settings).run(steps if target.directory is None else spooled(steps), kept)


def apply(
    steps: Iterable[Step],
    source: Place,
    target: Place,
    *,
    max_delete: int | None = None,
    workers: int = WORKERS,
    map_attributes: AttributesMap | None = None,
    progress: Progress | None = None,
    on_done: Callable[[Done], object] | None = None,
) -> SyncReport:
    """Do the steps of a plan that was made for these two places; the arguments are those of `sync`.

    A step whose source or target is no longer what it was fails with `ObjectChangedError`: both are asked just before
    it. What is done already is skipped, so that a plan that was stopped can be applied again.
    """
    settings = Settings(True, workers, max_delete, False, map_attributes, progress, on_done)
    return Run(source, target, settings).run(steps)
