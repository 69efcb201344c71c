"""The moment in which a large object is published: what is looked at before it, and what if its answer is lost."""

from __future__ import annotations

import dataclasses
import io
import os
import random
from pathlib import Path
from typing import Any

import pytest

from obs_client import Capabilities, ObjectChangedError, TemporaryError
from obs_client.backend.body import Body
from obs_client.backend.multipart import MultipartUpload, Part
from obs_client.backend.values import NewObject
from obs_client.backends import memory
from test.engine.scripted import QUICK, Outage, ScriptedClient, count_aborts

CONTENT = random.Random(7).randbytes(7 * QUICK.part_size + 123)


@pytest.mark.parametrize("change", [b"more", None], ids=["longer", "touched"])
def test_a_source_file_is_looked_at_once_more_before_it_is_published(
    change: bytes | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All its parts were read and sent when it changes."""
    client = ScriptedClient()
    path = tmp_path / "source"
    path.write_bytes(CONTENT)
    aborted = count_aborts(monkeypatch)
    sent: list[int] = []
    put_part = memory._Upload.put_part

    def put(self: Any, part: Any, body: Any) -> None:
        put_part(self, part, body)
        sent.append(part.number)
        if len(sent) == 8:
            path.write_bytes(CONTENT + (change or b""))
            os.utime(path, (1, 1))

    monkeypatch.setattr(memory._Upload, "put_part", put)
    with pytest.raises(ObjectChangedError, match="source file"):
        client.upload_file(path, "name")
    assert client.object_info("name") is None
    assert aborted == [1]


@pytest.mark.parametrize("how", ["bytes", "stream", "file object"])
def test_what_was_published_is_not_aborted_though_all_answers_were_lost(
    how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = ScriptedClient()
    aborted = count_aborts(monkeypatch)
    complete = memory._Upload.complete

    def lost(self: Any) -> None:
        complete(self)
        raise Outage("no answer")

    monkeypatch.setattr(memory._Upload, "complete", lost)
    with pytest.raises(TemporaryError) as caught:
        if how == "bytes":
            client.object_write("name", CONTENT)
        elif how == "stream":
            client.object_upload(io.BytesIO(CONTENT), "name")
        else:
            with client.object_open("name", "wb") as file:
                file.write(CONTENT)
    assert caught.value.tries == QUICK.attempts
    assert caught.value.__notes__ == ["the object was published: only the store's response was lost"]
    assert aborted == []
    assert client.object_read("name") == CONTENT


def test_what_was_not_published_is_aborted_though_another_object_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    client = ScriptedClient()
    client.object_write("name", b"old")
    aborted = count_aborts(monkeypatch)

    def fail(self: Any) -> None:
        raise Outage("not done")

    monkeypatch.setattr(memory._Upload, "complete", fail)
    with pytest.raises(TemporaryError):
        client.object_write("name", CONTENT)
    assert aborted == [1]
    assert client.object_read("name") == b"old"


class Growing(ScriptedClient):
    """Takes 20 parts, which may be unequal; notes their sizes, and tells nothing of what was completed."""

    def __init__(self) -> None:
        super().__init__()
        self.sizes: list[int] = []

    def _capabilities(self) -> Capabilities:
        return dataclasses.replace(super()._capabilities(), part_count_maximum=20, equal_parts=False)

    def _object_multipart(self, new: NewObject) -> MultipartUpload:
        upload, sizes = super()._object_multipart(new), self.sizes
        put, complete = upload.put_part, upload.complete

        def put_part(part: Part, body: Body) -> None:
            put(part, body)
            sizes.append(part.size)
            assert part.size == body.size

        def completed() -> None:
            complete()

        upload.put_part, upload.complete = put_part, completed  # type: ignore[method-assign]
        return upload


def test_parts_of_a_stream_grow_as_planned_though_their_buffers_are_used_again() -> None:
    client = Growing()
    wanted = [size for size in (1000, 2000, 4000, 8000, 16000) for _ in range(2)] + [4]
    content = random.Random(9).randbytes(sum(wanted))
    with client.object_open("name", "wb") as file:
        file.write(content)
    assert sorted(client.sizes) == sorted(wanted)
    assert file.info.size == len(content), "which the store did not tell"
    assert client.object_read("name") == content


def test_what_the_lost_answer_told_is_asked_for() -> None:
    """The completion is asked for again, and then tells nothing of the object that is there."""

    class Forgetful(ScriptedClient):
        def _object_multipart(self, new: NewObject) -> MultipartUpload:
            upload = super()._object_multipart(new)
            complete, lost = upload.complete, [Outage("no answer")]

            def completed() -> None:
                if lost:
                    complete()
                    raise lost.pop()

            upload.complete = completed  # type: ignore[method-assign]
            return upload

    client = Forgetful()
    with client.object_open("name", "wb") as file:
        file.write(CONTENT)
    info = client.object_info("name")
    assert info
    assert file.info.hash == info.hash is not None
