"""What the tests of the transport share beside their fixtures."""

import traceback
from collections.abc import Callable

import pytest

from obs_client._http.pool import HttpPool
from obs_client.backend.body import Body

MEBIBYTE = 1024 * 1024
LIMIT = 64 * MEBIBYTE
ENDLESS = 512 * MEBIBYTE
SECRET = "s3cr3t"


def get(pool: HttpPool, url: str) -> bytes:
    """The content of a URL."""
    return pool.request("GET", url, {}).read(LIMIT)


def told(act: Callable[[], object], words: str) -> str:
    """What an act that fails tells, all of it; never a secret."""
    with pytest.raises(OSError, match=words) as caught:
        act()
    text = "".join(traceback.format_exception(caught.value))
    assert SECRET not in text
    return text


class Zeros(Body):
    """Zeros, and from `fails_at` bytes on an exception."""

    def __init__(self, size: int, fails_at: int = ENDLESS, failure: BaseException | None = None) -> None:
        super().__init__(size)
        self.fails_at = fails_at
        self.failure = failure
        self.most = 0

    def _read_at(self, position: int, buffer: memoryview) -> int:
        self.most = max(self.most, position)
        if self.failure and position + len(buffer) > self.fails_at:
            raise self.failure
        return len(buffer)
