"""Taking turns, so that a noisy machine disturbs all variants alike; and memory in a process of its own."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Mapping

MIB = 1024 * 1024


def interleaved(variants: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Seconds of each variant, the median over rounds in which each has its turn."""
    seconds: dict[str, list[float]] = {name: [] for name in variants}
    for number in range(rounds):
        turn = list(variants.items())
        for name, run in turn if number % 2 else reversed(turn):
            started = time.perf_counter()
            run()
            seconds[name].append(time.perf_counter() - started)
    return {name: statistics.median(taken) for name, taken in seconds.items()}


def growth(program: str, *arguments: str) -> tuple[float, str]:
    """Run a program that calls `start()` when it is ready; gives its growth from there at the peak, in MiB, and output.

    The peak is that of the process, so what it needed before `start` is taken off.
    """
    head = """
        import resource, sys
        def start():
            global before
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        """
    tail = """
        print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)
        """
    whole = textwrap.dedent(head) + textwrap.dedent(program) + textwrap.dedent(tail)
    command = [sys.executable, "-c", whole, *arguments]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, env={**os.environ, "MALLOC_ARENA_MAX": "2"}
    )
    *output, grown = done.stdout.splitlines()
    return float(grown), "\n".join(output)
