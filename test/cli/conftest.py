"""What the tests of the command share."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from test.cli.process import Deaf
from test.servers import RunningServer, SwiftServer
from test.servers.shared import Servers


@pytest.fixture(autouse=True)
def signals() -> Iterator[None]:
    """Let Ctrl-C reach the commands even if this run is in the background of a script, where it is ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    """An empty directory."""
    directory = tmp_path / "docs"
    directory.mkdir()
    return directory


@pytest.fixture
def deaf() -> Iterator[Deaf]:
    """A store that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=50) as server:
        yield Deaf(server)


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment without any login, to put the servers' into."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "OS_", "ST_"))]:
        monkeypatch.delenv(name)
    return monkeypatch


@pytest.fixture
def seaweedfs(servers: Servers) -> RunningServer:
    """SeaweedFS, by S3."""
    return servers.seaweedfs()


@pytest.fixture
def swift(servers: Servers) -> SwiftServer:
    """OpenStack Swift."""
    return servers.swift()
