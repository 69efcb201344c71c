"""Proof that two places hold the same names with the same content; nothing is written."""

from __future__ import annotations

import collections
import dataclasses
import functools
from collections.abc import Callable
from typing import Literal

from obs_client._engine.parallel import ended, mixed_map
from obs_client.credentials import forget_frames
from obs_client.errors import ConfigurationError, ContainerNotFoundError, ServiceError
from obs_client.places import Place
from obs_client.sync.content import Comparison, Proof, compare_content, proved_by_listing
from obs_client.sync.listing import Listed, Pair, is_marker, pairs
from obs_client.sync.options import DEFAULTS, SyncOptions
from obs_client.sync.report import Streak
from obs_client.sync.sides import directory_of, left_out

Finding = Literal["same", "differing", "missing", "extra", "unproven"]

_Compared = tuple[Pair, Finding, Proof | Exception | None]


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
    """

    same: int
    same_size: int
    differing: tuple[str, ...]
    missing: tuple[str, ...]
    extra: tuple[str, ...]
    failures: dict[str, Exception]
    notes: dict[str, str]
    proofs: dict[Proof, int] = dataclasses.field(default_factory=dict)

    @property
    def unproven(self) -> tuple[str, ...]:
        """The names in `failures`."""
        return tuple(self.failures)

    @property
    def ok(self) -> bool:
        """Whether the two are proved equal."""
        return not (self.differing or self.missing or self.extra or self.failures)


def check(
    source: Place,
    target: Place,
    options: SyncOptions = DEFAULTS,
    *,
    on_done: Callable[[str, Finding, int], object] | None = None,
    on_compared: Callable[[str, Proof], object] | None = None,
) -> CheckReport:
    """Compare all names and contents of two places, without writing: by stored digests, or by reading both.

    What is stored with a file proves nothing of it: files are always read.
    Attributes, times and what is no file are not compared.

    Args:
        options: Those of the sync that is to be proved; `include`, `exclude` and `workers` count.
        on_done: Called in this thread with each name, what was found, and its size in bytes.
        on_compared: Called just before with each name whose contents were compared, and by what.

    Raises:
        ContainerNotFoundError: A container, or the source directory, is absent.
        TemporaryError, AuthorizationError: So many names failed one after another that the others would, too.
    """
    comparison = Comparison(source, target)
    findings, streak = _Findings(), Streak()

    def compare(pair: Pair) -> _Compared:
        return (pair, *_compare(comparison, pair))

    listed = pairs(source, target, options, findings.add_unlisted)
    at_once = functools.partial(_at_once, comparison)
    with ended(mixed_map(at_once, compare, listed, options.workers)) as compared:
        for pair, finding, by in compared:
            size = findings.add(pair, finding, by)
            if on_compared and isinstance(by, str):
                on_compared(pair[0], by)
            if on_done:
                on_done(pair[0], finding, size)
            if by is not None:
                streak.add(pair[0], by if isinstance(by, Exception) else None)
    return findings.report(left_out(source, options))


class _Findings:
    """A report in the making."""

    def __init__(self) -> None:
        self._same = self._same_size = 0
        self._names: dict[Finding, list[str]] = {"differing": [], "missing": [], "extra": []}
        self._failures: dict[str, Exception] = {}
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
            self._failures[name] = by
        else:
            self._names[finding].append(name)
        return size

    def add_unlisted(self, name: str, reason: str) -> None:
        """Note a name that could not be listed."""
        self._failures[name] = ServiceError(reason)

    def report(self, notes: dict[str, str]) -> CheckReport:
        """The report."""
        differing, missing, extra = (tuple(names) for names in self._names.values())
        counts = self._same, self._same_size
        return CheckReport(*counts, differing, missing, extra, self._failures, notes, dict(self._proofs))


def _of_one_side(comparison: Comparison, name: str, source: Listed | None, target: Listed | None) -> Finding:
    """What becomes of a name that one side lacks: in a directory the marker of a folder is the folder itself."""
    listed, other = (source, comparison.target) if source is not None else (target, comparison.source)
    directory = directory_of(other)
    if directory is not None and listed is not None and is_marker(listed) and directory.has_folder(name):
        return "same"
    return "extra" if source is None else "missing"


def _at_once(comparison: Comparison, pair: Pair) -> _Compared | None:
    """What the listings alone prove of a name, as of most; None: nothing."""
    name, source, target = pair
    if source is None or target is None:
        finding = _of_one_side(comparison, name, source, target)
        return pair, finding, "folder" if finding == "same" else None
    if source.size != target.size:
        return None if None in (source.size, target.size) else (pair, "differing", "sizes")
    proof = proved_by_listing(comparison, source, target)
    return None if proof is None else (pair, "same", proof)


def _compare(comparison: Comparison, pair: Pair) -> tuple[Finding, Proof | Exception | None]:
    _, source, target = pair
    assert source is not None
    assert target is not None
    try:
        same, by = compare_content(comparison, source, target)
    except (ContainerNotFoundError, ConfigurationError):
        raise
    except Exception as error:  # noqa: BLE001 - collected by name, none is dropped
        forget_frames(error)
        return "unproven", error
    return ("same" if same else "differing"), by
