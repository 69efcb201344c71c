"""Which metadata are kept as they are, and how much."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from obs_client.errors import ObjectStorageClientError
from obs_client.probing.ground import Ground, Told, fails, holds, is_of_client, refused
from obs_client.probing.profile import Finding

TOPIC = "metadata"
SIZE_PROMISED = 2048
"""Bytes that S3 promises to take; a store that takes less is narrow."""

SIZE_TRIED = 8192
STEP = 64
_KEY = "obs-probe-{:02}"
_PIECE = 188
"""Bytes of a value; with its key 200."""

KINDS: dict[str, dict[str, str]] = {
    "upper-case letters in keys": {"Obs-Probe": "value"},
    "_ in keys, apart from -": {"obs_probe": "one", "obs-probe": "another"},
    "case of values": {"obs-probe": "A Value"},
    "blanks at the edges of values": {"obs-probe": "  value  "},
    "values that are not ASCII": {"obs-probe": "ä€\U0001f600"},
    "empty values": {"obs-probe": ""},
}
"""What is tried, with the metadata that are written."""


def metadata(ground: Ground) -> Iterator[Finding]:
    """Each kind of keys and values, and the size of all."""
    for number, (what, wanted) in enumerate(KINDS.items()):
        yield ground.tell(TOPIC, what, partial(_kept, ground, str(number), wanted))
    yield ground.tell(TOPIC, f"{SIZE_PROMISED:,} bytes in all", lambda: _size(ground))


def _kept(ground: Ground, text: str, wanted: dict[str, str]) -> Told:
    error = refused(lambda: ground.write(text, b"", metadata=wanted))
    if error is not None:
        return fails(f"{wanted} is refused: {error}")
    found = ground.info(text).metadata or {}
    return holds() if found == wanted else fails(f"{wanted} is reported as {found}")


def _size(ground: Ground) -> Told:
    """The largest size that is kept, by bisection."""
    if _takes(ground, SIZE_TRIED):
        return holds(f"{SIZE_TRIED:,} bytes were kept, more was not tried")
    kept, not_kept = 0, SIZE_TRIED
    while not_kept - kept > STEP:
        size = (kept + not_kept) // 2
        kept, not_kept = (size, not_kept) if _takes(ground, size) else (kept, size)
    detail = f"{kept:,} bytes of keys and values were kept, {not_kept:,} were not"
    return holds(detail) if kept >= SIZE_PROMISED else fails(detail)


def _takes(ground: Ground, size: int) -> bool:
    wanted = _of_size(size)
    try:
        ground.write("size", b"", metadata=wanted)
        return ground.info("size").metadata == wanted
    except ObjectStorageClientError as error:
        if is_of_client(error):
            raise
        return False  # also what passes elsewhere: some servers close the connection, some answer 503


def _of_size(size: int) -> dict[str, str]:
    """Metadata of so many bytes, their keys included; of fewer than a key has, none."""
    found: dict[str, str] = {}
    while size > len(_KEY.format(0)):
        key = _KEY.format(len(found))
        found[key] = "v" * min(_PIECE, size - len(key))
        size -= len(key) + len(found[key])
    return found
