"""A store with uploads that can be gone on with, in memory; and what is broken about such."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Collection, Hashable, Mapping
from typing import Any

from obs_client import Capabilities, CleanupReport, ObjectInfo
from obs_client.backend.body import Body, BytesBody
from obs_client.backend.multipart import MultipartUpload, Part, UploadGone
from obs_client.backend.values import NewObject
from test.testing.broken.backends import BrokenClient, caught_by

Stored = dict[Part, bytes]


class ResumingClient(BrokenClient):
    """Nothing is broken in this one."""

    def __init__(self) -> None:
        super().__init__()
        self.uploads: dict[str, Stored] = {}

    def _capabilities(self) -> Capabilities:
        return dataclasses.replace(super()._capabilities(), resumable_uploads=True, if_absent=True)

    def _location(self, container: str) -> tuple[Hashable, str]:
        return "memory", f"{container}/"

    def _object_multipart(self, new: NewObject) -> MultipartUpload:
        identity = f"upload {new.attributes.write_id}"
        self.uploads[identity] = {}
        return self._upload(new, identity)

    def _object_reopen(self, new: NewObject, identity: str) -> MultipartUpload:
        if identity not in self.uploads:
            raise UploadGone(identity)
        return self._upload(new, identity)

    def _upload(self, new: NewObject, identity: str) -> Upload:
        return Upload(self, new, identity)

    def _cleanup(self, container: str, prefix: str, older_than: float, kept: Collection[str] = ()) -> CleanupReport:
        left = sorted(set(self.uploads) - set(kept)) if older_than == 0 else []
        for identity in left:
            del self.uploads[identity]
        return CleanupReport(tuple(left), 0)


class Upload(MultipartUpload):
    """Its parts are the client's."""

    def __init__(self, client: ResumingClient, new: NewObject, identity: str) -> None:
        self._client, self._new, self._identity = client, new, identity
        self._mine: Stored = {}

    @property
    def identity(self) -> str:
        return self._identity

    def put_part(self, part: Part, body: Body) -> None:
        data = body.read()
        self._client.uploads[self._identity][part] = self._mine[part] = data

    def receipt(self, part: Part) -> str:
        return hashlib.md5(self._mine[part]).hexdigest()

    def take_up(self, receipts: Mapping[Part, str]) -> Collection[Part]:
        stored = self._client.uploads[self._identity]
        self._mine = {part: stored[part] for part in receipts if part in stored}
        return [part for part, receipt in receipts.items() if part in self._mine and self.receipt(part) == receipt]

    def complete(self) -> ObjectInfo | None:
        content = b"".join(self._mine[part] for part in sorted(self._mine, key=lambda part: part.number))
        written = self._client.inner._object_write(
            dataclasses.replace(self._new, size=len(content)), BytesBody(content)
        )
        self.abort()
        return written

    def abort(self) -> None:
        self._client.uploads.pop(self._identity, None)


@caught_by("test_resume_goes_on")
class SendsEverythingAgain(ResumingClient):
    def _upload(self, new: NewObject, identity: str) -> Upload:
        class Sending(Upload):
            def take_up(self, receipts: Mapping[Part, str]) -> Collection[Part]:
                return ()

        return Sending(self, new, identity)


@caught_by("test_resume_gone")
class BelievesWhatItIsTold(ResumingClient):
    def _object_reopen(self, new: NewObject, identity: str) -> MultipartUpload:
        self.uploads.setdefault(identity, {})
        return self._upload(new, identity)

    def _upload(self, new: NewObject, identity: str) -> Upload:
        class Believing(Upload):
            def take_up(self, receipts: Mapping[Part, str]) -> Collection[Part]:
                super().take_up(receipts)
                return list(receipts)

        return Believing(self, new, identity)


@caught_by("test_resume_other_attributes")
class LeavesWhatIsAborted(ResumingClient):
    def _upload(self, new: NewObject, identity: str) -> Upload:
        class Leaving(Upload):
            def complete(self) -> ObjectInfo | None:
                written = super().complete()
                self._client.uploads.pop(self._identity, None)
                return written

            def abort(self) -> None:
                pass

        return Leaving(self, new, identity)


@caught_by("test_resume_completed")
class ForgetsWhoWroteIt(ResumingClient):
    def _object_info(self, container: str, name: str) -> ObjectInfo:
        return dataclasses.replace(super()._object_info(container, name), write_id=None)


@caught_by("test_resume_cleanup")
class CleansUpWhatIsGoneOnWith(ResumingClient):
    def _cleanup(self, container: str, prefix: str, older_than: float, kept: Collection[str] = ()) -> CleanupReport:
        return super()._cleanup(container, prefix, older_than)


@caught_by("test_resume_at_once")
class CountsNobody(ResumingClient):
    def upload_file(self, *arguments: Any, **more: Any) -> bool:
        return super().upload_file(*arguments, **{**more, "resume": False})
