"""Progress as lines on stderr, for programs (`--progress=json`) and for logs (`--progress=plain`)."""

from __future__ import annotations

import time
from collections.abc import Callable

from obs_client.cli.text import printable, size_text

PAUSES = {"json": 1.0, "plain": 5.0}
"""Seconds between two lines, by their kind."""


class Lines:
    """One transfer; a line now and then, and one at its end."""

    def __init__(self, kind: str, label: str, total: int | None, unit: str, write: Callable[[str], object]) -> None:
        self._kind = kind
        self._label = label
        self._total = total
        self._unit = unit
        self._write = write
        self._done = 0
        self._last = time.monotonic()

    def advance(self, count: int) -> None:
        """So many more were moved."""
        self._done += count
        if time.monotonic() - self._last >= PAUSES[self._kind]:
            self.write()

    def write(self, *, ended: bool = False) -> None:
        """Write a line."""
        self._last = time.monotonic()
        if self._kind == "plain":
            total = "" if self._total is None else f" / {self._shown(self._total)}"
            self._write(printable(f"obs: {self._label}: {self._shown(self._done)}{total}{', ended' if ended else ''}"))
            return
        import json

        row = {"type": "progress", "label": self._label, "done": self._done, "total": self._total}
        self._write(json.dumps({**row, "unit": self._unit or "bytes", "ended": ended}))

    def _shown(self, amount: int) -> str:
        return f"{amount:,} {self._unit}" if self._unit else size_text(amount, human=True)
