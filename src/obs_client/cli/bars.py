"""The progress bar: bytes, rate and time left; drawn on stderr by rich, which is loaded only for it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Column
from rich.text import Text

from obs_client.cli.text import size_text

LABEL_MAXIMUM = 40
BAR_MAXIMUM, BAR_MINIMUM = 40, 5
FIGURES = 45
"""Columns that the amounts, the rate and the time need beside label and bar; in less room there is no bar."""


class Bar:
    """One bar, and lines above it."""

    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress = progress
        self._task = task
        self._label = progress.tasks[0].description

    def advance(self, count: int) -> None:
        """So many more bytes were moved."""
        self._progress.advance(self._task, count)

    def write_line(self, line: str) -> None:
        """A line that stays above the bar."""
        self._progress.console.print(line, markup=False, highlight=False, soft_wrap=True)

    def mark(self, words: str) -> None:
        """Show a few words beside the label."""
        self._progress.update(self._task, description=f"{self._label} ({words})")


class Amount(ProgressColumn):
    """How much was moved, of how much, and how fast: bytes, or what the unit names."""

    def __init__(self, unit: str) -> None:
        super().__init__(Column(no_wrap=True))
        self._unit = unit

    def render(self, task: Task) -> Text:
        """The column for a task."""
        if task.total is None and not task.completed:
            return Text("")
        total = "" if task.total is None else f" / {self._shown(task.total)}"
        # The mean serves at the end, and while there is but one report to tell the speed from.
        mean = task.completed / task.elapsed if task.elapsed else 0.0
        # Small objects come in jumps, which make the last moments look faster than they are.
        speed = mean if task.finished or task.total is None else task.speed or mean
        rate = f"  {self._shown(speed)}/s" if speed else ""
        return Text(self._shown(task.completed) + total + rate)

    def _shown(self, amount: float) -> str:
        return f"{int(amount):,} {self._unit}" if self._unit else size_text(int(amount), human=True)


@contextlib.contextmanager
def bar(label: str, total: int | None, stays: bool, unit: str = "") -> Iterator[Bar]:
    """Draw a bar until the end of the block; without a total it shows the amount and the rate alone."""
    console = Console(stderr=True)
    shown = label if len(label) <= LABEL_MAXIMUM else "..." + label[3 - LABEL_MAXIMUM :]
    room = console.width - len(shown) - FIGURES
    progress = Progress(
        TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True)),
        *([BarColumn(min(room, BAR_MAXIMUM))] if room >= BAR_MINIMUM else []),
        Amount(unit),
        TimeRemainingColumn(elapsed_when_finished=True),
        console=console,
        transient=not stays,
    )
    with progress:
        yield Bar(progress, progress.add_task(shown, total=total))
