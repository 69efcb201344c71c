"""Children that cannot outlive their parent."""

import ctypes
import os
import signal
import sys
from collections.abc import Callable

PR_SET_PDEATHSIG = 1


def die_with(parent: int) -> Callable[[], None]:
    """Give a function that a new child calls to be killed by the kernel when its parent ends, however it ends.

    Elsewhere than on Linux it does nothing: there a child survives a guardian that was killed itself.

    Args:
        parent: The parent's process id.
    """
    if sys.platform != "linux":
        return lambda: None
    library = ctypes.CDLL(None)

    def arrange() -> None:
        library.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it ended before the call above
            os._exit(1)

    return arrange
