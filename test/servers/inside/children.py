"""The processes of one server, as its guardian starts, watches and stops them."""

import os
import select
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from ..errors import ServerError
from ..scratch import Scratch
from .dying import die_with

#: Seconds that a server may take to answer for the first time, on a machine that does much else.
LONGEST_START = 120.0
#: Seconds between SIGTERM and SIGKILL: the data are scratch, so nothing has to be brought to an end.
GRACE = 3.0


class ParentGoneError(Exception):
    """The test run closed its end of the pipe, or died."""


class ChildDiedError(ServerError):
    """A process of the server ended by itself."""


class Children:
    """All processes of one server. They log to one file and have the server's own folder for temporary files."""

    def __init__(self, scratch: Scratch) -> None:
        self.scratch = scratch
        self._running: list[subprocess.Popen[bytes]] = []

    @property
    def etc(self) -> Path:
        """The folder for configuration files."""
        return self.scratch.path / "etc"

    @property
    def data(self) -> Path:
        """The folder for what the server stores."""
        return self.scratch.path / "data"

    def start(
        self,
        command: Sequence[str],
        *,
        listeners: Sequence[socket.socket] = (),
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Start a process that ends when this one does.

        Args:
            command: The program and its arguments.
            listeners: The sockets that it inherits, under the same numbers.
            environment: What to set besides the guardian's own environment.
        """
        own = {"HOME": str(self.scratch.path), "TMPDIR": str(self.scratch.path / "tmp")}
        with self.scratch.log.open("ab") as log:
            child = subprocess.Popen(
                list(command),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.scratch.path,
                env={**os.environ, **own, **(environment or {})},
                pass_fds=[listener.fileno() for listener in listeners],
                preexec_fn=die_with(os.getpid()),
            )
        self._running.append(child)
        for listener in listeners:
            listener.close()

    def start_module(self, name: str, *arguments: str, listeners: Sequence[socket.socket] = ()) -> None:
        """Start a module of this package."""
        self.start([sys.executable, "-m", f"{__package__}.{name}", *arguments], listeners=listeners)

    def wait_until(self, ready: Callable[[], bool], what: str) -> None:
        """Ask again and again whether a server answers.

        Raises:
            ChildDiedError: A process of it ended.
            ParentGoneError: Nobody wants it any more.
            ServerError: It took too long.
        """
        deadline = time.monotonic() + LONGEST_START
        while not self._answers(ready):
            if time.monotonic() > deadline:
                raise ServerError(f"{what} did not answer within {LONGEST_START:.0f} seconds")
            self._pause(0.05)

    def watch(self) -> None:
        """Wait until the test run is gone.

        Raises:
            ChildDiedError: A process of the server ended by itself.
            ParentGoneError: Always, in the end.
        """
        while True:
            self._pause(0.5)

    def stop(self) -> None:
        """Stop all processes: politely at first, and for certain after a while."""
        for child in self._running:
            child.terminate()
        deadline = time.monotonic() + GRACE
        for child in self._running:
            _end(child, deadline - time.monotonic())
        self._running.clear()

    def _answers(self, ready: Callable[[], bool]) -> bool:
        try:
            return ready()
        except OSError:  # refused, reset, timed out
            return False

    def _pause(self, seconds: float) -> None:
        readable, _, _ = select.select([sys.stdin], [], [], seconds)
        if readable:
            raise ParentGoneError
        for child in self._running:
            if child.poll() is not None:
                raise ChildDiedError(
                    f"a process of the server ended with status {child.returncode}: {child.args!r:.200}"
                )


def _end(child: subprocess.Popen[bytes], seconds: float) -> None:
    try:
        child.wait(max(seconds, 0.0))
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
