"""A double of Swift that leaves one field out of its answers, and tells which fields it has."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from test.loopback.serving import Request, Response, serve
from test.loopback.swift_double import SwiftDouble, Ways


@dataclasses.dataclass(frozen=True, order=True)
class Field:
    """A header, or the path of a field of a JSON document (`*` is any entry of a list), of the answers to an operation.

    Attributes:
        null: A field of a document is null, and not absent.
    """

    operation: str
    header: str = ""
    path: tuple[str, ...] = ()
    null: bool = False

    def __str__(self) -> str:
        return f"{self.operation} {self.header or '.'.join(self.path)}{' null' if self.null else ''}"


class Leaving(SwiftDouble):
    """The double.

    Attributes:
        fields: What its answers had, before it was left out.
    """

    def __init__(self, ways: Ways, left: Field | None) -> None:
        super().__init__(ways)
        self.fields: set[Field] = set()
        self._left = left

    def respond(self, request: Request) -> Response:
        response = super().respond(request)
        operation = self.seen[-1].operation if self.seen else ""
        operation = self._named(request, operation)
        if response.status >= 300:
            return response
        self.fields |= {Field(operation, name.lower()) for name in response.headers}
        document = _document(response)
        if document is not None:
            self.fields |= {Field(operation, path=path) for path in _paths(document)}
        if self._left is not None and self._left.operation == operation:
            self._leave_out(self._left, response, document)
        return response

    def _named(self, request: Request, operation: str) -> str:
        operation = f"{request.method} {operation.partition(' ')[2]}"
        for query in ("multipart-manifest", "bulk-delete"):
            if query in request.query:
                operation += f" {query}"
        return operation

    def _leave_out(self, field: Field, response: Response, document: Any) -> None:
        if field.header:
            response.headers = {k: v for k, v in response.headers.items() if k.lower() != field.header}
        elif document is not None:
            _remove(document, field.path, null=field.null)
            response.body = json.dumps(document).encode()


def _document(response: Response) -> Any:
    if "json" not in response.headers.get("Content-Type", "") or not response.body:
        return None
    return json.loads(response.body)


def _paths(document: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    if isinstance(document, Mapping):
        for name, value in document.items():
            yield (*path, name)
            yield from _paths(value, (*path, name))
    elif isinstance(document, list):
        for value in document:
            yield from _paths(value, (*path, "*"))


def _remove(document: Any, path: tuple[str, ...], *, null: bool) -> None:
    name, *rest = path
    if name == "*":
        for value in document if isinstance(document, list) else ():
            _remove(value, tuple(rest), null=null)
    elif isinstance(document, dict) and name in document:
        if rest:
            _remove(document[name], tuple(rest), null=null)
        elif null:
            document[name] = None
        else:
            del document[name]


@contextmanager
def leaving(left: Field | None = None, ways: Ways | None = None) -> Iterator[Leaving]:
    """Run the double."""
    double = Leaving(ways or Ways(), left)
    with serve(double) as server:
        double.access.url = server.url
        yield double
