"""The command as a process of its own."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import obs_client

OBS = [sys.executable, "-m", "obs_client"]
ENVIRONMENT = {
    **{name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "OS_", "ST_"))},
    "AWS_ACCESS_KEY_ID": "canary-key",
    "AWS_SECRET_ACCESS_KEY": "canary-secret",
    "AWS_EC2_METADATA_DISABLED": "true",
    "PYTHONPATH": str(Path(obs_client.__file__).parents[1]),
}


def soon(starts: int, seconds: float = 0.0) -> float:
    """Seconds in which something must be done: as long as so many starts of a bare interpreter take now, and a rest."""
    began = time.monotonic()
    subprocess.run([sys.executable, "-c", "pass"], check=True)
    return seconds + starts * (time.monotonic() - began)


class Deaf:
    """A store that takes connections and never answers."""

    def __init__(self, server: socket.socket) -> None:
        self.url = f"s3://container/?endpoint_url=http://127.0.0.1:{server.getsockname()[1]}&region=any"
        self._server = server

    def await_request(self) -> socket.socket:
        """Wait until a command has begun to ask; it waits as long as the connection is kept."""
        self._server.settimeout(120)
        connection, _ = self._server.accept()
        connection.settimeout(120)
        assert connection.recv(1)
        return connection

    def seconds_of_request(self) -> float:
        """Wait for a request; gives how long its sender then waits for an answer, whatever its start took."""
        with self.await_request() as connection:
            began = time.monotonic()
            while connection.recv(65536):
                pass
            return time.monotonic() - began


@contextlib.contextmanager
def started(*arguments: str | Path) -> Iterator[subprocess.Popen[bytes]]:
    """A command that runs until it ends, or until the end of the `with`."""
    command = [*OBS, *map(str, arguments)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, bufsize=0, env=ENVIRONMENT) as process:
        try:
            yield process
        finally:
            process.kill()


def shell(command: str, directory: Path) -> subprocess.CompletedProcess[bytes]:
    """A line of a shell in which `obs` is the command, when it has ended."""
    script = f"obs() {{ '{sys.executable}' -m obs_client \"$@\"; }}; set -o pipefail; {command}"
    return subprocess.run(["bash", "-c", script], cwd=directory, env=ENVIRONMENT, capture_output=True, check=False)
