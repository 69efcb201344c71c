"""A sync by the workers of an executor: processes of this machine, or of others.

What goes out is small: a range of names, or some steps. Where both stores list in order, each worker lists, plans and
copies a range by itself, and cuts what it leaves. Where one does not, or is in files, of which a directory must be
looked over as a whole, the steps are planned here and go out in groups; so they do where bytes are to be counted
(`max_transfer`). Deletions come last, when all copies are done.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import os
from collections.abc import Callable, Iterable
from concurrent.futures import Executor

from obs_client._engine.border import Border
from obs_client._engine.transfers.progress import Progress
from obs_client.errors import ConfigurationError
from obs_client.places import Place
from obs_client.sync.content import Comparison, Proof
from obs_client.sync.ledger import check_for_ledger, check_order, open_ledger
from obs_client.sync.listing import pairs
from obs_client.sync.options import SyncOptions
from obs_client.sync.plan import Kept, planned
from obs_client.sync.proof import CheckReport, Finding, Findings, add_all
from obs_client.sync.report import Done, SyncReport
from obs_client.sync.running.run import Run
from obs_client.sync.saved import SavedPlan
from obs_client.sync.sides import check_apart, files_of, left_out
from obs_client.sync.spread.by_ranges import sync_by_ranges
from obs_client.sync.spread.by_steps import Groups
from obs_client.sync.spread.checking import check_by_ranges, check_range, compared
from obs_client.sync.spread.cluster import check_executor
from obs_client.sync.spread.processes import own_processes
from obs_client.sync.spread.work import Job, JobHere
from obs_client.sync.spread.workers import Here, Workers, check_processes
from obs_client.sync.steps import Step


def sync_by_workers(
    source: Place,
    target: Place,
    options: SyncOptions,
    executor: Executor | None,
    processes: int,
    progress: Progress | None,
    on_done: Callable[[Done], object] | None,
    ledger: str | os.PathLike[str] | None,
) -> SyncReport:
    """Make the target what the source is, by so many workers, of an executor or of processes that end with it.

    Raises:
        ConfigurationError: A client cannot go to another process; or what is wanted needs each name here, while names
            stay with the workers; or no ledger can be kept of it.
    """
    check_apart(source, target)
    check_processes(processes)
    # A piece that ended in the middle would be taken for done, so that none has a time of its own.
    endless = dataclasses.replace(options, max_duration=None)
    if ledger is not None:
        check_for_ledger(source, target, options)
        if executor is None and processes == 1:
            here, workers = JobHere(source, target, endless, progress, on_done), Workers(Here, 1, 1)
            with open_ledger(ledger, source, target, options, "sync") as kept_in:
                return sync_by_ranges(here, workers, None, kept_in, options.max_duration)
    job = Job(source, target, endless)
    by_ranges = ledger is not None or (options.max_transfer is None and _goes_by_ranges(source, target))
    if by_ranges:
        _check_no_names_wanted(on_done)
    with contextlib.ExitStack() as stack:
        opened = None if ledger is None else stack.enter_context(open_ledger(ledger, source, target, options, "sync"))
        workers = stack.enter_context(_workers(job, executor, processes))
        if by_ranges:
            return sync_by_ranges(job, workers, progress, opened, options.max_duration)
        kept = Kept() if on_done is None else None
        pool = _pool(job, workers, ask=False)
        run = Run(source, target, options, ask=False, progress=progress, on_done=on_done, pool=pool)
        return run.run_all(planned(source, target, options, kept), kept)


def apply_by_workers(
    steps: Iterable[Step],
    source: Place,
    target: Place,
    options: SyncOptions,
    ask: bool,
    executor: Executor | None,
    processes: int,
    progress: Progress | None,
    on_done: Callable[[Done], object] | None,
) -> SyncReport:
    """Do steps that are planned by workers; errors as of `sync_by_workers`."""
    check_processes(processes)
    job = Job(source, target, options)
    with _workers(job, executor, processes) as workers:
        pool = _pool(job, workers, ask=ask)
        run = Run(source, target, options, ask=ask, progress=progress, on_done=on_done, pool=pool)
        return run.run(steps, Kept(steps.dropped if isinstance(steps, SavedPlan) else 0))


def check_by_workers(
    source: Place,
    target: Place,
    options: SyncOptions,
    executor: Executor | None,
    processes: int,
    on_done: Callable[[str, Finding, int], object] | None,
    on_compared: Callable[[str, Proof], object] | None,
    ledger: str | os.PathLike[str] | None,
) -> CheckReport:
    """Prove that the target is what the source is; errors as of `sync_by_workers`."""
    check_processes(processes)
    # Only what says which names there are counts: so a ledger is of a check whatever else is wanted of the sync.
    options = SyncOptions(
        include=options.include,
        exclude=options.exclude,
        folder_markers=options.folder_markers,
        workers=options.workers,
    )
    if ledger is not None:
        check_order(source, target, "check", "leave it out; to check in parts, give both places a longer prefix")
        if executor is None and processes == 1:
            telling = functools.partial(check_range, on_done=on_done, on_compared=on_compared)
            with open_ledger(ledger, source, target, options, "check") as kept_in:
                return check_by_ranges(JobHere(source, target, options), Workers(Here, 1, 1), telling, kept_in)
    job = Job(source, target, options)
    by_ranges = ledger is not None or _goes_by_ranges(source, target)
    if by_ranges:
        _check_no_names_wanted(on_done or on_compared)
    with contextlib.ExitStack() as stack:
        opened = None if ledger is None else stack.enter_context(open_ledger(ledger, source, target, options, "check"))
        workers = stack.enter_context(_workers(job, executor, processes))
        if by_ranges:
            return check_by_ranges(job, workers, check_range, opened)
        findings = Findings()
        listed = pairs(source, target, options, findings.add_unlisted)
        add_all(compared(job, workers, Comparison(source, target), listed), findings, on_done, on_compared)
    return findings.report(left_out(source, options))


def _workers(job: Job, executor: Executor | None, processes: int) -> contextlib.AbstractContextManager[Workers]:
    if executor is None:
        return own_processes(processes)
    check_executor(executor, job)
    return Workers(lambda: executor, processes)


def _pool(job: Job, workers: Workers, *, ask: bool) -> Callable[[], Groups] | None:
    """What copies small objects; None, so that nothing is: of a dry run."""
    return None if job.options.dry_run else functools.partial(Groups, job, workers, ask=ask)


def _goes_by_ranges(source: Place, target: Place) -> bool:
    """Whether each range of names can be listed by itself on both sides, for what it costs."""
    return all(
        files_of(each) is None and Border(each.client).lists_in_order(each.container_name) for each in (source, target)
    )


def _check_no_names_wanted(on_done: Callable[..., object] | None) -> None:
    if on_done is not None:
        raise ConfigurationError(
            "on_done is not for several processes, with which the names stay; leave processes at 1"
        )
