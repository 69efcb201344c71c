"""What came of each test, and a suite that takes its tests one at a time from whoever has them."""

from __future__ import annotations

import dataclasses
import enum
import unittest
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Protocol

from obs_client.testing.conformance import Conformance
from obs_client.testing.running.stores import DIFFERS

Failure = tuple[type[BaseException], BaseException, TracebackType] | tuple[None, None, None]


class Kind(enum.StrEnum):
    """How a test ended."""

    PASSED = enum.auto()
    FAILED = enum.auto()
    ERROR = enum.auto()
    SKIPPED = enum.auto()
    DIFFERS = enum.auto()


@dataclasses.dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a test, or of what a class makes and removes for its tests.

    Attributes:
        text: Why it failed, was skipped or differs.
    """

    test: str
    kind: Kind
    text: str = ""


class Listener(Protocol):
    """Is told how a run goes on."""

    def started(self, test: str) -> None:
        """A test begins."""

    def ended(self, outcome: Outcome) -> None:
        """A test ended, or a class failed."""


class Recorder(unittest.TestResult):
    """Tells a listener what unittest tells a result."""

    def __init__(self, listener: Listener) -> None:
        super().__init__()
        self._listener = listener

    def startTest(self, test: unittest.TestCase) -> None:  # noqa: N802 - unittest's name
        super().startTest(test)
        self._listener.started(_name(test))

    def addSuccess(self, test: unittest.TestCase) -> None:  # noqa: N802 - unittest's name
        super().addSuccess(test)
        self._listener.ended(Outcome(_name(test), Kind.PASSED))

    def addFailure(self, test: unittest.TestCase, err: Failure) -> None:  # noqa: N802 - unittest's name
        super().addFailure(test, err)
        self._listener.ended(Outcome(_name(test), Kind.FAILED, self.failures[-1][1]))

    def addError(self, test: unittest.TestCase, err: Failure) -> None:  # noqa: N802 - unittest's name
        super().addError(test, err)
        self._listener.ended(Outcome(_name(test), Kind.ERROR, self.errors[-1][1]))

    def addSkip(self, test: unittest.TestCase, reason: str) -> None:  # noqa: N802 - unittest's name
        super().addSkip(test, reason)
        kind = Kind.DIFFERS if reason.startswith(DIFFERS) else Kind.SKIPPED
        self._listener.ended(Outcome(_name(test), kind, reason.removeprefix(DIFFERS)))


def _name(test: unittest.TestCase) -> str:
    """A test as the output names it: `test_list (s3://)`; what stands for a class's own work has another `id`."""
    if isinstance(test, unittest.TestCase):
        return f"{test.id().rpartition('.')[2]} ({type(test).__qualname__})"
    return str(test).replace(f"{Conformance.__module__}.", "")


class Fetched(unittest.TestSuite):
    """Tests that are fetched while it runs; a class's own work is done before its first one and after its last."""

    def __init__(self, tests: Callable[[Recorder], Iterator[unittest.TestCase]], recorder: Recorder) -> None:
        super().__init__()
        self._fetched = tests(recorder)

    def __iter__(self) -> Iterator[unittest.TestCase]:
        return self._fetched

    def _removeTestAtIndex(self, index: int) -> None:  # noqa: N802 - unittest's name
        """Nothing is kept here that could be removed."""
