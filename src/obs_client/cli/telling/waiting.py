"""The tries that failed, while others follow: on a terminal one line that counts them, and that all else goes below."""

from __future__ import annotations

import shutil
import sys


class Waiting:
    """The line; there is one screen, so there is one of these (`waiting`)."""

    def __init__(self) -> None:
        self.count: int = 0
        self._is_drawn = False

    def show(self, last: str) -> None:
        """Count one more, and draw the line in the place of the one before.

        Args:
            last: What failed.
        """
        if sys.stderr is None:
            return
        room = shutil.get_terminal_size().columns - 1
        sys.stderr.write(f"\r{f'obs: {self.counted()}, the last: {last}'[:room]:<{room}}")
        sys.stderr.flush()
        self._is_drawn = True

    def counted(self) -> str:
        """How many they are."""
        return f"{self.count} {'try' if self.count == 1 else 'tries'} failed"

    def settle(self) -> None:
        """Leave the line on the screen, before something else is written."""
        if self._is_drawn:
            self._is_drawn = False
            sys.stderr.write("\n")
            sys.stderr.flush()

    def forget(self) -> None:
        """Begin to count from nothing, at the end of a command."""
        self.settle()
        self.count = 0


waiting: Waiting = Waiting()
