"""Writes that must not replace anything."""

from __future__ import annotations

from obs_client import write_id
from obs_client.backends.swift_headers import object_info
from obs_client.backends.swift_http import SwiftHttp
from obs_client.errors import PreconditionError
from obs_client.models import NewObject


def check_won(http: SwiftHttp, new: NewObject) -> None:
    """Look whose object it is after a write with `if_absent`.

    Swift looks for an object when a write begins: of several that begin before one has ended it refuses none. The last
    wins, and the others learn so here, unless it ends later than they look.

    Raises:
        PreconditionError: It is another writer's.
    """
    if not new.if_absent or write_id.KEY not in new.attributes.metadata:
        return
    info = object_info(new.name, http.call("head_object", new.container, new.name).headers)
    if not write_id.matches(info, new):
        raise PreconditionError(f"another writer of {new.name!r} came at the same time, and was the last")
