"""Faults that last: every call ends in the time that was set, at the defaults too, by the library's own error."""

from __future__ import annotations

import contextlib
import dataclasses
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any

import pytest

from obs_client import ClientOptions, ObjectStorageClient, PartialFailureError, TemporaryError
from test.faults.matrix.cells import LISTED, MATRIX, Stage
from test.faults.matrix.matrix import staged
from test.faults.matrix.scenarios import BROKEN
from test.faults.stores.base import BRISK, Store
from test.faults.wire import spoiling
from test.faults.wire.exchange import Fault
from test.faults.wire.proxy import fault_proxy
from test.faults.wire.spoiling import Action

pytestmark = pytest.mark.full

GIVE_UP = 3.0
CONTENT = b"what is written in an outage"

LASTING: dict[str, Action] = {
    "500": spoiling.refuse(BROKEN),
    "closed": spoiling.close_unanswered(),
    "no answer": spoiling.stall(),
    "not http": spoiling.not_http(),
    "cut head": spoiling.cut_at(40),
}


@pytest.fixture(scope="module")
def stage(stage: Stage) -> Stage:
    stage.store.put(MATRIX, "thing", CONTENT)
    return stage


def _calls(part_size: int) -> dict[str, Callable[[ObjectStorageClient], Any]]:
    large = bytes(2 * part_size)
    return {
        "read": lambda client: client.object_read("thing"),
        "open": lambda client: client.object_open("thing").read(),
        "info": lambda client: client.object_info("thing"),
        "list": lambda client: client.object_list(container_name=LISTED),
        "write": lambda client: client.object_write("written", CONTENT),
        "write large": lambda client: client.object_write("written large", large),
        "upload large": lambda client: client.object_upload(BytesIO(large), "uploaded large"),
        "copy": lambda client: client.object_copy("thing", "copied"),
        "metadata": lambda client: client.object_set_metadata("thing", "a", "b"),
        "delete": lambda client: client.object_delete("deleted"),
        "delete many": lambda client: client.object_delete_many(["deleted", "gone"]),
        "container": lambda client: client.container_create("made-in-an-outage"),
        "cleanup": lambda client: client.cleanup(),
    }


@dataclasses.dataclass
class Ended:
    """How a call ended."""

    call: str
    seconds: float
    error: BaseException | None

    def problem(self, most: float) -> str | None:
        """What is wrong with it; `most` is how many seconds it may have taken."""
        error = self.error
        if isinstance(error, PartialFailureError):
            error = next(iter(error.failures.values()))
        if not isinstance(error, TemporaryError) or not error.tries or error.__cause__ is None:
            return f"{self.call}: {self.error!r}"
        if "gave up after" not in str(error):
            return f"{self.call}: the count of tries is not told: {error}"
        return f"{self.call} took {self.seconds:.1f} s" if self.seconds > most else None


def _end(call: str, run: Callable[[], object]) -> Ended:
    begin = time.monotonic()
    try:
        run()
    except Exception as error:  # noqa: BLE001 - judged by `problem`
        return Ended(call, time.monotonic() - begin, error)
    return Ended(call, time.monotonic() - begin, None)


def _under(store: Store, action: Action, **options: Any) -> list[Ended]:
    """All calls side by side, each by a client of its own that was well before."""
    part_size = options["options"].part_size
    with contextlib.ExitStack() as stack:
        proxy = stack.enter_context(fault_proxy(store.endpoint, store.others))
        calls = _calls(part_size)
        clients = {call: stack.enter_context(store.client(proxy.url, **options)) for call in calls}
        for client in clients.values():
            client.container_name = MATRIX
            client.object_info("thing")
        proxy.aim(Fault("lasting", lambda request: True, action, None))
        with ThreadPoolExecutor(len(calls)) as pool:
            ended = list(pool.map(lambda call: _end(call, lambda: calls[call](clients[call])), calls))
        assert proxy.struck
        return ended


def _problems(ended: Sequence[Ended], most: float) -> list[str]:
    return [problem for each in ended if (problem := each.problem(most))]


@pytest.mark.parametrize("fault", LASTING)
def test_it_ends_in_the_time_that_was_set(stage: Stage, fault: str) -> None:
    options = dataclasses.replace(BRISK, part_size=stage.store.part_size, give_up_after=GIVE_UP, attempts=1000)
    ended = _under(stage.store, LASTING[fault], timeout=1.0, options=options)
    assert len(ended) == 13
    assert not _problems(ended, GIVE_UP + 1.0)


@pytest.mark.parametrize("call", ["write large", "upload large"])
def test_from_the_middle_of_an_upload_it_ends_in_the_time_that_was_set(stage: Stage, call: str) -> None:
    """A part has no answer, nor has anything after it: not the next tries, not the removal of what was sent."""
    began: list[bool] = []

    def wants(request: Any) -> bool:
        name = call.replace("write", "written").replace("upload", "uploaded")
        began.extend([True] * stage.store.aimed("part", request, MATRIX, name))
        return bool(began)

    before = stage.store.leftovers(MATRIX)
    options = dataclasses.replace(BRISK, part_size=stage.store.part_size, give_up_after=GIVE_UP, attempts=1000)
    with stage.store.client(stage.proxy.url, timeout=1.0, options=options) as client:
        client.container_name = MATRIX
        stage.proxy.aim(Fault("outage", wants, spoiling.stall(), None))
        ended = _end(call, lambda: _calls(stage.store.part_size)[call](client))
        stage.proxy.aim()
        assert not _problems([ended], GIVE_UP + 1.0)
        notes = "".join(getattr(ended.error, "__notes__", []))
        for left in stage.store.leftovers(MATRIX) - before:
            assert left.partition("/")[0] in notes, "the error does not say what is left"
        client.cleanup(older_than=0.0)
        assert not stage.store.leftovers(MATRIX) - before


@pytest.mark.usefixtures("starts_servers")
def test_at_the_defaults_it_ends_within_three_minutes() -> None:
    """All calls under all faults on both servers, side by side: what takes long is waiting."""
    with contextlib.ExitStack() as stack:
        stages = {kind: stack.enter_context(staged(kind)) for kind in ("seaweedfs", "swift")}
        for one in stages.values():
            one.store.put(MATRIX, "thing", CONTENT)

        def run(kind: str, fault: str) -> list[str]:
            store = stages[kind].store
            options = ClientOptions(part_size=store.part_size)
            ended = _under(store, LASTING[fault], timeout=60.0, options=options)
            print(f"{fault} on {kind}: {min(each.seconds for each in ended):.0f} to "
                  f"{max(each.seconds for each in ended):.0f} s")  # fmt: skip
            return [f"{fault} on {kind}: {problem}" for problem in _problems(ended, 180.0)]

        with ThreadPoolExecutor(len(LASTING) * 2) as pool:
            running = [pool.submit(run, kind, fault) for kind in stages for fault in LASTING]
            assert not [problem for each in running for problem in each.result()]
