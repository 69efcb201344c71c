"""One name must not stop the others, by the command: `facts` of the field, section G."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from obs_client.sync import Place, SavedPlan, SyncOptions, plan_sync
from test.cli.running import done, failed, lines, run
from test.field.command.rights import as_granted
from test.field.command.stores import names, s3

HARMLESS = ("\x01", "con", "a\\..\\b", "C:/x", "~", "-rf", "$(x)", "é", "e\u0301", "\u202e", "new\nline", " lead",
            "trail ", "q?a=b", "p%2e%2e/x", "%00", ".obs", "file")  # fmt: skip
IMPOSSIBLE = ("../out", "a/../../out", "/etc/x", "./x", "a/./b", "a//b", ".", "..", "a/..", "x/", "nul\x00", "x" * 300,
              "a/" + "y" * 256, "%obs_f_", "file/sub")  # fmt: skip


EVERYTHING = SyncOptions(delete=True)


def tree(directory: Path) -> set[str]:
    return {str(path.relative_to(directory)) for path in directory.rglob("*") if not path.is_dir()}


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")


def make(**contents: bytes) -> None:
    """Write files by their paths, in which `__` is a slash."""
    for name, content in contents.items():
        path = Path(name.replace("__", "/"))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def test_hostile_names_fail_by_name_and_the_others_arrive(monkeypatch: pytest.MonkeyPatch) -> None:
    double = s3(monkeypatch)
    for name in (*HARMLESS, *IMPOSSIBLE):
        double.store("box", name, name.encode())
    result = run("sync", "s3://box", "deep/target", "--json")
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.exit_code == 1
    assert {row["name"] for row in rows if row["type"] == "failed"} == set(IMPOSSIBLE)
    assert tree(Path("deep/target")) == set(HARMLESS)
    assert tree(Path("..")) == {f"here/deep/target/{name}" for name in HARMLESS}, "nothing is outside"
    checked = run("check", "s3://box", "deep/target", "--json")
    rows = [json.loads(line) for line in checked.stdout.splitlines()]
    assert checked.exit_code == 1
    assert {row["name"] for row in rows if row["type"] == "missing"} == set(IMPOSSIBLE)
    assert {row["name"] for row in rows if row["type"] == "same"} == set(HARMLESS)


def test_a_plan_says_what_it_cannot_do(monkeypatch: pytest.MonkeyPatch) -> None:
    double = s3(monkeypatch)
    for name in ("a", "a//b", "c"):
        double.store("box", name, b"1")
    make(t__old=b"1")
    result = run("sync", "s3://box", "t", "--delete", "--dry-run")
    assert result.exit_code == 1
    assert "a//b: " in result.stderr
    planned = run("sync", "s3://box", "t", "--delete", "--dry-run", "--json")
    assert planned.exit_code == 1
    assert "a//b: " in planned.stderr
    Path("plan").write_text(planned.stdout)
    applied = run("sync", "s3://box", "t", "--apply", "plan", "--yes")
    assert applied.exit_code == 1
    assert "1 name failed (nothing was deleted: 1 name failed" in applied.stderr
    assert tree(Path("t")) == {"a", "c", "old"}
    asked = run("sync", "s3://box", "t", "--delete")
    assert asked.exit_code == 2, "whether to delete"
    with SavedPlan(plan_sync(Place.parse("s3://box"), Place.parse("t"), EVERYTHING), keep_skips=False) as saved:
        assert (saved.copies, saved.skips, saved.refusals, saved.deletions) == (0, 2, 1, 1)
        assert [step.action for step in saved] == ["delete", "refuse"]


def test_what_cannot_be_read_is_told_by_name_in_any_place_of_files() -> None:
    make(s__x__secret=b"1", s__y=b"2", s__locked=b"3", s__bad__ok=b"4")
    with open(b"s/bad/\xff.txt", "wb"):
        pass
    os.chmod("s/x", 0)
    os.chmod("s/locked", 0)
    with as_granted():
        for number, source in enumerate(("s", f"file://{Path.cwd()}?container_name=s")):
            result = run("sync", source, f"t{number}", "--delete", "--yes")
            assert result.exit_code == 1
            assert tree(Path(f"t{number}")) == {"y", "bad/ok"}
            for name in ("x/", "locked", "\\xff.txt"):
                assert name in result.stderr
            assert result.stderr.count("look at the permissions") == 2
            assert "AWS_" not in result.stderr
            checked = run("check", source, f"t{number}")
            assert checked.exit_code == 1
            assert "unproven   x/" in checked.stdout
        listed = run("ls", "-r", "s")
        assert (listed.exit_code, listed.stdout.split()) == (1, ["bad/ok", "locked", "y"])
        assert run("du", "s").exit_code == 1


@pytest.mark.parametrize("locked", ["s/f", "t/f"])
def test_a_file_that_cannot_be_compared_is_told_by_name_and_the_others_are_done(locked: str) -> None:
    make(s__f=b"1", s__h=b"1", s__new=b"1", t__f=b"1", t__h=b"2", t__old=b"1")
    os.chmod(locked, 0)
    with as_granted():
        dry = run("sync", "--checksum", "--delete", "--dry-run", "s", "t")
        result = run("sync", "--checksum", "--delete", "--yes", "s", "t")
    for each in (dry, result):
        assert each.exit_code == 1
        assert "f: could not be compared: " in each.stdout + each.stderr
    os.chmod(locked, 0o600)
    assert {name: Path("t", name).read_bytes() for name in tree(Path("t"))} == {
        "f": b"1", "h": b"1", "new": b"1", "old": b"1"
    }  # fmt: skip


@pytest.mark.parametrize(
    "options", [("--exclude", "x/**", "--exclude", "*.txt"), ("--include", "z/w/*"), ("--include", "z/**")]
)
def test_what_the_patterns_leave_out_is_not_looked_at(options: tuple[str, ...]) -> None:
    make(s__x__secret=b"1", s__z__w__v=b"2", s__bad__ok=b"4", t__x__b=b"5")
    with open(b"s/bad/\xff.txt", "wb"):
        pass
    for folder in ("s/x", "t/x"):
        os.chmod(folder, 0)
    with as_granted():
        done("sync", "s", "t", *options)
        done("check", "s", "t", *options)
        assert tree(Path("t/z")) == {"w/v"}


def test_a_file_and_a_folder_take_each_other_s_place() -> None:
    make(one__x=b"file", one__d__f=b"1", one__k=b"k", two__x__a=b"1", two__x__b__c=b"2", two__d=b"file", two__k=b"k")
    failed_first = run("sync", "one", "two")
    assert failed_first.exit_code == 1
    assert "x: 'x' is a directory" in failed_first.stderr
    done("sync", "one", "two", "--delete", "--yes")
    assert tree(Path("two")) == {"x", "d/f", "k"}
    done("check", "one", "two")


def test_empty_folders_are_in_nobody_s_way() -> None:
    make(one__x=b"1")
    Path("two/x/y").mkdir(parents=True)
    assert run("sync", "one", "two").exit_code == 1
    done("sync", "one", "two", "--delete", "--yes")
    assert Path("two/x").read_bytes() == b"1"


@pytest.mark.parametrize("in_the_way", ["link", "fifo", "excluded"])
def test_nothing_is_deleted_where_what_is_in_the_way_stays(in_the_way: str) -> None:
    make(one__x__f=b"1", two__old=b"2")
    if in_the_way == "link":
        make(two__d__f=b"3")
        os.symlink("d", "two/x")
    elif in_the_way == "fifo":
        os.mkfifo("two/x")
    else:
        make(two__x=b"3")
    before = tree(Path("two"))
    result = run("sync", "one", "two", "--delete", "--yes", *(["--exclude", "x"] if in_the_way == "excluded" else []))
    assert result.exit_code == 1
    assert "x/f: 'x' is" in result.stderr
    assert tree(Path("two")) == before


class TestMarkers:
    """aws-cli#1752, #6435, rclone#9383, s3cmd#188."""

    def test_they_are_folders_and_come_back_as_they_were(self, monkeypatch: pytest.MonkeyPatch) -> None:
        double = s3(monkeypatch)
        for name in ("empty/", "full/", "full/deep/"):
            double.store("box", name, b"")
        double.store("box", "full/a", b"1")
        for name, kind in (("typed", "application/x-directory"), ("other", "application/directory; charset=utf-8")):
            double.store("box", name, b"", {"content-type": kind})
        double.store("box", "typed/a", b"2")
        done("sync", "s3://box", "t")
        assert tree(Path("t")) == {"full/a", "typed/a"}
        for name in ("empty", "full/deep", "typed", "other"):
            assert Path("t", name).is_dir()
        assert done("sync", "s3://box", "t").startswith("copied 0")
        done("check", "s3://box", "t")
        done("check", "t", "s3://box")
        assert "deleted 0" in done("sync", "t", "s3://box", "--delete", "--yes")
        done("sync", "t", "s3://other", "--folder-markers")
        markers = ["empty/", "full/", "full/deep/", "other/", "typed/"]
        assert names(double, "other") == sorted([*markers, "full/a", "typed/a"])
        done("check", "t", "s3://other", "--folder-markers")
        assert "deleted 0" in done("sync", "t", "s3://other", "--folder-markers", "--delete", "--yes")
        assert "--apply takes no --folder-markers" in failed(
            2, "sync", "t", "s3://other", "--folder-markers", "--apply", "x"
        )

    def test_one_with_content_is_none(self, monkeypatch: pytest.MonkeyPatch) -> None:
        double = s3(monkeypatch)
        double.store("box", "p/", b"content")
        double.store("box", "p/a", b"1")
        double.store("box", "p/full/", b"content")
        result = run("sync", "s3://box/p", "t")
        assert result.exit_code == 1
        assert "p/: an object with content that has the name of the place itself" in result.stderr
        assert "full/: " in result.stderr
        assert tree(Path("t")) == {"a"}
        checked = run("check", "s3://box/p", "t")
        assert checked.exit_code == 1
        assert "unproven   p/" in checked.stdout
        assert run("sync", "s3://box/p", "s3://other/q", "--delete", "--yes").exit_code == 1
        assert names(double, "other") == ["q/a", "q/full/"]


class TestRemoving:
    def test_an_object_with_the_folder_s_own_name_is_left_and_named(self, monkeypatch: pytest.MonkeyPatch) -> None:
        double = s3(monkeypatch)
        for name, content in (("p/", b"content"), ("p/a", b"1"), ("p/b/", b""), ("q/", b""), ("q/a", b"1")):
            double.store("box", name, content)
        result = run("rm", "-r", "--yes", "s3://box/p")
        assert result.exit_code == 1
        assert "p/: an object with content" in result.stderr
        assert names(double) == ["p/", "q/", "q/a"]
        assert "obs rm 's3://box/p/' deletes it" in result.stderr
        done("mv", "s3://box/p/", "s3://box/kept")
        done("rm", "-r", "--yes", "s3://box/q/")
        assert names(double) == ["kept"], "of no bytes, it marks the folder"

    def test_an_object_beside_the_folder_is_told_of(self, monkeypatch: pytest.MonkeyPatch) -> None:
        double = s3(monkeypatch)
        for name in ("p", "p/a", "pq"):
            double.store("box", name, b"1")
        assert "Delete the object s3://box/p, and 1 object in the folder" in failed(2, "rm", "-r", "s3://box/p")
        assert "s3://box/p is an object, too" in run("rm", "-r", "--yes", "s3://box/p").stderr
        assert names(double) == ["pq"]

    def test_what_cannot_be_deleted_leaves_the_others_be(self, monkeypatch: pytest.MonkeyPatch) -> None:
        double = s3(monkeypatch)
        for name in (*HARMLESS, *IMPOSSIBLE):
            double.store("box", name, b"1")
        result = run("rm", "-r", "--yes", "s3://box", "--json")
        left = names(double)
        assert result.exit_code == 1
        assert left == sorted(("../out", "a/../../out", "./x", "a/./b", ".", "..", "a/..", "nul\x00"))
        deleted = {json.loads(line)["name"] for line in result.stdout.splitlines()}
        assert deleted == {*HARMLESS, *IMPOSSIBLE} - set(left)
        assert f"{len(left)} names were not deleted" in result.stderr

    def test_nor_does_a_folder_that_is_not_the_user_s(self) -> None:
        make(s__a=b"1", s__x__b=b"2", s__y__c=b"3")
        os.chmod("s/x", 0)
        os.chmod("s/y", 0o500)
        with as_granted():
            result = run("rm", "-r", "--yes", "s")
        assert result.exit_code == 1
        assert not Path("s/a").exists()
        assert Path("s/x/b").exists()
        assert "could not delete 's/y/c': Permission denied" in result.stderr


class TestSeveral:
    def test_an_absent_container_of_one_source_leaves_the_others_be(self, monkeypatch: pytest.MonkeyPatch) -> None:
        double = s3(monkeypatch)
        for name in ("a", "b"):
            double.store("box", name, b"1")
        result = run("cp", "s3://nowhere/x", "s3://box/a", "s3://box/never", "s3://box/b", "s3://other/")
        assert result.exit_code == 3
        assert names(double, "other") == ["a", "b"]
        assert "2 of 4 names failed" in result.stderr

    def test_so_does_one_that_may_not_be_read(self, monkeypatch: pytest.MonkeyPatch) -> None:
        s3(monkeypatch)
        make(a=b"1", b=b"2", c=b"3")
        os.chmod("b", 0)
        with as_granted():
            result = run("put", "a", "b", "c", "s3://box/")
            assert result.exit_code == 1
            assert "b: b: Permission denied" in result.stderr
            result = run("mv", "a", "b", "c", "s3://other/")
            assert result.exit_code == 1
        assert [row["name"] for row in lines("ls", "s3://box")] == ["a", "c"]
        assert tree(Path()) == {"b"}

    @pytest.mark.parametrize("command", ["info", "mb", "rb"])
    def test_so_does_one_container(self, command: str, monkeypatch: pytest.MonkeyPatch) -> None:
        double = s3(monkeypatch)
        double.store("box", "a", b"1")
        bad = {"info": "s3://nowhere", "mb": "s3://no", "rb": "s3://box"}[command]
        good = {"info": "s3://other", "mb": "s3://new-one", "rb": "s3://other"}[command]
        result = run(command, bad, good, "--json")
        assert result.exit_code in (1, 3)
        assert good.removeprefix("s3://") in result.stdout
        assert "1 of 2 names failed" in result.stderr
