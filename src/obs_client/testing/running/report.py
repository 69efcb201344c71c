"""What a run prints: on a screen one line that changes, else a mark for each test; the failures and the counts last."""

from __future__ import annotations

import collections
import threading
import time
from typing import TextIO

from obs_client.testing.running.outcomes import Kind, Outcome

MARKS = {Kind.PASSED: ".", Kind.FAILED: "F", Kind.ERROR: "E", Kind.SKIPPED: "s", Kind.DIFFERS: "d"}
MARKS_IN_A_LINE = 60
WIDTH = 79

_ERASE = "\r\x1b[2K"


class Report:
    """Counts what came of the tests, and prints it; several threads may tell it."""

    def __init__(self, output: TextIO, total: int) -> None:
        self._output = output
        self._total = total
        self._is_screen = output.isatty()
        self._began = time.monotonic()
        self._lock = threading.Lock()
        self._started = 0
        self._marks = 0
        self._outcomes: dict[Kind, list[Outcome]] = collections.defaultdict(list)

    # ---- as it goes -------------------------------------------------------------------------------------------------

    def started(self, test: str) -> None:
        """A test begins."""
        with self._lock:
            self._started += 1
            if self._is_screen:
                self._write(_ERASE + f"{self._started}/{self._total}  {self._time()}  {test.partition(' ')[0]}"[:WIDTH])

    def ended(self, outcome: Outcome) -> None:
        """A test ended, or a class failed; what each worker's class says alike is one failure."""
        with self._lock:
            if outcome.kind in (Kind.FAILED, Kind.ERROR):
                if any(outcome.test == known.test for known in self._failures()):
                    return
                if self._is_screen:
                    self._write(f"{_ERASE}failed: {outcome.test}\n")
            self._outcomes[outcome.kind].append(outcome)
            if not self._is_screen:
                self._mark(MARKS[outcome.kind])

    def _mark(self, mark: str) -> None:
        self._marks += 1
        if self._marks % MARKS_IN_A_LINE == 0:
            mark += f"  {self._marks}/{self._total}  {self._time()}\n"
        self._write(mark)

    def _time(self) -> str:
        seconds = int(time.monotonic() - self._began)
        return f"{seconds // 60}:{seconds % 60:02}"

    def _write(self, text: str) -> None:
        self._output.write(text)
        self._output.flush()

    # ---- at the end -------------------------------------------------------------------------------------------------

    def finish(self, interrupted: bool) -> bool:
        """Print the failures and `N passed, N failed, N skipped`; returns whether all is as it should be."""
        failures, passed = self._failures(), len(self._outcomes[Kind.PASSED])
        self._write(_ERASE if self._is_screen else "\n" if self._marks % MARKS_IN_A_LINE else "")
        for outcome in failures:
            self._write(f"{'=' * 70}\n{outcome.kind.upper()}: {outcome.test}\n{'-' * 70}\n{outcome.text}\n")
        self._write(f"Ran {self._started} tests in {time.monotonic() - self._began:.1f} s\n" if self._total else "")
        self._write_reasons()
        if interrupted:
            self._write("interrupted: not all tests were run\n")
        elif self._started < self._total:
            self._write(f"{self._total - self._started} tests were not run, because what they need could not be made\n")
        self._write_counts(passed, len(failures))
        return not failures and passed > 0 and not interrupted and self._started == self._total

    def _failures(self) -> list[Outcome]:
        return self._outcomes[Kind.FAILED] + self._outcomes[Kind.ERROR]

    def _write_reasons(self) -> None:
        reasons = collections.Counter(outcome.text for outcome in self._outcomes[Kind.SKIPPED])
        for reason, count in reasons.most_common():
            self._write(f"skipped {count}: {reason}\n")
        for line in sorted({outcome.text for outcome in self._outcomes[Kind.DIFFERS]}):
            self._write(f"{line}\n")

    def _write_counts(self, passed: int, failed: int) -> None:
        skipped, differing = len(self._outcomes[Kind.SKIPPED]), len(self._outcomes[Kind.DIFFERS])
        ending = f", {differing} where the server differs" if differing else ""
        self._write(f"{passed} passed, {failed} failed, {skipped} skipped{ending}\n")
