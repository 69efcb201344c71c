"""Resources of the JSON API ("Objects", "Buckets"), and the parts of them that `fields` asks for."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from .refusals import invalid
from .state import ATTRIBUTES, Bucket, Stored


def object_resource(bucket: str, stored: Stored) -> dict[str, Any]:
    """An object. Numbers of 64 bits are texts, as everywhere in Google's JSON."""
    link = f"b/{bucket}/o/{quote(stored.name, safe='')}"
    resource: dict[str, Any] = {
        "kind": "storage#object",
        "id": f"{bucket}/{stored.name}/{stored.generation}",
        "selfLink": f"https://www.googleapis.com/storage/v1/{link}",
        "name": stored.name,
        "bucket": bucket,
        "generation": str(stored.generation),
        "metageneration": str(stored.metageneration),
        "size": str(len(stored.content)),
        "crc32c": stored.crc32c,
        "etag": f"C{stored.generation:x}/{stored.metageneration}",
        "timeCreated": _time(stored.created),
        "updated": _time(stored.updated),
        "timeStorageClassUpdated": _time(stored.created),
        **stored.attributes,
    }
    if stored.has_md5:
        resource["md5Hash"] = stored.md5
    if stored.components is not None:
        resource["componentCount"] = stored.components
    if stored.metadata:
        resource["metadata"] = stored.metadata
    return resource


def bucket_resource(bucket: Bucket) -> dict[str, Any]:
    """A bucket."""
    return {"kind": "storage#bucket", "id": bucket.name, "name": bucket.name, "timeCreated": _time(bucket.created)}


def attributes_of(resource: Mapping[str, Any]) -> dict[str, str]:
    """What a resource that is sent says of an object beside its metadata."""
    return {name: str(resource[name]) for name in ATTRIBUTES if resource.get(name) is not None}


def metadata_of(resource: Mapping[str, Any]) -> dict[str, str]:
    """The metadata that a resource has; values are texts."""
    found = resource.get("metadata") or {}
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise invalid("Invalid value for metadata.")
    return dict(found)


def selected(resource: Any, fields: str | None) -> Any:
    """What is asked for of a resource ("Improve performance", "Partial response"): `a,items(b,c)`."""
    return resource if not fields else _select(resource, [*_split(fields)])


def _split(fields: str) -> Iterator[tuple[str, str]]:
    for match in re.finditer(r"([\w/]+)(?:\(((?:[^()]|\([^()]*\))*)\))?", fields):
        yield match[1], match[2] or ""


def _select(value: Any, wanted: list[tuple[str, str]]) -> Any:
    if isinstance(value, list):
        return [_select(each, wanted) for each in value]
    return {name: selected(value[name], inner) for name, inner in wanted if name in value}


def _time(seconds: float) -> str:
    return dt.datetime.fromtimestamp(seconds, dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
