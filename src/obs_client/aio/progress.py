"""Progress of a call in a thread, told in the thread of the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent import futures

from obs_client.backend import stopping

Progress = Callable[[int], object]
"""Called in the loop's thread with the count of bytes moved since its last call; it must not wait."""


def told_in_loop(progress: Progress | None) -> Progress | None:
    """The same, to be called in a worker thread; what it raises goes out there, and so ends the transfer."""
    if progress is None:
        return None
    loop = asyncio.get_running_loop()

    def tell(count: int) -> None:
        told: futures.Future[None] = futures.Future()
        loop.call_soon_threadsafe(_tell, told, progress, count)
        while not told.done():
            futures.wait([told], stopping.CHECK_INTERVAL)
            stopping.check_stopped()
        told.result()

    return tell


def _tell(told: futures.Future[None], progress: Progress, count: int) -> None:
    try:
        progress(count)
    except Exception as error:  # noqa: BLE001 - it is for whoever waits
        told.set_exception(error)
    except BaseException as error:
        told.set_exception(error)
        raise
    else:
        told.set_result(None)
