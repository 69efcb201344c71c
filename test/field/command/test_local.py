"""The local side: `facts` of the field, section I."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from obs_client import LocalClient
from obs_client.backends.local import record
from obs_client.sync import Place, SyncOptions, check, sync
from test.cli.running import done, file_url, lines, run
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


def test_a_changed_file_is_served_as_it_is_and_copied_with_a_digest_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Long after it was written, as volumes of VeraCrypt are: what was kept with it is no digest of it any more."""
    monkeypatch.setattr(record, "SETTLING_NS", 1_000_000)
    for directory in ("w", "t"):
        (tmp_path / directory).mkdir()
    done("put", "-", file_url(tmp_path / "w", "a"), "-m", "k=v", stdin=b"1234")
    done("sync", tmp_path / "w", tmp_path / "t")
    time.sleep(0.05)
    changed_unseen(tmp_path / "w/a", b"4321")
    result = run("check", tmp_path / "w", tmp_path / "t")
    assert (result.exit_code, result.stdout.split()[:2]) == (1, ["differing", "a"])
    done("cp", tmp_path / "w/a", tmp_path / "w/b")
    assert done("cat", tmp_path / "w/a", tmp_path / "w/b") == "43214321"
    assert done("sync", "--checksum", tmp_path / "w", tmp_path / "t").startswith("copied 2")
    assert (tmp_path / "t/a").read_bytes() == b"4321"
    done("check", tmp_path / "w", tmp_path / "t")
    assert done("meta", "show", tmp_path / "t/a") == "k=v\n"


@pytest.mark.parametrize("checksum", [(), ("--checksum",)])
def test_what_the_system_makes_as_it_is_read_arrives(checksum: tuple[str, ...], tmp_path: Path) -> None:
    """rayforce#572, deepin-editor#466: its size is told as 0."""
    source, only = "/proc/sys/kernel/random", ("--include", "boot_id")
    content = Path(source, "boot_id").read_bytes()
    assert content
    done("sync", source, tmp_path / "t", *only, *checksum)
    assert (tmp_path / "t/boot_id").read_bytes() == content
    assert done("sync", source, tmp_path / "t", *only, *checksum).startswith("copied 0")
    assert lines("check", source, tmp_path / "t", *only)[0]["by"] == "reading"
    done("cp", f"{source}/boot_id", tmp_path / "copy")
    done("get", f"{source}/boot_id", tmp_path / "got")
    assert {(tmp_path / name).read_bytes() for name in ("copy", "got")} == {content}
    assert done("cat", f"{source}/boot_id").encode() == content
    (tmp_path / "t/boot_id").write_bytes(b"")
    assert run("check", source, tmp_path / "t", *only).exit_code == 1


def test_check_says_of_each_name_by_what_it_was_proved(tmp_path: Path) -> None:
    for folder in ("one", "other"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a").write_bytes(b"12")
        (tmp_path / folder / "empty").write_bytes(b"")
    rows = lines("check", tmp_path / "one", tmp_path / "other")
    assert [(row["name"], row["by"]) for row in rows[:-1]] == [("a", "reading"), ("empty", "no bytes")]
    assert (rows[-1]["equal"], rows[-1]["unproven"]) == (True, 0)
