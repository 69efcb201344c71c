"""Listings that tell of something else, by the command against a real Swift: `facts` of the field, section H."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import obs_client
from test.cli.running import done, run
from test.servers.shared import Servers

Dynamic = Callable[[str, bytes], None]


@pytest.fixture
def box(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of a new container in Swift."""
    for name, value in servers.swift().environment().items():
        monkeypatch.setenv(name, value)
    url = f"swift://large-{uuid.uuid4().hex}"
    done("mb", url)
    return url


def dynamic(url: str, name: str, content: bytes) -> None:
    """A dynamic large object, as rclone and old swiftclient make it: its segments lie in the same container."""
    with obs_client.from_url(url) as client:
        assert isinstance(client, obs_client.SwiftClient)
        container = client.container_name
        half = len(content) // 2
        for number, part in enumerate((content[:half], content[half:])):
            client.object_write(f".parts/{name}/{number}", part)
        connection = client.native
        connection.put_object(container, name, b"", headers={"X-Object-Manifest": f"{container}/.parts/{name}/"})


def checked(*arguments: str | Path) -> tuple[int, dict[str, Any]]:
    """The exit status of a check, and its rows by name."""
    result = run("check", "--json", *arguments)
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    return result.exit_code, {row.get("name", ""): row for row in rows}


NO_PARTS = ("--exclude", ".parts/**")


def test_two_dynamic_large_objects_are_compared_by_what_is_in_them(box: str, tmp_path: Path) -> None:
    """rclone#203, #208."""
    other = f"{box}-other"
    done("mb", other)
    for url, content in ((box, b"1234"), (other, b"1243")):
        dynamic(url, "a", content)
        dynamic(url, "b", b"same")
    status, rows = checked(box, other, *NO_PARTS)
    assert status == 1
    assert (rows["a"]["type"], rows["a"]["size"], rows["a"]["by"]) == ("differing", 4, "reading")
    assert (rows["b"]["type"], rows["b"]["by"]) == ("same", "reading")
    assert rows[""]["same_size"] == 4
    assert done("sync", "--checksum", box, other, *NO_PARTS).startswith("copied 1 (4 B)")
    assert done("cat", f"{other}/a") == "1234"
    done("check", box, other, *NO_PARTS)


def test_a_true_copy_is_not_copied_again(box: str, tmp_path: Path) -> None:
    dynamic(box, "a", b"1234")
    for target in (str(tmp_path / "t"), f"{box}-copy"):
        if target.startswith("swift"):
            done("mb", target)
        assert done("sync", box, target, *NO_PARTS).startswith("copied 1 (4 B)")
        for options in ((), ("--checksum",)):
            assert done("sync", box, target, *NO_PARTS, *options).startswith("copied 0"), (target, options)
        assert checked(box, target, *NO_PARTS)[1]["a"]["by"] in ("reading", "digest and reading")
        assert checked(box, target, *NO_PARTS)[0] == 0


def test_an_object_of_segments_is_proved_by_their_digests_or_by_reading(box: str, tmp_path: Path) -> None:
    content = b"0123456789" * 1000
    (tmp_path / "one").mkdir()
    (tmp_path / "one/a").write_bytes(content)
    for url in (box, f"{box}-other"):
        if url != box:
            done("mb", url)
        done("put", tmp_path / "one/a", f"{url}/a?part_size=4096")
    assert checked(box, f"{box}-other")[1]["a"]["by"] == "stored digests"
    status, rows = checked(tmp_path / "one", box)
    assert (status, rows["a"]["type"], rows["a"]["by"]) == (0, "same", "reading")
    (tmp_path / "one/a").write_bytes(content[:-1] + b"x")
    status, rows = checked(tmp_path / "one", box)
    assert (status, rows["a"]["type"]) == (1, "differing")


def test_what_cannot_be_read_is_unproven(box: str) -> None:
    """A static large object whose segment is gone, of which all digests are still told."""
    other = f"{box}-other"
    done("mb", other)
    with obs_client.from_url(f"{box}?part_size=4") as client:
        client.object_write("a", b"12345678")
        client.object_write("b", b"1")
        container = f"{client.container_name}_segments"
        client.object_delete(next(client.object_iter(container_name=container)).name, container)
    with obs_client.from_url(other) as client:
        client.object_write("a", b"12345678")
        client.object_write("b", b"1")
    result = run("check", box, other)
    assert result.exit_code == 1
    assert "unproven   a" in result.stdout
    assert "1 object the same (1 B), 1 unproven" in result.stdout
