"""What became of a write that others may have overtaken.

Swift looks for an object when a write begins: of several `if_absent` writes that begin before one has ended it refuses
none, and the last wins. Nor does it say which object a write replaced. So a writer looks again after it has written.
"""

from __future__ import annotations

from collections.abc import Mapping

from obs_client.backend.values import WRITE_ID_KEY, NewObject
from obs_client.backends.swift.errors import status_of
from obs_client.backends.swift.headers import METADATA
from obs_client.backends.swift.requests import SwiftHttp
from obs_client.errors import PreconditionError


def successor(http: SwiftHttp, new: NewObject) -> Mapping[str, str] | None:
    """The headers of the object that is there in place of the one just written; None: it is this, or none."""
    mark = new.attributes.write_id
    if mark is None:
        return None
    try:
        # X-Newest asks all replicas: one of them may still have an older object.
        headers = http.call("head_object", new.container, new.name, headers={"X-Newest": "true"}).headers
    except Exception as error:
        if status_of(error) != 404:
            raise
        return None
    return None if headers.get(METADATA + WRITE_ID_KEY) == mark else headers


def check_won(http: SwiftHttp, new: NewObject) -> None:
    """Look whose object it is after a write with `if_absent`.

    Raises:
        PreconditionError: It is another writer's, who ended later.
    """
    if new.if_absent and successor(http, new) is not None:
        raise PreconditionError(f"another writer of {new.name!r} came at the same time, and was the last")
