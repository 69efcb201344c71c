"""`object_copy` with `resume`: what a killed process copied is not copied again, and never parts of two versions."""

from __future__ import annotations

import dataclasses
import json
import os
import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from obs_client import (
    Capabilities,
    ClientOptions,
    ConflictError,
    IntegrityError,
    LocalClient,
    ObjectInfo,
    ObjectStorageClient,
    Place,
    PreconditionError,
    transfers,
)
from obs_client._engine.resuming.journal import Journal
from obs_client.backend.body import BytesBody
from obs_client.backend.multipart import MultipartUpload, NeedsParts, NeedsReading, Part
from obs_client.backend.values import NewObject
from obs_client.copying import object_copy
from obs_client.testing.contents.resuming import Died, DyingClient
from obs_client.wrappers.wrapped import Through, WrappedClient, WrappedUpload
from test.engine.resuming.killing import Counting, notes

PART = 20_000
DATA = random.Random(4).randbytes(12 * PART + 7)
OPTIONS = ClientOptions(part_size=PART, workers=1)


class CopiesByParts(WrappedClient):
    """A store that copies by parts only; for `reads` it finds out at a part that it cannot."""

    def __init__(self, inner: ObjectStorageClient, reads: bool = False) -> None:
        super().__init__(inner)
        self.reads = reads

    def _capabilities(self) -> Capabilities:
        return dataclasses.replace(super()._capabilities(), server_side_copy=True, copy_part_size=PART)

    def _object_copy(self, container: str, source: ObjectInfo, new: NewObject) -> None:
        raise NeedsParts

    def _object_begin_copy(self, container: str, source: ObjectInfo, new: NewObject) -> MultipartUpload:
        return _CopiedUpload(self.inner._object_multipart(new), self._through, self, (container, source))

    def _object_reopen_copy(self, container: str, source: ObjectInfo, new: NewObject, identity: str) -> MultipartUpload:
        return _CopiedUpload(self.inner._object_reopen(new, identity), self._through, self, (container, source))


class _CopiedUpload(WrappedUpload):
    def __init__(
        self, inner: MultipartUpload, through: Through, client: CopiesByParts, source: tuple[str, ObjectInfo]
    ) -> None:
        super().__init__(inner, through)
        self._client = client
        self._source = source

    def copy_part(self, part: Part) -> None:
        if self._client.reads:
            raise NeedsReading
        container, source = self._source
        reader = self._client.inner._object_open(
            container, source.name, part.offset, part.offset + part.size, source.hash
        )
        content = bytearray(part.size)
        with reader:
            view = memoryview(content)
            while view:
                view = view[reader.readinto(view) :]
        self.inner.put_part(part, BytesBody(content))


@dataclasses.dataclass
class Ends:
    """Where from, where to, and how a copy between them is made by a client of the target that may die."""

    source: ObjectStorageClient
    target: LocalClient
    within: bool

    def copy(self, parts: int = 10**9, completed: bool = True, if_absent: bool = False) -> int:
        """Copy with `resume`; gives the bytes that were sent."""
        inner = self.source if self.within else self.target
        dying = DyingClient(inner, parts, completed)
        source = Place(dying if self.within else self.source, "c")
        assert object_copy(source, "o", Place(dying, "c"), "copy", if_absent=if_absent, resume=True)
        return dying.sent

    def die(self, parts: int, completed: bool = True) -> None:
        """Let a copy die after so many parts."""
        with pytest.raises(Died):
            self.copy(parts, completed)

    def assert_right(self, data: bytes = DATA) -> None:
        """The copy is that, and nothing is left."""
        assert self.target.object_read("copy", "c") == data
        left = os.listdir(Path(self.target.root, "c"))
        assert sorted(left) == (["copy", "o"] if self.within else ["copy"])
        assert notes() == []


@pytest.fixture(params=["within", "between", "between, of one digest", "between, of other parts"])
def ends(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ends]:
    within = request.param == "within"
    for name in ("here", "there"):
        (tmp_path / name / "c").mkdir(parents=True)
    sizes = {"between, of one digest": 10**6, "between, of other parts": 5 * PART // 2}
    options = dataclasses.replace(OPTIONS, part_size=sizes.get(request.param, PART))
    with (
        LocalClient(tmp_path / "here", "c", options=options) as here,
        LocalClient(tmp_path / "there", "c", options=OPTIONS) as there,
    ):
        here.object_write("o", DATA, {"key": "value"})
        yield Ends(CopiesByParts(here) if within else here, here if within else there, within)


@pytest.mark.parametrize("parts", [0, 1, 5, 12, 13])
def test_what_was_copied_is_not_copied_again(ends: Ends, parts: int) -> None:
    ends.die(parts, completed=False)
    assert ends.copy() == (len(DATA) - min(len(DATA), parts * PART))
    ends.assert_right()
    info = ends.target.object_info("copy", "c")
    assert info is not None
    assert info.metadata == {"key": "value"}


def test_a_source_that_is_another_by_now_is_copied_from_its_beginning(ends: Ends) -> None:
    ends.die(5)
    ends.source.object_write("o", DATA[::-1], container_name="c")
    assert ends.copy() == len(DATA)
    ends.assert_right(DATA[::-1])


def test_a_source_with_other_metadata_is_copied_with_those(ends: Ends) -> None:
    ends.die(5)
    ends.source.object_set_metadata("o", "key", "other", "c")
    ends.copy()
    ends.assert_right()
    info = ends.target.object_info("copy", "c")
    assert info is not None
    assert info.metadata == {"key": "other"}


def test_a_target_that_was_replaced_meanwhile_is_replaced_or_stays(ends: Ends) -> None:
    ends.die(5)
    ends.target.object_write("copy", b"of another", container_name="c")
    with pytest.raises(PreconditionError):
        ends.copy(if_absent=True)
    ends.assert_right(b"of another")
    ends.die(5)
    assert ends.copy() == len(DATA) - 5 * PART
    ends.assert_right()


def test_a_completion_whose_answer_was_lost_is_found_out(ends: Ends) -> None:
    ends.die(13, completed=False)
    assert ends.target.object_read("copy", "c") == DATA
    assert ends.copy() == 0
    ends.assert_right()


def test_an_upload_that_is_gone_is_begun_again(ends: Ends) -> None:
    ends.die(5)
    for each in Path(ends.target.root, "c").iterdir():
        if each.name != "o":
            each.unlink()
    assert ends.copy() == len(DATA)
    ends.assert_right()


def test_after_a_week_all_is_begun_again(ends: Ends) -> None:
    ends.die(5)
    (journal,) = Path(os.environ["OBS_TRANSFERS"]).iterdir()
    first, rest = journal.read_text().split("\n", 1)
    journal.write_text(json.dumps({**json.loads(first), "begun": time.time() - 8 * 24 * 3600}) + "\n" + rest)
    assert ends.copy() == len(DATA)
    ends.assert_right()


def test_another_process_at_the_same_copy_is_named(ends: Ends) -> None:
    ends.die(5)
    (journal,) = Path(os.environ["OBS_TRANSFERS"]).iterdir()
    with Journal(journal), pytest.raises(ConflictError, match=f"process {os.getpid()} "):
        ends.copy()
    assert ends.copy() == len(DATA) - 5 * PART
    ends.assert_right()


def test_a_journal_that_was_cut_anywhere_makes_more_to_be_copied_and_no_wrong_byte(ends: Ends) -> None:
    ends.die(3)
    (journal,) = Path(os.environ["OBS_TRANSFERS"]).iterdir()
    content = journal.read_bytes()
    journal.write_bytes(content[: content.index(b'"part": 3')])
    assert ends.copy() == len(DATA) - 2 * PART
    ends.assert_right()


def test_cleanup_leaves_it_and_it_can_be_ended(ends: Ends) -> None:
    ends.die(5)
    assert ends.target.cleanup("c", older_than=0).removed == ()
    (found,) = transfers.read_transfers()
    assert (found.what, found.name, found.moved, found.size) == ("copy", "copy", 5 * PART, len(DATA))
    assert found.path.endswith("here/c/o")
    assert transfers.forget(found.id, ends.target)
    assert notes() == []
    assert ends.copy() == len(DATA)
    ends.assert_right()


def test_another_part_size_of_today_does_not_matter(ends: Ends) -> None:
    ends.die(4)
    ends.target.options = dataclasses.replace(OPTIONS, part_size=3 * PART)
    ends.source.options = dataclasses.replace(ends.source.options, part_size=3 * PART)
    assert ends.copy() == len(DATA) - 4 * PART
    ends.assert_right()


def test_progress_adds_up_to_the_size(ends: Ends) -> None:
    ends.die(4)
    told: list[int] = []
    target = Place(ends.source if ends.within else ends.target, "c")
    assert object_copy(Place(ends.source, "c"), "o", target, "copy", resume=True, progress=told.append)
    assert sum(told) == len(DATA)


def test_a_small_object_needs_no_journal(ends: Ends) -> None:
    ends.source.object_write("o", b"small", container_name="c")
    assert ends.copy() == (5 if ends.within else 0)
    ends.assert_right(b"small")


def _damage(path: Path) -> None:
    status = path.stat()
    with path.open("r+b") as file:
        file.seek(2 * PART + 5)
        file.write(bytes(99))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


@pytest.mark.parametrize("ends", ["between", "between, of one digest"], indirect=True)
def test_a_source_that_is_damaged_is_noticed_and_nothing_is_left(ends: Ends, tmp_path: Path) -> None:
    _damage(tmp_path / "here" / "c" / "o")
    with pytest.raises(IntegrityError):
        ends.copy()
    assert os.listdir(Path(ends.target.root, "c")) == []
    assert notes() == []


@pytest.mark.parametrize("ends", ["between"], indirect=True)
def test_a_part_that_was_noted_is_judged_though_it_is_not_read_again(ends: Ends) -> None:
    ends.die(4)
    (journal,) = Path(os.environ["OBS_TRANSFERS"]).iterdir()
    lines = [json.loads(line) for line in journal.read_text().splitlines()]
    noted = next(line for line in lines if line.get("part") == 3)
    noted["source"][1] = "0" * 32
    journal.write_text("".join(json.dumps(line) + "\n" for line in lines))
    with pytest.raises(IntegrityError):
        ends.copy()
    assert os.listdir(Path(ends.target.root, "c")) == []
    assert notes() == []


@pytest.mark.parametrize("ends", ["between"], indirect=True)
def test_what_is_kept_is_not_read_again(ends: Ends) -> None:
    ends.die(4)
    counting = Counting(ends.source)
    assert object_copy(Place(counting, "c"), "o", Place(ends.target, "c"), "copy", resume=True)
    assert counting.read == len(DATA) - 4 * PART
    ends.assert_right()


def test_a_store_that_finds_out_that_it_cannot_copy_parts_reads_and_goes_on_so(tmp_path: Path) -> None:
    (tmp_path / "c").mkdir()
    with LocalClient(tmp_path, "c", options=OPTIONS) as inner:
        inner.object_write("o", DATA)
        ends = Ends(CopiesByParts(inner, reads=True), inner, within=True)
        ends.die(4)
        assert ends.copy() == len(DATA) - 4 * PART
        ends.assert_right()


@pytest.mark.parametrize("workers", [2, 5])
def test_by_several_workers(ends: Ends, workers: int) -> None:
    ends.target.options = dataclasses.replace(OPTIONS, workers=workers)
    ends.source.options = dataclasses.replace(ends.source.options, workers=workers)
    ends.die(6)
    assert ends.copy() <= len(DATA) - 6 * PART
    ends.assert_right()


def test_a_client_copies_within_its_store(tmp_path: Path) -> None:
    (tmp_path / "c").mkdir()
    with LocalClient(tmp_path, "c", options=OPTIONS) as inner:
        inner.object_write("o", DATA)
        with pytest.raises(Died):
            DyingClient(CopiesByParts(inner), 4).object_copy("o", "copy", resume=True)
        after = DyingClient(CopiesByParts(inner))
        assert after.object_copy("o", "copy", resume=True)
        assert after.sent == len(DATA) - 4 * PART
        assert inner.object_read("copy") == DATA
