"""Many failures, told briefly: the first names with their reasons, then how many there are of which reason, and once
what can be done about them."""

from __future__ import annotations

import collections
import re
from collections.abc import Collection, Iterable, Iterator

from obs_client import errors
from obs_client.cli.failures import Failure, failure_of, without_secrets

SHOWN = 10
"""Names that are told of one by one; of more, all are counted by reason."""

REASONS = 5
"""Reasons that are told; what is rarer is counted in one."""

HINTS = 2
"""Reasons whose own advice is told; more would be read by nobody."""

_IDS = re.compile(r"[ ,;]*\(?\b(?:request|txn|tx|trans)[ _-]?(?:id)?[:= ]+[\w.-]{8,}\)?", re.IGNORECASE)

_MAY_PASS = (errors.TemporaryError, errors.ObjectChangedError, errors.IntegrityError, errors.NotFoundError)


def brief(failures: Collection[tuple[str, object]], *, whole: bool = False) -> Iterator[str]:
    """The lines that tell of failures, each with its name and reason.

    Args:
        whole: Tell of all, however many there are.
    """
    for number, (name, reason) in enumerate(failures):
        if whole or number < SHOWN:
            yield f"{name}: {said(reason)}"
    if len(failures) > SHOWN and not whole:
        yield from counted(failures)


def counted(failures: Collection[tuple[str, object]]) -> Iterator[str]:
    """The lines after the first names: how many more there are, and how many of all have which reason."""
    reasons = collections.Counter(_without_name(name, said(reason)) for name, reason in failures)
    yield f"and {len(failures) - SHOWN:,} more; --verbose names all. All {len(failures):,} by reason:"
    yield from (f"{count:>7,} x  {reason}" for reason, count in reasons.most_common(REASONS))
    rest = len(failures) - sum(count for _, count in reasons.most_common(REASONS))
    if rest:
        yield f"{rest:>7,} x  other reasons"


def said(reason: object) -> str:
    """What a failure says, without its advice, which is told once."""
    if isinstance(reason, Failure):
        return reason.message
    if isinstance(reason, Exception):
        return failure_of(reason).message
    return without_secrets(str(reason))


def advice(reasons: Iterable[object], *, leave_out: str = "") -> str:
    """What to do about failures: what is told of the most frequent reasons, and whether to run the command again.

    Args:
        leave_out: How the command leaves names out, as ` or --exclude it`.
    """
    found = list(reasons)
    hints = collections.Counter(hint for hint in map(_hint, found) if hint)
    told = [hint for hint, _ in hints.most_common(HINTS)]
    if any(isinstance(_origin(reason), _MAY_PASS) for reason in found):
        told.append("run the same command again")
    if any(_is_metadata(reason) for reason in found):
        told.append("--metadata dashes writes - for _ in the keys, --metadata drop leaves metadata out")
    elif any(isinstance(reason, (errors.InvalidNameError, errors.NotSupportedError)) for reason in found):
        told.append(f"what the target cannot hold fails again: rename it{leave_out}")
    if not told and leave_out:
        told.append(f"correct what is reported for each name{leave_out}; else it fails again")
    return "; ".join(told)


def _hint(reason: object) -> str:
    """What is advised for one failure."""
    if isinstance(reason, Failure):
        return reason.hint
    own = failure_of(reason).hint if isinstance(reason, Exception) else ""
    if not own and isinstance(reason, errors.AuthorizationError):
        return "ask for the rights, or log in as somebody who has them"
    return own


def _origin(reason: object) -> object:
    return reason.__cause__ or reason if isinstance(reason, Failure) else reason


def _is_metadata(reason: object) -> bool:
    return isinstance(reason, errors.InvalidNameError) and "metadata" in str(reason)


def _without_name(name: str, text: str) -> str:
    """A reason as it is for all names: without the name, what is quoted and ends with its last part, and ids."""
    whole, last = (re.escape(repr(each)[1:-1]) for each in (name, name.rstrip("/").rpartition("/")[2] or name))
    return _IDS.sub("", re.sub(rf"(['\"])[^'\"]*{last}/?\1|\S*/{last}(?!\w)|(?<!\w){whole}(?!\w)", "...", text))
