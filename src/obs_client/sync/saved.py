"""A plan that is made whole before it is done; in a temporary file, since there may be millions of steps."""

from __future__ import annotations

import marshal
import tempfile
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import IO, Self

from obs_client._engine.parallel import ended
from obs_client.errors import ServiceError
from obs_client.sync.steps import Step, Version

_LENGTH = 4


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
        self._file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - `close` closes it
        try:
            with ended(steps):
                self._write(self._counted(steps, keep_skips))
        except BaseException:
            self.close()
            raise

    def __iter__(self) -> Iterator[Step]:
        self._file.seek(0)
        left = self.copies + self.deletions + self.refusals + self.skips - self.dropped
        for row in self._rows():
            action, name, reason, source, target = marshal.loads(row)  # noqa: S302 - our own file
            yield Step(action, name, reason, source and Version(*source), target and Version(*target))
            left -= 1
        if left:
            raise ServiceError(f"the file of the plan breaks off, {left:,} steps before its end; make a new plan")

    def _write(self, steps: Iterator[Step]) -> None:
        """Write plain values, of each step after their size; to make a line of them takes several times as long."""
        for step in steps:
            row = marshal.dumps((step.action, step.name, step.reason, _values(step.source), _values(step.target)))
            self._file.write(len(row).to_bytes(_LENGTH, "big") + row)
        self._file.write(bytes(_LENGTH))

    def _rows(self) -> Iterator[bytes]:
        """Those that are whole."""
        while size := int.from_bytes(self._file.read(_LENGTH), "big"):
            row = self._file.read(size)
            if len(row) < size:
                return
            yield row

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


def _values(version: Version | None) -> tuple[int | None, str | None, float | None] | None:
    return None if version is None else (version.size, version.hash, version.last_modified)
