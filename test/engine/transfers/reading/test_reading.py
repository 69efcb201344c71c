"""The guarded reader: what it compares at the end, when it says so, and which versions it takes for one."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from obs_client import (
    IntegrityError,
    ObjectChangedError,
    ObjectInfo,
    ObjectStorageClient,
    ObjectUnchangedError,
    Place,
    TemporaryError,
    copying,
)
from obs_client._engine.border import Border
from obs_client._engine.transfers.reading import GuardedReader
from obs_client.backend.integrity import ContentDigest
from obs_client.backend.values import ObjectReader
from test.engine.scripted import QUICK, BreakingReader, Outage, ScriptedClient

CONTENT = bytes(range(250))
Digest = Callable[[bytes], ContentDigest]


def md5(data: bytes) -> str:
    return hashlib.md5(data).hexdigest()


class Doubtful(ContentDigest):
    """One that proves nothing."""

    def is_proof(self) -> bool:
        return False


class Telling(ScriptedClient):
    """Tells of each object what a test says: its digest, and with `changes` what is to differ of its info."""

    def __init__(self, digest: Digest | None = None, changes: dict[str, Any] | None = None) -> None:
        super().__init__()
        self.digest, self.changes = digest, changes or {}

    def _object_open(
        self, container: str, name: str, start: int, stop: int | None, if_hash: str | None
    ) -> ObjectReader:
        reader = super()._object_open(container, name, start, stop, None)
        whole = start == 0 and (stop is None or stop >= (reader.info.size or 0))
        reader.digest = self.digest(self._stored(container, name).content) if self.digest and whole else None
        reader.info = dataclasses.replace(reader.info, **self.changes)
        return reader


def read(client: ObjectStorageClient, folder: Path) -> bytes:
    return client.object_read("name")


def download(client: ObjectStorageClient, folder: Path) -> bytes:
    sink = io.BytesIO()
    assert client.object_download("name", sink)
    return sink.getvalue()


def download_file(client: ObjectStorageClient, folder: Path) -> bytes:
    assert client.download_file("name", folder / "file")
    return (folder / "file").read_bytes()


def read_file(client: ObjectStorageClient, folder: Path) -> bytes:
    with client.object_open("name") as file:
        return file.read()


def copy(client: ObjectStorageClient, folder: Path) -> bytes:
    other = ScriptedClient()
    assert copying.object_copy(Place(client, "box"), "name", Place(other, "box"))
    return other.object_read("name")


ways = pytest.mark.parametrize("way", [read, download, download_file, read_file, copy])
Way = Callable[[ObjectStorageClient, Path], bytes]


@ways
@pytest.mark.parametrize("size", [0, 250])
@pytest.mark.parametrize("sized", [True, False], ids=["told size", "no size"])
def test_a_digest_of_the_whole_is_compared(way: Way, size: int, sized: bool, tmp_path: Path) -> None:
    """Also of no bytes, for which no reader is asked; and where nobody told how many there are."""

    def digest(data: bytes) -> ContentDigest:
        return ContentDigest("md5", (len(data),) if sized else (), (md5(data),))

    client = Telling(digest, {} if sized else {"size": None})
    client.object_write("name", CONTENT[:size])
    assert way(client, tmp_path) == CONTENT[:size]
    client.digest = lambda data: dataclasses.replace(digest(data), part_values=(md5(b"other"),))
    with pytest.raises(IntegrityError, match="other bytes"):
        way(client, tmp_path)


@pytest.mark.parametrize("sized", [True, False], ids=["told size", "no size"])
@pytest.mark.parametrize(("kind", "wanted"), [(ContentDigest, True), (Doubtful, True), (Doubtful, False)])
def test_verified_is_said_of_what_was_found_to_fit_only(
    sized: bool, kind: type[ContentDigest], wanted: bool, caplog: pytest.LogCaptureFixture
) -> None:
    client = Telling(lambda data: kind("md5", (len(data),) if sized else (), (md5(data if wanted else b"other"),)))
    client.changes = {} if sized else {"size": None}
    client.object_write("name", CONTENT)
    with caplog.at_level(logging.DEBUG, "obs_client"), client.object_open("name") as file:
        assert file.read() == CONTENT
        assert file.verified == wanted
    assert [record for record in caplog.records if "no digest to compare it with" in record.message] == [] or not wanted
    assert wanted or any("no digest to compare it with" in record.message for record in caplog.records)


def test_a_part_that_does_not_fit_is_not_made_good_by_a_composite_that_nobody_told() -> None:
    values = [md5(CONTENT[:100]), md5(b"other"), md5(CONTENT[200:])]
    client = Telling(lambda data: Doubtful("md5", (100, 100, 50), values))
    client.object_write("name", CONTENT)
    with client.object_open("name") as file:
        assert file.read() == CONTENT
        assert not file.verified


def test_of_a_range_nothing_is_compared_and_nothing_is_said(caplog: pytest.LogCaptureFixture) -> None:
    client = Telling(lambda data: ContentDigest("md5", (len(data),), (md5(b"other"),)))
    client.object_write("name", CONTENT)
    with caplog.at_level(logging.DEBUG, "obs_client"):
        assert client.object_read("name", start=1) == CONTENT[1:]
        assert client.object_read("name", stop=249) == CONTENT[:249]
    assert not [record for record in caplog.records if "no digest to compare it with" in record.message]


def test_who_holds_a_copy_is_not_sent_its_end(tmp_path: Path) -> None:
    client = ScriptedClient()
    client.object_write("name", CONTENT)
    info = client.object_info("name")
    assert info
    for start in (-5, 0, 5):
        with pytest.raises(ObjectUnchangedError):
            client.object_read("name", start=start, if_none_match=info.hash)
        assert client.object_read("name", start=start, if_none_match="another") == CONTENT[start:]
    client.object_write("name", CONTENT[::-1])
    assert client.object_read("name", start=-5, if_none_match=info.hash) == CONTENT[4::-1]


def test_a_store_that_looks_at_no_condition_is_looked_at_itself() -> None:
    """What it sends is let go of if it is what the caller holds."""
    closed: list[int] = []

    class Closing(BreakingReader):
        def close(self) -> None:
            closed.append(1)
            super().close()

    class Ignorant(ScriptedClient):
        def _object_open_changed(
            self, container: str, name: str, start: int, stop: int | None, known: str
        ) -> ObjectReader:
            return Closing(self._object_open(container, name, start, stop, None), 1000, None)

    client = Ignorant()
    client.object_write("name", CONTENT)
    info = client.object_info("name")
    assert info
    with pytest.raises(ObjectUnchangedError):
        client.object_read("name", if_none_match=info.hash)
    assert closed == [1]
    assert client.object_read("name", if_none_match="another") == CONTENT


class Broken(Telling):
    """What it gives breaks off once, after 100 bytes; then `changes` are another version's. No condition is kept."""

    def _object_open(
        self, container: str, name: str, start: int, stop: int | None, if_hash: str | None
    ) -> ObjectReader:
        changes, self.changes = self.changes, {"hash": None, "last_modified": 7.25, "size": 250}
        first = self.calls["_object_open"] == 0
        reader = super()._object_open(container, name, start, stop, if_hash)
        self.changes = changes
        if first:
            return BreakingReader(reader, 100, Outage("broke off"))
        reader.info = dataclasses.replace(reader.info, **changes)
        return reader


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({}, True),
        ({"last_modified": 7.0}, True),
        ({"last_modified": 8.0}, False),
        ({"last_modified": None}, False),
        ({"size": None}, True),
        ({"size": 251}, False),
        ({"hash": "one"}, False),
    ],
    ids=str,
)
def test_without_hashes_versions_are_told_by_size_and_second(changes: dict[str, Any], same: bool) -> None:
    client = Broken(None, changes)
    client.object_write("name", CONTENT)
    if same:
        assert client.object_read("name") == CONTENT
    else:
        with pytest.raises(ObjectChangedError):
            client.object_read("name")


@ways
@pytest.mark.parametrize("size", [250, 5 * QUICK.part_size])
def test_every_further_request_is_for_the_version_that_was_there_at_first(way: Way, size: int, tmp_path: Path) -> None:
    """A store that keeps the condition refuses at once, before it sends another version's bytes."""
    asked: list[tuple[int, str | None]] = []

    class Noting(ScriptedClient):
        def _object_open(
            self, container: str, name: str, start: int, stop: int | None, if_hash: str | None
        ) -> ObjectReader:
            asked.append((start, if_hash))
            reader = super()._object_open(container, name, start, stop, if_hash)
            reader.digest = None
            return BreakingReader(reader, 100, Outage("broke off")) if len(asked) == 1 else reader

    client = Noting()
    client.object_write("name", (CONTENT * 20)[:size])
    info = client.object_info("name")
    assert info
    assert way(client, tmp_path) == (CONTENT * 20)[:size]
    assert asked[0] == (0, None)
    assert (100, info.hash) in asked
    assert {if_hash for _, if_hash in asked[1:]} == {info.hash}


@ways
def test_what_has_no_hash_is_read_by_one_request(way: Way, tmp_path: Path) -> None:
    """Nothing would tell its ranges from those of another version of the same second."""
    client = Telling(None, {"hash": None})
    client.object_write("name", CONTENT * 20)
    assert way(client, tmp_path) == CONTENT * 20
    assert client.calls["_object_open"] == 1


class Truncated(ScriptedClient):
    """Some of its bodies end after so many bytes as if that were all, though the size was told."""

    def __init__(self, times: int, count: int) -> None:
        super().__init__()
        self.times, self.count = times, count

    def _object_open(
        self, container: str, name: str, start: int, stop: int | None, if_hash: str | None
    ) -> ObjectReader:
        reader = super()._object_open(container, name, start, stop, if_hash)
        reader.digest = None
        return BreakingReader(reader, self.count, None) if self.calls["_object_open"] <= self.times else reader


@ways
@pytest.mark.parametrize("size", [250, 3 * QUICK.part_size + 7])
def test_a_body_that_ends_too_early_is_never_taken_for_whole(way: Way, size: int, tmp_path: Path) -> None:
    client = Truncated(1, 100)
    client.object_write("name", (CONTENT * 20)[:size])
    assert way(client, tmp_path) == (CONTENT * 20)[:size]


@ways
def test_a_store_whose_bodies_always_end_too_early_is_given_up_on(way: Way, tmp_path: Path) -> None:
    client = Truncated(1000, 0)
    client.object_write("name", CONTENT)
    with pytest.raises(TemporaryError, match="broke off after 0 of 250 bytes"):
        way(client, tmp_path)


def test_an_object_that_is_gone_when_a_body_is_resumed_has_changed() -> None:
    """Not "not found": some of it was read."""

    class Going(Telling):
        def _object_open(
            self, container: str, name: str, start: int, stop: int | None, if_hash: str | None
        ) -> ObjectReader:
            reader = super()._object_open(container, name, start, stop, if_hash)
            self._object_delete(container, name)
            return BreakingReader(reader, 100, Outage("broke off"))

    client = Going()
    client.object_write("name", CONTENT)
    with pytest.raises(ObjectChangedError, match="while it was read"):
        client.object_read("name")


def test_what_is_resumed_lets_go_of_the_answer_that_broke_off() -> None:
    closed: list[int] = []

    class Closing(BreakingReader):
        def close(self) -> None:
            closed.append(1)
            super().close()

    class Once(Telling):
        def _object_open(
            self, container: str, name: str, start: int, stop: int | None, if_hash: str | None
        ) -> ObjectReader:
            count = 100 if self.calls["_object_open"] == 0 else 1000
            return Closing(super()._object_open(container, name, start, stop, if_hash), count, Outage("broke off"))

    client = Once()
    client.object_write("name", CONTENT)
    assert client.object_read("name") == CONTENT
    assert (client.calls["_object_open"], len(closed)) == (2, 2)


def test_an_answer_of_another_version_is_closed() -> None:
    closed: list[ObjectInfo] = []

    class Other(Telling):
        def _object_open(
            self, container: str, name: str, start: int, stop: int | None, if_hash: str | None
        ) -> ObjectReader:
            inner = super()._object_open(container, name, start, stop, if_hash)

            class Closing(BreakingReader):
                def close(self) -> None:
                    closed.append(self.info)
                    super().close()

            return Closing(inner, 1000, None)

    client = Other()
    client.object_write("name", CONTENT)
    pinned = client.object_info("name")
    assert pinned
    client.object_write("name", CONTENT[::-1])
    with pytest.raises(ObjectChangedError):
        GuardedReader(Border(client), "box", "name", pinned=pinned)
    assert len(closed) == 1


def test_a_body_that_breaks_off_in_the_same_place_uses_up_its_tries_and_good_pieces_do_not() -> None:
    """A store that gives a byte a try is down; one that gives a block a try goes on."""

    class Dripping(Telling):
        drops = 1

        def _object_open(
            self, container: str, name: str, start: int, stop: int | None, if_hash: str | None
        ) -> ObjectReader:
            reader = super()._object_open(container, name, start, stop, if_hash)
            return BreakingReader(reader, self.drops, Outage("broke off"))

    client = Dripping()
    client.object_write("name", CONTENT)
    with pytest.raises(Exception, match=f"gave up after {QUICK.attempts} tries"):
        client.object_read("name")
    assert client.calls["_object_open"] == QUICK.attempts
