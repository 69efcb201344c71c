"""One object on its way up or down, killed by -9 again and again: what was noted is not moved again, and all is right.

Each kill may cost what the workers had in hand, and one part more.
"""

from __future__ import annotations

import dataclasses
import hashlib
import random
import secrets
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from obs_client import ObjectStorageClient
from test.engine.resuming.killing import NAME, Killed, move, notes
from test.engine.resuming.stores import LOST, MIB, PART, STORES, WORKERS, client_of
from test.servers.shared import Servers

ROUNDS = 10
"""How often the large object is moved."""

KILLS = 20
"""At most, in each round."""


@pytest.fixture
def client(request: pytest.FixtureRequest, servers: Servers, tmp_path: Path) -> Iterator[ObjectStorageClient]:
    with client_of(request.param, servers, tmp_path) as made:
        made.options = dataclasses.replace(made.options, part_size=PART, workers=WORKERS)
        name = f"obs-test-{secrets.token_hex(6)}"
        made.use_container(name, create=True)
        try:
            yield made
        finally:
            made.container_delete(name, force=True)


@pytest.mark.slow
@pytest.mark.parametrize("client", STORES, indirect=True)
@pytest.mark.parametrize("way", ["up", "down"])
def test_killed_three_times(way: str, client: ObjectStorageClient, tmp_path: Path) -> None:
    size = 8 * PART + 7
    path, digest = _prepare(way, client, tmp_path, size)
    moved = 0
    for _ in range(3):
        begun = Killed(way, client, path, 40 * MIB, tmp_path / "count")
        begun.wait_until(2 * PART)
        assert begun.kill(), "the process was too fast"
        moved += begun.moved
    moved += move(way, client, path)
    assert moved <= size + 3 * LOST
    _assert_right(way, client, path, digest)


@pytest.mark.full
@pytest.mark.parametrize("client", STORES, indirect=True)
@pytest.mark.parametrize("way", ["up", "down"])
def test_killed_at_many_instants(way: str, client: ObjectStorageClient, tmp_path: Path) -> None:
    size, chosen = 200 * MIB, random.Random(16)
    path, digest = _prepare(way, client, tmp_path, size)
    for _ in range(ROUNDS):
        kills = moved = 0
        while kills < KILLS:
            begun = Killed(way, client, path, 150 * MIB, tmp_path / "count")
            begun.wait_until(1)
            time.sleep(chosen.uniform(0, 0.6))
            killed = begun.kill() and bool(notes())  # else it had done all, though it had not ended yet
            moved += begun.moved
            if not killed:
                break
            kills += 1
        else:
            moved += move(way, client, path)
        assert moved <= size + kills * LOST
        _assert_right(way, client, path, digest)


def _prepare(way: str, client: ObjectStorageClient, tmp_path: Path, size: int) -> tuple[Path, str]:
    """The file that is to be sent, or the path of the one that is to be got; and the digest of the bytes."""
    source = tmp_path / "source"
    content = random.Random(size).randbytes(size)
    source.write_bytes(content)
    if way == "up":
        return source, hashlib.sha256(content).hexdigest()
    assert client.upload_file(source, NAME)
    (tmp_path / "below").mkdir()
    return tmp_path / "below" / "target", hashlib.sha256(content).hexdigest()


def _assert_right(way: str, client: ObjectStorageClient, path: Path, digest: str) -> None:
    """The bytes are those, and nothing is left beside them."""
    if way == "up":
        got = path.with_name("got")
        assert client.download_file(NAME, got)
    else:
        got = path
        assert [each.name for each in path.parent.iterdir()] == [path.name]
    with got.open("rb") as stream:
        assert hashlib.file_digest(stream, "sha256").hexdigest() == digest
    got.unlink()
    assert notes() == []
    assert client.cleanup(older_than=0).removed == ()
