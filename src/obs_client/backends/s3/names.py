"""Names that a server would keep otherwise than they are: refused before the request that would do it.

SeaweedFS keeps objects as files, and takes each name for a path: `a//b` becomes `a/b`, another object. Which server it
is shows in its responses, and where none has come yet one is asked for, for odd names only.
"""

from __future__ import annotations

import re

from obs_client.backend.values import NewObject
from obs_client.backends.s3.reading import look_at_container
from obs_client.backends.s3.requests import Requests
from obs_client.errors import InvalidNameError

REFUSED_AS_PATHS = (
    (r"//|\A/|\\", "SeaweedFS treats names as paths, and would change this one"),
    (r"[^/]{256,}|[^/\x00-\x7f]{128,}", "SeaweedFS takes at most 255 bytes between slashes"),
)
"""What no name may hold where names are paths, each with the reason."""

FOLDERS_ARE_EMPTY = "SeaweedFS treats names as paths, and would lose the content of one that ends with a slash"

_SEAWEEDFS = "SeaweedFS "
_ODD = re.compile(r"//|\A/|/\Z|\\|[^/]{128,}")


def refused_names(requests: Requests) -> tuple[tuple[str, str], ...]:
    """What names must not hold, with the reasons, as far as it is known by now which server this is."""
    return REFUSED_AS_PATHS if _keeps_paths(requests) else ()


def check_kept(requests: Requests, new: NewObject) -> None:
    """Refuse to write under a name that the server would not keep, or not with content; ordinary names cost nothing.

    Raises:
        InvalidNameError: It is one.
    """
    if not _ODD.search(new.name) or requests.is_amazon:
        return
    if requests.experience.server is None:
        look_at_container(requests, new.container)
    for pattern, reason in refused_names(requests):
        if re.search(pattern, new.name):
            raise _refused(new, reason)
    if new.name.endswith("/") and new.size != 0 and _keeps_paths(requests):
        raise _refused(new, FOLDERS_ARE_EMPTY)


def _keeps_paths(requests: Requests) -> bool:
    return (requests.experience.server or "").startswith(_SEAWEEDFS)


def _refused(new: NewObject, reason: str) -> InvalidNameError:
    return InvalidNameError(f"{reason}; rename it: {new.name!r}", container=new.container, object_name=new.name)
