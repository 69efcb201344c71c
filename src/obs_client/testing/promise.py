"""A test states a promise of the contract; when it fails, its message is that promise."""

from __future__ import annotations

import functools
import unittest
from collections.abc import Callable
from typing import TypeVar

Test = TypeVar("Test")


def promise(sentence: str) -> Callable[[Callable[[Test], None]], Callable[[Test], None]]:
    """Mark a test with the sentence that it checks; whatever goes wrong in the test breaks the promise."""

    def mark(test: Callable[[Test], None]) -> Callable[[Test], None]:
        @functools.wraps(test)
        def checked(self: Test) -> None:
            try:
                test(self)
            except unittest.SkipTest:
                raise
            except Exception as error:
                raise AssertionError(f"{sentence}\n{describe(error)}") from error

        checked.__doc__ = sentence
        return checked

    return mark


def describe(error: BaseException) -> str:
    """What was found in place of the promise."""
    text = str(error) or "no message"
    return text if isinstance(error, AssertionError) else f"{type(error).__name__}: {text}"
