"""Tests that fail until the library is mended: strictly, so that whoever mends it must take the mark away."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import TypeVar

import pytest

Case = TypeVar("Case", bound=type)
Test = Callable[[object], None]


def not_yet(reason: str, *names: str) -> Callable[[Case], Case]:
    """Mark tests of a class, and only of it, as failing today.

    Args:
        reason: The row of the table of reports from the field, or what else is known.
        names: Of the tests.
    """

    def mark(case: Case) -> Case:
        for name in names:
            setattr(case, name, pytest.mark.xfail(strict=True, reason=reason)(_own(getattr(case, name))))
        return case

    return mark


def not_yet_where(reason: str, sign: str) -> Callable[[Case], Case]:
    """Let each test of a class that fails with a sign end as failing today; when none does, the last test fails.

    Args:
        reason: As for `not_yet`.
        sign: A regular expression that the failure holds.
    """
    shown: list[str] = []

    def mark(case: Case) -> Case:
        for name in dir(case):
            if name.startswith("test_") and not name.startswith("test_zz_"):
                setattr(case, name, _watched(getattr(case, name), reason, sign, shown))
        setattr(case, f"test_zz_{re.sub(r'[^a-z0-9]+', '_', reason.lower())}", _last(reason, shown))
        return case

    return mark


def _watched(test: Test, reason: str, sign: str, shown: list[str]) -> Test:
    @functools.wraps(test)
    def run(self: object) -> None:
        try:
            test(self)
        except AssertionError as error:
            if not re.search(sign, str(error)):
                raise
            shown.append(test.__name__)
            pytest.xfail(reason)

    return run


def _last(reason: str, shown: list[str]) -> Test:
    def check(self: object) -> None:
        assert shown, f"no test of this class fails for this any more, take the mark away: {reason}"

    return check


def _own(test: Test) -> Test:
    """A test of this class: a mark on the function that is inherited would be one on all classes' tests."""

    @functools.wraps(test)
    def run(self: object) -> None:
        test(self)

    return run
