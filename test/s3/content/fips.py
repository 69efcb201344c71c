"""MD5 as a Python in FIPS mode has it: for security it is not to be had."""

from __future__ import annotations

import hashlib
from typing import Any


def md5(data: bytes = b"", *, usedforsecurity: bool = True) -> Any:
    """The hash, if it is said that it is not for security."""
    if usedforsecurity is not False:
        raise ValueError("MD5 is disabled for FIPS")
    return hashlib.md5(data)
