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


@pytest.mark.parametrize(
    ("pattern", "fit", "others"),
    [
        ("a?c", ["abc", "a.c", "a\nc"], ["ac", "a/c", "abbc", "abcd", "xabc"]),
        ("a*c", ["ac", "abbc"], ["a/c", "acd"]),
        ("a**c", ["ac", "a/b/c", "a\nc"], ["a/b"]),
        ("a/**/c", ["a/c", "a/b/c", "a/b/b/c"], ["a/bc", "ac"]),
        ("[abc]x", ["ax", "bx", "cx"], ["dx", "x", "abx", "[x"]),
        ("[!abc]x", ["dx", "!x"], ["ax", "bx", "cx", "x"]),
        ("[a-c]x", ["ax", "bx", "cx"], ["dx", "-x"]),
        ("[!a-c]x", ["dx", "-x"], ["ax", "bx", "cx"]),
        ("[a-]x", ["ax", "-x"], ["bx"]),
        ("[^.]x", ["^x", ".x"], ["ax"]),
        ("a.(b)", ["a.(b)"], ["axb", "a.b", "aXXXX.(b)"]),
        ("[ab", ["[ab"], ["a", "b"]),
    ],
)
def test_what_fits(pattern: str, fit: list[str], others: list[str]) -> None:
    client = MemoryClient("box")
    client.container_create("box")
    for name in (*fit, *others):
        client.object_write(name, b"1")
    assert [info.name for info in client.object_glob(pattern)] == sorted(fit)


def test_metadata_is_fetched_if_it_is_asked_for() -> None:
    client = MemoryClient("box")
    client.container_create("box")
    client.object_write("a", b"1", metadata={"key": "value"})
    assert [info.metadata for info in client.object_glob("*", fetch_metadata=True)] == [{"key": "value"}]


def test_what_is_no_pattern_is_said() -> None:
    client = MemoryClient("box")
    with pytest.raises(ValueError, match=r"^a pattern must not be empty; \*\* fits every name$"):
        client.object_glob("")
    with pytest.raises(TypeError, match=r"^pattern must be "):
        client.object_glob(5)  # type: ignore[arg-type]


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
