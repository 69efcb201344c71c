"""What the library logs and warns of while a command runs, as lines on stderr."""

from __future__ import annotations

import contextlib
import logging
import time
import warnings
from collections.abc import Iterator

from obs_client.cli.failures import in_our_words, without_secrets
from obs_client.cli.settings import Settings
from obs_client.cli.telling.waiting import waiting

_LINES = 10
"""So many tries that failed are said as lines in `_SECONDS`; the others are counted."""

_SECONDS = 60.0


@contextlib.contextmanager
def logged(settings: Settings) -> Iterator[None]:
    """Within the block what the library logs or warns of is said; with `--debug` all that it logs."""
    logger = logging.getLogger("obs_client")
    handler = _Handler(settings)
    level = logger.level
    logger.addHandler(handler)
    try:
        with warnings.catch_warnings():
            warnings.showwarning = lambda message, *_, **__: settings.warn(without_secrets(str(message)))
            yield
    finally:
        waiting.forget()
        handler.say_count()
        logger.removeHandler(handler)
        logger.setLevel(level)


class _Handler(logging.Handler):
    """Says log records as lines on stderr, without secrets."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._settings = settings
        self._since = 0.0
        self._said = 0
        self._unsaid = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Say one record; on a terminal the tries that failed are counted in one line."""
        text = without_secrets(record.getMessage())
        if hasattr(record, "failed_try") and self._settings.counts_tries:
            waiting.count += 1
            self._settings.show_waiting(text.partition(" s: ")[2] or text)
        elif not hasattr(record, "failed_try") or self._is_due():
            self._settings.warn(in_our_words(text))
        else:
            self._unsaid += 1

    def say_count(self) -> None:
        """Say how many tries failed that were not said."""
        if self._unsaid:
            tries = "try" if self._unsaid == 1 else "tries"
            self._settings.warn(f"and {self._unsaid} more {tries} failed (--verbose prints each)")
            self._unsaid = 0

    def _is_due(self) -> bool:
        """Whether a try that failed is said: of a store that is down there would be thousands."""
        if self._settings.verbose or self._settings.debug:
            return True
        if time.monotonic() - self._since >= _SECONDS:
            self.say_count()
            self._since, self._said = time.monotonic(), 0
        self._said += 1
        return self._said <= _LINES
