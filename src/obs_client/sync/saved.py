"""A plan that is made whole before it is done; in a temporary file, since there may be millions of steps."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Self

from obs_client._engine.parallel import ended
from obs_client.sync.steps import Step, read_steps, write_steps


class SavedPlan:
    """Steps that are all planned by now, and what they come to: for who asks first, or shows how much is left.

    It is given to `apply` as it is, and may be iterated again and again, by one at a time. `close`, or the end of a
    `with` block, frees the file.

    Attributes:
        copies, deletions, skips, refusals: How many steps there are of each kind.
        size: Bytes that the copies move.
        dropped: How many of the skips were counted only.
    """

    def __init__(self, steps: Iterable[Step], *, keep_skips: bool = True) -> None:
        """Take all steps; what their iterator raises goes out. A generator that is not taken whole is closed.

        Args:
            keep_skips: Keep the steps that leave a name as it is; else they are only counted, which takes less time.
        """
        self.copies: int = 0
        self.deletions: int = 0
        self.skips: int = 0
        self.refusals: int = 0
        self.size: int = 0
        self.dropped: int = 0
        self._file = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 - `close` closes it
        try:
            with ended(steps):
                write_steps(self._counted(steps, keep_skips), self._file)
        except BaseException:
            self.close()
            raise

    def __iter__(self) -> Iterator[Step]:
        self._file.seek(0)
        return read_steps(self._file)

    def close(self) -> None:
        """Free the file. Safe to repeat."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _counted(self, steps: Iterable[Step], keep_skips: bool) -> Iterator[Step]:
        for step in steps:
            if step.action == "copy":
                self.copies += 1
                self.size += step.source_size
            elif step.action == "delete":
                self.deletions += 1
            elif step.action == "refuse":
                self.refusals += 1
            else:
                self.skips += 1
                if not keep_skips:
                    self.dropped += 1
                    continue
            yield step
