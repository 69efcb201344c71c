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
GARBAGE = 50_000
"""New objects before Python looks for garbage: what a short command loads is none, and looking takes a tenth of it."""


def main() -> None:
    """Run the command; without its packages say how to get them."""
    gc.set_threshold(GARBAGE)
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _leave)  # until the command has its own, and after it
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
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # else one more, while Python ends, would change the status
        raise


def _leave(_number: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
