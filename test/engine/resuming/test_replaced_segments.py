"""Segments of a large object of Swift, whose process died just after it had published another in its place."""

from __future__ import annotations

import dataclasses
import json
import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from obs_client import Capabilities, ClientOptions, LocalClient, ObjectInfo, ObjectStorageClient, Place, transfers
from obs_client.backend.multipart import NeedsParts
from obs_client.backend.values import NewObject
from obs_client.backends.swift.client import SwiftClient
from obs_client.copying import object_copy
from obs_client.testing.contents.resuming import Died, DyingClient
from obs_client.wrappers.wrapped import WrappedClient
from test.engine.resuming.killing import notes
from test.servers import SwiftServer
from test.servers.shared import Servers
from test.swift.support import client_of, login_of, new_container, path_of, segments_of

PART = 20_000
DATA = random.Random(6).randbytes(4 * PART + 7)
OLD = DATA[::-1]
OPTIONS = ClientOptions(part_size=PART, workers=1)
PARTS = len(DATA) // PART + 1


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source"
    path.write_bytes(DATA)
    return path


def _die(client: ObjectStorageClient, source: Path) -> None:
    """Let an upload die when it was published."""
    with pytest.raises(Died):
        DyingClient(client, completed=False).upload_file(source, "o", resume=True)


@pytest.fixture
def swift(servers: Servers) -> SwiftServer:
    return servers.swift()


@pytest.fixture
def first(swift: SwiftServer) -> Iterator[SwiftClient]:
    """The client of the process that dies."""
    with new_container(swift) as client:
        client.options = OPTIONS
        yield client


@pytest.fixture
def second(swift: SwiftServer, first: SwiftClient) -> Iterator[SwiftClient]:
    """The client of the next process, which knows nothing of it."""
    with client_of(swift, options=OPTIONS, container_name=first.container_name) as client:
        yield client


def _upload(client: ObjectStorageClient, source: Path) -> None:
    assert client.upload_file(source, "o", resume=True)


def _copy_within(client: ObjectStorageClient, source: Path) -> None:
    assert _Pieces(client).object_copy("source", "o", resume=True)


class _Pieces(WrappedClient):
    """A store that copies so little in a piece that there are several."""

    def _capabilities(self) -> Capabilities:
        return dataclasses.replace(super()._capabilities(), copy_part_size=PART)

    def _object_copy(self, container: str, source: ObjectInfo, new: NewObject) -> None:
        raise NeedsParts


def _copy_between(client: ObjectStorageClient, source: Path) -> None:
    with LocalClient(source.parent, options=OPTIONS) as local:
        place = Place(client, client.container_name or "")
        assert object_copy(Place(local, "below"), "source", place, "o", resume=True)


Way = Callable[[ObjectStorageClient, Path], None]


@pytest.mark.parametrize("way", [_upload, _copy_within, _copy_between])
def test_the_store_is_left_with_the_segments_of_the_new_object(
    way: Way, first: SwiftClient, second: SwiftClient, source: Path
) -> None:
    (source.parent / "below").mkdir()
    with LocalClient(source.parent, "below") as below:
        below.object_write("source", DATA)
    if way is _copy_within:
        first.upload_file(source, "source")
    first.object_write("o", OLD)
    before = len(segments_of(first))
    with pytest.raises(Died):
        way(DyingClient(first, completed=False), source)
    assert second.object_read("o") == DATA
    assert len(segments_of(second)) == before + PARTS
    way(second, source)
    assert second.object_read("o") == DATA
    assert len(segments_of(second)) == before
    assert notes() == []
    assert second.cleanup(older_than=0).removed == ()


def test_published_after_the_next_process_had_looked(
    first: SwiftClient, second: SwiftClient, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A store may do what it was asked for after the process has died: it looks at each segment before."""
    first.object_write("o", OLD)
    _die(first, source)
    again = DyingClient(second)
    monkeypatch.setattr(again._border, "stored", lambda _: None)
    _upload(again, source)
    assert again.sent == 0
    assert second.object_read("o") == DATA
    assert second.cleanup(older_than=0).removed == ()
    assert notes() == []


def test_given_up(first: SwiftClient, second: SwiftClient, source: Path) -> None:
    first.object_write("o", OLD)
    _die(first, source)
    assert transfers.forget(transfers.read_transfers()[0].id, second)
    assert second.object_read("o") == DATA
    assert second.cleanup(older_than=0).removed == ()
    assert notes() == []


def test_keeps_what_the_object_of_another_writer_uses(
    swift: SwiftServer, first: SwiftClient, second: SwiftClient, source: Path
) -> None:
    """Whoever replaced the object meanwhile may have put the old one back: its segments are those that were noted."""
    first.object_write("o", OLD)
    place = path_of(first, "o")
    other = login_of(swift)
    manifest = other.send("GET", place + "?multipart-manifest=get&format=raw").body
    _die(first, source)
    assert other.send("PUT", place + "?multipart-manifest=put", manifest).status == 201
    assert second.object_read("o") == OLD
    assert transfers.forget(transfers.read_transfers()[0].id, second)
    assert second.object_read("o") == OLD


def test_of_an_earlier_journal(first: SwiftClient, second: SwiftClient, source: Path) -> None:
    """One that does not tell what was replaced is gone on with; what it does not tell is left to `cleanup`."""
    first.object_write("o", OLD)
    _die(first, source)
    (journal,) = Path(os.environ["OBS_TRANSFERS"]).iterdir()
    *lines, last = map(json.loads, journal.read_text().splitlines())
    assert last.pop("replaces")
    journal.write_text("".join(json.dumps(line) + "\n" for line in [*lines, last]))
    _upload(second, source)
    assert second.object_read("o") == DATA
    assert len(second.cleanup(older_than=0).removed) == PARTS
    assert second.object_read("o") == DATA


def test_keeps_the_segments_of_older_versions(
    swift: SwiftServer, first: SwiftClient, second: SwiftClient, source: Path
) -> None:
    other, place = login_of(swift), f"/{first.container_name}"
    first.object_write("o", OLD)
    assert other.send("POST", place, headers={"X-Versions-Enabled": "true"}).status == 204
    _die(first, source)
    before = segments_of(second)
    assert len(before) == 2 * PARTS
    _upload(second, source)
    assert segments_of(second) == before
    assert notes() == []
    for row in json.loads(other.send("GET", f"{place}?versions&format=json").body):
        other.send("DELETE", f"{path_of(first, 'o')}?version-id={row['version_id']}")
    assert other.send("POST", place, headers={"X-Versions-Enabled": "false"}).status == 204


@pytest.mark.parametrize("change", [lambda data: data[:-PART] + data[:PART], lambda data: b"x" + data[1:]])
def test_does_not_go_on_with_what_is_an_object_by_now(
    change: Callable[[bytes], bytes], first: SwiftClient, second: SwiftClient, source: Path
) -> None:
    """Its segments would be changed under its readers."""
    first.object_write("o", OLD)
    _die(first, source)
    source.write_bytes(change(DATA))
    with pytest.raises(Died):
        DyingClient(second, parts=2).upload_file(source, "o", resume=True)
    assert second.object_read("o") == DATA
    _upload(second, source)
    assert second.object_read("o") == source.read_bytes()
    assert second.cleanup(older_than=0).removed == ()
    assert notes() == []
