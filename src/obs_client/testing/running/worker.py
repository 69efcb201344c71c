"""One process among several that test a store: it asks the one that started it for a test, until there is none.

Both speak in lines of JSON, by this process's standard input and output. When the other is gone the input ends, so that
whatever becomes of it, the test at work is finished and what was made is removed.
"""

from __future__ import annotations

import dataclasses
import json
import logging
import os
import signal
import sys
import unittest
from collections.abc import Iterator
from typing import TextIO

from obs_client.testing.running.outcomes import Fetched, Kind, Outcome, Recorder
from obs_client.testing.running.stores import cases_of, stores_of

NEXT, STARTED = "next", "started"
"""Kinds of lines that are no outcomes: a test is asked for, a test begins."""


class Teller:
    """Writes what happens as lines."""

    def __init__(self, output: TextIO) -> None:
        self._output = output

    def ask(self) -> None:
        """A test is wanted."""
        self._write(NEXT, "", "")

    def started(self, test: str) -> None:
        """A test begins."""
        self._write(STARTED, test, "")

    def ended(self, outcome: Outcome) -> None:
        """A test ended, or a class failed."""
        self._write(outcome.kind, outcome.test, outcome.text)

    def _write(self, kind: str, test: str, text: str) -> None:
        try:
            self._output.write(json.dumps([kind, test, text]) + "\n")
            self._output.flush()
        except BrokenPipeError:
            pass  # nobody listens any more; there is still something to remove


def read_line(line: str) -> tuple[str, Outcome]:
    """What a worker's line says: its kind, and the outcome if it is one."""
    kind, test, text = json.loads(line)
    return kind, Outcome(test, Kind.PASSED if kind in (NEXT, STARTED) else Kind(kind), text)


def main() -> None:
    """Test the store that the first line names."""
    for number in (signal.SIGINT, signal.SIGTERM):
        # The whole group may be told to stop; it is the one that hands out the tests who stops.
        signal.signal(number, signal.SIG_IGN)
    # What a test prints must not be taken for an answer.
    output = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    logging.getLogger("obs_client").setLevel(logging.ERROR)
    url, server = json.loads(sys.stdin.readline())
    cases = cases_of(dataclasses.replace(stores_of([url])[0], server=server))
    teller = Teller(output)

    def tests(recorder: Recorder) -> Iterator[unittest.TestCase]:
        teller.ask()
        while line := sys.stdin.readline():
            number, name = json.loads(line)
            before = recorder.testsRun
            yield cases[number](name)
            if recorder.testsRun == before:
                return  # its class has no container: the other workers may have one
            teller.ask()

    recorder = Recorder(teller)
    Fetched(tests, recorder).run(recorder)


if __name__ == "__main__":
    main()
