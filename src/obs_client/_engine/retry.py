"""The one retry loop: tries again what failed in a way that may pass, within bounds of count and time."""

from __future__ import annotations

import time
from typing import TypeVar

from obs_client.backend import stopping, watching
from obs_client.errors import TemporaryError
from obs_client.models import ClientOptions

T = TypeVar("T")

RETRY_AFTER_MAXIMUM = 60.0
"""Seconds of a store's Retry-After that are honoured."""

HINT = "is the store up, and the endpoint right?"
"""What to do where nothing better is known."""


class Retries:
    """The tries of one request, or of one body that is read by several.

    Args:
        timeout: Seconds that one more try may take. They are counted in `options.give_up_after`, unless that has no
            room for two tries of this length: then one more is taken to be as long as the last one was, so that a long
            timeout, which is for slow answers, does not forbid to ask again after a quick refusal.
    """

    def __init__(self, options: ClientOptions, timeout: float) -> None:
        self._options = options
        self._timeout = timeout
        self._first_began = self._began = time.monotonic()
        self.tries: int = 1

    @property
    def _deadline(self) -> float:
        return self._first_began + self._options.give_up_after

    def wait(self, error: TemporaryError, retry_after: float | None) -> None:
        """Sleep before the next try, or raise the error if there is to be none.

        The pause is drawn at random up to a bound that doubles with each try ("full jitter"), so that clients that
        failed together do not come back together. What the store asked for is the least: `Retry-After: 0` does not end
        the pauses.
        """
        pause = self._first_pause() if error.first_contact else self._pause(retry_after)
        if self.tries >= self._options.attempts or self._is_late(pause, error.first_contact):
            error.tries = self.tries
            error.deadline = self._deadline
            error.hint = error.hint or HINT
            error.args = (f"{error.args[0]} (gave up after {self.tries} {'try' if self.tries == 1 else 'tries'})",)
            self._log_end("gave up after try %d: %s", error)
            raise error
        # As text: a record may be kept for long, and the error itself holds on to part buffers by its traceback.
        import logging  # slow to load, and seldom needed

        told = "try %d failed, the next in %.2f s: %s"
        logging.getLogger("obs_client").warning(told, self.tries, pause, str(error), extra={"failed_try": self.tries})
        stopping.sleep(pause)
        self._began = time.monotonic()
        self.tries += 1

    def end(self, error: Exception | None = None) -> None:
        """Log how it ended, if there was more than one try."""
        if self.tries > 1:
            self._log_end("ended at try %d: %s" if error else "done at try %d", error)

    def _log_end(self, message: str, error: Exception | None) -> None:
        import logging

        values = (self.tries,) if error is None else (self.tries, str(error))
        logging.getLogger(watching.LOGGER).info(message, *values)

    def _is_late(self, pause: float, first_contact: bool) -> bool:
        """Whether there is no time for one more try after a pause."""
        then = time.monotonic() + pause
        return then + self._next_try() > self._deadline or (
            first_contact and then > self._first_began + self._options.give_up_first_after
        )

    def _next_try(self) -> float:
        """Seconds that one more try is taken to need."""
        if 2 * self._timeout <= self._options.give_up_after:
            return self._timeout
        return min(self._timeout, time.monotonic() - self._began)

    def _first_pause(self) -> float:
        """A pause at the first contact: no short one, so that the few tries meet a server that is just starting."""
        import random

        bound = min(self._options.longest_pause, self._options.first_pause * 2.0 ** (self.tries - 1))
        return random.uniform(bound / 2.0, bound)  # noqa: S311 - as below

    def _pause(self, retry_after: float | None) -> float:
        import random  # most requests need no second try

        bound = min(self._options.longest_pause, self._options.first_pause * 2.0 ** (self.tries - 1))
        drawn = random.uniform(0.0, bound)  # noqa: S311 - spreads load, keeps no secret
        return drawn if retry_after is None else max(drawn, min(retry_after, RETRY_AFTER_MAXIMUM))
