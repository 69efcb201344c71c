"""Deleting: containers, objects, and many objects by one request, with one outcome for each name."""

from __future__ import annotations

from collections.abc import Sequence

from obs_client._http.kit.buffers import CONTENT_LIMIT
from obs_client._http.kit.calls.batches import PartAnswer, failures_of, make_batch, read_batch
from obs_client._http.kit.calls.queries import query_of
from obs_client._http.kit.calls.refusals import Refusal, status_of
from obs_client.backends.gcs.errors import read_content
from obs_client.backends.gcs.listing import page_of_objects
from obs_client.backends.gcs.reading import generation_of, look_at
from obs_client.backends.gcs.requests import Request, Requests, bucket_path, object_path
from obs_client.errors import ConflictError, ContainerNotEmptyError, PreconditionError

BATCH_MAXIMUM = 100


def delete_container(requests: Requests, container: str) -> None:
    """Delete an empty container."""
    try:
        requests.finish(Request("buckets.delete", "DELETE", bucket_path(container)))
    except Refusal as error:
        if status_of(error) not in (409, 412):  # the second is what an emulator says
            raise
        if page_of_objects(requests, container, "", None, None, None).entries:
            raise ContainerNotEmptyError(f"container {container!r} holds objects", container=container) from error
        raise ConflictError(
            f"container {container!r} holds no objects, but Google reports that it is not "
            f"empty: there are older versions "
            f"of some, or folders of a hierarchical namespace",
            container=container,
            hint="`gcloud storage rm --recursive --all-versions` removes all of them",
        ) from error


def delete_object(requests: Requests, container: str, name: str, if_hash: str | None) -> None:
    """Delete an object, or only if it has this hash."""
    generation = None if if_hash is None else _generation(requests, container, name, if_hash)
    query = query_of(("ifGenerationMatch", generation))
    requests.finish(Request("objects.delete", "DELETE", object_path(container, name), query))


def _generation(requests: Requests, container: str, name: str, if_hash: str) -> str:
    """The generation in a hash.

    Raises:
        PreconditionError: No object of Google's can have this hash, and there is one.
    """
    try:
        return generation_of(if_hash)
    except PreconditionError:
        look_at(requests, container, name)
        raise


def delete_objects(requests: Requests, container: str, names: Sequence[str]) -> dict[str, Exception]:
    """The error of each object that was not deleted."""
    batch = make_batch(("DELETE", object_path(container, name), {}) for name in names)
    headers = {"Content-Type": batch.content_type}
    answer = requests.call(Request("batch", "POST", "/batch/storage/v1", "", headers, batch.content))
    answers = read_batch(answer.headers.get("content-type", ""), answer.read(CONTENT_LIMIT))
    return failures_of(names, answers, _outcome)


def _outcome(answer: PartAnswer) -> Exception | None:
    if answer.status < 300 or answer.status == 404:
        return None
    return Refusal("objects.delete", answer.status, *read_content(answer.content), answer.headers)
