"""Runs the conformance suite on stores, each plain and once more through the fault layer."""

from __future__ import annotations

import argparse
import contextlib
import copy
import dataclasses
import logging
import os
import sys
import unittest
from collections.abc import Iterable, Iterator, Sequence
from typing import TextIO

from obs_client.errors import ContainerNotFoundError, ObjectStorageClientError
from obs_client.testing import differences
from obs_client.testing.running.outcomes import Fetched, Listener, Recorder
from obs_client.testing.running.pool import Test, run_in_workers
from obs_client.testing.running.report import Report
from obs_client.testing.running.stopping import Stopping
from obs_client.testing.running.stores import Store as Store
from obs_client.testing.running.stores import cases_of, embedded_stores, stores_of

USAGE_ERROR = 2

WORKERS = 4
"""Processes that test a store with a server at the same time."""

TESTS_EACH = 8
"""Tests for which another process is worth its start."""


def run_suite(
    stores: Iterable[Store], output: TextIO, patterns: Sequence[str] = (), workers: int | None = None
) -> bool:
    """Run the suite on stores; prints `N passed, N failed, N skipped` at the end, and returns whether none failed.

    At Ctrl-C or SIGTERM the tests at work are finished and what was made is removed; a second one ends at once.

    Args:
        patterns: Only tests whose name holds one of these; with `*` in it, fits it.
        workers: Processes that test a store that has a URL; None: as many as are of use.
    """
    return _run(list(stores), output, patterns, workers) == 0


def _run(stores: Sequence[Store], output: TextIO, patterns: Sequence[str], workers: int | None) -> int:
    """The exit status of a run."""
    logging.getLogger("obs_client").setLevel(logging.ERROR)
    tests = [_tests_of(store, patterns) for store in stores]
    if not any(tests):
        output.write("no test fits -k\n")
    report = Report(output, sum(len(each) for each in tests))
    with Stopping() as stopping:
        for store, chosen in zip(stores, tests, strict=True):
            count = _useful(store, len(chosen), workers)
            if count > 1:
                run_in_workers(store, chosen, count, report, stopping)
            else:
                _run_here(store, chosen, report, stopping)
    passed = report.finish(interrupted=bool(stopping.number))
    return 128 + stopping.number if stopping.number else 0 if passed else 1


def _tests_of(store: Store, patterns: Sequence[str]) -> list[Test]:
    loader = copy.copy(unittest.defaultTestLoader)
    if patterns:
        loader.testNamePatterns = [each if "*" in each else f"*{each}*" for each in patterns]
    suites = enumerate(loader.loadTestsFromTestCase(case) for case in cases_of(store))
    tests = [(number, test) for number, suite in suites for test in suite if isinstance(test, unittest.TestCase)]
    return [(number, test.id().rpartition(".")[2]) for number, test in tests]


def _useful(store: Store, tests: int, wanted: int | None) -> int:
    """How many processes to test a store with: one if it is in memory, and none too many where nobody waits."""
    if store.url is None:
        return 1
    most = WORKERS if not store.embedded else min(WORKERS, os.cpu_count() or 1)
    return min(wanted or most, tests // TESTS_EACH)


def _run_here(store: Store, tests: Sequence[Test], listener: Listener, stopping: Stopping) -> None:
    cases = cases_of(store)

    def until_stopped(_: Recorder) -> Iterator[unittest.TestCase]:
        for number, name in tests:
            if stopping.number:
                return
            yield cases[number](name)

    recorder = Recorder(listener)
    Fetched(until_stopped, recorder).run(recorder)


def _look(store: Store, server: str | None) -> Store:
    """See that there is something to test, before hundreds of tests fail; returns the store with its server's name."""
    if server is not None and server not in differences.SERVERS:
        raise ValueError(f"--server: {server!r} is none of {', '.join(differences.SERVERS)}")
    container = store.container_name or "obs-test-absent"
    with store.make_client() as client:
        if client.container_info(container) is None and store.container_name:
            raise ContainerNotFoundError(f"there is no container {store.container_name!r} at {store.label}; create it")
        with contextlib.suppress(ObjectStorageClientError):
            # Where a key for it is to be made, it is made once, before several processes make one each.
            client.object_generate_download_url("obs-test-absent", container)
        return dataclasses.replace(store, server=server or differences.recognise(client))


def main(arguments: Sequence[str], output: TextIO | None = None) -> int:
    """Test the stores of these URLs, or the embedded ones.

    Gives the exit status: 0, 1, or 2 for a bad URL, a store that does not answer, or a container that is not there; 130
    or 143 if Ctrl-C or SIGTERM stopped it.
    """
    given = _parse(arguments)
    try:
        named = [_look(store, given.server) for store in stores_of(given.urls)]
    except (ObjectStorageClientError, ValueError) as error:
        sys.stderr.write(f"error: {error}\n")
        return USAGE_ERROR
    with contextlib.ExitStack() as stack:
        stores = named or stack.enter_context(embedded_stores())
        return _run(stores, output or sys.stdout, given.k, given.workers)


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m test.tests")
    parser.add_argument("urls", metavar="URL", nargs="*", help="a storage URL; none: the embedded stores")
    parser.add_argument(
        "--server", help="the kind of a server that does not identify itself: its known differences are expected"
    )
    parser.add_argument("-k", metavar="TEXT", action="append", default=[], help="only tests whose name holds this")
    parser.add_argument(
        "--workers",
        metavar="N",
        type=_count,
        help=f"processes that test a store with a server; the default is {WORKERS}",
    )
    return parser.parse_args(arguments)


def _count(text: str) -> int:
    if (number := int(text)) < 1:
        raise ValueError(text)
    return number
