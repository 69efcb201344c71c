"""The command at a real terminal (a pseudo-terminal)."""

from __future__ import annotations

import fcntl
import os
import re
import select
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path
from typing import Self

from test.cli.process import ENVIRONMENT

OBS = f"'{sys.executable}' -m obs_client"


class Screen:
    """A command whose standard streams, but those that its shell line redirects, are a terminal of its own."""

    def __init__(self, line: str, directory: Path) -> None:
        self.master, self.slave = os.openpty()
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
        self.shown = ""
        # The leader of a session gets the terminal that it opens as its own: Ctrl-C then reaches it.
        script = 'exec <>"$0" >"$0" 2>&1; ' + line.replace("obs ", f"{OBS} ")
        self.process = subprocess.Popen(
            ["bash", "-c", script, os.ttyname(self.slave)],
            cwd=directory,
            start_new_session=True,
            env={**ENVIRONMENT, "TERM": "xterm-256color"},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self.slave)
        os.close(self.master)

    def type(self, text: str) -> None:
        os.write(self.master, text.encode())

    def see(self, wanted: str, seconds: float = 120) -> None:
        """Wait until the screen has shown a pattern."""
        until = time.monotonic() + seconds
        while not re.search(wanted, self.shown):
            assert time.monotonic() < until, f"not seen: {wanted}, but: {self.shown[-2000:]!r}"
            assert self._read() or self.process.poll() is None, f"not seen: {wanted}, but: {self.shown[-2000:]!r}"

    def end(self, seconds: float = 120) -> int:
        """Wait for the end of the command, and read what it still shows; gives its exit status."""
        until = time.monotonic() + seconds
        while self.process.poll() is None and time.monotonic() < until:
            self._read()
        while self._read():
            pass
        return self.process.wait(1)

    def _read(self) -> bool:
        """Read what is there, or comes within a moment; gives whether it was anything."""
        if not select.select([self.master], [], [], 0.05)[0]:
            return False
        self.shown += os.read(self.master, 65536).decode(errors="replace")
        return True
