"""Many failures, told briefly: the first names with their reasons, then how many of the others have which reason."""

from __future__ import annotations

import collections
import re
from collections.abc import Iterable, Iterator

from obs_client.cli.failures import without_secrets

SHOWN = 10
"""Names that are told of one by one; of more, the rest by reason."""

REASONS = 5
"""Reasons that are told; what is rarer is counted in one."""

_IDS = re.compile(r"[ ,;]*\(?\b(?:request|txn|tx|trans)[ _-]?(?:id)?[:= ]+[\w.-]{8,}\)?", re.IGNORECASE)


def brief(failures: Iterable[tuple[str, object]], *, whole: bool = False) -> Iterator[str]:
    """The lines that tell of failures, each with its name and reason.

    Args:
        whole: Tell of all, however many there are.
    """
    others: collections.Counter[str] = collections.Counter()
    for number, (name, reason) in enumerate(failures):
        text = without_secrets(str(reason))
        if whole or number < SHOWN:
            yield f"{name}: {text}"
        else:
            others[_without_name(name, text)] += 1
    if others:
        yield f"and {others.total():,} more; --verbose names all:"
    yield from (f"{count:>7,} x  {reason}" for reason, count in others.most_common(REASONS))
    rest = others.total() - sum(count for _, count in others.most_common(REASONS))
    if rest:
        yield f"{rest:>7,} x  other reasons"


def _without_name(name: str, text: str) -> str:
    """A reason as it is for all names: without the name, and the ids of requests."""
    shown = re.escape(repr(name)[1:-1])
    return _IDS.sub("", re.sub(rf"(['\"])[^'\"]*{shown}\1|\b{shown}\b", "...", text))
