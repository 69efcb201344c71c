"""Copies within the store, of any size, whole at the end: Google copies for a while, and is asked again to go on."""

from __future__ import annotations

from obs_client._http.errors import StrangeAnswer
from obs_client._http.kit.calls.queries import query_of
from obs_client._http.kit.calls.refusals import Refusal, status_of
from obs_client.backend import stopping
from obs_client.backend.values import NewObject
from obs_client.backends.gcs.reading import generation_of
from obs_client.backends.gcs.requests import JSON_TYPE, Request, Requests, object_path
from obs_client.backends.gcs.writing import conditions_of, resource_of
from obs_client.errors import ObjectChangedError
from obs_client.models import ObjectInfo

_KEPT = ("storageClass", "customTime")
"""What goes along beside the attributes."""


def copy_object(requests: Requests, container: str, source: ObjectInfo, new: NewObject) -> None:
    """Copy an object, that very version.

    Raises:
        ObjectChangedError: The source is another by now.
    """
    pinned = generation_of(source.hash or "")
    path = object_path(container, source.name)
    found = requests.json(Request("objects.get", "GET", path, "fields=generation,storageClass,customTime"))
    if found.get("generation") != pinned:
        raise _changed(source)
    kept = {key: found[key] for key in _KEPT if key in found}
    body = resource_of(new, kept).encode()
    target = object_path(new.container, new.name).removeprefix("/storage/v1")
    token: str | None = None
    while True:
        query = query_of("fields=done,rewriteToken", ("ifSourceGenerationMatch", pinned), ("rewriteToken", token),
                         *conditions_of(new))  # fmt: skip
        asked = Request(
            "objects.rewrite", "POST", f"{path}/rewriteTo{target}", query, {"Content-Type": JSON_TYPE}, body
        )
        try:
            told = requests.json(asked)
        except Refusal as error:
            if error.status in (404, 412) and _is_other(requests, path, pinned):
                raise _changed(source) from error
            raise
        if told.get("done") is True:
            return
        token = told.get("rewriteToken")
        if not token:
            raise StrangeAnswer("the copy is not complete, and Google does not return a token to continue it")
        stopping.check_stopped()


def _is_other(requests: Requests, path: str, generation: str) -> bool:
    """Whether the source is not what was looked at any more: a refusal does not say whose condition failed."""
    try:
        return requests.json(Request("objects.get", "GET", path, "fields=generation")).get("generation") != generation
    except Refusal as error:
        if status_of(error) == 404:
            return True
        raise


def _changed(source: ObjectInfo) -> ObjectChangedError:
    return ObjectChangedError(f"{source.name!r} was replaced before it was copied")
