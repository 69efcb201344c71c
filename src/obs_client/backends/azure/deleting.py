"""Deleting: containers, objects, and many objects by one request, with one outcome for each name."""

from __future__ import annotations

from collections.abc import Sequence

from obs_client._http.kit.buffers import CONTENT_LIMIT
from obs_client._http.kit.calls.batches import PartAnswer, failures_of, make_batch, read_batch
from obs_client._http.kit.calls.refusals import Refusal
from obs_client.backends.azure.listing import list_blobs, read_page
from obs_client.backends.azure.names import IMPOSSIBLE
from obs_client.backends.azure.reading import condition, look_at
from obs_client.backends.azure.requests import Request, Requests
from obs_client.credentials import Secret
from obs_client.errors import ContainerNotEmptyError


def delete_blob(container: str, name: str, if_hash: str | None = None) -> Request:
    """Delete an object, or only if it has this hash; its snapshots, if it has some, keep it."""
    return Request("Delete Blob", "DELETE", container, name, headers=condition(if_hash))


def delete_object(requests: Requests, container: str, name: str, if_hash: str | None) -> None:
    """Delete an object, or only if it has this hash."""
    try:
        requests.finish(delete_blob(container, name, if_hash))
    except Refusal as error:
        if error.code == "ConditionNotMet":
            look_at(requests, container, name)  # Azurite says so of what is absent, too
        raise


def delete_container(requests: Requests, container: str) -> None:
    """Delete a container that is empty when it is looked at: Azure itself deletes one with all that is in it."""
    marker: str | None = None
    while True:
        page = read_page(requests.text(list_blobs(container, "", None, marker, 1)))
        if page.entries:
            raise ContainerNotEmptyError(f"container {container!r} holds objects", container=container)
        if page.next_marker is None:
            break
        marker = page.next_marker
    requests.finish(Request("Delete Container", "DELETE", container, query="restype=container"))


def delete_blobs(requests: Requests, container: str, names: Sequence[str]) -> dict[str, Exception]:
    """The error of each object that was not deleted."""
    asked = Request("Blob Batch", "POST", container, None, "restype=container&comp=batch")
    possible = [name for name in names if not IMPOSSIBLE.search(name)]

    def make(token: Secret | None) -> Request:
        # Each part is signed for itself.
        signed = [requests.signed(delete_blob(container, name), token) for name in possible]
        batch = make_batch(("DELETE", target, headers) for target, headers in signed)
        return asked._replace(headers={"Content-Type": batch.content_type}, body=batch.content)

    answer = requests.call(asked, make)
    answers = read_batch(answer.headers.get("content-type", ""), answer.read(CONTENT_LIMIT))
    return failures_of(possible, answers, _outcome)


def _outcome(answer: PartAnswer) -> Exception | None:
    if answer.status < 300:
        return None
    return Refusal("Delete Blob", answer.status, answer.headers.get("x-ms-error-code", ""), "", answer.headers)
