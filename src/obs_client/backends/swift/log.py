"""What swiftclient logs of this library's requests: every refusal as INFO, an absent object too; here it is DEBUG.

Its records of requests that the program makes by swiftclient itself stay as they are.
"""

from __future__ import annotations

import functools
import logging
import threading
from collections.abc import Callable
from typing import Any

_thread = threading.local()


def lowered(call: Callable[[], Any]) -> Any:
    """The result of a call into swiftclient, whose records are DEBUG ones meanwhile, in this thread."""
    _install()
    _thread.ours = True
    try:
        return call()
    finally:
        _thread.ours = False


class _Lower(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        if getattr(_thread, "ours", False):
            record.levelno, record.levelname = logging.DEBUG, logging.getLevelName(logging.DEBUG)
        return logging.getLogger(record.name).isEnabledFor(record.levelno)


@functools.cache
def _install() -> None:
    logging.getLogger("swiftclient").addFilter(_Lower())
