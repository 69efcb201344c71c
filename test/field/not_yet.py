"""Tests that fail until the library is mended: strictly, so that whoever mends it must take the mark away."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import TypeVar

import pytest

Case = TypeVar("Case", bound=type)


def not_yet(reasons: Mapping[str, str]) -> Callable[[Case], Case]:
    """Mark tests of a class, and only of it, as failing today.

    Args:
        reasons: The row of the table of reports from the field, or what else is known, by the names of the tests.
    """

    def mark(case: Case) -> Case:
        for name, reason in reasons.items():
            setattr(case, name, pytest.mark.xfail(strict=True, reason=reason)(_own(getattr(case, name))))
        return case

    return mark


def _own(test: Callable[[object], None]) -> Callable[[object], None]:
    """A test of this class: a mark on the function that is inherited would be one on all classes' tests."""

    @functools.wraps(test)
    def run(self: object) -> None:
        test(self)

    return run
