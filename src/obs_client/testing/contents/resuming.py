"""An upload of a file that goes on where it died."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from obs_client.backend.body import Body
from obs_client.backend.multipart import MultipartUpload, Part
from obs_client.backend.values import NewObject
from obs_client.client import ObjectStorageClient
from obs_client.errors import ConflictError
from obs_client.models import Attributes, ObjectInfo
from obs_client.testing.base import ConformanceBase
from obs_client.testing.promise import promise
from obs_client.wrappers.wrapped import Through, WrappedClient, WrappedUpload

_FOLDER = "OBS_TRANSFERS"


class Died(BaseException):
    """As if the process had been killed, as far as a process that goes on can see."""


class DyingClient(WrappedClient):
    """Another client, until it dies: after so many parts, or in the completion of a large object.

    Attributes:
        sent: Bytes of the parts that were stored, or copied.
        identities: Of the uploads that were begun or gone on with.
    """

    def __init__(self, inner: ObjectStorageClient, parts: int = 10**9, completed: bool = True) -> None:
        super().__init__(inner)
        self.parts = parts
        self.completed = completed
        self.sent: int = 0
        self.identities: list[str | None] = []

    def _object_multipart(self, new: NewObject) -> MultipartUpload:
        return self._watched(super()._object_multipart(new))

    def _object_reopen(self, new: NewObject, identity: str) -> MultipartUpload:
        return self._watched(super()._object_reopen(new, identity))

    def _object_begin_copy(self, container: str, source: ObjectInfo, new: NewObject) -> MultipartUpload:
        return self._watched(super()._object_begin_copy(container, source, new))

    def _object_reopen_copy(self, container: str, source: ObjectInfo, new: NewObject, identity: str) -> MultipartUpload:
        return self._watched(super()._object_reopen_copy(container, source, new, identity))

    def _watched(self, upload: MultipartUpload) -> MultipartUpload:
        self.identities.append(upload.identity)
        return _DyingUpload(upload, self._through, self)


class _DyingUpload(WrappedUpload):
    def __init__(self, inner: MultipartUpload, through: Through, client: DyingClient) -> None:
        super().__init__(inner, through)
        self._client = client

    def put_part(self, part: Part, body: Body) -> None:
        self._store(part, lambda: super(_DyingUpload, self).put_part(part, body))

    def copy_part(self, part: Part) -> None:
        self._store(part, lambda: super(_DyingUpload, self).copy_part(part))

    def _store(self, part: Part, store: Callable[[], None]) -> None:
        if self._client.parts <= 0:
            raise Died
        store()
        self._client.parts -= 1
        self._client.sent += part.size

    def complete(self) -> ObjectInfo | None:
        written = super().complete()
        if not self._client.completed:
            raise Died
        return written


class ResumingTests(ConformanceBase):
    """What is promised of `upload_file` with `resume`."""

    def setUp(self) -> None:
        super().setUp()
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self._notes = Path(directory.name, "transfers")
        self._source = Path(directory.name, "source")
        before = os.environ.get(_FOLDER)
        os.environ[_FOLDER] = str(self._notes)
        self.addCleanup(_put_back, before)

    @promise("upload_file with resume goes on with what was sent, which is not sent again; nothing is left of it.")
    def test_resume_goes_on(self) -> None:
        data = self._begin()
        moved: list[int] = []
        after = DyingClient(self.client)
        self.assertIs(after.upload_file(self._source, self.name("object"), resume=True, progress=moved.append), True)
        self.assertEqual(sum(moved), len(data), "progress tells all bytes, those that were there already too")
        self.assertTrue(self.client.object_read(self.name("object")) == data)
        if self.capabilities.resumable_uploads:
            self.assertLessEqual(after.sent, len(data) - self.part_size, "what was stored was sent again")
        self._assert_nothing_left()

    @promise("A file that is another by now is uploaded as it is now; one that was only touched too.")
    def test_resume_changed_source(self) -> None:
        def change(new: Callable[[bytes], bytes]) -> None:
            data = new(self._begin())
            self._source.write_bytes(data)
            os.utime(self._source, ns=(1, 1))
            self.assertIs(self.client.upload_file(self._source, self.name("object"), resume=True), True)
            self.assertTrue(self.client.object_read(self.name("object")) == data)
            self._assert_nothing_left()

        self.each([bytes, lambda data: data[::-1], lambda data: data[:-1], lambda data: data + b"more"], change)

    @promise("Other metadata, or another content type, are those of this call, whatever an earlier one began with.")
    def test_resume_other_attributes(self) -> None:
        data, name = self._begin(), self.name("object")
        self.client.upload_file(self._source, name, {"key": "now"}, content_type="text/now", resume=True)
        self.assertEqual((self.metadata(name), self.info(name).content_type), ({"key": "now"}, "text/now"))
        self.assertTrue(self.client.object_read(name) == data)
        self._assert_nothing_left()

    @promise("An upload that is gone from the store is begun again.")
    def test_resume_gone(self) -> None:
        self.require("resumable_uploads")
        data, name = self._begin(), self.name("object")
        new = self._begun
        self.assertIsNotNone(self._identity, "an upload that can be gone on with has an identity")
        border = self.client._border
        border.run("abort", border.object_reopen(new, self._identity or "").abort)
        self.assertIs(self.client.upload_file(self._source, name, resume=True), True)
        self.assertTrue(self.client.object_read(name) == data)
        self._assert_nothing_left()

    @promise("A completion of which only the answer was lost is noticed: nothing is sent again, and it counts as done.")
    def test_resume_completed(self) -> None:
        self.require("resumable_uploads")
        name, after = self.name("object"), DyingClient(self.client)
        data = self._begin(DyingClient(self.client, completed=False), if_absent=self.capabilities.if_absent)
        written = self.info(name)
        done = after.upload_file(self._source, name, if_absent=self.capabilities.if_absent, resume=True)
        self.assertEqual((done, after.sent), (True, 0))
        self.assertEqual(self.info(name), written)
        self.assertTrue(self.client.object_read(name) == data)
        self._assert_nothing_left()

    @promise(
        "A condition that does not hold when an upload that goes on is completed makes it False, and leaves nothing."
    )
    def test_resume_condition(self) -> None:
        self.require("if_absent")
        self._begin(if_absent=True)
        self.put("object", b"another's")
        self.assertIs(self.client.upload_file(self._source, self.name("object"), if_absent=True, resume=True), False)
        self.assertEqual(self.client.object_read(self.name("object")), b"another's")
        self._assert_nothing_left()

    @promise("download_file with resume goes on beside its target, which is as it was until all is there and checked.")
    def test_resume_download(self) -> None:
        data, target, moved = self.large(), self._source.with_name("target"), list[int]()
        name = self.put("object", data)
        target.write_bytes(b"old")

        def die(count: int) -> None:
            moved.append(count)
            if sum(moved) > 2 * self.part_size:
                raise Died

        with self.assertRaises(Died):
            self.client.download_file(name, target, resume=True, progress=die)
        self.assertEqual(target.read_bytes(), b"old")
        moved.clear()
        self.assertIs(self.client.download_file(name, target, resume=True, progress=moved.append), True)
        self.assertTrue(target.read_bytes() == data)
        self.assertEqual(sum(moved), len(data))
        self.assertEqual([path.name for path in target.parent.glob("*obs_t*")], [], "something is left beside it")
        self._assert_nothing_left()

    @promise("While one call is at a transfer with resume, another one of the same is a ConflictError.")
    def test_resume_at_once(self) -> None:
        self.require("resumable_uploads")
        seen: list[bool] = []

        def again(_: int) -> None:
            if not seen:
                with self.assertRaises(ConflictError):
                    self.client.upload_file(self._source, self.name("object"), resume=True)
                seen.append(True)

        self._source.write_bytes(self.large())
        self.client.upload_file(self._source, self.name("object"), resume=True, progress=again)
        self.assertTrue(seen)
        self._assert_nothing_left()

    @promise("cleanup leaves what a transfer with resume is going on with, whatever its age.")
    def test_resume_cleanup(self) -> None:
        self.require("resumable_uploads")
        if self.container_name is not None:
            self.skipTest("with older_than=0 it could remove what others are writing in this container")
        data, after = self._begin(), DyingClient(self.client)
        self.assertEqual(self.client.cleanup(older_than=0).removed, ())
        after.upload_file(self._source, self.name("object"), resume=True)
        self.assertLess(after.sent, len(data))
        self._assert_nothing_left()

    def _begin(self, client: DyingClient | None = None, if_absent: bool = False) -> bytes:
        """Let an upload of a large file die; gives its content."""
        self.set_options(workers=1)
        dying, data = client or DyingClient(self.client, parts=2), self.large()
        self._source.write_bytes(data)
        with self.assertRaises(Died):
            dying.upload_file(self._source, self.name("object"), resume=True, if_absent=if_absent)
        self._identity = dying.identities[-1]
        return data

    @property
    def _begun(self) -> NewObject:
        attributes = Attributes("application/octet-stream", {}, write_id="0123456789abcdef")
        return NewObject(self.container, self.name("object"), attributes, len(self.large()), self.part_size)

    def _assert_nothing_left(self) -> None:
        self.assertEqual([*self._notes.glob("*")] if self._notes.exists() else [], [], "a transfer is still noted")
        if self.container_name is None:
            self.assertEqual(self.client.cleanup(older_than=0).removed, (), "something is left in the store")


def _put_back(value: str | None) -> None:
    if value is None:
        del os.environ[_FOLDER]
    else:
        os.environ[_FOLDER] = value
