"""The command `check`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

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
    pass_settings,
    place,
    processes,
    shared,
    workers,
)
from obs_client.cli.pairs import check_no_object, holds_nothing, two_places
from obs_client.cli.settings import Progress, Settings
from obs_client.cli.text import count_text, done_before_text, printable, size_text

if TYPE_CHECKING:
    from obs_client.sync import CheckReport
    from obs_client.sync.content import Proof
    from obs_client.sync.proof import Finding


@click.command()
@place("source")
@place("target")
@include
@exclude
@follow_symlinks
@folder_markers
@workers("Contents compared at a time.")
@processes("Compare by so many processes; a hundred names of each finding are listed.")
@ledger("Record there what is equal; after a stop the same command continues. Removed when all is.")
@json_lines
@limits
@shared
@pass_settings
def check(
    settings: Settings,
    source: str,
    target: str,
    include: tuple[str, ...],
    exclude: tuple[str, ...],
    follow_symlinks: bool,
    folder_markers: bool,
    workers: int,
    processes: int,
    ledger: str | None,
) -> None:
    """Prove that two places hold the same names and contents.

    They are folders or containers of any two stores, or directories; nothing is written. Stored digests decide where
    they prove it, else both sides are read. Names that are differing, missing in TARGET or extra in it are listed,
    but not with --quiet; the exit status is 0 only if there are none. Of places that hold no names nothing is proved:
    it is 3.
    """
    from obs_client import sync as library

    settings.go_on = "nothing was written" if ledger is None else "run the same command again to continue"
    options = library.SyncOptions(include=include, exclude=exclude, folder_markers=folder_markers, workers=workers)
    addresses = (Address.parse(source), Address.parse(target))
    with (
        two_places(*addresses, follow_symlinks) as (start, end),
        settings.progress("check", lambda: None) as progress,
    ):
        proofs: dict[str, Proof] = {}
        if processes > 1:
            report = library.check(start, end, options, processes=processes, ledger=ledger)
            _tell_all(settings, report)
        else:
            tell = _teller(settings, progress, proofs)
            report = library.check(start, end, options, on_done=tell, on_compared=proofs.__setitem__, ledger=ledger)
        in_both = report.same or report.done_before or report.differing or report.failures
        silent = (not in_both and not report.missing, not in_both and not report.extra)
        empty = []
        for address, place, was_silent in zip(addresses, (start, end), silent, strict=True):
            if was_silent and holds_nothing(place):
                check_no_object(address, place)
                empty.append(address.text)
    _finish(settings, report, empty if report.ok else [])


def _teller(settings: Settings, progress: Progress | None, proofs: dict[str, Proof]) -> Callable[[str, str, int], None]:
    def tell(name: str, finding: str, size: int) -> None:
        by = proofs.pop(name, None)
        if progress:
            progress(size)
        if finding == "unproven" or (settings.quiet and (finding == "same" or not settings.json)):
            return  # the unproven ones come at the end, with those that could not be listed
        shown = "" if finding == "same" else f"{finding:9}  {printable(name)}"
        proof = {} if by is None else {"by": by}
        settings.found({"type": finding, "name": name, "size": size, **proof}, shown)

    return tell


def _tell_all(settings: Settings, report: CheckReport) -> None:
    """Tell what was found by processes, with which the names stay, but for some."""
    if settings.quiet and not settings.json:
        return
    for finding in ("differing", "missing", "extra"):
        for name in getattr(report, finding):
            settings.found({"type": finding, "name": name}, f"{finding:9}  {printable(name)}")
        _tell_more(settings, report, finding)


def _tell_more(settings: Settings, report: CheckReport, finding: Finding) -> None:
    if more := report.more.get(finding):
        settings.found({"type": finding, "more": more}, "" if settings.quiet else f"{finding:9}  and {more:,} more")


def _finish(settings: Settings, report: CheckReport, empty: list[str]) -> None:
    for name, note in report.notes.items():
        settings.warn(f"{name}: {note}")
    for name, error in report.failures.items():
        row = {"type": "unproven", "name": name, "reason": str(error)}
        settings.found(row, "" if settings.quiet else f"unproven   {printable(name)}")
    _tell_more(settings, report, "unproven")
    settings.fail_all(report.failures)
    named: dict[Finding, int] = {
        "differing": len(report.differing),
        "missing": len(report.missing),
        "extra": len(report.extra),
        "unproven": len(report.failures),
    }
    counts: dict[str, int] = {finding: count + report.more.get(finding, 0) for finding, count in named.items()}
    record = {
        "type": "report",
        "equal": report.ok and not empty,
        "same": report.same,
        "same_size": report.same_size,
        **counts,
        "failed": counts["unproven"],
        "done_before": report.done_before,
    }
    same = f"{count_text(report.same, 'object')} the same ({size_text(report.same_size, human=True)})"
    found = ", ".join([same, *(f"{count:,} {finding}" for finding, count in counts.items() if count)])
    settings.summary(record, found + done_before_text(report.done_before, report.done_since))
    if empty:
        hold = "holds" if len(empty) == 1 else "hold"
        raise NotThere(f"{' and '.join(empty)} {hold} no names, so that nothing is proved", "were they typed right?")
    if not (report.same or report.done_before) and report.ok:
        settings.warn("neither place holds a name (that fits the patterns)")
    if not report.ok:
        raise Failure("the two are not proved equal", advice(report.failures.values()))
