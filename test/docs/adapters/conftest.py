"""Threads of file systems that are awaited end with each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from test.adapters.awaited import end_threads, threads_noted


@pytest.fixture(scope="session", autouse=True)
def _noted() -> Iterator[None]:
    with threads_noted():
        yield


@pytest.fixture(autouse=True)
def _ended(_noted: None) -> Iterator[None]:
    yield
    end_threads()
