"""Taking turns, so that a noisy machine disturbs all variants alike; and memory in a process of its own."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Mapping

MIB = 1024 * 1024

FIGURES = "OBS_BENCHMARK_FIGURES"
"""The variable that names the file to which `record` adds a line, if it is set."""


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


def ratio(
    ours: Callable[[], object], theirs: Callable[[], object], rounds: int, *, warm: bool = False
) -> tuple[float, float, float]:
    """The medians of our CPU and wall time over theirs, taking turns, and our CPU seconds; `warm`: one turn before."""
    if warm:
        ours()
        theirs()
    cpu: dict[bool, list[float]] = {True: [], False: []}
    wall: dict[bool, list[float]] = {True: [], False: []}
    for number in range(2 * rounds):
        is_ours = number % 2 == 0
        before = time.process_time(), time.perf_counter()
        (ours if is_ours else theirs)()
        cpu[is_ours].append(time.process_time() - before[0])
        wall[is_ours].append(time.perf_counter() - before[1])
    first, second = statistics.median(cpu[True]), statistics.median(cpu[False])
    return first / second, statistics.median(wall[True]) / statistics.median(wall[False]), first


def show(what: str, measured: tuple[float, float, float], count: int, goal: str) -> None:
    """Print one line: our CPU and wall time over theirs, below 1 is better."""
    cpu, wall, seconds = measured
    each = f"{seconds / count * 1e6:10.1f} us each"
    record(what, cpu=cpu, wall=wall)
    print(f"{what:44} CPU {cpu:5.2f} x   wall {wall:5.2f} x   ({each}; goal {goal})", flush=True)


def record(what: str, **figures: float) -> None:
    """Keep figures for `python -m test.benchmarks.figures`, if it runs this program."""
    if path := os.environ.get(FIGURES):
        rounded = {name: round(value, 3) for name, value in figures.items()}
        with open(path, "a", encoding="utf-8") as file:
            file.write(json.dumps({"what": what, **rounded}) + "\n")


def growth(program: str, *arguments: str) -> tuple[float, str]:
    """Run a program that calls `start()` when it is ready; gives its growth from there at the peak, in MiB, and output.

    The peak is that of the program, so what it needed before `start` is taken off. (Linux counts in `ru_maxrss` what
    the process needed that forked it: a large one would hide any growth.)
    """
    head = """
        import resource, sys
        from pathlib import Path
        def peak():
            if sys.platform == "linux":
                return int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0])
            return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        def start():
            global before
            before = peak()
        """
    tail = """
        print((peak() - before) / 1024)
        """
    whole = textwrap.dedent(head) + textwrap.dedent(program) + textwrap.dedent(tail)
    command = [sys.executable, "-c", whole, *arguments]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, env={**os.environ, "MALLOC_ARENA_MAX": "2"}
    )
    *output, grown = done.stdout.splitlines()
    return float(grown), "\n".join(output)
