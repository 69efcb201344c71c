"""Pages of listings, of containers and of objects."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from test.loopback.serving import Request, Response

from .manifests import stamp
from .refusals import Refusal
from .state import Account, Container, Stored
from .ways import Ways


def containers_page(request: Request, account: Account, ways: Ways) -> Response:
    """The containers of an account."""
    names = [name for name in sorted(account.containers, key=str.encode) if _wanted(name, request)]
    rows = [
        {"name": name, "count": len(account.containers[name].objects), "bytes": account.containers[name].size}
        for name in names[: _limit(request, ways)]
    ]
    return _response(request, rows)


def objects_page(request: Request, container: Container, ways: Ways) -> Response:
    """The objects of a container, and its folders if there is a delimiter."""
    rows: list[dict[str, Any]] = []
    most = _limit(request, ways)
    hidden = [{"subdir": request.query.get("delimiter", "")}] if not ways.root_folder else []
    for entry, is_folder in _folded(sorted(container.objects, key=str.encode), request):
        if len(rows) >= most:
            break
        rows.append({"subdir": entry} if is_folder else _row(entry, container.objects[entry], ways))
    return _response(request, [row for row in rows if row not in hidden])


def _folded(names: Sequence[str], request: Request) -> Iterator[tuple[str, bool]]:
    """Names, and folders once each."""
    prefix, delimiter = request.query.get("prefix", ""), request.query.get("delimiter", "")
    last = request.query.get("marker", "")
    for name in names:
        if not _wanted(name, request):
            continue
        head, found, _ = name[len(prefix) :].partition(delimiter) if delimiter else (name, "", "")
        if not found:
            yield name, False
        elif last != prefix + head + found:
            last = prefix + head + found
            yield last, True


def _before_end(name: str, request: Request) -> bool:
    end = request.query.get("end_marker", "")
    return not end or name.encode() < end.encode()


def _wanted(name: str, request: Request) -> bool:
    query = request.query
    return (
        name.startswith(query.get("prefix", ""))
        and name.encode() > query.get("marker", "").encode()
        and _before_end(name, request)
    )


def _limit(request: Request, ways: Ways) -> int:
    text = request.query.get("limit", "")
    if not text.isdecimal():
        return ways.page_size
    if int(text) > ways.page_size:
        raise Refusal(412, f"Maximum limit is {ways.page_size}")
    return int(text)


def _row(name: str, stored: Stored, ways: Ways) -> dict[str, Any]:
    row: dict[str, Any] = {
        "bytes": len(stored.content),
        "name": name,
        "hash": stored.etag,
        "content_type": stored.content_type,
        "last_modified": stamp(stored.modified),
    }
    if not stored.content_type:
        del row["content_type"]
    if stored.segments and ways.manifest_rows == "sum":
        row |= {
            "bytes": sum(segment.length for segment in stored.segments),
            "slo_etag": f'"{stored.manifest_etag}"',
        }
    for field in ways.omit_fields:
        row.pop(field, None)
    return row | dict.fromkeys(ways.null_fields)


def _response(request: Request, rows: Sequence[dict[str, Any]]) -> Response:
    if request.query.get("format") == "json" or "json" in request.header("accept"):
        return Response(200, {"Content-Type": "application/json; charset=utf-8"}, json.dumps(rows).encode())
    lines = [str(row.get("name", row.get("subdir"))) for row in rows]
    if not lines:
        return Response(204)
    return Response(200, {"Content-Type": "text/plain; charset=utf-8"}, "\n".join([*lines, ""]).encode())
