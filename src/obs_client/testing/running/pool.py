"""Several processes that test one store, each in a container of its own; a store waits, and others use that time."""

from __future__ import annotations

import collections
import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Sequence

from obs_client.testing.running import worker
from obs_client.testing.running.outcomes import Kind, Listener, Outcome
from obs_client.testing.running.stopping import Stopping
from obs_client.testing.running.stores import Store
from obs_client.testing.running.worker import NEXT, STARTED, read_line

Test = tuple[int, str]
"""The number of a class in `cases_of`, and the name of a test."""


def run_in_workers(store: Store, tests: Sequence[Test], workers: int, listener: Listener, stopping: Stopping) -> None:
    """Have the tests of a store that has a URL run by so many processes; comes back when all of them have ended."""
    left = collections.deque(tests)
    threads = [
        # Daemons, so that a second Ctrl-C ends this process; the workers see that it did, and remove what they made.
        threading.Thread(target=_serve, args=(store, left, listener, stopping), daemon=True)
        for _ in range(workers)
    ]
    for thread in threads:
        thread.start()
    try:
        for thread in threads:
            thread.join()
    except BaseException:
        left.clear()
        for thread in threads:
            thread.join()
        raise


def _serve(store: Store, left: collections.deque[Test], listener: Listener, stopping: Stopping) -> None:
    """Start a worker, and hand it one test after another."""
    with _start() as process:
        assert process.stdin is not None
        assert process.stdout is not None
        _send(process, [store.url, store.server])
        at_work = "the first test"
        for line in process.stdout:
            kind, outcome = read_line(line)
            if kind == STARTED:
                at_work = outcome.test
                listener.started(at_work)
            elif kind != NEXT:
                listener.ended(outcome)
            elif (test := _next(left, stopping)) is not None:
                _send(process, list(test))
            else:
                process.stdin.close()
    if process.returncode:
        text = f"its worker ended with status {process.returncode}\n"
        listener.ended(Outcome(at_work, Kind.ERROR, text))


def _next(left: collections.deque[Test], stopping: Stopping) -> Test | None:
    try:
        return None if stopping.number else left.popleft()
    except IndexError:
        return None


def _start() -> subprocess.Popen[str]:
    # In a group of its own, since Ctrl-C is for the one that hands out the tests.
    path = os.pathsep.join(entry or os.getcwd() for entry in sys.path)
    return subprocess.Popen(  # noqa: S603 - this Python, and a module of ours
        [sys.executable, "-P", "-m", worker.__name__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": path},
        encoding="utf-8",
        process_group=0,
    )


def _send(process: subprocess.Popen[str], message: list[object]) -> None:
    assert process.stdin is not None
    with contextlib.suppress(BrokenPipeError):
        # Who is gone is seen where its lines end.
        process.stdin.write(json.dumps(message) + "\n")
        process.stdin.flush()
