"""What a sync tells: of each step when it has ended, and of all at the end."""

from __future__ import annotations

import dataclasses
import errno
from typing import Literal

from obs_client.credentials import forget_frames
from obs_client.errors import (
    AuthorizationError,
    ConfigurationError,
    ContainerNotFoundError,
    ObjectChangedError,
    ObjectStorageClientError,
    ServiceError,
    TemporaryError,
)
from obs_client.sync.steps import Step

HOPELESS = (ContainerNotFoundError, ConfigurationError)
"""What fails for one name, and would for all others."""

IN_A_ROW = 20
"""Names that fail one after another in a way that all others would, too, before the others are left."""

IN_A_ROW_LATER = 1000
"""The same of names that are refused after others were allowed, or by the file system: some rights are of a few."""

_WORDS = {
    AuthorizationError: "names in a row were refused{none}; the others were not tried",
    TemporaryError: "names in a row failed, the others were not tried; try again when the store is up",
    ServiceError: "names in a row found no room; the others were not tried",
}

Outcome = Literal["copied", "deleted", "skipped", "failed"]


@dataclasses.dataclass(frozen=True, slots=True)
class Done:
    """A step that has ended.

    Attributes:
        step: What was planned.
        outcome: What became of it.
        note: Why, in a few words.
        size: Bytes that were copied.
        error: Why it failed; without tracebacks, which would keep contents alive.
    """

    step: Step
    outcome: Outcome
    note: str
    size: int = 0
    error: Exception | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class SyncReport:
    """What a sync did; of a dry run, what it would have done.

    Attributes:
        copied, skipped, deleted: How many names. Of several processes: what one copied that was then lost is skipped,
            and what one deleted is counted by how many names the target has less.
        copied_size: Bytes of content.
        failures: The error of each name that failed, without tracebacks; all others are done. Of a sync by several
            processes, the first hundred.
        more_failures: How many more names failed.
        notes: Names that were left out, and why: gone meanwhile, or no files.
        withheld: How many deletions were left out, all of them, and `withheld_reason` says why.
        dry_run: Nothing was written.
        stopped: Why it ended before all was done: `max_transfer` or `max_duration`. None: it did not.
        stopped_at: The name that was to be copied then; with a ledger, and where several processes list, the one after
            which names were not looked at (of several ranges, the first), or empty. None: it did not end so.
        done_before: Names that an earlier sync with the same ledger did; they were not looked at, and are in no other
            count.
        done_since: When that one began, in epoch seconds; None: there was none.
    """

    copied: int
    copied_size: int
    skipped: int
    deleted: int
    failures: dict[str, Exception]
    notes: dict[str, str]
    withheld: int = 0
    withheld_reason: str | None = None
    dry_run: bool = False
    stopped: str | None = None
    stopped_at: str | None = None
    more_failures: int = 0
    done_before: int = 0
    done_since: float | None = None

    @property
    def ok(self) -> bool:
        """Whether all was done: nothing failed, no deletion was withheld, and nothing is left to copy."""
        return not self.failures and not self.withheld and self.stopped is None


class Tally:
    """A report in the making."""

    def __init__(self) -> None:
        self.counts: dict[Outcome, int] = {"copied": 0, "deleted": 0, "skipped": 0, "failed": 0}
        self.copied_size: int = 0
        self.failures: dict[str, Exception] = {}
        self.notes: dict[str, str] = {}
        self.stopped: tuple[str, str] | None = None
        """Why all ended before the end, and at which name."""

    def add(self, done: Done) -> None:
        """Count one step."""
        self.counts[done.outcome] += 1
        self.copied_size += done.size
        if done.error is not None:
            self.failures[done.step.name] = done.error
        elif done.outcome == "skipped" and done.step.action != "skip":
            self.notes[done.step.name] = done.note

    def report(self, withheld: int, reason: str | None, dry_run: bool) -> SyncReport:
        """The report."""
        counts = self.counts
        return SyncReport(
            counts["copied"],
            self.copied_size,
            counts["skipped"],
            counts["deleted"],
            self.failures,
            self.notes,
            withheld,
            reason,
            dry_run,
            *(self.stopped or (None, None)),
        )


class Streak:
    """Names that fail one after another in one way, which all others would, too: refused, no room, or a store down.

    Args:
        most: How many are so many that the others are to be left.
        done: How many names were done before.
    """

    def __init__(self, most: int = IN_A_ROW, done: int = 0) -> None:
        self._most = most
        self._kind: type[ObjectStorageClientError] | None = None
        self._count = 0
        self._done = done

    def add(self, name: str, error: Exception | None) -> None:
        """Count a name that has ended.

        Raises:
            AuthorizationError, TemporaryError, ServiceError: The others are to be left.
        """
        kind = None if error is None else _shared_kind(error)
        self._count = 0 if kind is None else self._count + 1 if kind is self._kind else 1
        self._kind = kind
        self._done += error is None
        if error is None or kind is None or self._count < self._enough(kind, error):
            return
        before = f"{self._done:,} {'name was' if self._done == 1 else 'names were'} done, then " if self._done else ""
        words = _WORDS[kind].format(none="" if self._done else ", and none was allowed")
        raise kind(
            f"{before}{self._count:,} {words}; the last, {name!r}: {without_hint(error)}",
            hint=getattr(error, "hint", ""),
        ) from error

    def _enough(self, kind: type[ObjectStorageClientError], error: Exception) -> int:
        of_some = self._done > 0 or isinstance(error.__cause__, PermissionError)
        return max(self._most, IN_A_ROW_LATER) if kind is AuthorizationError and of_some else self._most


def _shared_kind(error: Exception) -> type[ObjectStorageClientError] | None:
    """What all other names would meet, too; None: it may be this name's alone."""
    if is_full(error):
        return ServiceError
    return next((kind for kind in (AuthorizationError, TemporaryError) if isinstance(error, kind)), None)


def is_full(error: object) -> bool:
    """Whether a file system has no room for a file."""
    causes = (error, getattr(error, "__cause__", None))
    return any(isinstance(each, OSError) and each.errno in (errno.ENOSPC, errno.EDQUOT) for each in causes)


def without_hint(error: object) -> str:
    """What an error says, without its advice."""
    return str(error.args[0] if isinstance(error, ObjectStorageClientError) and error.args else error)


def why_none_is_deleted(count: int, most: int | None, failures: int, *, source_is_empty: bool) -> str | None:
    """Why so many names are not to be deleted, when no more than `most` are allowed (None: any number); None: they are.

    Args:
        source_is_empty: It holds nothing, so that all that the target has would go.
    """
    if failures:
        return f"{failures:,} {'name' if failures == 1 else 'names'} failed"
    if most is not None and count > most:
        return f"{count:,} {'name' if count == 1 else 'names'} would be deleted, max_delete is {most:,}"
    if most is None and source_is_empty:
        return "the source is empty, so everything would be deleted; set max_delete to allow it"
    return None


def failed(step: Step, error: Exception) -> Done:
    """A step that failed."""
    forget_frames(error)
    return Done(step, "failed", str(error), 0, error)


def changed(step: Step, what: str) -> ObjectChangedError:
    """The error of a step that is refused, since something is not what it was."""
    return ObjectChangedError(f"{step.name!r}: {what} since the plan was made; make a new plan", object_name=step.name)
