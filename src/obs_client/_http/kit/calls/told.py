"""Requests that an SDK sends by itself, for logins: watched by way of what it calls before and after each."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from urllib.parse import urlsplit

from obs_client.backend import watching


class _Pending(threading.local):
    watch: watching.Watch | None = None


class ToldRequests:
    """What one SDK tells of its requests, in the thread that makes them, one after the other.

    Attributes:
        has_answer: One of them had a response.
    """

    def __init__(self) -> None:
        self.has_answer = False
        self._pending = _Pending()

    def begin(self, method: str, url: str, sent: int = 0) -> None:
        """One is about to be sent; if the one before was not told to end, it had no response."""
        self.fail(None)
        parts = urlsplit(url)
        target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        host = parts.netloc.rpartition("@")[2]
        self._pending.watch = watching.watch(method, host, target)
        if self._pending.watch:
            self._pending.watch.sent = sent

    def end(self, status: int, headers: Mapping[str, str], received: int = 0) -> None:
        """It was answered."""
        self.has_answer = True
        watch, self._pending.watch = self._pending.watch, None
        if watch:
            watch.answered(status, {name.lower(): value for name, value in headers.items()})
            watch.end(received)

    def fail(self, error: BaseException | None) -> None:
        """It failed, if there is one that has not ended."""
        watch, self._pending.watch = self._pending.watch, None
        if watch:
            watch.end(error=error)
