"""Several calls at once, each in a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable

SECONDS = 300.0


def run_together(calls: Iterable[Callable[[], object]]) -> list[object]:
    """Start all calls at the same moment; returns their results in order, or raises the first failure."""
    wanted = list(calls)
    results: list[object] = [None] * len(wanted)
    errors: list[BaseException] = []
    barrier = threading.Barrier(len(wanted))

    def run(number: int) -> None:
        try:
            barrier.wait(SECONDS)
            results[number] = wanted[number]()
        except BaseException as error:  # noqa: BLE001 - raised again below, in the test's thread
            errors.append(error)

    threads = [threading.Thread(target=run, args=(number,), daemon=True) for number in range(len(wanted))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS)
    if errors:
        raise errors[0]
    if any(thread.is_alive() for thread in threads):
        raise AssertionError(f"a call did not end within {SECONDS:.0f} s")
    return results
