"""Answers cut at every byte: nothing may pass for whole that is not."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator

from obs_client import ObjectStorageClient, PartialFailureError, TemporaryError
from test.faults.matrix.bench import WrongResultError
from test.faults.matrix.cells import LISTED, MATRIX, Stage
from test.faults.stores.base import BRISK
from test.faults.wire.exchange import Exchange, Fault
from test.faults.wire.spoiling import cut_at

BODY = 300
"""Bytes of the body that are swept beside the head."""

CONTENT = bytes(range(256)) * 2


@dataclasses.dataclass(frozen=True)
class Swept:
    """One operation: the request whose answer is cut, and a call that raises `WrongResultError` for a wrong result."""

    name: str
    aim: str
    run: Callable[[Stage, ObjectStorageClient], None]
    container: str = MATRIX
    stores: tuple[str, ...] = ("seaweedfs", "swift", "google", "azurite")


def _expect(found: object, wanted: object) -> None:
    if found != wanted:
        raise WrongResultError(f"{str(found)[:200]!r}")


def _read(stage: Stage, client: ObjectStorageClient) -> None:
    _expect(client.object_read("swept"), CONTENT)


def _info(stage: Stage, client: ObjectStorageClient) -> None:
    info = client.object_info("swept")
    _expect(info and (info.size, info.metadata), (len(CONTENT), {"colour": "blue"}))


def _list(stage: Stage, client: ObjectStorageClient) -> None:
    _expect(len(client.object_list()), 45)


def _write(stage: Stage, client: ObjectStorageClient) -> None:
    _expect(client.object_write("swept", CONTENT, {"colour": "blue"}), True)
    _expect(stage.store.get(MATRIX, "swept"), CONTENT)


def _copy(stage: Stage, client: ObjectStorageClient) -> None:
    _expect(client.object_copy("swept-source", "swept"), True)
    _expect(stage.store.get(MATRIX, "swept"), CONTENT)


def _delete_many(stage: Stage, client: ObjectStorageClient) -> None:
    stage.store.put(MATRIX, "swept-2", CONTENT)
    client.object_delete_many(["swept-2", "swept-absent"])
    _expect(stage.store.get(MATRIX, "swept-2"), None)


def _login(stage: Stage, client: ObjectStorageClient) -> None:
    """The account is the one that the answer names."""
    with stage.store.newcomer(stage.proxy.url, storage_url=None, options=client.options) as newcomer:
        _expect(newcomer.object_read("swept", MATRIX), CONTENT)


OPERATIONS = (
    Swept("read", "get", _read),
    Swept("info", "head", _info),
    Swept("list", "list", _list, LISTED),
    Swept("write", "data", _write),
    Swept("copy", "copy", _copy),
    Swept("delete many", "bulk", _delete_many),
    Swept("login", "login", _login, stores=("swift",)),
)


def sweep(stage: Stage, swept: Swept, step: int = 1) -> tuple[int, list[str]]:
    """Cut at every `step`-th byte, every time; gives how many cuts there were and those that passed for whole."""
    stage.store.direct.object_write("swept", CONTENT, {"colour": "blue"}, MATRIX)
    stage.store.direct.object_write("swept-source", CONTENT, {"colour": "blue"}, MATRIX)
    options = dataclasses.replace(BRISK, attempts=1, part_size=stage.store.part_size)
    count, silent = 0, []
    with stage.store.client(stage.proxy.url, options=options) as client:
        client.container_name = swept.container
        head, total = _sizes(stage, client, swept)
        for point in range(1, min(total, head + BODY), step):
            count += 1
            silent += [f"{swept.name} at {point} of {head}+{total - head}: {said}" for said in
                       _cut(stage, client, swept, point)]  # fmt: skip
    stage.proxy.aim()
    return count, silent


def _wants(stage: Stage, swept: Swept) -> Callable[..., bool]:
    return lambda request: stage.store.aimed(swept.aim, request, swept.container, "swept")


def _sizes(stage: Stage, client: ObjectStorageClient, swept: Swept) -> tuple[int, int]:
    """Bytes of the head, and of the whole answer; the first of a client's requests may be trials of the server."""
    swept.run(stage, client)
    found = []

    def note(exchange: Exchange) -> None:
        answer = exchange.forward()
        found.append((len(answer.head()), len(answer.encode())))
        exchange.answer(answer)

    stage.proxy.aim(Fault("note", _wants(stage, swept), note))
    swept.run(stage, client)
    return found[0]


def _cut(stage: Stage, client: ObjectStorageClient, swept: Swept, point: int) -> Iterator[str]:
    fault = Fault("cut", _wants(stage, swept), cut_at(point), None)
    stage.proxy.aim(fault)
    try:
        swept.run(stage, client)
    except TemporaryError:
        pass
    except PartialFailureError as error:
        kept = [each for each in error.failures.values() if not isinstance(each, TemporaryError)]
        yield from (f"taken for final: {each!r}" for each in kept)
    except WrongResultError as error:
        yield f"wrong result {error}"
    except Exception as error:  # noqa: BLE001 - a cut answer may be whole the next time: other errors are wrong
        yield f"taken for final: {error!r}"
    else:
        yield "passed for whole"
    if not fault.fired:
        yield "was not reached"
