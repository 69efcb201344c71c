"""File systems that are awaited have threads of their own, and fsspec keeps what it has made: here they end."""

from __future__ import annotations

import contextlib
import weakref
from collections.abc import Iterator

import pytest

from obs_client.aio.threads import Threads
from obs_client.fsspec import asynchronous

_made: weakref.WeakSet[Threads] = weakref.WeakSet()


class _Noted(Threads):
    def __init__(self, limit: int) -> None:
        super().__init__(limit)
        _made.add(self)


@contextlib.contextmanager
def threads_noted() -> Iterator[None]:
    """Within the block it is noted which threads are made."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asynchronous, "Threads", _Noted)
        yield


def end_threads() -> None:
    """End those of all file systems; they begin new ones if they are used again."""
    for threads in list(_made):
        threads.close()
