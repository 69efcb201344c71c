"""One report of many pieces."""

from __future__ import annotations

import collections
from collections.abc import Callable

from obs_client.sync.ledger.book import Ledger
from obs_client.sync.options import SyncOptions
from obs_client.sync.report import SyncReport, why_none_is_deleted
from obs_client.sync.spread.work import FAILURES_MAXIMUM


class Sums:
    """A report in the making.

    Args:
        progress: Told of the bytes of each piece.
        ledger: What was done before.
    """

    def __init__(
        self, options: SyncOptions, progress: Callable[[int], object] | None, ledger: Ledger | None = None
    ) -> None:
        self._options = options
        self._progress = progress
        self._counts: collections.Counter[str] = collections.Counter()
        self._failures: dict[str, Exception] = {}
        self._notes: dict[str, str] = {}
        self._failed = 0
        self._withheld = 0
        self._before = 0 if ledger is None else ledger.names
        self._since = None if ledger is None or not ledger.rows else ledger.begun

    @property
    def names(self) -> int:
        """How many names of the source are done, before and now."""
        return self._before + self._counts["copied"] + self._counts["skipped"]

    def add(self, report: SyncReport, more_failures: int) -> None:
        """Count a piece."""
        for name in ("copied", "copied_size", "skipped", "deleted"):
            self._counts[name] += getattr(report, name)
        self._failed += len(report.failures) + more_failures
        room = max(0, FAILURES_MAXIMUM - len(self._failures))
        self._failures.update(list(report.failures.items())[:room])
        self._notes.update(report.notes)
        self._withheld += report.withheld
        if self._progress and report.copied_size:
            self._progress(report.copied_size)

    def why_not(self, count: int) -> str | None:
        """Why so many names are not to be deleted."""
        return why_none_is_deleted(count, self._options.max_delete, self._failed, source_is_empty=not self.names)

    def report(self, withheld: int = 0, reason: str | None = None) -> SyncReport:
        """The report."""
        counts = self._counts
        return SyncReport(
            counts["copied"],
            counts["copied_size"],
            counts["skipped"],
            counts["deleted"],
            self._failures,
            self._notes,
            withheld + self._withheld,
            reason or ("more names were found to delete than before" if self._withheld else None),
            self._options.dry_run,
            more_failures=self._failed - len(self._failures),
            done_before=self._before,
            done_since=self._since,
        )
