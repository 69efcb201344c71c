"""The one retry loop: tries again what failed in a way that may pass, within bounds of count and time."""

from __future__ import annotations

import logging
import random
import time
from typing import TypeVar

from obs_client.backend import stopping
from obs_client.errors import TemporaryError
from obs_client.models import ClientOptions

T = TypeVar("T")

RETRY_AFTER_MAXIMUM = 60.0
"""Seconds of a store's Retry-After that are honoured."""

_logger = logging.getLogger("obs_client")


class Retries:
    """The tries of one request, or of one body that is read by several.

    Args:
        timeout: Seconds that one more try may take; counted in `options.give_up_after`.
    """

    def __init__(self, options: ClientOptions, timeout: float) -> None:
        self._options = options
        self._timeout = timeout
        self._deadline = time.monotonic() + options.give_up_after
        self.tries = 1

    def wait(self, error: TemporaryError, retry_after: float | None) -> None:
        """Sleep before the next try, or raise the error if there is to be none.

        The pause is drawn at random up to a bound that doubles with each try ("full jitter"), so that clients that
        failed together do not come back together; what the store asked for is waited in full.
        """
        pause = self._pause(retry_after)
        late = time.monotonic() + pause + self._timeout > self._deadline
        if self.tries >= self._options.attempts or late:
            error.tries = self.tries
            error.deadline = self._deadline
            error.args = (f"{error.args[0]} (gave up after {self.tries} {'try' if self.tries == 1 else 'tries'})",)
            raise error
        # As text: a record may be kept for long, and the error itself holds on to part buffers by its traceback.
        _logger.warning("try %d failed, the next in %.2f s: %s", self.tries, pause, str(error))
        stopping.sleep(pause)
        self.tries += 1

    def _pause(self, retry_after: float | None) -> float:
        if retry_after is not None:
            return min(max(retry_after, 0.0), RETRY_AFTER_MAXIMUM)
        bound = min(self._options.longest_pause, self._options.first_pause * 2.0 ** (self.tries - 1))
        return random.uniform(0.0, bound)  # noqa: S311 - spreads load, keeps no secret
