"""A large object on its way into a local store: one temporary file, its parts written by several threads."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from obs_client.backend.body import Body
from obs_client.backend.multipart import MultipartUpload, Part
from obs_client.backends.local.draft import FileDraft
from obs_client.backends.local.writing import copy_body
from obs_client.errors import IntegrityError


class LocalUpload(MultipartUpload):
    """The parts of one draft, and the MD5 of each."""

    def __init__(self, draft: FileDraft) -> None:
        self._draft = draft
        self._parts: dict[int, tuple[Part, bytes]] = {}
        self._complete = False

    def __str__(self) -> str:
        return f"the temporary file {self._draft.temporary_name!r}"

    def put_part(self, part: Part, body: Body) -> None:
        if body.size != part.size:
            raise IntegrityError(f"part {part.number} has {body.size:,} bytes in place of {part.size:,}")
        self._parts[part.number] = (part, copy_body(body, self._draft.descriptor, part.offset))

    def complete(self) -> None:
        if self._complete:
            return
        ordered = [self._parts[number] for number in sorted(self._parts)]
        part_size = _check_whole([part for part, _ in ordered], self._draft.new.size)
        digests = [digest for _, digest in ordered]
        if len(digests) > 1:
            self._draft.publish(f"{_md5(b''.join(digests))}-{len(digests)}", part_size)
        else:
            self._draft.publish(digests[0].hex() if digests else _md5(b""))
        self._complete = True
        self._draft.discard()

    def abort(self) -> None:
        self._draft.discard()


def _check_whole(parts: Sequence[Part], size: int | None) -> int:
    """The size of all parts but the last; raises `IntegrityError` if one is missing or of another size."""
    part_size = parts[0].size if parts else 0
    for number, part in enumerate(parts, 1):
        last = number == len(parts)
        fits = 0 < part.size <= part_size if last and number > 1 else part.size == part_size
        if part.number != number or part.offset != (number - 1) * part_size or not fits:
            raise IntegrityError(f"part {number} is missing, or is not as long as the first; nothing was written")
    total = sum(part.size for part in parts)
    if size is not None and total != size:
        raise IntegrityError(f"the parts have {total:,} bytes in all, not {size:,}; nothing was written")
    return part_size


def _md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()
