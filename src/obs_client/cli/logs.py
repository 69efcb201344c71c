"""What the library logs and warns of while a command runs, as lines on stderr."""

from __future__ import annotations

import contextlib
import logging
import warnings
from collections.abc import Iterator

from obs_client.cli.failures import without_secrets
from obs_client.cli.settings import Settings
from obs_client.cli.telling.waiting import waiting


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
        logger.removeHandler(handler)
        logger.setLevel(level)


class _Handler(logging.Handler):
    """Says log records as lines on stderr, without secrets."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._settings = settings

    def emit(self, record: logging.LogRecord) -> None:
        """Say one record; on a terminal the tries that failed are counted in one line."""
        text = without_secrets(record.getMessage())
        if hasattr(record, "failed_try") and self._settings.counts_tries:
            waiting.count += 1
            self._settings.show_waiting(text.partition(" s: ")[2] or text)
        else:
            self._settings.warn(text)
