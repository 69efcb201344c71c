"""Patterns and folders: many names by one argument."""

from __future__ import annotations

from pathlib import Path

import pytest

import obs_client
from test.cli.running import done, failed, file_url, lines, run
from test.servers import RunningServer

NAMES = ("a.jpg", "b.jpg", "c.txt", "2025/a.jpg", "2026/a.jpg", "2026/deep/x.jpg")


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A directory to be in, with a container `box` of some names."""
    for name in NAMES:
        (tmp_path / "box" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "box" / name).write_text(f"of {name}")
    (tmp_path / "out").mkdir()
    monkeypatch.chdir(tmp_path)


def below(directory: str) -> list[str]:
    return sorted(str(path.relative_to(directory)) for path in Path(directory).rglob("*") if path.is_file())


def url(name: str = "") -> str:
    """A file URL of a name in the box; a pattern's characters stand as they are."""
    return file_url(Path("box").resolve(), name).replace("%2A", "*").replace("%5B", "[").replace("%5D", "]")


@pytest.mark.parametrize(
    ("pattern", "fit"),
    [
        ("*.jpg", ["a.jpg", "b.jpg"]),
        ("[!b].jpg", ["a.jpg"]),
        ("[a-b].*", ["a.jpg", "b.jpg"]),
        ("*/a.jpg", ["2025/a.jpg", "2026/a.jpg"]),
        ("202*", ["2025/", "2026/"]),
        ("2026/*", ["2026/a.jpg", "2026/deep/"]),
        ("**/*.jpg", [name for name in sorted(NAMES) if name.endswith(".jpg")]),
        ("2026/**", ["2026/a.jpg", "2026/deep/x.jpg"]),
        ("*/", ["2025/", "2026/"]),
    ],
)
def test_what_fits_a_pattern(pattern: str, fit: list[str]) -> None:
    assert sorted(done("ls", url(pattern)).split()) == fit
    if not pattern.startswith("2026/"):  # of a path the folders before the pattern are the container
        assert sorted(done("ls", f"box/{pattern}").split()) == fit


def test_what_fits_nothing_is_not_there() -> None:
    for command in (("ls",), ("du",), ("rm",), ("get",)):
        assert "nothing fits" in failed(3, *command, "box/*.png")
        assert "nothing fits" in failed(3, *command, url("*.png"))
    done("rm", "-f", "box/*.png")


def test_a_name_that_looks_like_a_pattern_is_a_name() -> None:
    for name in ("*.jpg", "[ab].jpg", "a?.jpg"):
        (Path("box") / name).write_text("odd")
    assert done("ls", "box/*.jpg") == done("ls", url("*.jpg")) == "*.jpg\n"
    assert done("ls", "box/[ab].jpg") == done("ls", url("[ab].jpg")) == "[ab].jpg\n"
    done("rm", "box/*.jpg", url("[ab].jpg"), "box/a?.jpg")
    assert below("box") == sorted(NAMES)


def test_what_a_url_quotes_is_no_pattern() -> None:
    for quoted in ("%2A.jpg", "%5Ba%5D.jpg", "a%3Fjpg"):
        failed(3, "rm", f"{url()}&prefix={quoted}")
    assert below("box") == sorted(NAMES)


def test_rm_asks_before_it_deletes_what_fits() -> None:
    assert "Delete 2 objects in box/*.jpg" in failed(2, "rm", "box/*.jpg")
    assert done("rm", "--dry-run", "box/*.jpg").split() == ["a.jpg", "b.jpg"]
    assert "only folders fit" in failed(3, "rm", "-y", "box/202*")
    done("rm", "-y", "box/*.jpg")
    assert below("box") == ["2025/a.jpg", "2026/a.jpg", "2026/deep/x.jpg", "c.txt"]
    done("rm", "-r", "-f", url("202*"))
    assert below("box") == ["c.txt"]


def test_get_cp_and_mv_of_what_fits() -> None:
    done("get", "box/*.jpg", "out")
    assert below("out") == ["a.jpg", "b.jpg"]
    done("cp", url("*.txt"), "box/2025/a.*", "out/")
    assert (Path("out") / "a.jpg").read_text() == "of 2025/a.jpg"
    assert "would both become" in failed(2, "mv", "box/*/a.jpg", "out/")
    done("mv", "box/?.jpg", "out/")
    assert below("box") == ["2025/a.jpg", "2026/a.jpg", "2026/deep/x.jpg", "c.txt"]
    assert below("out") == ["a.jpg", "b.jpg", "c.txt"]


def test_du_of_what_fits() -> None:
    assert lines("du", "-d0", "box/*.jpg")[-1] == {"type": "sum", "folder": "", "size": 16, "count": 2}
    assert lines("du", "-d0", url("2026*"))[-1]["count"] == 2


def test_get_takes_several_objects() -> None:
    done("get", "box/a.jpg", "box/c.txt", "out")
    assert below("out") == ["a.jpg", "c.txt"]
    assert done("get", "box/a.jpg", "box/c.txt", "-") == "of a.jpgof c.txt"
    assert "several objects need a directory" in failed(2, "get", "box/a.jpg", "box/c.txt", "new")
    result = run("get", "box/never", "box/b.jpg", "out/")
    assert (result.exit_code, below("out")) == (3, ["a.jpg", "b.jpg", "c.txt"])
    assert "1 of 2 names failed" in result.stderr
    assert "would both become" in failed(2, "get", "box/2025/a.jpg", "box/2026/a.jpg", "out")


@pytest.mark.parametrize("command", ["get", "cp", "put"])
def test_a_folder_keeps_its_name_in_a_folder_and_gets_the_targets_else(command: str) -> None:
    target = file_url(Path("out").resolve()) if command == "put" else "out/"
    done(command, "-r", "box", target)
    assert below("out") == [f"box/{name}" for name in sorted(NAMES)]
    (Path("box") / "a.jpg").write_text("of a new")
    other = file_url(Path("out").resolve(), "new") if command == "put" else "out/new"
    done(command, "-r", "box/2026", other)
    assert below("out/new") == ["a.jpg", "deep/x.jpg"]
    assert sorted(str(row["name"]) for row in lines(command, "-r", "box", target)) == sorted(NAMES)
    assert (Path("out") / "box" / "a.jpg").read_text() == "of a new", "what is there is replaced"


def test_folders_that_fit_and_objects_beside_them() -> None:
    done("cp", "-r", "box/*", "out/")
    assert below("out") == sorted(NAMES)
    done("get", "-r", "box/202*", "new/")
    assert below("new") == [name for name in sorted(NAMES) if "/" in name]
    assert "there is nothing in" in failed(3, "cp", "-r", url("nothing/"), "out/")


def test_put_gives_all_files_of_a_folder_what_was_asked_for() -> None:
    done("put", "-r", "box/2026", file_url(Path("out").resolve()), "--cache-control", "no-store", "-m", "author=ada")
    (row,) = lines("info", "out/2026/deep/x.jpg")
    assert (row["cache_control"], row["metadata"], row["content_type"]) == ("no-store", {"author": "ada"}, "image/jpeg")
    (Path("box/2026") / "a.jpg").write_text("another")
    done("put", "-r", "--if-absent", "box/2026", file_url(Path("out").resolve()))
    assert (Path("out/2026") / "a.jpg").read_text() == "of 2026/a.jpg"


@pytest.mark.slow
def test_on_s3(seaweedfs: RunningServer, environment: pytest.MonkeyPatch) -> None:
    for name, value in seaweedfs.environment().items():
        environment.setenv(name, value)
    with obs_client.from_url("s3://") as client:
        client.container_create("many-names")
    try:
        done("put", "-r", "box/2026", "box/*.jpg", "s3://many-names")
        assert done("ls", "-r", "s3://many-names").split() == ["2026/a.jpg", "2026/deep/x.jpg", "a.jpg", "b.jpg"]
        assert done("ls", "s3://many-names/*").split() == ["2026/", "a.jpg", "b.jpg"]
        done("get", "-r", "s3://many-names/2026/**.jpg", "s3://many-names/2026/deep", "out")
        assert below("out") == ["a.jpg", "deep/x.jpg", "x.jpg"]
        done("cp", "-r", "s3://many-names/2026", "s3://many-names/copy")
        assert done("ls", "s3://many-names/c*/[a-b].jpg").split() == ["copy/a.jpg"]
        done("rm", "-f", "s3://many-names/*.jpg")
        assert done("ls", "s3://many-names").split() == ["2026/", "copy/"]
    finally:
        done("rb", "--force", "--yes", "s3://many-names")
