"""The commands `cp`, `mv`, `sync` and `check`."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

import obs_client
from obs_client.cli.many.reasons import advice
from test.cli.running import done, failed, file_url, lines, run

Stores = tuple[Path, Path]


@pytest.fixture
def stores(tmp_path: Path) -> Stores:
    """Two directories, the first with some files."""
    one, two = tmp_path / "one", tmp_path / "two"
    (one / "a" / "b").mkdir(parents=True)
    two.mkdir()
    for name in ("1", "a/2", "a/b/3", "ab"):
        (one / name).write_text(name)
    return one, two


def tree(directory: Path) -> dict[str, str]:
    return {str(path.relative_to(directory)): path.read_text() for path in directory.rglob("*") if path.is_file()}


def test_cp_carries_all_attributes(stores: Stores) -> None:
    one, two = stores
    done("put", "-", file_url(one, "x.txt"), "-m", "who=me", "--language", "de", stdin=b"text")
    done("cp", one / "x.txt", two)
    done("cp", f"{two}/x.txt", file_url(two, "y.bin"))
    before, after = (lines("info", path)[0] for path in (f"{one}/x.txt", f"{two}/y.bin"))
    for field in ("size", "content_type", "metadata", "content_language"):
        assert before[field] == after[field], field
    assert (one / "x.txt").exists()


def test_cp_takes_several_into_a_folder(stores: Stores) -> None:
    one, two = stores
    done("cp", one / "1", one / "a" / "2", f"{two}/")
    assert tree(two) == {"1": "1", "2": "a/2"}
    assert run("cp", one / "1", one / "ab", two / "name").exit_code == 2
    assert "obs sync" in run("cp", one / "a", two).stderr
    assert "already" in failed(1, "cp", "--if-absent", one / "1", two / "1")
    failed(3, "cp", one / "never", two)
    failed(3, "cp", one / "1", two / "never" / "x")


def test_mv_moves(stores: Stores) -> None:
    one, two = stores
    done("mv", one / "1", two / "renamed")
    done("mv", two / "renamed", two / "again")
    assert tree(two) == {"again": "1"}
    assert "1" not in tree(one)


def test_mv_never_loses_a_file_that_is_named_in_two_ways(stores: Stores) -> None:
    one, _ = stores
    (one.parent / "way").symlink_to(one / "a")
    for target in (f"{one}/a/2", f"{one.parent}/way/2", f"{one}/a/../a/2", file_url(one, "a/2"), f"{one.parent}/way"):
        assert "one file" in failed(1, "mv", one / "a" / "2", target)
    assert (one / "a" / "2").read_text() == "a/2"


def test_sync_copies_what_differs_and_says_how_much(stores: Stores) -> None:
    one, two = stores
    assert "copied 4" in done("sync", one, two)
    assert tree(two) == tree(one)
    assert "copied 0 (0 B), deleted 0, left 4" in done("sync", one, two)
    (one / "1").write_text("longer")
    said = run("sync", one, file_url(two), "--verbose")
    assert said.stderr == "obs: copied     1  (the sizes differ)\n"
    assert (said.exit_code, said.stdout.count("\n")) == (0, 1)
    assert tree(two) == tree(one)


def test_sync_of_a_folder_leaves_its_neighbours(stores: Stores, tmp_path: Path) -> None:
    one, two = stores
    store = f"file://{tmp_path}?container_name=two"
    done("sync", one / "a", two / "a")
    assert tree(two) == {"a/2": "a/2", "a/b/3": "a/b/3"}
    (two / "ab").write_text("neighbour")
    (one / "a" / "2").unlink()
    done("sync", one / "a", two / "a", "--delete", "--yes")
    assert tree(two) == {"a/b/3": "a/b/3", "ab": "neighbour"}
    assert done("ls", "-r", store).split() == ["a/b/3", "ab"]


def test_sync_deletes_only_what_was_granted(stores: Stores) -> None:
    one, two = stores
    for name in ("x", "y"):
        (two / name).write_text(name)
    done("sync", one, two)
    assert "Delete 2 objects" in failed(2, "sync", "--delete", one, two)
    result = run("sync", "--delete", "--max-delete", "1", one, two)
    assert (result.exit_code, "nothing was deleted" in result.stderr) == (1, True)
    assert {"x", "y"} <= set(tree(two))
    assert "deleted 2" in done("sync", "--delete", "--max-delete", "2", one, two)
    assert tree(two) == tree(one)
    assert "deleted 0" in done("sync", "--delete", one, two), "nothing to delete: nothing to ask"


def test_sync_does_not_empty_a_target_because_the_source_is_empty(stores: Stores, tmp_path: Path) -> None:
    one, _ = stores
    (tmp_path / "empty").mkdir()
    assert run("sync", "--delete", "--yes", tmp_path / "empty", one).exit_code == 1
    failed(3, "sync", "--delete", "--yes", tmp_path / "never", one)
    assert len(tree(one)) == 4


def test_sync_dry_run_and_patterns(stores: Stores) -> None:
    one, two = stores
    shown = done("sync", "--dry-run", "--include", "a/**", "--exclude", "3", one, two)
    assert shown.splitlines()[0].split() == ["copy", "a/2", "(not", "in", "the", "target)"]
    assert "would have copied 1 " in shown.splitlines()[1]
    assert tree(two) == {}


def test_a_plan_is_json_lines_and_is_applied_later(stores: Stores, tmp_path: Path) -> None:
    one, two = stores
    (two / "old").write_text("old")
    plan = done("sync", "--delete", "--dry-run", "--json", one, two)
    rows = [json.loads(line) for line in plan.splitlines()]
    assert [row["action"] for row in rows] == ["copy", "copy", "copy", "copy", "delete", "end"]
    (tmp_path / "plan").write_text(plan)
    assert "Delete 1 object" in failed(2, "sync", "--apply", tmp_path / "plan", one, two)
    (one / "ab").write_text("changed since")
    result = run("sync", "--apply", tmp_path / "plan", "--yes", one, two)
    assert (result.exit_code, "make a new plan" in result.stderr) == (1, True)
    assert set(tree(two)) == {"1", "a/2", "a/b/3", "old"}
    (tmp_path / "plan").write_text(plan[:-30])
    assert "make a new plan" in failed(1, "sync", "--apply", tmp_path / "plan", "--yes", one, two)


def test_sync_reports_json_lines(stores: Stores) -> None:
    one, two = stores
    rows = lines("sync", one, two)
    assert [row["type"] for row in rows] == ["copied"] * 4 + ["report"]
    assert rows[-1] == {
        "type": "report",
        "copied": 4,
        "copied_size": 11,
        "skipped": 0,
        "deleted": 0,
        "failed": 0,
        "left_out": 0,
        "withheld": 0,
        "stopped_at": None,
        "done_before": 0,
    }


def test_sync_names_what_is_no_file_and_what_failed(stores: Stores) -> None:
    one, two = stores
    (one / "link").symlink_to("1")
    os.mkfifo(one / "fifo")
    result = run("sync", one, two)
    assert result.exit_code == 0
    assert sorted(line.split(":")[1] for line in result.stderr.splitlines()) == [" fifo", " link"]
    done("sync", "--quiet", one, two)
    assert "link" not in tree(two)
    done("sync", "--quiet", "--follow-symlinks", one, two)
    assert tree(two)["link"] == "1"


def test_sync_takes_folders_only(stores: Stores) -> None:
    one, two = stores
    assert "obs cp" in run("sync", one / "1", two).stderr
    assert run("sync", "s3://", two).exit_code == 2
    assert run("sync", one, one).exit_code == 2
    assert run("sync", one, one / "a").exit_code == 2


def test_metadata_that_the_target_cannot_keep_is_mapped_when_asked(stores: Stores) -> None:
    one, two = stores
    done("put", "-", file_url(one, "1"), "-m", "my_key=1", stdin=b"1")
    done("cp", "--metadata", "dashes", one / "1", two)
    assert done("meta", "show", two / "1") == "my-key=1\n"
    done("sync", "--metadata", "drop", one, f"{two}/sub")
    assert done("meta", "show", two / "sub" / "1") == ""


def test_metadata_keys_that_dashes_make_one_are_refused(stores: Stores) -> None:
    one, two = stores
    done("put", "-", file_url(one, "1"), "-m", "a_b=1", "-m", "a-b=2", "-m", "c_d=3", stdin=b"1")
    said = failed(1, "cp", "--metadata", "dashes", one / "1", two)
    assert "'a_b'" in said
    assert "'a-b'" in said
    assert tree(two) == {}
    result = run("sync", "--metadata", "dashes", one, two)
    assert result.exit_code == 1
    assert "1: " in result.stderr
    assert "--metadata drop" in result.stderr
    assert "run the same command again" not in result.stderr
    assert set(tree(two)) == {"a/2", "a/b/3", "ab"}


def test_check_proves_or_lists(stores: Stores) -> None:
    one, two = stores
    done("sync", one, two)
    assert done("check", one, two) == "4 objects the same (11 B)\n"
    (two / "1").write_text("2")
    (two / "ab").unlink()
    (two / "extra\x1b").write_text("")
    result = run("check", one, two)
    assert result.exit_code == 1
    assert [line.split() for line in result.stdout.splitlines()[:3]] == [
        ["differing", "1"],
        ["missing", "ab"],
        ["extra", "extra\\x1b"],
    ]
    assert result.stdout.splitlines()[3] == "2 objects the same (8 B), 1 differing, 1 missing, 1 extra"
    assert "not proved equal" in result.stderr
    rows = [json.loads(line) for line in run("check", "--json", one, two).stdout.splitlines()]
    assert [(row["type"], row.get("by")) for row in rows] == [
        ("differing", "reading"),
        ("same", "reading"),
        ("same", "reading"),
        ("missing", None),
        ("extra", None),
        ("report", None),
    ]
    assert rows[-1]["equal"] is False
    done("check", "--include", "a/**", one, two)
    failed(3, "check", one / "never", two)


def test_hostile_names_stay_in_the_target_and_are_shown_escaped(stores: Stores, tmp_path: Path) -> None:
    _, two = stores
    (tmp_path / "store" / "c").mkdir(parents=True)
    client = obs_client.LocalClient(tmp_path / "store", "c")
    for name in ("/etc/x", "a//b", "\x1b[31m"):
        client.object_write(name, b"")
    result = run("sync", "-v", f"file://{tmp_path}/store?container_name=c", two)
    assert result.exit_code == 1
    assert "\x1b" not in result.output
    assert tree(two) == {"\x1b[31m": ""}, "the harmless one arrives, the others are failures by name"
    assert all(name in result.output for name in ("/etc/x", "a//b"))
    (two / "\x1b[31m").unlink()
    done("sync", "--exclude", "**/", "--include", "*[[]*", f"file://{tmp_path}/store?container_name=c", two)
    assert tree(two) == {"\x1b[31m": ""}


def test_quiet_leaves_only_failures(stores: Stores) -> None:
    one, two = stores
    assert done("sync", "-q", one, two) == ""
    assert done("check", "-q", one, two) == ""
    (two / "1").write_text("2")
    result = run("check", "-q", one, two)
    assert (result.exit_code, result.output) == (1, "obs: the two are not proved equal\n")
    rows = [json.loads(line) for line in run("check", "-q", "--json", one, two).stdout.splitlines()]
    assert [row["type"] for row in rows] == ["differing", "report"]
    (one / "1").write_text("longer")
    assert done("sync", "-q", "--dry-run", one, two) == "copy       1  (the sizes differ)\n"
    assert [row["type"] for row in lines("sync", "-q", one, two)] == ["copied", "report"]
    assert [row["type"] for row in lines("sync", "-v", one, two)] == ["skipped"] * 4 + ["report"]


def test_each_name_is_told_with_its_size(stores: Stores) -> None:
    one, two = stores
    done("put", "-", file_url(one, "a/2"), "-m", "a_b=1", "-m", "a-b=2", stdin=b"12345")
    (two / "1").write_text("1")
    (two / "old").write_text("old")
    rows = [
        json.loads(line) for line in run("sync", "-v", "--json", "--metadata", "dashes", one, two).stdout.splitlines()
    ]
    sizes = {row["name"]: (row["type"], row["size"]) for row in rows[:-1]}
    assert sizes["a/2"] == ("failed", 5)
    assert sizes["ab"] == ("copied", 2)
    assert sizes["1"] == ("skipped", 1)
    (row, *_) = [row for row in lines("sync", "--json", "--delete", "-y", one, two) if row.get("name") == "old"]
    assert (row["type"], row["size"]) == ("deleted", 3)


def test_what_is_no_file_is_counted_and_what_stays_has_a_size(stores: Stores) -> None:
    one, two = stores
    (one / "link").symlink_to("1")
    result = run("sync", one, two)
    assert result.exit_code == 0
    assert result.stdout == "copied 4 (11 B), deleted 0, left 0 as they are, failed 0, left out 1\n"
    *rows, report = [json.loads(line) for line in run("sync", one, two, "--json", "-v").stdout.splitlines()]
    assert [(row["type"], row["size"]) for row in rows] == [("skipped", size) for size in (1, 3, 5, 2)]
    assert (report["left_out"], report["skipped"]) == (1, 4)


@pytest.mark.parametrize(("count", "said"), [(1, "1 name would be deleted"), (2, "2 names would be deleted")])
def test_too_many_deletions_are_told_in_the_command_s_words(stores: Stores, count: int, said: str) -> None:
    one, two = stores
    for number in range(count):
        (two / f"x{number}").touch()
    result = run("sync", "--delete", "--max-delete", "0", one, two)
    assert (result.exit_code, result.stderr) == (
        1,
        f"obs: nothing was deleted: {said}, --max-delete allows 0 (--max-delete {count} allows it)\n",
    )


def test_failures_that_come_again_are_told_from_those_that_pass() -> None:
    dropped = obs_client.InvalidNameError("metadata key 'a_b': this store drops keys with '_'; use '-'")
    long, lost = obs_client.InvalidNameError("its name is too long"), obs_client.TemporaryError("lost")
    assert advice([lost]) == "run the same command again"
    assert advice([dropped]).startswith("--metadata dashes writes - for _ in the keys")
    assert advice([long]).startswith("what the target cannot hold fails again")
    assert advice([lost, dropped]).startswith("run the same command again; --metadata dashes")
