"""The digests of bodies: those that come along are verified, and tags are made of them."""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets
import zlib
from collections.abc import Mapping
from typing import Literal

from test.loopback.serving import Request

from .refusals import Refusal, bad_digest, invalid
from .ways import Keeping, Ways

PREFIX = "x-amz-checksum-"
NOT_VALUES = ("x-amz-checksum-algorithm", "x-amz-checksum-mode", "x-amz-checksum-type")
ONE_DIGEST = "You can only specify one non-default checksum at a time."


def md5(data: bytes) -> bytes:
    """The MD5."""
    return hashlib.md5(data, usedforsecurity=False).digest()


def crc32(data: bytes) -> bytes:
    """The CRC-32."""
    return zlib.crc32(data).to_bytes(4, "big")


def encoded(digest: bytes) -> str:
    """A digest as headers hold it."""
    return base64.b64encode(digest).decode()


def etag(kind: Literal["md5", "random", "random-1"], content: bytes) -> str:
    """The tag of what was written at once."""
    if kind == "md5":
        return md5(content).hex()
    return secrets.token_hex(16) + ("-1" if kind == "random-1" else "")


def sent_checksums(headers: Mapping[str, str]) -> dict[str, str]:
    """The checksums among the headers, by the names of the headers."""
    return {name: value for name, value in headers.items() if name.startswith(PREFIX) and name not in NOT_VALUES}


def check_body(request: Request, ways: Ways, keeping: Keeping) -> dict[str, str]:
    """Verify the digests of a body; gives the checksums that are kept.

    Args:
        keeping: What is done with `x-amz-checksum-*`.
    """
    checksums = sent_checksums(request.headers)
    claimed = request.header("content-md5")
    if ways.one_digest and checksums and claimed:
        raise invalid(ONE_DIGEST)
    if checksums and keeping == "refuse":
        raise Refusal(
            *ways.checksum_refusal, f"Unsupported header '{next(iter(checksums))}' received for this API call."
        )
    if claimed and ways.content_md5 and _decoded(claimed, 16) != md5(request.body):
        raise bad_digest("Content-MD5")
    if keeping == "ignore":
        return {}
    for name, value in checksums.items():
        _check_checksum(name, value, request.body)
    return checksums


def _check_checksum(name: str, value: str, body: bytes) -> None:
    algorithm = name.removeprefix(PREFIX)
    if algorithm == "crc32":
        found = crc32(body)
    elif algorithm in ("sha1", "sha256"):
        found = hashlib.new(algorithm, body, usedforsecurity=False).digest()
    else:
        raise invalid(f"this double does not know {algorithm}")
    if _decoded(value, len(found)) != found:
        raise bad_digest(algorithm.upper())


def _decoded(text: str, size: int) -> bytes:
    try:
        digest = base64.b64decode(text, validate=True)
    except binascii.Error:
        digest = b""
    if len(digest) != size:
        raise invalid("The digest you specified was invalid.", "InvalidDigest")
    return digest
