"""What a sync tells: of each step when it has ended, and of all at the end."""

from __future__ import annotations

import dataclasses
from typing import Literal

from obs_client.credentials import forget_frames
from obs_client.errors import ConfigurationError, ContainerNotFoundError, ObjectChangedError
from obs_client.sync.steps import Step

HOPELESS = (ContainerNotFoundError, ConfigurationError)
"""What fails for one name, and would for all others."""

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
        copied, skipped, deleted: How many names.
        copied_size: Bytes of content.
        failures: The error of each name that failed, without tracebacks; all others are done.
        notes: Names that were left out, and why: gone meanwhile, or no files.
        withheld: How many deletions were left out, all of them, and `withheld_reason` says why.
        dry_run: Nothing was written.
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

    @property
    def ok(self) -> bool:
        """Whether all was done: nothing failed, and no deletion was withheld."""
        return not self.failures and not self.withheld


class Tally:
    """A report in the making."""

    def __init__(self) -> None:
        self.counts: dict[Outcome, int] = {"copied": 0, "deleted": 0, "skipped": 0, "failed": 0}
        self.copied_size = 0
        self.failures: dict[str, Exception] = {}
        self.notes: dict[str, str] = {}

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
        )


def failed(step: Step, error: Exception) -> Done:
    """A step that failed."""
    forget_frames(error)
    return Done(step, "failed", str(error), 0, error)


def changed(step: Step, what: str) -> ObjectChangedError:
    """The error of a step that is refused, since something is not what it was."""
    return ObjectChangedError(f"{step.name!r}: {what} since the plan was made; plan anew", object_name=step.name)
