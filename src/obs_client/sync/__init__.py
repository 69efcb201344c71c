"""Making one place what another is: plan, look at the plan, apply it; or all at once; and proving it.

A place is a folder in any store, or a local directory (`Place`). A sync that was stopped, at any point, is simply
started again. To stop it, raise an exception in a callback (`progress`, `on_done`), or let Ctrl-C raise one: what is
under way is undone, what was copied is whole, nothing more is deleted, and the exception goes out.

    source, target = Place.of_directory("photos"), Place.parse("s3://album/photos")
    with SavedPlan(plan_sync(source, target, delete=True)) as plan:
        print(plan.copies, plan.size, plan.deletions)
        report = apply(plan, source, target, max_delete=plan.deletions, progress=print)
    print(report.copied, report.failures)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from obs_client._engine.progress import Progress
from obs_client.copying import AttributesMap
from obs_client.sync.patterns import matcher
from obs_client.sync.places import Place, check_apart, parse_both
from obs_client.sync.plan import Kept, plan_sync, planned
from obs_client.sync.proof import CheckReport, check
from obs_client.sync.report import Done, SyncReport
from obs_client.sync.run import WORKERS, Run, Settings
from obs_client.sync.saved import SavedPlan
from obs_client.sync.steps import Step, Version, read_steps, write_steps

__all__ = [
    "CheckReport",
    "Done",
    "Place",
    "SavedPlan",
    "Step",
    "SyncReport",
    "Version",
    "apply",
    "check",
    "parse_both",
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
    only if both listings ended well and nothing failed. Before each, source and target are asked once more. A file of a
    directory that is changed while it is copied is copied again.

    Args:
        delete, checksum, include, exclude: As in `plan_sync`.
        max_delete: If more names would be deleted, none is. None: any number; but if the source holds nothing at all,
            nothing is deleted unless this is given.
        dry_run: Write nothing; the report says what would be done.
        workers: Threads for objects of one part, and for comparing contents; larger objects are copied one at a time,
            by parts in parallel.
        map_attributes: Makes of an object's attributes those that its copy is to have, where the target cannot keep
            them; it may be called by several threads at once.
        progress: Called in this thread with the count of bytes moved since the last call.
        on_done: Called in this thread with each step when it has ended.

    Raises:
        What `plan_sync` raises; what fails for one name only is in the report.
        TemporaryError: 5 x `workers` names (at least 20) failed so one after another, each after its last try: the
            store is down, and all else is left for the next sync.
    """
    settings = Settings(False, workers, max_delete, dry_run, map_attributes, progress, on_done)
    kept = Kept() if on_done is None else None
    steps = planned(source, target, delete, checksum, matcher(include, exclude), kept, workers)
    run = Run(source, target, settings)
    if target.directory is None:
        return run.run(steps, kept)
    with SavedPlan(steps) as plan:
        return run.run(plan, kept)


def apply(
    steps: Iterable[Step],
    source: Place,
    target: Place,
    *,
    ask: bool = True,
    max_delete: int | None = None,
    dry_run: bool = False,
    workers: int = WORKERS,
    map_attributes: AttributesMap | None = None,
    progress: Progress | None = None,
    on_done: Callable[[Done], object] | None = None,
) -> SyncReport:
    """Do the steps of a plan that was made for these two places; all else is as in `sync`.

    A step whose source or target is no longer what it was fails with `ObjectChangedError`. What is done already is
    skipped, so that a plan that was stopped can be applied again; where hashes do not prove it, contents are compared.

    Args:
        steps: What `plan_sync` or `read_steps` gives, or a `SavedPlan`.
        ask: Ask both sides just before each copy. False, for a plan that was made this minute: small objects take one
            request on each side, as in `sync`; deletions are asked for all the same.
    """
    check_apart(source, target)
    settings = Settings(ask, workers, max_delete, dry_run, map_attributes, progress, on_done)
    dropped = Kept(steps.dropped if isinstance(steps, SavedPlan) else 0)
    return Run(source, target, settings).run(steps, dropped)
