"""Large objects by blocks, which Azure shows to nobody before Put Block List, and drops by itself after a week.

Whoever commits a list, or writes the name by one request, discards all other blocks of the name: of two large writers
that overlap one must send everything again, and is told so. Blocks are never removed: what Azure has for it would show
readers an empty object for a moment, or empty one that is there.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from base64 import b64decode
from collections.abc import Callable, Collection, Mapping

from obs_client._http.answer import HttpAnswer
from obs_client._http.kit.calls.framed import hashed
from obs_client._http.kit.calls.queries import query_of
from obs_client._http.kit.calls.refusals import Refusal, code_of
from obs_client.backend.body import Body
from obs_client.backend.crcs import CRC64, has_crc64
from obs_client.backend.multipart import MultipartUpload, Part, UploadGone
from obs_client.backend.values import NewObject
from obs_client.backends.azure.reading import head_blob, note_of_crc64, note_of_parts
from obs_client.backends.azure.requests import Request, Requests
from obs_client.backends.azure.writing import attribute_headers, check_md5, conditions_of, encode, written
from obs_client.errors import IntegrityError, PreconditionError
from obs_client.models import ObjectInfo

MD5 = "md5"


class AzureUpload(MultipartUpload):
    """An upload; it has begun with its first block.

    Args:
        identity: Of the upload that another process began, if this goes on with it.
    """

    def __init__(self, requests: Requests, new: NewObject, *, check: bool, identity: str | None = None) -> None:
        self._requests = requests
        self._check = check
        self._new = new
        self._id = identity or secrets.token_hex(12)
        self._blocks: dict[int, str] = {}
        self._algorithm = CRC64 if has_crc64() else MD5
        self._parts: dict[int, tuple[int, bytes]] = {}

    def __str__(self) -> str:
        return f"the blocks {self._id}..., which Azure drops after a week,"

    @property
    def identity(self) -> str:
        return self._id

    def receipt(self, part: Part) -> str:
        return json.dumps([self._algorithm, self._parts[part.number][1].hex()])

    def take_up(self, receipts: Mapping[Part, str]) -> Collection[Part]:
        # Azure tells no digest of a block: its id is this upload's, and its receipt was made once it was compared.
        there, taken = self._uncommitted(), []
        for part, receipt in receipts.items():
            algorithm, digest = json.loads(receipt)
            block = self._block(part.number)
            if algorithm == self._algorithm and there.get(block) == str(part.size):
                self._blocks[part.number] = block
                self._parts[part.number] = part.size, bytes.fromhex(digest)
                taken.append(part)
        return taken

    def _uncommitted(self) -> dict[str, str]:
        """The ids and the sizes of the blocks of this name that no list has committed.

        Raises:
            UploadGone: There are none of this upload.
        """
        place = self._new.container, self._new.name, "comp=blocklist&blocklisttype=uncommitted"
        try:
            found = self._requests.document(Request("Get Block List", "GET", *place), "BlockList")
        except Refusal as error:
            if error.status != 404:
                raise
            raise UploadGone from error
        rows = [block for blocks in found.all("UncommittedBlocks") for block in blocks.all("Block")]
        there = {block.get("Name"): block.get("Size") for block in rows}
        if not any(b64decode(block).startswith(self._id.encode()) for block in there):
            raise UploadGone
        return there

    def _block(self, number: int) -> str:
        """The id of a block; all of a name are of the same length, as Azure wants it."""
        return encode(f"{self._id}{number:08}".encode())

    def put_part(self, part: Part, body: Body) -> None:
        digest = self._put_with_crc64(part, body) if self._algorithm == CRC64 else self._put_with_md5(part, body)
        self._parts[part.number] = part.size, digest

    def _put_with_md5(self, part: Part, body: Body) -> bytes:
        digest = body.digest(MD5)
        answer = self.put_block(part.number, body, {"Content-MD5": encode(digest)})
        if self._check:
            check_md5(answer, digest)
        return digest

    def _put_with_crc64(self, part: Part, body: Body) -> bytes:
        """Store a block, and compare what Azure tells of it with what was sent: so the block is read once only."""
        sent = hashed(body, CRC64)
        told = self.put_block(part.number, sent, {}).headers.get("x-ms-content-crc64")
        digest = sent.digest(CRC64)
        if self._check and told is None:  # as it is with old emulators
            self._put_with_md5(part, body)
        elif self._check and told != encode(digest[::-1]):
            raise IntegrityError(
                f"Azure reports that it received other bytes: CRC-64 {told}, not {encode(digest[::-1])}"
            )
        return digest

    def put_block(
        self, number: int, body: Body | None, headers: dict[str, str], secret: Callable[[], dict[str, str]] = dict
    ) -> HttpAnswer:
        """Store a block."""
        block = self._block(number)
        place = self._new.container, self._new.name, query_of("comp=block", ("blockid", block))
        answer = self._requests.finish(Request("Put Block", "PUT", *place, headers, body, secret))
        self._blocks[number] = block
        return answer

    def complete(self) -> ObjectInfo:
        blocks = "".join(f"<Latest>{block}</Latest>" for _, block in sorted(self._blocks.items()))
        document = f"<BlockList>{blocks}</BlockList>".encode()
        headers = {
            **attribute_headers(self._new.attributes, self._mark()),
            **conditions_of(self._new),
            "Content-MD5": encode(hashlib.md5(document, usedforsecurity=False).digest()),
            "Content-Type": "application/xml",
        }
        place = self._new.container, self._new.name, "comp=blocklist"
        try:
            answer = self._requests.finish(Request("Put Block List", "PUT", *place, headers, document))
        except Refusal as error:
            if code_of(error) == "InvalidBlockList" and self._condition_failed():
                raise PreconditionError("another upload to this name ended first, and the condition failed") from error
            raise
        return written(self._new, answer)

    def abort(self) -> None:
        """Leave the blocks: they are seen by nobody, and gone after a week, or with the next write of the name."""

    def _mark(self) -> str:
        """The id of this write with the digest of its parts, by which whoever reads the object can check it."""
        parts = [part for _, part in sorted(self._parts.items())]
        note = note_of_crc64(parts) if self._algorithm == CRC64 else note_of_parts(*zip(*parts, strict=True))
        return f"{self._new.attributes.write_id}{note}"

    def _condition_failed(self) -> bool:
        """Whether the condition does not hold any more: the blocks are gone because somebody wrote the object."""
        if not self._new.conditional:
            return False
        try:
            self._requests.finish(head_blob(self._new.container, self._new.name, self._new.if_hash))
        except Refusal as error:
            return self._new.if_hash is not None and error.status in (404, 412)
        return self._new.if_absent
