"""The mark by which a writer knows its own object again after an answer was lost.

It is kept as one metadata key, which users neither see nor may use.
"""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Callable

from obs_client.backend.values import NewObject
from obs_client.models import Attributes, ObjectInfo

KEY = "obs-write-id"


def add(new: NewObject) -> NewObject:
    """The same new object, marked with a random id."""
    marked = {**new.attributes.metadata, KEY: secrets.token_hex(8)}
    return dataclasses.replace(new, attributes=dataclasses.replace(new.attributes, metadata=marked))


def matches(info: ObjectInfo, new: NewObject) -> bool:
    """Whether the stored object is the one that was being written."""
    return info.metadata is not None and info.metadata.get(KEY) == new.attributes.metadata[KEY]


def hide(info: ObjectInfo) -> ObjectInfo:
    """The info as users see it."""
    if not info.metadata or KEY not in info.metadata:
        return info
    shown = {key: value for key, value in info.metadata.items() if key != KEY}
    return dataclasses.replace(info, metadata=shown)


def attributes_of(info: ObjectInfo, change: Callable[[dict[str, str]], dict[str, str]] | None = None) -> Attributes:
    """All attributes of a stored object, its metadata changed by a function that does not see the mark."""
    shown = dict(hide(info).metadata or {})
    changed = change(shown) if change else shown
    if change and info.metadata and KEY in info.metadata:
        changed = {**changed, KEY: info.metadata[KEY]}
    return Attributes(
        content_type=info.content_type or "application/octet-stream",
        metadata=changed,
        content_encoding=info.content_encoding,
        content_disposition=info.content_disposition,
        content_language=info.content_language,
        cache_control=info.cache_control,
    )
