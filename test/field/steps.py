"""Requests that are sent to a real server and to its double alike, and what of the responses must be the same."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from test.servers.requests import web

Send = Callable[[str, str, bytes, Mapping[str, str]], web.Answer]
"""Sends a request: its method, its path below the account or the endpoint, its body, its headers."""

_VARYING = ("last_modified", "LastModified", "Initiated", "CreationDate")
_TOLD = (
    "content-length",
    "content-range",
    "content-encoding",
    "content-disposition",
    "cache-control",
    "etag",
    "x-static-large-object",
    "x-object-manifest",
    "x-container-object-count",
    "x-container-bytes-used",
    "x-delete-at",
    "x-amz-tagging-count",
    "x-amz-mp-parts-count",
)
_NOTHING = hashlib.md5(b"").hexdigest()


@dataclasses.dataclass(frozen=True)
class Step:
    """One request."""

    method: str
    path: str
    body: bytes = b""
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def __str__(self) -> str:
        told = "".join(f" {name}: {value[:40]}" for name, value in self.headers.items())
        return f"{self.method} {self.path[:60]}{told}"


def outcomes(steps: list[Step], send: Send, less: tuple[str, ...] = ()) -> dict[str, Any]:
    """What came of each step.

    Args:
        less: Headers that are not compared.
    """
    found: dict[str, Any] = {}
    for number, step in enumerate(steps):
        answer = send(step.method, step.path, step.body, step.headers)
        found[f"{number:02} {step}"] = _outcome(step, answer, less)
    return found


def _outcome(step: Step, answer: web.Answer, less: tuple[str, ...]) -> tuple[Any, ...]:
    if answer.status >= 300:
        return (answer.status,)
    reads = step.method in ("GET", "HEAD")
    told = {name for name in answer.headers if name in _TOLD or "-meta-" in name} - {*less}
    headers = {name: answer.headers[name] for name in sorted(told)}
    if not reads or "json" in answer.headers.get("content-type", ""):
        headers.pop("content-length", None)
    return answer.status, headers, _content(answer) if reads else b""


def _content(answer: web.Answer) -> Any:
    if "json" in answer.headers.get("content-type", ""):
        return [_steady(row) for row in json.loads(answer.body)]
    return answer.body


def md5(data: bytes) -> str:
    """The MD5 in hex."""
    return hashlib.md5(data).hexdigest()


def _steady(row: Any) -> Any:
    """A row without what depends on the moment, and on how a server writes a manifest down."""
    if not isinstance(row, dict):
        return row
    varying = {"hash"} if "slo_etag" in row else {"bytes"} if row.get("hash") == _NOTHING and row["bytes"] else set()
    return {name: value for name, value in row.items() if name not in {*_VARYING, *varying}}


def without_times(document: bytes) -> bytes:
    """A document of XML whose times are left out."""
    return re.sub(rb"<(LastModified|Initiated|CreationDate)>[^<]*</\1>", b"", document)
