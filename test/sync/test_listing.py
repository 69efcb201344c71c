"""The two listings of a sync: none that failed counts as empty, any order is sorted, no tag of other bytes believed."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import pytest

from obs_client import ContainerNotFoundError, ObjectInfo, ServiceError
from obs_client.errors import AuthorizationError, ObjectStorageClientError, TemporaryError
from obs_client.sync import Place, check, listing, plan_sync
from obs_client.sync.listing import Entry, _Side, _sorted
from obs_client.sync.report import Streak
from test.sync.support import memory


def test_a_directory_that_cannot_be_listed_is_not_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise OSError(errno.EIO, "Input/output error")
        yield

    monkeypatch.setattr(listing, "walk_files", broken)
    with pytest.raises(ObjectStorageClientError, match="Input/output error"):
        list(plan_sync(memory(a=b"1"), Place.of_directory(tmp_path)))


def test_a_container_that_is_absent_is_no_empty_target() -> None:
    source, absent = memory(a=b"1"), Place(memory().client, "absent")
    with pytest.raises(ContainerNotFoundError):
        list(plan_sync(source, absent))
    with pytest.raises(ContainerNotFoundError):
        check(source, absent)


@pytest.mark.parametrize(
    "names", ["amz bce dfh", "amz bcc", "abc def ghi", "ghi def abc", "adz bci efh jkl", "cab", ""]
)
def test_any_order_is_sorted_by_runs(names: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "IN_MEMORY", 3)
    given = names.replace(" ", "")
    found = _sorted(iter([Entry(name, 1, None, None) for name in given]))
    if len(set(given)) < len(given):
        with pytest.raises(ServiceError, match="'c' twice"):
            list(found)
    else:
        assert [entry.name for entry in found] == sorted(given)


def test_a_tag_of_other_bytes_is_not_the_objects() -> None:
    """A row may tell of a manifest, and the object itself of what is behind it."""
    place = memory(name=b"content")
    for size, tag in ((0, None), (7, "of the row")):
        row = ObjectInfo("name", size, "of the row", "text/plain", None, None)
        told = _Side(place, place).asked(row)
        assert told is not None
        assert (told.size, told.hash) == (7, tag)


def test_failures_of_several_kinds_are_no_row_of_one() -> None:
    streak = Streak(3)
    for kind in (AuthorizationError, TemporaryError) * 5:
        streak.add("name", kind("no"))
    refused = AuthorizationError("no")
    streak.add("name", refused)
    streak.add("name", refused)
    with pytest.raises(AuthorizationError, match="3 names in a row"):
        streak.add("name", refused)
