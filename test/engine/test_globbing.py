"""Globs: what they ask a store for."""

from __future__ import annotations

import datetime as dt

import pytest

from obs_client import ContainerNotFoundError, MemoryClient, ObjectInfo, SubdirInfo
from obs_client.backend.values import Page
from obs_client.testing.wrapper import RecordingClient


class Listing(RecordingClient):
    """Notes what is listed."""

    def __init__(self) -> None:
        super().__init__(MemoryClient("box"))
        self.asked: list[tuple[str, str | None]] = []

    def _object_list(
        self, container: str, prefix: str, delimiter: str | None, start_after: str | None, marker: str | None
    ) -> Page[ObjectInfo | SubdirInfo]:
        self.asked.append((prefix, delimiter))
        return super()._object_list(container, prefix, delimiter, start_after, marker)


@pytest.mark.parametrize(
    ("pattern", "prefix", "delimiter"),
    [
        ("a/b/*.jpg", "a/b/", "/"),
        ("a/b*/c", "a/b", None),
        ("a/**", "a/", None),
        ("*", "", "/"),
        ("a/plain", "a/plain", "/"),
        ("a/[xy]*", "a/", None),
    ],
)
def test_only_what_begins_so_is_listed(pattern: str, prefix: str, delimiter: str | None) -> None:
    client = Listing()
    client.container_create("box")
    for number in range(3):
        client.object_write(f"a/b/{number}.jpg", b"1")
    list(client.object_glob(pattern))
    assert client.asked == [(prefix, delimiter)]


def test_nothing_is_asked_before_it_is_wanted() -> None:
    client = Listing()
    found = client.object_glob("*")
    assert client.asked == []
    with pytest.raises(ContainerNotFoundError):
        next(found)
    with pytest.raises(ValueError, match="cannot be read"):
        client.object_glob("[z-a]")
    with pytest.raises(TypeError):
        client.object_glob(None)  # type: ignore[arg-type]


def test_times_have_a_zone() -> None:
    client = MemoryClient("box")
    client.container_create("box")
    before = dt.datetime.now(dt.UTC)
    client.object_write("a", b"1")
    info = client.object_info("a")
    assert info is not None
    assert info.last_modified_at is not None
    assert before <= info.last_modified_at <= dt.datetime.now(dt.UTC)
    assert info.last_modified_at.timestamp() == pytest.approx(info.last_modified)
