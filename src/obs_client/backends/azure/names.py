"""Sizes that Azure takes, names that it keeps, and metadata as it is sent: keys are identifiers of C# there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from obs_client._http.kit.encoded_words import decode_words, encode_words
from obs_client.backend.values import WRITE_ID_KEY

METADATA = "x-ms-meta-"

PART_SIZE_MAXIMUM = 4000 * 1024**2
PART_COUNT_MAXIMUM = 50_000
COPY_PART_SIZE = 128 * 1024**2
BATCH_MAXIMUM = 256

REFUSED = (
    (r"\\", "Azure takes a backslash for a slash, so that it would be another object"),
    (r"[\x00-\x1f\x7f-\x9f\ufffe\uffff]", "Azure allows no control character in names"),
    (r"\.(/|\Z)", "Azure advises against segments that end in a dot, because clients drop it"),
    (r"\A([^/]*/){254}", "Azure allows at most 254 segments between slashes"),
)
"""Patterns of object names that are refused, each with the reason."""

IMPOSSIBLE = re.compile(r"[\\\x00-\x1f\x7f-\x9f\ufffe\uffff]")
"""What no name in Azure holds: what is asked for by such a name is absent, and never asked for."""

CONTAINER_NAMES = r"(?=.{3,63}\Z)[a-z0-9]+(-[a-z0-9]+)*|\$root|\$web|\$logs"

_ESCAPE = r"__0x([0-9a-f]{2})__"


def encode_key(key: str) -> str:
    """A key as it is sent: what no identifier holds as `__0x2d__`, as gocloud.dev writes it."""
    text = key.replace("__0x", "__0x5f___0x").replace("-", "__0x2d__")
    return f"__0x{ord(text[0]):02x}__{text[1:]}" if text[0].isdecimal() else text


def decode_key(text: str) -> str:
    """A key as it was meant; what `encode_key` did not write stays as it is."""
    if "__0x" not in text:
        return text
    key = re.sub(_ESCAPE, lambda match: chr(int(match[1], 16)), text)
    return key if key and encode_key(key) == text else text


def sent_metadata(metadata: Mapping[str, str]) -> dict[str, str]:
    """The metadata as it is sent."""
    return {encode_key(key): encode_words(value) for key, value in metadata.items()}


def read_metadata(pairs: Iterable[tuple[str, str]]) -> tuple[dict[str, str], str]:
    """The metadata as it was meant, and the mark of the write that made the object, or "".

    Args:
        pairs: As the store tells them.
    """
    found = {decode_key(name.lower()): decode_words(value) for name, value in pairs}
    return found, found.pop(WRITE_ID_KEY, "")
