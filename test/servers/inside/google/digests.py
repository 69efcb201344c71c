"""Digests that come with content ("Hashes and ETags", "Data validation"): content that does not fit is refused."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Any

from .refusals import wrong_digest
from .state import crc32c


def check_digests(told: Mapping[str, Any], content: bytes) -> None:
    """Compare content with its `crc32c` and `md5Hash`, where they are told."""
    if (given := told.get("crc32c")) and given != (found := crc32c(content)):
        raise wrong_digest("CRC32C", str(given), found)
    if given := told.get("md5Hash"):
        found = base64.b64encode(hashlib.md5(content).digest()).decode()
        if given != found:
            raise wrong_digest("MD5", str(given), found)


def of_header(value: str, content_md5: str = "") -> dict[str, str]:
    """The digests in `x-goog-hash`, and in `Content-MD5`."""
    names = {"crc32c": "crc32c", "md5": "md5Hash"}
    pairs = (part.strip().partition("=") for part in value.split(",") if part.strip())
    found = {names[name]: digest for name, _, digest in pairs if name in names}
    return {**found, "md5Hash": content_md5} if content_md5 else found
