"""The servers of the tests of what other people's servers do: doubles, each started when first asked for."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

from test.field import running


@pytest.fixture(scope="session", autouse=True)
def _stop_doubles() -> Iterator[None]:
    with contextlib.closing(running.STACK):
        yield
