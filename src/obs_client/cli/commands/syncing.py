"""The command `sync`."""

from __future__ import annotations

import contextlib
import dataclasses
import sys
from collections.abc import Iterable, Iterator
from functools import partial
from typing import IO, TYPE_CHECKING

import click

from obs_client.cli.address import Address
from obs_client.cli.failures import Failure, NotThere
from obs_client.cli.many.reasons import advice
from obs_client.cli.options import (
    exclude,
    folder_markers,
    follow_symlinks,
    include,
    json_lines,
    ledger,
    limits,
    max_duration,
    max_transfer,
    pass_settings,
    place,
    processes,
    shared,
    workers,
    yes,
)
from obs_client.cli.pairs import METADATA, attributes_map, check_is_there, check_no_object, holds_nothing, two_places
from obs_client.cli.settings import Settings
from obs_client.cli.text import count_text, done_before_text, printable, size_text

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from obs_client.sync import Done, Place, SavedPlan, Step, SyncOptions, SyncReport


@click.command()
@place("source")
@place("target")
@click.option("--delete", is_flag=True, help="Delete what only the target has. Asks first.")
@click.option("--max-delete", type=click.IntRange(0), metavar="N", help="If more would be deleted, delete nothing.")
@click.option("--checksum", is_flag=True, help="Compare contents, not sizes and times.")
@include
@exclude
@follow_symlinks
@folder_markers
@METADATA
@workers("Copies at a time.")
@processes("Copy small objects by so many processes.")
@click.option("--dask", metavar="URL", help="Do it by the workers of the Dask scheduler at tls://host:port.")
@ledger("Record there what is done; after a stop the same command continues. Removed at the end.")
@max_transfer
@max_duration
@click.option("-n", "--dry-run", is_flag=True, help="Change nothing; show what would be done. With --json a plan.")
@click.option(
    "--apply", "plan", metavar="FILE", help="Carry out this plan, for objects that have not changed since; - is stdin."
)
@yes
@json_lines
@limits
@shared
@pass_settings
def sync(
    settings: Settings,
    source: str,
    target: str,
    delete: bool,
    max_delete: int | None,
    checksum: bool,
    include: tuple[str, ...],
    exclude: tuple[str, ...],
    follow_symlinks: bool,
    folder_markers: bool,
    metadata: str,
    workers: int,
    processes: int,
    dask: str | None,
    ledger: str | None,
    max_transfer: int | None,
    max_duration: int | None,
    dry_run: bool,
    plan: str | None,
) -> None:
    """Make TARGET equal to SOURCE.

    Both are folders or containers of any two stores, or directories.

    Same names are copied if the sizes differ, or the MD5s where both listings have them, or else if the source is
    newer. Deletions come last, and only if all else went well. To continue a stopped sync, run it again.

    \b
    `*` and `?` do not match a slash, `**` does; a pattern without a slash is compared with the last
    part of the name.
    A plan:  obs sync A B --dry-run --json > plan;  obs sync A B --apply plan
    """
    from obs_client import sync as library
    from obs_client.sync.spread.cluster import dask_cluster

    settings.go_on = "what was copied is complete; run the same command again to continue"
    options = library.SyncOptions(
        delete=delete,
        checksum=checksum,
        include=include,
        exclude=exclude,
        folder_markers=folder_markers,
        max_delete=max_delete,
        max_transfer=max_transfer,
        max_duration=max_duration,
        dry_run=dry_run,
        workers=workers,
        map_attributes=attributes_map(metadata),
    )
    if plan is not None:
        _check_not_planned(options)
    if ledger is not None:
        _check_for_ledger(settings, options, plan)
    if dask is not None and processes > 1:
        raise click.UsageError("--dask works by the workers of the cluster; leave out --processes")
    addresses = Address.parse(source), Address.parse(target)
    with contextlib.ExitStack() as stack:
        places = stack.enter_context(two_places(*addresses, follow_symlinks))
        executor, slots = (None, processes) if dask is None else stack.enter_context(dask_cluster(dask))
        if plan is None:
            check_is_there(addresses[0], places[0])
        run = _Run(settings, addresses, places, options, slots, executor, ledger)
        steps = None if plan is None else library.read_steps(stack.enter_context(_opened(plan)))
        if dry_run and settings.json:
            run.write_plan(steps)
        elif plan is not None or run.wants_a_plan(delete=delete):
            run.apply(steps)
        else:
            run.sync()


class _Run:
    """One sync of the command."""

    def __init__(
        self,
        settings: Settings,
        addresses: tuple[Address, Address],
        places: tuple[Place, Place],
        options: SyncOptions,
        processes: int,
        executor: Executor | None,
        ledger: str | None,
    ) -> None:
        self._processes = processes
        self._executor = executor
        self._ledger = ledger
        self._settings = settings
        self._source_address, self._target_address = addresses
        self._source, self._target = places
        self._options = options
        tells = settings.json or settings.verbose or settings.debug or options.dry_run
        # A line for each name that is as it was would be all there is to read, of a second sync.
        self._tells_skips = settings.json and (settings.verbose or settings.debug)
        self._on_done = partial(_tell, settings, options.dry_run, self._tells_skips) if tells else None

    def wants_a_plan(self, *, delete: bool) -> bool:
        """Whether all steps are to be known first: for a question, for a bar, or to be told of from processes."""
        settings = self._settings
        if self._ledger is not None:
            return False
        several = self._processes > 1 or self._executor is not None
        told = several and self._on_done is not None
        return settings.shows_progress or (delete and not settings.yes) or told

    def write_plan(self, steps: Iterable[Step] | None) -> None:
        """Write the steps to stdout; None: those that are planned now."""
        from obs_client.sync import write_steps

        refused: list[Step] = []
        count = write_steps(_noting(steps or self._planned(), refused), sys.stdout)
        self._warn_of_nothing(0 if self._options.delete and holds_nothing(self._source) else count)
        self._settings.fail_all({step.name: step.reason for step in refused})
        if refused:
            raise Failure(f"{count_text(len(refused), 'name')} cannot be done", "the plan has them as refused")

    def apply(self, steps: Iterable[Step] | None) -> None:
        """Do the steps when all of them are known; None: those that are planned now."""
        from obs_client.sync import apply

        settings, options = self._settings, self._options
        with self._saved(steps or self._planned()) as plan:
            self._warn_of_nothing(plan.copies + plan.skips + plan.refusals)
            asks = bool(plan.deletions) and options.max_delete is None and not (options.dry_run or settings.yes)
            if asks:
                amount = count_text(plan.deletions, "object")
                settings.confirm(f"Delete {amount} in {self._target_address.text} that the source lacks?")
                options = dataclasses.replace(options, max_delete=plan.deletions)
            # Much may have changed since a plan was written, and while the question waited.
            ask = asks or steps is not None
            nothing = not (plan.copies or plan.deletions or plan.refusals)
            if nothing and settings.shows_progress:
                settings.warn("nothing to do")
            with contextlib.nullcontext() if nothing else settings.progress("sync", lambda: plan.size) as progress:
                report = apply(
                    plan,
                    self._source,
                    self._target,
                    options,
                    ask=ask,
                    progress=progress,
                    on_done=self._on_done,
                    processes=self._processes,
                    executor=self._executor,
                )
            _finish(settings, report)

    def sync(self) -> None:
        """Do each step as soon as it is known."""
        from obs_client.sync import sync

        with self._settings.progress("sync", lambda: None) as progress:
            report = sync(
                self._source,
                self._target,
                self._options,
                progress=progress,
                on_done=self._on_done,
                processes=self._processes,
                executor=self._executor,
                ledger=self._ledger,
            )
        if report.stopped is None:
            self._warn_of_nothing(report.copied + report.skipped + report.done_before + len(report.failures))
        _finish(self._settings, report)

    def _planned(self) -> Iterator[Step]:
        from obs_client.sync import plan_sync

        return plan_sync(self._source, self._target, self._options)

    def _saved(self, steps: Iterable[Step]) -> SavedPlan:
        """The plan whole, so that deletions can be asked for, and the bar tells the time left."""
        from obs_client.sync import SavedPlan

        with self._settings.progress("comparing", lambda: None, stays=False):
            return SavedPlan(steps, keep_skips=self._tells_skips)

    def _warn_of_nothing(self, count: int) -> None:
        """Warn if no name of the source was seen: perhaps it was mistyped. An object as the source is wrong use."""
        if count:
            return
        text = self._source_address.text
        if holds_nothing(self._source):
            check_no_object(self._source_address, self._source)
            self._settings.warn(f"there is nothing in {text}")
        else:
            self._settings.warn(f"{text} holds no names (that fit the patterns)")


def _noting(steps: Iterable[Step], refused: list[Step]) -> Iterator[Step]:
    """The same steps; those that are refused are noted."""
    for step in steps:
        if step.action == "refuse":
            refused.append(step)
        yield step


def _check_not_planned(options: SyncOptions) -> None:
    """Raise a usage error if what decides a plan is asked for beside a plan."""
    names = ("checksum", "delete", "exclude", "folder_markers", "include")
    given = [f"--{name.replace('_', '-')}" for name in names if getattr(options, name)]
    if given:
        raise click.UsageError(
            f"--apply takes no {', '.join(given)}: a plan already contains what to do; make a new plan with it"
        )


def _check_for_ledger(settings: Settings, options: SyncOptions, plan: str | None) -> None:
    """Raise a usage error if what is asked for beside a ledger needs all names first."""
    if options.dry_run or plan is not None:
        other = "--dry-run" if options.dry_run else "--apply"
        raise click.UsageError(f"--ledger and {other} exclude each other")
    if options.delete and not settings.yes:
        raise click.UsageError(
            "with --ledger, --delete cannot ask before it deletes, because not all names are known: use --yes, and "
            "--max-delete N as a limit"
        )


@contextlib.contextmanager
def _opened(path: str) -> Iterator[IO[str]]:
    """The file of a plan, or stdin."""
    try:
        stream = click.open_file(path, encoding="utf-8")
    except FileNotFoundError:
        hint = "obs sync A B --dry-run --json > FILE makes a plan"
        raise NotThere(f"there is no file {path!r}", hint) from None
    with stream:
        yield stream


def _finish(settings: Settings, report: SyncReport) -> None:
    """Show what was done, and what failed."""
    for name, note in report.notes.items():
        settings.warn(f"{name}: {note}")
    settings.fail_all(report.failures)
    settings.summary(_record(report), _summary(report))
    if report.failures:
        hint = advice(report.failures.values(), leave_out=", or --exclude it")
        if report.withheld:
            hint = f"nothing was deleted: {_in_words(report.withheld_reason)}; {hint}"
        raise Failure(f"{count_text(len(report.failures), 'name')} failed", hint)
    if report.stopped:
        withheld = f"; {count_text(report.withheld, 'deletion')} left too" if report.withheld else ""
        raise Failure(
            f"ended at {report.stopped_at!r}: {_in_words(report.stopped)}{withheld}",
            _after_end(report.stopped),
        )
    if report.withheld:
        raise Failure(
            f"nothing was deleted: {_in_words(report.withheld_reason)}", f"--max-delete {report.withheld} allows it"
        )


def _after_end(reason: str) -> str:
    """What to do after a sync that ended with names left."""
    from obs_client.sync.running.budget import ALONE

    if ALONE in reason:
        return "the same command ends there again: raise --max-transfer, or --exclude the name"
    return "run the same command again to continue"


def _in_words(reason: str | None) -> str:
    """Why nothing was deleted, or all ended, with the command's words for the library's."""
    words = (reason or "").replace("max_delete is ", "--max-delete allows ").replace("; set max_delete to allow it", "")
    return words.replace("max_transfer", "--max-transfer").replace("max_duration", "--max-duration")


def _tell(settings: Settings, dry_run: bool, tells_skips: bool, done: Done) -> None:
    """Say what became of a step: as a result for programs and in a dry run, else as a note."""
    if done.outcome == "skipped" and not tells_skips:
        return
    word = done.step.action if dry_run else done.outcome
    shown = "" if done.outcome == "skipped" else f"{word:9}  {printable(done.step.name)}  ({done.note})"
    record = {"type": done.outcome, "name": done.step.name, "reason": done.note, "size": _size(done)}
    if settings.json or dry_run:
        settings.found(record, shown)
    elif shown and done.outcome != "failed":
        settings.note(shown)


def _size(done: Done) -> int | None:
    """The bytes that were copied, or else of what the step is about; None if that is not known."""
    if done.outcome == "copied":
        return done.size
    version = done.step.source or done.step.target
    return version.size if version else None


def _record(report: SyncReport) -> dict[str, object]:
    return {
        "type": "report",
        "copied": report.copied,
        "copied_size": report.copied_size,
        "skipped": report.skipped,
        "deleted": report.deleted,
        "failed": len(report.failures),
        "left_out": len(report.notes),
        "withheld": report.withheld,
        "stopped_at": report.stopped_at,
        "done_before": report.done_before,
    }


def _summary(report: SyncReport) -> str:
    would = "would have " if report.dry_run else ""
    size = size_text(report.copied_size, human=True)
    left_out = f", left out {len(report.notes):,}" if report.notes else ""
    before = done_before_text(report.done_before, report.done_since)
    return (
        f"{would}copied {report.copied:,} ({size}), deleted {report.deleted:,}, left {report.skipped:,} as they are, "
        f"failed {len(report.failures):,}{left_out}{before}"
    )
