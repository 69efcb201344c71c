"""What a large object leaves behind goes too, if the process died just after it had published another in its place."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from obs_client import ClientOptions, LocalClient, ObjectStorageClient, transfers
from obs_client.backend.multipart import MultipartUpload, Part
from obs_client.backend.values import NewObject
from obs_client.testing.contents.resuming import Died, DyingClient
from obs_client.wrappers import prefixed
from obs_client.wrappers.wrapped import Through, WrappedClient, WrappedUpload
from test.engine.resuming.killing import notes

PART = 20_000
DATA = random.Random(6).randbytes(4 * PART + 7)
OLD = DATA[::-1]
OPTIONS = ClientOptions(part_size=PART, workers=1)


class Leaving(WrappedClient):
    """A store whose objects leave something behind when they are replaced.

    Attributes:
        behind: What the present object would leave.
        removed: What was asked to be removed.
        gone_on: An upload that is an object by now was gone on with.
    """

    def __init__(self, inner: ObjectStorageClient, *behind: str) -> None:
        super().__init__(inner)
        self.behind = behind
        self.removed: list[str] = []
        self.gone_on = False

    def _object_multipart(self, new: NewObject) -> MultipartUpload:
        return _LeavingUpload(super()._object_multipart(new), self._through, self)

    def _object_reopen(self, new: NewObject, identity: str) -> MultipartUpload:
        try:
            return _LeavingUpload(super()._object_reopen(new, identity), self._through, self)
        except Exception:
            if self.inner.object_info(new.name, new.container) is None:
                raise
            return _LeavingUpload(super()._object_multipart(new), self._through, self)


class _LeavingUpload(WrappedUpload):
    def __init__(self, inner: MultipartUpload, through: Through, client: Leaving) -> None:
        super().__init__(inner, through)
        self._client = client

    def take_up(self, receipts: Mapping[Part, str]) -> Collection[Part]:
        self._client.gone_on = True
        return super().take_up(receipts)

    def replaces(self) -> Sequence[str]:
        return self._client.behind

    def remove_replaced(self, names: Sequence[str]) -> None:
        self._client.removed += names
        self.abort()


@pytest.fixture
def local(tmp_path: Path) -> Iterator[LocalClient]:
    (tmp_path / "root" / "c").mkdir(parents=True)
    with LocalClient(tmp_path / "root", "c", options=OPTIONS) as client:
        yield client


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source"
    path.write_bytes(DATA)
    return path


def _die(client: ObjectStorageClient, source: Path, parts: int = 10**9) -> Path:
    """Let an upload die: when it was published, or after so many parts; gives its journal."""
    with pytest.raises(Died):
        DyingClient(client, parts, completed=False).upload_file(source, "o", resume=True)
    return next(Path(os.environ["OBS_TRANSFERS"]).iterdir())


def _lines(journal: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in journal.read_text().splitlines()]


def test_what_is_replaced_is_noted_before_and_removed_by_the_next_call(local: LocalClient, source: Path) -> None:
    store = Leaving(local, "a", "b")
    journal = _die(store, source)
    assert _lines(journal)[-1] == {"completing": True, "replaces": ["a", "b"]}
    assert store.removed == []
    assert store.upload_file(source, "o", resume=True)
    assert store.removed == ["a", "b"]
    assert store.object_read("o") == DATA
    assert notes() == []


def test_where_nothing_is_left_behind_nothing_is_noted(local: LocalClient, source: Path) -> None:
    store = Leaving(local)
    assert _lines(_die(store, source))[-1] == {"completing": True}
    assert store.upload_file(source, "o", resume=True)
    assert store.removed == []
    assert notes() == []


def test_only_what_was_noted_last_is_removed(local: LocalClient, source: Path) -> None:
    """What an earlier try had seen may be another's by now."""
    store = Leaving(local, "b")
    journal = _die(store, source)
    *before, last = journal.read_text().splitlines()
    journal.write_text("\n".join([*before, '{"completing": true, "replaces": ["a"]}', last, ""]))
    assert store.upload_file(source, "o", resume=True)
    assert store.removed == ["b"]


def test_a_file_that_is_another_by_now_is_sent_after_what_was_replaced_is_removed(
    local: LocalClient, source: Path
) -> None:
    store = Leaving(local, "a")
    _die(store, source)
    source.write_bytes(OLD)
    store.behind = ()
    assert store.upload_file(source, "o", resume=True)
    assert store.removed == ["a"]
    assert not store.gone_on
    assert store.object_read("o") == OLD
    assert notes() == []


def test_who_gives_it_up_removes_it_too(local: LocalClient, source: Path) -> None:
    store = Leaving(local, "a")
    _die(store, source)
    assert transfers.forget(transfers.read_transfers()[0].id, store)
    assert store.removed == ["a"]
    assert store.object_read("o") == DATA
    assert notes() == []


def test_wrappers_pass_it_on(local: LocalClient, source: Path) -> None:
    store = Leaving(local, "a")
    _die(prefixed(store, "p/"), source)
    assert prefixed(store, "p/").upload_file(source, "o", resume=True)
    assert store.removed == ["a"]
    assert store.object_read("p/o") == DATA
