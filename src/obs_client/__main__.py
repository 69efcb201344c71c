"""`python -m obs_client` and the command `obs`."""

from __future__ import annotations

import gc
import signal
import sys
from types import FrameType
from typing import NoReturn

INTERRUPTED = 130
STOPPED = (129, INTERRUPTED, 143)
"""Exit statuses after SIGHUP, SIGINT and SIGTERM, as a shell tells them."""
WRONG_USE = 2
_SIGNALS = (signal.SIGINT, signal.SIGTERM)
GARBAGE = 50_000
"""New objects before Python looks for garbage: what a short command loads is none, and looking takes a tenth of it."""


def main() -> None:
    """Run the command; without its packages say how to get them."""
    gc.set_threshold(GARBAGE)
    _handle_signals()
    try:
        from obs_client.cli import obs
    except ModuleNotFoundError as error:
        if error.name not in ("click", "rich"):
            raise
        print(f"obs: the package {error.name!r} is missing. Run: pip install 'obs_client[cli]'", file=sys.stderr)  # noqa: T201
        sys.exit(WRONG_USE)
    if sys.stdout is not None and hasattr(sys.stdout, "reconfigure"):
        # A name that the terminal's encoding lacks is shown escaped.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        obs(prog_name="obs")
    except SystemExit as end:
        gc.freeze()  # else Python looks through all modules once more before it ends
        if end.code in STOPPED:
            _ignore_signals()
        raise


def _handle_signals() -> None:
    """Until the command has handlers of its own, and after it."""
    for number in _SIGNALS:
        if signal.getsignal(number) in (signal.default_int_handler, signal.SIG_DFL):
            signal.signal(number, _leave)


def _ignore_signals() -> None:
    """One more, while Python ends, would change the status."""
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def _leave(number: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(128 + number)


if __name__ == "__main__":
    main()
