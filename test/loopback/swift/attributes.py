"""What objects and containers keep beside their content: the headers of a request, and what is refused of them."""

from __future__ import annotations

import mimetypes
import time
from collections.abc import Mapping

from .refusals import Refusal
from .ways import Ways

METADATA = "x-object-meta-"
KEPT = ("cache-control", "content-disposition", "content-encoding", "content-language", "expires", "x-delete-at")
CONTAINER_KEPT = ("x-container-read", "x-container-write", "x-versions-location", "x-history-location")
_NAME, _VALUE, _COUNT, _ALL = 128, 256, 90, 4096


def of_object(headers: Mapping[str, str], ways: Ways) -> dict[str, str]:
    """What an object keeps of the headers of a PUT or POST."""
    kept = {name: headers[name] for name in KEPT if headers.get(name)}
    if after := headers.get("x-delete-after"):
        kept["x-delete-at"] = str(int(time.time()) + _number("X-Delete-After", after))
    elif "x-delete-at" in kept and _number("X-Delete-At", kept["x-delete-at"]) <= time.time():
        raise Refusal(400, "X-Delete-At in past")
    return {**kept, **_metadata(headers, METADATA, ways)}


def headers_alone(headers: Mapping[str, str]) -> dict[str, str]:
    """What an object keeps that is not metadata."""
    return {name: value for name, value in headers.items() if not name.startswith(METADATA)}


def content_type(headers: Mapping[str, str], name: str, ways: Ways) -> str:
    """The content type of a written object; empty: nothing tells it."""
    if told := headers.get("content-type"):
        return told
    return (mimetypes.guess_type(name)[0] or "application/octet-stream") if ways.types_guessed else ""


def of_place(headers: Mapping[str, str], kind: str, old: Mapping[str, str], ways: Ways) -> dict[str, str]:
    """The headers of a container or account after a PUT or POST, which changes what it names."""
    if not ways.versions and ("x-versions-location" in headers or "x-history-location" in headers):
        raise Refusal(412)
    prefix = f"x-{kind}-meta-"
    told = {name: value for name, value in headers.items() if name in CONTAINER_KEPT} if kind == "container" else {}
    told |= _metadata(headers, prefix, ways)
    for name in headers:
        if name.startswith(f"x-remove-{kind}-meta-"):
            told[name.replace("x-remove-", "x-", 1)] = ""
    return {name: value for name, value in {**old, **told}.items() if value}


def _metadata(headers: Mapping[str, str], prefix: str, ways: Ways) -> dict[str, str]:
    found = {name: value for name, value in headers.items() if name.startswith(prefix) and name != prefix}
    if ways.underscores == "drop":
        found = {name: value for name, value in found.items() if "_" not in name}
    elif ways.underscores == "dash":
        found = {name.replace("_", "-"): value for name, value in found.items()}
    if ways.metadata_limited:
        _check(found, prefix)
    return found


def _check(found: Mapping[str, str], prefix: str) -> None:
    sizes = [(len(name) - len(prefix), len(value)) for name, value in found.items()]
    if any(name > _NAME for name, _ in sizes):
        raise Refusal(400, f"Metadata name too long: over {_NAME}")
    if any(value > _VALUE for _, value in sizes):
        raise Refusal(400, f"Metadata value longer than {_VALUE}")
    if len(sizes) > _COUNT:
        raise Refusal(400, f"Too many metadata items; max {_COUNT}")
    if sum(map(sum, sizes)) > _ALL:
        raise Refusal(400, f"Total metadata too large; max {_ALL}")


def _number(name: str, text: str) -> int:
    if not text.isdecimal() or int(text) <= 0:
        raise Refusal(400, f"Non-integer or past {name}")
    return int(text)
