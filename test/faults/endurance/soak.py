"""Random operations against a model in memory, while requests fail at random; the same again for the same seed."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

from obs_client import ObjectInfo, ObjectStorageClient
from test.faults.matrix.operations_writing import piped
from test.faults.matrix.scenarios import BROKEN, SLOW_DOWN, balancer
from test.faults.wire import spoiling
from test.faults.wire.exchange import Exchange, Fault
from test.faults.wire.messages import Request
from test.faults.wire.spoiling import Action

NAMES = tuple(f"{folder}name {number}é" for folder in ("", "a/", "a/b/") for number in range(8))
FAULTS = 0.05

PASSING: tuple[tuple[Action, int], ...] = (
    (spoiling.cut_body(), 10),
    (spoiling.cut_body(reset=True), 10),
    (spoiling.cut_body(0), 5),
    (spoiling.cut_head(), 10),
    (spoiling.cut_at(40), 5),
    (spoiling.close_unanswered(), 10),
    (spoiling.close_unanswered(done=True), 10),
    (spoiling.refuse(SLOW_DOWN), 10),
    (spoiling.refuse(SLOW_DOWN, early=True), 10),
    (spoiling.refuse(BROKEN, done=True), 10),
    (spoiling.refuse(balancer(502, "Bad Gateway")), 5),
    (spoiling.cut_upload(), 5),
    (spoiling.cut_upload(reset=True), 5),
    (spoiling.not_http(), 5),
    (spoiling.stall(), 1),
)


class RandomFaults:
    """Spoils one request of twenty, each in a way of its own, by a seed and the number of the request."""

    def __init__(self, seed: int, begins_upload: Callable[[Request], bool]) -> None:
        self.count = 0
        self._seed = seed
        self._begins_upload = begins_upload

    def fault(self) -> Fault:
        """What to aim."""
        return Fault("random", self._wants, self._act, None)

    def _wants(self, request: Request) -> bool:
        # An upload whose id nobody was told is for `cleanup`: no client can know that it began it.
        return not self._begins_upload(request) and random.Random(f"{self._seed} {request.number}").random() < FAULTS

    def _act(self, exchange: Exchange) -> None:
        self.count += 1
        chance = random.Random(f"{self._seed} {exchange.request.number} act")
        action = chance.choices([action for action, _ in PASSING], [weight for _, weight in PASSING])[0]
        action(exchange)


@dataclasses.dataclass
class Stored:
    """An object in the model."""

    content: bytes
    metadata: dict[str, str]


class Soak:
    """Random operations on one container.

    Args:
        large: Bytes of an object of several parts.
        share: How many of a hundred new objects are large.
        keeps_folders: Whether the server goes on listing a folder whose last object was deleted, as SeaweedFS does.
    """

    def __init__(
        self,
        client: ObjectStorageClient,
        directory: Path,
        seed: int,
        large: int,
        share: int,
        *,
        keeps_folders: bool = False,
    ) -> None:
        self.model: dict[str, Stored] = {}
        self._client = client
        self._directory = directory
        self._chance = random.Random(seed)
        self._large = large
        self._share = share
        self._folders_kept = {"a/"} if keeps_folders else set()
        self._steps: tuple[tuple[Callable[[str], None], int], ...] = (
            (self._write, 12),
            (self._upload, 8),
            (self._write_file, 6),
            (self._read, 14),
            (self._read_range, 8),
            (self._download, 8),
            (self._open, 6),
            (self._info, 10),
            (self._metadata, 8),
            (self._copy, 6),
            (self._delete, 8),
            (self._delete_many, 2),
            (self._list, 6),
        )

    def step(self) -> None:
        """One operation; raises AssertionError if it does not do what the model does."""
        steps = [step for step, _ in self._steps]
        step = self._chance.choices(steps, [weight for _, weight in self._steps])[0]
        step(self._chance.choice(NAMES))

    def finish(self) -> None:
        """Compare everything."""
        for name in NAMES:
            self._info(name)
            self._read(name)
        self._list("")

    def _content(self) -> bytes:
        if self._chance.randrange(100) < self._share:
            return self._chance.randbytes(self._large - self._chance.randrange(1000))
        return self._chance.randbytes(self._chance.choice((0, 1, 100, 5000, 30_000)))

    def _new(self, name: str) -> tuple[bytes, dict[str, str]]:
        stored = Stored(self._content(), {"mark": str(self._chance.randrange(10**6))})
        self.model[name] = stored
        return stored.content, stored.metadata

    def _write(self, name: str) -> None:
        content, metadata = self._new(name)
        assert self._client.object_write(name, content, metadata)

    def _upload(self, name: str) -> None:
        content, metadata = self._new(name)
        kind = self._chance.randrange(3)
        if kind == 0:
            assert self._client.object_upload(BytesIO(content), name, metadata)
        elif kind == 1:
            with piped(content) as stream:
                assert self._client.object_upload(stream, name, metadata)
        else:
            path = self._directory / "source"
            path.write_bytes(content)
            assert self._client.upload_file(path, name, metadata)

    def _write_file(self, name: str) -> None:
        content, metadata = self._new(name)
        with self._client.object_open(name, "wb", metadata=metadata) as file:
            for start in range(0, len(content), 100_000):
                file.write(content[start : start + 100_000])

    def _read(self, name: str) -> None:
        if name in self.model:
            assert self._client.object_read(name) == self.model[name].content, name
        else:
            assert self._client.object_info(name) is None, name

    def _read_range(self, name: str) -> None:
        if name in self.model:
            content = self.model[name].content
            start, stop = sorted(self._chance.randrange(len(content) + 2) for _ in range(2))
            assert self._client.object_read(name, start=start, stop=stop) == content[start:stop], (name, start, stop)

    def _download(self, name: str) -> None:
        path = self._directory / "target"
        path.unlink(missing_ok=True)
        stored = self.model.get(name)
        assert self._client.download_file(name, path) == (stored is not None)
        assert (path.read_bytes() if path.exists() else None) == (stored and stored.content), name
        stream = BytesIO()
        assert self._client.object_download(name, stream) == (stored is not None)
        assert stream.getvalue() == (stored.content if stored else b""), name

    def _open(self, name: str) -> None:
        if name in self.model:
            content = self.model[name].content
            with self._client.object_open(name) as file:
                place = self._chance.randrange(len(content) + 1)
                file.seek(place)
                assert file.read(10_000) == content[place : place + 10_000], (name, place)

    def _info(self, name: str) -> None:
        info = self._client.object_info(name)
        found = info and Stored(b"", info.metadata or {})
        stored = self.model.get(name)
        assert found == (stored and Stored(b"", stored.metadata)), (name, info)
        assert info is None or stored is None or info.size == len(stored.content), name

    def _metadata(self, name: str) -> None:
        wanted = {"mark": str(self._chance.randrange(10**6)), "colour": "blå"}
        assert self._client.object_replace_metadata(name, wanted) == (name in self.model), name
        if name in self.model:
            self.model[name].metadata = wanted

    def _copy(self, name: str) -> None:
        target = self._chance.choice(NAMES)
        assert self._client.object_copy(name, target) == (name in self.model), (name, target)
        if name in self.model:
            self.model[target] = dataclasses.replace(self.model[name])

    def _delete(self, name: str) -> None:
        assert self._client.object_delete(name)
        self.model.pop(name, None)

    def _delete_many(self, name: str) -> None:
        chosen = {name, *self._chance.sample(NAMES, 3)}
        self._client.object_delete_many(sorted(chosen))
        for each in chosen:
            self.model.pop(each, None)

    def _list(self, name: str) -> None:
        found = [entry.name for entry in self._client.object_list() if isinstance(entry, ObjectInfo)]
        assert sorted(found) == sorted(self.model)
        folders = {getattr(entry, "subdir", None) for entry in self._client.object_list(delimiter="/")} - {None}
        wanted = {"a/"} if any(each.startswith("a/") for each in self.model) else set()
        assert wanted <= folders <= wanted | self._folders_kept, (folders, wanted)
