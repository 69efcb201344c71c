"""What is typed most often needs few words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from test.cli.running import done, failed, file_url, lines, run


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A directory to be in, with some files in folders."""
    for name in ("a.txt", "in/b.txt", "in/deep/c.txt", "other/d.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"of {name}")
    monkeypatch.chdir(tmp_path)


def test_ls_without_an_argument_lists_this_directory() -> None:
    assert done("ls").split() == done("ls", ".").split() == ["a.txt", "in/", "other/"]


def test_ls_of_several_places_has_headings_for_people_and_places_for_programs() -> None:
    assert done("ls", "in", "other/") == "in:\nb.txt\ndeep/\n\nother/:\nd.txt\n"
    rows = [(row["place"], row["name"]) for row in lines("ls", "-r", "in", "other/")]
    assert rows == [("in", "b.txt"), ("in", "deep/c.txt"), ("other/", "d.txt")]
    assert [row["url"] for row in lines("ls", "--urls", "in", "other")][-1] == file_url(
        Path("other").resolve(), "d.txt"
    )
    result = run("ls", "in", "nowhere", "other")
    assert (result.exit_code, result.stdout) == (3, "in:\nb.txt\ndeep/\n\nother:\nd.txt\n")
    assert "no file or directory 'nowhere'" in result.stderr


def test_h_alone_is_help_and_with_more_it_is_human() -> None:
    for command in ("ls", "du"):
        assert done(command, "-h").startswith(f"Usage: obs {command} ")
    assert "11 B" in done("ls", "-hl", "in")
    assert "37 B" not in done("du", "in")
    assert " B " in done("du", "-h", "in")


def test_meta_of_a_place_shows() -> None:
    done("meta", "set", "a.txt", "author=ada")
    assert done("meta", "a.txt") == done("meta", "show", "a.txt") == "author=ada\n"
    assert done("meta", file_url(Path.cwd(), "a.txt")) == "author=ada\n"
    assert (
        json.loads(done("meta", "--json", "a.txt")) == json.loads(done("meta", "a.txt", "--json")) == {"author": "ada"}
    )
    assert "there is no command 'sho'" in failed(2, "meta", "sho", "a.txt")


def test_url_of_a_place_is_one_to_get(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    place = "s3://box/x?endpoint_url=http://127.0.0.1:1&region=any"
    for arguments, method in (((), "GET"), (("get",), "GET"), (("put",), "PUT")):
        (row,) = lines("url", *arguments, place, "--expires", "5m")
        assert (row["method"], row["expires_in_seconds"]) == (method, 300)
        assert str(row["url"]).startswith("http://127.0.0.1:1/box/x?X-Amz-Algorithm")
    assert "missing argument 'URL'" in failed(2, "url", "put")
    assert "post is neither get nor put" in failed(2, "url", "post", place)
    assert "give one URL" in failed(2, "url", "get", place, place)


def test_cat_of_several_is_one_after_another() -> None:
    assert done("cat", "a.txt", "in/b.txt", "in/deep/c.txt") == "of a.txtof in/b.txtof in/deep/c.txt"
    assert done("cat", "--start", "3", "a.txt", "in/b.txt") == "a.txtin/b.txt"


def test_rm_with_force_does_not_ask() -> None:
    done("rm", "-rf", "in")
    assert done("ls", "-r") == "a.txt\nother/d.txt\n"


def test_tree_draws_names_and_counts_them() -> None:
    assert (
        done("tree")
        == """.
├── a.txt
├── in/
│   ├── b.txt
│   └── deep/
│       └── c.txt
└── other/
    └── d.txt

4 objects in 3 folders
"""
    )
    assert done("tree", "--depth", "1", "in") == "in\n├── b.txt\n└── deep/\n\n2 objects in 1 folder\n"
    assert "no file or directory 'nowhere'" in failed(3, "tree", "nowhere")


def test_tree_as_json_is_one_value() -> None:
    (row,) = lines("tree", "in")
    assert row == {"type": "tree", "place": "in", "count": 2, "tree": {"b.txt": None, "deep/": {"c.txt": None}}}
    assert lines("tree", "--depth", "1", "in")[0]["tree"] == {"b.txt": None, "deep/": {}}


def test_ls_of_a_whole_store_goes_into_its_containers() -> None:
    store = f"file://{Path.cwd()}"
    files = [file_url(Path(name).resolve(), rest) for name, rest in (("in", "b.txt"), ("in", "deep/c.txt"))]
    assert done("ls", "-r", store).split() == [*files, file_url(Path("other").resolve(), "d.txt")]
    assert [row["url"] for row in lines("ls", "-r", store)][:2] == files
    assert done("ls", store).split() == ["in", "other"]


def test_cat_and_info_take_patterns_and_go_on_after_what_is_absent() -> None:
    assert done("cat", "in/*.txt", "other/*") == "of in/b.txtof other/d.txt"
    assert done("cat", "a.txt", "a.txt") == "of a.txtof a.txt"
    assert [row["name"] for row in lines("info", "in/**.txt")] == ["b.txt", "c.txt"]
    result = run("cat", "a.txt", "never", "other/d.txt")
    assert (result.exit_code, result.stdout) == (3, "of a.txtof other/d.txt")


def test_get_makes_the_directory_that_is_asked_for() -> None:
    done("get", "a.txt", "new/deep/")
    done("get", "in/b.txt", "other/d.txt", "more/")
    assert sorted(path.name for path in (*Path("new/deep").iterdir(), *Path("more").iterdir())) == [
        "a.txt",
        "b.txt",
        "d.txt",
    ]
    said = failed(1, "get", "a.txt", "nowhere/a.txt")
    assert "No such file or directory (a directory that is not there is made if PATH ends with a slash)" in said
    assert not Path("nowhere").exists()
    failed(3, "get", "never", "nowhere/")
    assert not Path("nowhere").exists()


def test_the_help_names_every_scheme_and_the_variables_of_each_login() -> None:
    shown = done("--help")
    for words in ("azure://", "gs://", "s3://", "swift://", "https://", "file://", "memory:", "work://"):
        assert f"\n    {words}" in shown
    for words in ("AWS_ACCESS_KEY_ID", "AZURE_STORAGE_", "GOOGLE_APPLICATION_CREDENTIALS", "OS_AUTH_URL", "ST_AUTH"):
        assert words in shown


def test_what_others_call_it_is_guessed() -> None:
    for word, ours in (("diff", "check"), ("find", "ls"), ("rsync", "sync"), ("share", "url")):
        assert f"did you mean {ours}?" in failed(2, word, "a", "b")


def test_a_url_without_its_colon_is_told_from_a_path() -> None:
    assert "a storage URL has a scheme: s3://container" in failed(3, "ls", "s3//holiday")
    assert "-r takes it as a folder" in failed(2, "get", file_url(Path.cwd(), "in/"), "x/")


def test_versions_of_all_that_logs_in() -> None:
    shown = done("version")
    for package in ("google-auth", "azure-identity", "keystoneauth1", "botocore"):
        assert f"\n{package} " in shown


def test_tree_shows_control_characters_escaped() -> None:
    Path("other/x\x1b[31m").touch()
    assert "└── x\\x1b[31m\n" in done("tree", "other")
