"""One object on its way within a store, or from one to another, killed by -9 again and again.

What was noted is not copied again, but for what the workers had in hand, and one part more, for each kill.
"""

from __future__ import annotations

import contextlib
import dataclasses
import random
import secrets
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from obs_client import ObjectStorageClient
from test.engine.resuming.copying import COPY, NAME, KilledCopy, copied, copy
from test.engine.resuming.killing import notes
from test.engine.resuming.stores import LOST, MIB, PART, WORKERS, client_of
from test.servers.shared import Servers

WITHIN = ("seaweedfs", "swift", "azure")
PAIRS = (
    ("local", "seaweedfs"),
    ("seaweedfs", "swift"),
    ("swift", "azure"),
    ("azure", "google"),
    ("google", "local"),
)
WAYS = [*((store, None) for store in WITHIN), *PAIRS]

Ends = tuple[ObjectStorageClient, ObjectStorageClient | None]


@contextlib.contextmanager
def _made(store: str, servers: Servers, directory: Path) -> Iterator[ObjectStorageClient]:
    directory.mkdir()
    with client_of(store, servers, directory) as made:
        made.options = dataclasses.replace(made.options, part_size=PART, workers=WORKERS)
        made.use_container(f"obs-test-{secrets.token_hex(6)}", create=True)
        chosen = made.container_name
        assert chosen
        try:
            yield made
        finally:
            made.container_delete(chosen, force=True)


@pytest.fixture(params=WAYS, ids=[f"{source}-{target or 'itself'}" for source, target in WAYS])
def ends(request: pytest.FixtureRequest, servers: Servers, tmp_path: Path) -> Iterator[Ends]:
    source, target = request.param
    with contextlib.ExitStack() as stack:
        start = stack.enter_context(_made(source, servers, tmp_path / "here"))
        yield start, target and stack.enter_context(_made(target, servers, tmp_path / "there"))


@pytest.mark.slow
def test_killed_three_times(ends: Ends, tmp_path: Path) -> None:
    content = random.Random(5).randbytes(8 * PART + 7)
    ends[0].object_write(NAME, content, {"key": "value"})
    count = tmp_path / "count"
    for _ in range(3):
        begun = KilledCopy(*ends, PART, count, 0.1)
        begun.wait_until(copied(count) + 2 * PART)
        assert begun.kill(), "the process was too fast"
    copy(*ends, PART, count)
    assert copied(count) <= len(content) + 3 * LOST
    _assert_right(ends, content)


@pytest.mark.slow
def test_a_source_that_was_replaced_in_between(ends: Ends, tmp_path: Path) -> None:
    content, count = random.Random(6).randbytes(4 * PART + 7), tmp_path / "count"
    ends[0].object_write(NAME, content[::-1], {"key": "value"})
    begun = KilledCopy(*ends, PART, count, 0.1)
    begun.wait_until(3 * PART)
    assert begun.kill(), "the process was too fast"
    ends[0].object_write(NAME, content, {"key": "value"})
    copy(*ends, PART, count)
    _assert_right(ends, content)


@pytest.mark.full
def test_killed_at_many_instants(ends: Ends, tmp_path: Path) -> None:
    content, chosen = random.Random(7).randbytes(100 * MIB), random.Random(16)
    ends[0].object_write(NAME, content, {"key": "value"})
    for number in range(4):
        kills, count = 0, tmp_path / f"count{number}"
        while kills < 10:
            begun = KilledCopy(*ends, PART, count, 0.05)
            begun.wait_until(copied(count) + 1)
            time.sleep(chosen.uniform(0, 0.6))
            if not begun.kill() or not notes():  # it had done all, though it had not ended yet
                break
            kills += 1
        else:
            copy(*ends, PART, count)
        assert copied(count) <= len(content) + kills * LOST
        _assert_right(ends, content)
        (ends[1] or ends[0]).object_delete(COPY)


def _assert_right(ends: Ends, content: bytes) -> None:
    """The copy is that, and nothing is left beside it."""
    target = ends[1] or ends[0]
    assert target.object_read(COPY) == content
    info = target.object_info(COPY)
    assert info is not None
    assert info.metadata == {"key": "value"}
    assert notes() == []
    assert target.cleanup(older_than=0).removed == ()
    assert sorted(each.name for each in target.object_list()) == ([COPY] if ends[1] else [COPY, NAME])
