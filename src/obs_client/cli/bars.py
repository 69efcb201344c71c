"""The progress bar: bytes, rate and time left; drawn on stderr by rich, which is loaded only for it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID, TextColumn, TimeRemainingColumn
from rich.text import Text

from obs_client.cli.text import size_text

LABEL_MAXIMUM = 40


class Bar:
    """One bar, and lines above it."""

    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress = progress
        self._task = task

    def advance(self, count: int) -> None:
        """So many more bytes were moved."""
        self._progress.advance(self._task, count)

    def write_line(self, line: str) -> None:
        """A line that stays above the bar."""
        self._progress.console.print(line, markup=False, highlight=False, soft_wrap=True)


class Amount(ProgressColumn):
    """How much was moved, of how much, and how fast."""

    def render(self, task: Task) -> Text:
        """The column for a task."""
        if task.total is None and not task.completed:
            return Text("")
        total = "" if task.total is None else f" / {size_text(int(task.total), human=True)}"
        # The mean serves at the end, and while there is but one report to tell the speed from.
        mean = task.completed / task.elapsed if task.elapsed else 0.0
        speed = mean if task.finished else task.speed or mean
        rate = f"  {size_text(int(speed), human=True)}/s" if speed else ""
        return Text(size_text(int(task.completed), human=True) + total + rate)


@contextlib.contextmanager
def bar(label: str, total: int | None, stays: bool) -> Iterator[Bar]:
    """Draw a bar until the end of the block; without a total it shows the bytes and the rate alone."""
    shown = label if len(label) <= LABEL_MAXIMUM else "..." + label[3 - LABEL_MAXIMUM :]
    progress = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        Amount(),
        TimeRemainingColumn(elapsed_when_finished=True),
        console=Console(stderr=True),
        transient=not stays,
    )
    with progress:
        yield Bar(progress, progress.add_task(shown, total=total))
