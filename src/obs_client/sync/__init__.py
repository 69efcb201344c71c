"""Making one place what another is: plan, look at the plan, apply it; or all at once; and proving it.

A place is a folder in any store, or a local directory (`Place`). A sync that was stopped, at any point, is simply
started again. To stop it, raise an exception in a callback (`progress`, `on_done`), or let Ctrl-C raise one: what is
under way is undone, what was copied is whole, nothing more is deleted, and the exception goes out.

    source, target = Place.of_directory("photos"), Place.parse("s3://album/photos")
    options = SyncOptions(delete=True, exclude=["*.tmp"])
    with SavedPlan(plan_sync(source, target, options)) as plan:
        print(plan.copies, plan.size, plan.deletions)
        report = apply(plan, source, target, options, progress=print)
    print(report.copied, report.failures)
    print(check(source, target, options).ok)
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from obs_client._engine.transfers.progress import Progress
from obs_client.places import Place, parse_both
from obs_client.sync.content import Proof
from obs_client.sync.options import DEFAULTS, SyncOptions
from obs_client.sync.plan import Kept, plan_sync, planned
from obs_client.sync.proof import CheckReport, Finding, Findings, check_here
from obs_client.sync.report import Done, SyncReport
from obs_client.sync.running.run import Run
from obs_client.sync.saved import SavedPlan
from obs_client.sync.sides import check_apart, left_out
from obs_client.sync.steps import Step, Version, read_steps, write_steps

if TYPE_CHECKING:
    from concurrent.futures import Executor  # slow to load, and not needed by those who start no processes

__all__ = [
    "CheckReport",
    "Done",
    "Place",
    "SavedPlan",
    "Step",
    "SyncOptions",
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
    options: SyncOptions = DEFAULTS,
    *,
    progress: Progress | None = None,
    on_done: Callable[[Done], object] | None = None,
    processes: int = 1,
    executor: Executor | None = None,
    ledger: str | os.PathLike[str] | None = None,
) -> SyncReport:
    """Make the target what the source is, as `plan_sync` says; the report tells what was done.

    Small objects take one request on each side, and are copied while the listings still come in. A target directory
    is looked over first: names that it cannot have are an error before anything is written. Deletions come last, and
    only if both listings ended well and nothing failed. Before each, source and target are asked once more. A file of a
    directory that is changed while it is copied is copied again.

    Args:
        options: What to do, and what not.
        progress: Called in this thread with the count of bytes moved since the last call.
        on_done: Called in this thread with each step when it has ended.
        processes: Copy by so many processes (spawned: a program guards its start by `if __name__ == "__main__":`), for
            many small objects. Where both stores list in order, they list and plan too: then names are not told here
            (`on_done`, and all but a hundred failures). With `max_transfer` they do not, so that it is kept exactly.
        executor: Do it by this executor in place of own processes, `processes` pieces at once: of other machines, too.
            Clients travel with their credentials where those were given as a mapping.
        ledger: A path, or the storage URL of an object, where the ranges of names are kept that are done. After a stop
            or a kill the same call goes on with the others. It is removed when all is done and nothing failed; until
            then what is done by it is not looked at again. Both places list in order (`capabilities.ordered_listing`),
            the target is not a directory, and `progress` and `on_done` tell of this call only.

    Raises:
        What `plan_sync` raises; what fails for one name only is in the report.
        TemporaryError: 5 x `workers` names (at least 20) failed so one after another, each after its last try: the
            store is down, and all else is left for the next sync.
        AuthorizationError: So many names were refused one after another, and none was allowed before; or 1,000 were.
        ServiceError: For so many names one after another a file system had no room.
    """
    if executor is not None or processes != 1 or ledger is not None:
        from obs_client.sync.spread import sync_by_workers

        return sync_by_workers(source, target, options, executor, processes, progress, on_done, ledger)
    kept = Kept() if on_done is None else None
    steps = planned(source, target, options, kept)
    run = Run(source, target, options, ask=False, progress=progress, on_done=on_done)
    return run.run_all(steps, kept)


def apply(
    steps: Iterable[Step],
    source: Place,
    target: Place,
    options: SyncOptions = DEFAULTS,
    *,
    ask: bool = True,
    progress: Progress | None = None,
    on_done: Callable[[Done], object] | None = None,
    processes: int = 1,
    executor: Executor | None = None,
) -> SyncReport:
    """Do the steps of a plan that was made for these two places; all else is as in `sync`.

    A step whose source or target is no longer what it was fails with `ObjectChangedError`. What is done already is
    skipped, so that a plan that was stopped can be applied again; where hashes do not prove it, contents are compared.

    Args:
        steps: What `plan_sync` or `read_steps` gives, or a `SavedPlan`.
        options: How to do it; what they say of the choice of steps (`delete`, `checksum`, `include`, `exclude`) was
            decided with the plan, and changes nothing here.
        ask: Ask both sides just before each copy. False, for a plan that was made this minute: small objects take one
            request on each side, as in `sync`; deletions are asked for all the same.
        processes, executor: As in `sync`; here each step is told.
    """
    check_apart(source, target)
    if executor is not None or processes != 1:
        from obs_client.sync.spread import apply_by_workers

        return apply_by_workers(steps, source, target, options, ask, executor, processes, progress, on_done)
    dropped = Kept(steps.dropped if isinstance(steps, SavedPlan) else 0)
    run = Run(source, target, options, ask=ask, progress=progress, on_done=on_done)
    return run.run(steps, dropped)


def check(
    source: Place,
    target: Place,
    options: SyncOptions = DEFAULTS,
    *,
    on_done: Callable[[str, Finding, int], object] | None = None,
    on_compared: Callable[[str, Proof], object] | None = None,
    processes: int = 1,
    executor: Executor | None = None,
    ledger: str | os.PathLike[str] | None = None,
) -> CheckReport:
    """Compare all names and contents of two places, without writing: by stored digests, or by reading both.

    What is stored with a file proves nothing of it: files are always read.
    Attributes, times and what is no file are not compared.

    Args:
        options: Those of the sync that is to be proved; `include`, `exclude`, `folder_markers` and `workers` count.
        on_done: Called in this thread with each name, what was found, and its size in bytes.
        on_compared: Called just before with each name whose contents were compared, and by what.
        processes, executor: As in `sync`. Where both stores list in order, names are not told here, and the report
            lists a hundred of each finding, and counts the others (`more`).
        ledger: As in `sync`; it keeps the ranges of names that are wholly equal. After a stop, or when what was found
            is mended, the same call compares the others, and reports of those alone, a hundred names of each finding.
            It is removed when all is equal; until then what is equal by it is not looked at again (`done_before`).

    Raises:
        ContainerNotFoundError: A container, or the source directory, is absent.
        ConfigurationError: A place does not list in order, or the ledger is of something else.
        TemporaryError, AuthorizationError: So many names failed one after another that the others would, too.
    """
    if executor is not None or processes != 1 or ledger is not None:
        from obs_client.sync.spread import check_by_workers

        return check_by_workers(source, target, options, executor, processes, on_done, on_compared, ledger)
    findings = Findings()
    check_here(source, target, options, findings, on_done, on_compared)
    return findings.report(left_out(source, options))
