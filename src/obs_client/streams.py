"""What a caller's stream must be, told by a `TypeError` before anything is sent."""

from __future__ import annotations

import io
from typing import IO


def check_binary(stream: IO[bytes], method: str) -> None:
    """Refuse what has no such method, and text streams."""
    if not callable(getattr(stream, method, None)):
        hint = "; for bytes in memory there is object_write" if isinstance(stream, (bytes, bytearray)) else ""
        raise TypeError(f"stream must have a method {method}(), {type(stream).__name__} has none{hint}")
    if isinstance(stream, io.TextIOBase):
        raise TypeError("stream is a text stream; open it in binary mode ('rb', 'wb'), or use its .buffer")
