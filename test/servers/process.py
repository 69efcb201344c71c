"""The test run's end of one guardian: the process that runs a server for as long as its standard input stays open."""

import json
import os
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from .environment import ROOT
from .errors import ServerError
from .scratch import remove_folder

#: Seconds that a guardian may take to stop its servers and remove their data before it is killed.
LONGEST_STOP = 20.0


class ServerProcess:
    """A guardian and what it said when its server was ready, in `ready`.

    The guardian holds the other end of two pipes. When the one to its standard input closes, because of `stop()` or
    because this process died in whatever way, it stops the server and removes the data.
    """

    def __init__(self, python: Path, request: Mapping[str, Any]) -> None:
        """Start a server and wait until it answers.

        Raises:
            ServerError: It did not start; the message has the tail of its log.
        """
        self._owner = os.getpid()
        self._directory: Path | None = None
        self._stopped = False
        self._guardian = _start(python)
        try:
            self._send(request)
            self._directory = Path(self._read("directory"))
            self.ready: dict[str, Any] = self._read("ready")
        except BaseException:
            self._end()
            raise

    @property
    def directory(self) -> Path:
        """The folder with the server's configuration, data and log; it is gone after `stop()`."""
        assert self._directory is not None
        return self._directory

    @property
    def guardian_id(self) -> int:
        """The process id of the guardian."""
        return self._guardian.pid

    def wait(self) -> None:
        """Wait until the server ends by itself, and raise a ServerError then."""
        self._read("never")

    def stop(self) -> None:
        """Stop the server and wait until its processes and its data are gone. A second call does nothing.

        In a child that was forked off this process it does nothing at all: the server is the parent's.

        Raises:
            ServerError: The server had ended by itself before; all is cleaned up nevertheless.
        """
        if self._stopped or os.getpid() != self._owner:
            return
        remainder = self._end()
        if remainder:
            raise ServerError(_message(json.loads(remainder)))

    def _send(self, request: Mapping[str, Any]) -> None:
        assert self._guardian.stdin is not None
        with suppress(BrokenPipeError):  # the read that follows tells what happened
            self._guardian.stdin.write(json.dumps(request) + "\n")
            self._guardian.stdin.flush()

    def _read(self, key: str) -> Any:
        """Read one line of the guardian's, which has a deadline of its own for whatever it waits for."""
        assert self._guardian.stdout is not None
        line = self._guardian.stdout.readline()
        if not line:
            raise ServerError("the process that guards the server has ended; its message is on standard error")
        answer = json.loads(line)
        if key not in answer:
            raise ServerError(_message(answer))
        return answer[key]

    def _end(self) -> str:
        """End the guardian and give what it still had to say."""
        self._stopped = True
        try:
            remainder, _ = self._guardian.communicate(timeout=LONGEST_STOP)
        except subprocess.TimeoutExpired:
            self._guardian.kill()
            remainder, _ = self._guardian.communicate()
        if self._directory is not None:
            remove_folder(self._directory)  # it is there only if the guardian was killed
        return remainder


def _message(answer: Mapping[str, Any]) -> str:
    return str(answer.get("failed", f"the process that guards the server said {answer}"))


def child_environment() -> dict[str, str]:
    """Give a server's environment: of the caller's only the path, so no proxy, no credentials, no settings of tools."""
    environment = {"PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8"}
    return environment | {"PYTHONPATH": str(ROOT), "PYTHONSAFEPATH": "1", "PYTHONUNBUFFERED": "1"}


def _start(python: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [str(python), "-m", "test.servers.inside.guardian"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd="/",
        env=child_environment(),
        start_new_session=True,  # Ctrl-C in the terminal is for the test run, which then stops its servers
    )
