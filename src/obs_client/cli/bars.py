"""The progress bar: bytes, rate and time left; drawn on stderr by rich, which is loaded only for it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

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


@contextlib.contextmanager
def bar(label: str, total: int | None) -> Iterator[Bar]:
    """Draw a bar until the end of the block; without a total it shows the bytes and the rate alone."""
    shown = label if len(label) <= LABEL_MAXIMUM else "..." + label[3 - LABEL_MAXIMUM :]
    progress = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(binary_units=True),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )
    with progress:
        yield Bar(progress, progress.add_task(shown, total=total))
