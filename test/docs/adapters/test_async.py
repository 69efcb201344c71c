"""The page on asyncio, Trio and threads: its examples, and that what they promise holds when they are cancelled."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import pytest

from obs_client import ObjectNotFoundError
from test.docs.pages import blocks, promises, run_blocks, text_of

pytestmark = pytest.mark.slow

BACKENDS = ("asyncio", "trio")


@pytest.fixture
def page(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """The names that the page's examples leave."""
    names: dict[str, Any] = {"__name__": "page"}
    examples = blocks(text_of("async.md"))
    assert promises(examples) >= 7
    run_blocks(examples, names)
    printed = capsys.readouterr().out
    assert "numbers.txt 3890\n" in printed
    assert "stopped\n" in printed
    return names


def test_a_call_in_a_thread_of_trio_or_asyncio_is_stopped(page: dict[str, Any]) -> None:
    in_thread: Callable[..., Awaitable[object]] = page["in_thread"]
    client = page["client"]

    async def cancelled() -> bool:
        with anyio.move_on_after(0.1) as scope:
            await in_thread(client.object_upload, page["Zeros"](), "endless")
        return scope.cancelled_caught

    for backend in BACKENDS:
        assert anyio.run(cancelled, backend=backend), backend
        assert [entry.name for entry in client.object_list()] == ["cat.txt"]
        assert client.cleanup(older_than=0).removed == ()
        assert not [each for each in threading.enumerate() if each.name.startswith("obs_client_")]


def test_what_a_call_in_a_thread_raises_goes_out(page: dict[str, Any]) -> None:
    for backend in BACKENDS:
        with pytest.raises(ObjectNotFoundError):
            anyio.run(page["in_thread"], page["client"].object_read, "absent", backend=backend)
