"""How many requests the methods make that work on many files."""

from __future__ import annotations

import collections
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from obs_client import S3Client
from obs_client.fsspec import ObjectStorageFileSystem
from test.loopback.s3_double import CREDENTIALS, S3Double, Ways, s3_double

NAMES = [f"box/a/{number}.csv" for number in range(5)]


class Counted:
    """A file system, and the requests of its store."""

    def __init__(self, server: S3Double) -> None:
        self.server = server
        client = S3Client(endpoint_url=server.url, credentials=CREDENTIALS, region="us-east-1")
        self.fs: Any = ObjectStorageFileSystem(client)
        self.fs.mkdir("box")
        self.fs.pipe(dict.fromkeys(NAMES, b"content"))

    def requests(self, call: Callable[[], object]) -> dict[str, int]:
        """How many of each a call makes."""
        before = len(self.server.seen)
        call()
        return dict(collections.Counter(each.operation for each in self.server.seen[before:]))


@pytest.fixture(scope="module")
def counted() -> Iterator[Counted]:
    with s3_double(Ways()) as server:
        yield Counted(server)


def test_what_a_pattern_is_of_is_not_asked_about_again(counted: Counted, tmp_path: Path) -> None:
    fs = counted.fs
    told = {"HeadObject": 1, "ListObjectsV2": 1}  # the pattern may be a name
    assert counted.requests(lambda: fs.get("box/a/*.csv", f"{tmp_path}/new/")) == {**told, "GetObject": 5}
    assert sorted(each.name for each in (tmp_path / "new").iterdir()) == [f"{number}.csv" for number in range(5)]
    assert counted.requests(lambda: fs.cat("box/a/*.csv")) == {**told, "GetObject": 5}
    fs.cp(NAMES[0], "box/b/")  # from here on it is known how the server copies
    copies = counted.requests(lambda: fs.cp("box/a/*.csv", "box/b/"))
    assert copies["CopyObject"] == 5
    assert copies["ListObjectsV2"] == 1
    assert counted.requests(lambda: fs.rm("box/b/*.csv")) == {**told, "DeleteObjects": 1}
    assert fs.find("box") == NAMES


def test_a_folder_is_got_by_its_listing(counted: Counted, tmp_path: Path) -> None:
    made = counted.requests(lambda: counted.fs.get("box/a", str(tmp_path / "all"), recursive=True))
    assert made == {"ListObjectsV2": 1, "HeadObject": 1, "GetObject": 5}
    made = counted.requests(lambda: counted.fs.cat("box/a", recursive=True))
    assert made == {"ListObjectsV2": 1, "HeadObject": 1, "GetObject": 5}


def test_one_file_is_one_request(counted: Counted) -> None:
    fs = counted.fs
    assert counted.requests(lambda: fs.cat_file(NAMES[0])) == {"GetObject": 1}
    assert counted.requests(lambda: fs.cat_file(NAMES[0], start=-3)) == {"GetObject": 1}
    assert counted.requests(lambda: fs.pipe_file(NAMES[0], b"content")) == {"PutObject": 1}
    assert counted.requests(lambda: fs.cat_ranges([NAMES[0]] * 2, [0, 3], [2, 5])) == {"GetObject": 1}
    assert counted.requests(lambda: fs.open(NAMES[0]).read()) == {"GetObject": 1}
    assert counted.requests(lambda: fs.info(NAMES[0])) == {"HeadObject": 1}
