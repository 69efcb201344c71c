"""The local side: `facts` of the field, section I."""

from __future__ import annotations

import os
from pathlib import Path

from obs_client import LocalClient
from obs_client.sync import Place, SyncOptions, check, sync
from test.cli.running import lines
from test.sync.support import memory


def changed_unseen(path: Path, content: bytes) -> None:
    """Change a file and set its time back, as VeraCrypt and `touch -r` do."""
    before = path.stat()
    path.write_bytes(content)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def test_a_file_is_always_read_whatever_is_stored_with_it(tmp_path: Path) -> None:
    """duplicati#2332, restic#805, rclone#9308."""
    source = memory(a=b"12", b=b"34")
    for place in (Place(LocalClient(tmp_path), "box"), Place.of_directory(tmp_path / "tree")):
        place.client.container_create(place.container_name)
        sync(source, place)
        report = check(source, place)
        assert report.ok
        assert report.proofs == {"digest and reading": 2}
        folder = tmp_path / place.container_name
        changed_unseen(folder / "b", b"43")
        proved = check(source, place)
        assert not proved.ok
        assert (*proved.differing, *proved.unproven) == ("b",)
        assert not check(place, source).ok
        assert sync(source, place, SyncOptions(checksum=True)).copied == 1
        assert (folder / "b").read_bytes() == b"34"


def test_check_says_of_each_name_by_what_it_was_proved(tmp_path: Path) -> None:
    for folder in ("one", "other"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a").write_bytes(b"12")
        (tmp_path / folder / "empty").write_bytes(b"")
    rows = lines("check", tmp_path / "one", tmp_path / "other")
    assert [(row["name"], row["by"]) for row in rows[:-1]] == [("a", "reading"), ("empty", "no bytes")]
    assert (rows[-1]["equal"], rows[-1]["unproven"]) == (True, 0)
