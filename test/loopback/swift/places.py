"""Accounts and containers, what the server says of itself, and deleting many objects at once."""

from __future__ import annotations

import json
import time
from typing import Any
from urllib.parse import unquote

from test.loopback.serving import Request, Response

from . import attributes
from .listing import containers_page, objects_page
from .manifests import outcome_body
from .place import Place
from .refusals import Refusal
from .state import Account, Container, State
from .versions import remove


class Places:
    """The operations on accounts and containers."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._ways = state.ways

    def get_account(self, request: Request, place: Place) -> Response:
        """GET and HEAD of an account."""
        with self._state.lock:
            account = self._state.account(place.account)
            response = Response(204) if request.method == "HEAD" else containers_page(request, account, self._ways)
            containers = account.containers.values()
            response.headers |= {
                "X-Account-Container-Count": str(len(containers)),
                "X-Account-Object-Count": str(sum(len(each.objects) for each in containers)),
                "X-Account-Bytes-Used": str(sum(each.size for each in containers)),
                **{name.title(): value for name, value in account.headers.items()},
            }
        return response

    def post_account(self, request: Request, place: Place) -> Response:
        """POST of an account: metadata, or names to delete."""
        if "bulk-delete" in request.query:
            return self._bulk_delete(request, place)
        with self._state.lock:
            account = self._state.account(place.account)
            account.headers = attributes.of_place(request.headers, "account", account.headers, self._ways)
        return Response(204)

    def get_container(self, request: Request, place: Place) -> Response:
        """GET and HEAD of a container."""
        with self._state.lock:
            container = self._state.account(place.account).container(place.container)
            response = Response(204) if request.method == "HEAD" else objects_page(request, container, self._ways)
            response.headers |= _told(container)
        return response

    def put_container(self, request: Request, place: Place) -> Response:
        """PUT of a container."""
        if not self._ways.container_name_minimum <= len(place.container) <= 256:
            raise Refusal(400, "InvalidBucketName")
        with self._state.lock:
            account = self._state.account(place.account)
            there = account.containers.get(place.container)
            old = {} if there is None else there.headers
            headers = attributes.of_place(request.headers, "container", old, self._ways)
            if there is None:
                account.containers[place.container] = Container(place.container, time.time(), headers)
                return Response(201)
            there.headers = headers
        return Response(202)

    def post_container(self, request: Request, place: Place) -> Response:
        """POST of a container."""
        with self._state.lock:
            container = self._state.account(place.account).container(place.container)
            container.headers = attributes.of_place(request.headers, "container", container.headers, self._ways)
        return Response(204)

    def delete_container(self, request: Request, place: Place) -> Response:
        """DELETE of a container."""
        with self._state.lock:
            account = self._state.account(place.account)
            if account.container(place.container).objects:
                raise Refusal(409, "There was a conflict when trying to complete your request.")
            del account.containers[place.container]
        return Response(204)

    def info(self) -> Response:
        """What the server says of itself."""
        ways = self._ways
        found: dict[str, Any] = {
            "swift": {
                "version": ways.version,
                "max_file_size": ways.file_maximum,
                "container_listing_limit": ways.page_size,
                "account_listing_limit": ways.page_size,
                "max_object_name_length": ways.name_maximum,
                "max_container_name_length": 256,
                **(_METADATA if ways.metadata_limited else {}),
            },
            "slo": {"max_manifest_segments": ways.segments_maximum, "min_segment_size": 1},
            "tempurl": {"methods": ["GET", "HEAD", "PUT", "POST", "DELETE"]},
        }
        if ways.versions:
            found["versioned_writes"] = {"allowed_flags": ["x-versions-location", "x-history-location"]}
        if ways.digests_told:
            found["tempurl"]["allowed_digests"] = list(ways.digests)
        if ways.bulk_delete:
            found["bulk_delete"] = {"max_deletes_per_request": ways.bulk_delete} if ways.bulk_told else {}
        if ways.regions:
            found["swift"]["regions"] = list(ways.regions)
        return Response(200, {"Content-Type": "application/json; charset=UTF-8"}, json.dumps(found).encode())

    def _bulk_delete(self, request: Request, place: Place) -> Response:
        if not self._ways.bulk_delete:
            raise Refusal(405)
        lines = [line for line in request.body.decode().split("\n") if line]
        status, errors, deleted, missing = "200 OK", [], 0, 0
        if len(lines) > self._ways.bulk_delete:
            status, lines = "413 Request Entity Too Large", []
        with self._state.lock:
            account = self._state.account(place.account)
            for line in lines:
                found = _delete(account, place.account, unquote(line))
                deleted, missing = deleted + (found == "gone"), missing + (found == "absent")
                if found == "conflict":
                    errors.append([line, "409 Conflict"])
        body = outcome_body(deleted, missing, "400 Bad Request" if errors else status, errors)
        return Response(200, {"Content-Type": "application/json"}, body, chunked=True)


_METADATA = {
    "max_meta_name_length": 128,
    "max_meta_value_length": 256,
    "max_meta_count": 90,
    "max_meta_overall_size": 4096,
}


def _told(container: Container) -> dict[str, str]:
    return {
        "X-Container-Object-Count": str(len(container.objects)),
        "X-Container-Bytes-Used": str(container.size),
        "X-Timestamp": f"{container.created:.5f}",
        "X-Storage-Policy": "Policy-0",
        **{name.title(): value for name, value in container.headers.items()},
    }


def _delete(account: Account, name: str, path: str) -> str:
    """Delete an object, or an empty container; gives what came of it."""
    container, _, entry = path.removeprefix("/").partition("/")
    there = account.containers.get(container)
    if there is None or (entry and entry not in there.objects):
        return "absent"
    if entry:
        remove(account, Place(name, container, entry))
        return "gone"
    if there.objects:
        return "conflict"
    del account.containers[container]
    return "gone"
