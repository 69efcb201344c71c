"""Proof that two places hold the same names with the same content; nothing is written."""

from __future__ import annotations

import collections
import dataclasses
import functools
from collections.abc import Callable, Iterable
from typing import Literal

from obs_client._engine.parallel import ended, mixed_map
from obs_client.credentials import forget_frames
from obs_client.errors import ConfigurationError, ContainerNotFoundError, ServiceError
from obs_client.places import Place
from obs_client.sync.content import Comparison, Proof, compare_content, proved_by_listing
from obs_client.sync.listing import Listed, Pair, is_marker, pairs
from obs_client.sync.options import SyncOptions
from obs_client.sync.ranges import EVERYTHING, Taken
from obs_client.sync.report import Streak
from obs_client.sync.sides import directory_of

Finding = Literal["same", "differing", "missing", "extra", "unproven"]

Compared = tuple[Pair, Finding, Proof | Exception | None]
"""A name, what was found of it, and by what, or why nothing was."""


@dataclasses.dataclass(frozen=True, slots=True)
class CheckReport:
    """How two places compare.

    Attributes:
        same: How many names have the same content in both.
        same_size: Bytes of their content.
        differing: Names that have other content in the target.
        missing: Names that the target lacks.
        extra: Names that only the target has.
        failures: Names of which nothing could be proved, and why; without tracebacks, which would keep contents alive.
        notes: Names in the source that were left out, since they are no files.
        proofs: By what contents were compared, and of how many names; `on_compared` of `check` has it name by name.
        more: How many more names there are of a finding than those that are listed: a check by several processes lists
            a hundred of each.
        done_before: Names that an earlier check with the same ledger found equal; they were not looked at, and are in
            no other count.
        done_since: When that one began, in epoch seconds; None: there was none.
    """

    same: int
    same_size: int
    differing: tuple[str, ...]
    missing: tuple[str, ...]
    extra: tuple[str, ...]
    failures: dict[str, Exception]
    notes: dict[str, str]
    proofs: dict[Proof, int] = dataclasses.field(default_factory=dict)
    more: dict[Finding, int] = dataclasses.field(default_factory=dict)
    done_before: int = 0
    done_since: float | None = None

    @property
    def unproven(self) -> tuple[str, ...]:
        """The names in `failures`."""
        return tuple(self.failures)

    @property
    def ok(self) -> bool:
        """Whether the two are proved equal: all names that were looked at, now or before with the same ledger."""
        return not (self.differing or self.missing or self.extra or self.failures)


def check_here(
    source: Place,
    target: Place,
    options: SyncOptions,
    findings: Findings,
    on_done: Callable[[str, Finding, int], object] | None = None,
    on_compared: Callable[[str, Proof], object] | None = None,
    taken: Taken | None = None,
) -> None:
    """Compare all names by threads of this process.

    Args:
        taken: Takes as many names as it may, of its range alone.
    """
    comparison = Comparison(source, target)
    listed = pairs(source, target, options, findings.add_unlisted, taken.within if taken else EVERYTHING)
    if taken is not None:
        listed = taken.take(listed)
    by_listing, by_content = functools.partial(at_once, comparison), functools.partial(compare, comparison)
    add_all(mixed_map(by_listing, by_content, listed, options.workers), findings, on_done, on_compared)


def add_all(
    compared: Iterable[Compared],
    findings: Findings,
    on_done: Callable[[str, Finding, int], object] | None,
    on_compared: Callable[[str, Proof], object] | None,
) -> None:
    """Note and tell what was found of each name.

    Raises:
        TemporaryError, AuthorizationError: So many failed one after another that the others would, too.
    """
    streak = Streak()
    with ended(compared):
        for pair, finding, by in compared:
            size = findings.add(pair, finding, by)
            if on_compared and isinstance(by, str):
                on_compared(pair[0], by)
            if on_done:
                on_done(pair[0], finding, size)
            if by is not None:
                streak.add(pair[0], by if isinstance(by, Exception) else None)


class Findings:
    """A report in the making.

    Args:
        most: How many names of each finding it has; of the others it counts. None: all.
    """

    def __init__(self, most: int | None = None) -> None:
        self._most = most
        self._same = self._same_size = 0
        self._names: dict[Finding, list[str]] = {"differing": [], "missing": [], "extra": []}
        self._failures: dict[str, Exception] = {}
        self._notes: dict[str, str] = {}
        self._more: collections.Counter[Finding] = collections.Counter()
        self._proofs: collections.Counter[Proof] = collections.Counter()

    def add(self, pair: Pair, finding: Finding, by: Proof | Exception | None) -> int:
        """Note one name; gives its size in bytes."""
        name, source, target = pair
        size = (source.size if source else None) or (target.size if target else None) or 0
        if isinstance(by, str):
            self._proofs[by] += 1
        if finding == "same":
            self._same += 1
            self._same_size += size
        elif isinstance(by, Exception):
            self._add_failure(name, by)
        elif self._has_room(finding, len(self._names[finding])):
            self._names[finding].append(name)
        return size

    def add_unlisted(self, name: str, reason: str) -> None:
        """Note a name that could not be listed."""
        self._add_failure(name, ServiceError(reason))

    def add_report(self, report: CheckReport) -> None:
        """Note what was found of other names."""
        self._same += report.same
        self._same_size += report.same_size
        self._proofs.update(report.proofs)
        self._more.update(report.more)
        for finding, names in self._names.items():
            for name in getattr(report, finding):
                if self._has_room(finding, len(names)):
                    names.append(name)
        for name, error in report.failures.items():
            self._add_failure(name, error)
        self._notes.update(report.notes)

    def _add_failure(self, name: str, error: Exception) -> None:
        if self._has_room("unproven", len(self._failures)):
            self._failures[name] = error

    def _has_room(self, finding: Finding, count: int) -> bool:
        """Whether one more name is listed, besides so many; if not, it is counted."""
        room = self._most is None or count < self._most
        self._more[finding] += not room
        return room

    def report(self, notes: dict[str, str]) -> CheckReport:
        """The report."""
        differing, missing, extra = (tuple(sorted(names)) for names in self._names.values())
        counts, more = (self._same, self._same_size), {finding: more for finding, more in self._more.items() if more}
        notes = self._notes | notes
        return CheckReport(*counts, differing, missing, extra, self._failures, notes, dict(self._proofs), more)


def _of_one_side(comparison: Comparison, name: str, source: Listed | None, target: Listed | None) -> Finding:
    """What becomes of a name that one side lacks: in a directory the marker of a folder is the folder itself."""
    listed, other = (source, comparison.target) if source is not None else (target, comparison.source)
    directory = directory_of(other)
    if directory is not None and listed is not None and is_marker(listed) and directory.has_folder(name):
        return "same"
    return "extra" if source is None else "missing"


def at_once(comparison: Comparison, pair: Pair) -> Compared | None:
    """What the listings alone prove of a name, as of most; None: nothing."""
    name, source, target = pair
    if source is None or target is None:
        finding = _of_one_side(comparison, name, source, target)
        return pair, finding, "folder" if finding == "same" else None
    if source.size != target.size:
        return None if None in (source.size, target.size) else (pair, "differing", "sizes")
    proof = proved_by_listing(comparison, source, target)
    return None if proof is None else (pair, "same", proof)


def compare(comparison: Comparison, pair: Pair) -> Compared:
    """What the contents of a name prove, which both sides have."""
    _, source, target = pair
    assert source is not None
    assert target is not None
    try:
        same, by = compare_content(comparison, source, target)
    except (ContainerNotFoundError, ConfigurationError):
        raise
    except Exception as error:  # noqa: BLE001 - collected by name, none is dropped
        forget_frames(error)
        return pair, "unproven", error
    return pair, "same" if same else "differing", by
