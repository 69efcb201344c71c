"""The command, run in this process: what it prints where, and its exit status."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

import obs_client
from obs_client.cli import commands
from obs_client.cli.failures import without_secrets
from test.cli.running import done, failed, file_url, lines, run


@pytest.fixture
def docs(tmp_path: Path) -> str:
    """The path of an empty container."""
    (tmp_path / "store" / "docs").mkdir(parents=True)
    return f"{tmp_path}/store/docs"


def fill(docs: str, *names: str, content: bytes = b"content") -> None:
    client = obs_client.from_url(f"file://{Path(docs).parent}?container_name={Path(docs).name}")
    for name in names:
        client.object_write(name, content)


def test_objects_come_and_go(docs: str, tmp_path: Path) -> None:
    (tmp_path / "file.txt").write_bytes(b"\x00content\xff")
    done("put", tmp_path / "file.txt", file_url(docs))
    done("put", "-", file_url(docs, "b"), stdin=b"from a pipe")
    assert run("cat", f"{docs}/file.txt", f"{docs}/b").stdout_bytes == b"\x00content\xfffrom a pipe"
    assert done("ls", docs).split() == ["b", "file.txt"]
    done("get", f"{docs}/b", tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == b"from a pipe"
    assert done("get", f"{docs}/b", "-") == "from a pipe"
    done("rm", f"{docs}/file.txt", f"{docs}/b")
    assert done("ls", docs) == ""


def test_a_path_a_file_url_and_a_root_with_a_container_are_the_same(docs: str) -> None:
    fill(docs, "a.txt")
    root, _, container = docs.rpartition("/")
    assert done("cat", f"{docs}/a.txt") == done("cat", file_url(docs, "a.txt")) == "content"
    for url in (docs, f"{docs}/", file_url(docs), file_url(docs), f"file://{root}?container_name={container}"):
        assert done("ls", url) == "a.txt\n", url
    assert done("ls", root) == "docs/\n"


def test_paths_are_relative_to_here_and_may_look_like_urls(docs: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(docs)
    fill(docs, "a", "s3:/odd")
    assert done("cat", "a") == done("cat", "./a") == done("cat", "../docs/a") == "content"
    assert done("ls", ".") == done("ls", "../docs/") == "a\ns3:/\n"
    assert done("cat", "./s3:/odd") == "content"
    assert run("cat", "s3:").exit_code == 2
    done("get", "./s3:/odd")
    assert (Path(docs) / "odd").read_bytes() == b"content"


def test_links_to_directories_are_followed_on_the_way_and_files_are_not(docs: str, tmp_path: Path) -> None:
    fill(docs, "a")
    (tmp_path / "way").symlink_to(docs)
    (Path(docs) / "link").symlink_to("/etc/passwd")
    assert done("ls", tmp_path / "way") == done("ls", f"{tmp_path}/way/") == "a\n"
    assert done("cat", tmp_path / "way" / "a") == "content"
    assert "link' is not a regular file" in failed(3, "cat", f"{docs}/link")
    assert "symbolic link" in failed(1, "put", "-", file_url(docs, "link"), stdin=b"own")


def test_a_folder_is_its_whole_name(docs: str) -> None:
    url = f"file://{Path(docs).parent}?container_name=docs"
    fill(docs, "a/1", "a/b/2", "ab/3")
    assert done("ls", docs).split() == ["a/", "ab/"]
    assert done("ls", "-r", docs).split() == ["a/1", "a/b/2", "ab/3"]
    assert done("ls", f"{docs}/a").split() == ["1", "b/"]
    assert done("ls", url).split() == ["a/", "ab/"]
    done("rm", "-r", "--yes", f"{docs}/a")
    assert done("ls", "-r", docs).split() == ["ab/3"]


def test_ls_has_columns_for_people_and_lines_for_programs(docs: str) -> None:
    fill(docs, "big", content=bytes(1536))
    fill(docs, "folder/x")
    folder, big = done("ls", "-lh", docs).splitlines()[::-1]
    assert folder.split() == ["-", "-", "folder/"]
    assert big.split()[:2] == ["1.5", "KiB"]
    assert done("ls", "-l", docs).split()[0] == "1536"
    entry, folder_entry = lines("ls", docs)
    assert (entry["type"], entry["name"], entry["size"]) == ("object", "big", 1536)
    assert folder_entry == {"type": "folder", "name": "folder/"}


def test_du_sums_by_folder(docs: str) -> None:
    fill(docs, "1", "a/2", "a/b/3", "c/4", content=b"12345")
    assert [line.split() for line in done("du", docs).splitlines()] == [
        ["10", "2", "objects", "a/"],
        ["5", "1", "object", "c/"],
        ["20", "4", "objects", "."],
    ]
    assert [line["folder"] for line in lines("du", "--depth", "2", docs)] == ["a/", "a/b/", "c/", ""]
    assert lines("du", "-d0", docs) == [{"type": "sum", "folder": "", "size": 20, "count": 4}]
    assert "20 B" in done("du", "--human", docs)


def test_info_shows_objects_and_containers(docs: str, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"12345")
    headers = ("--type", "text/x-odd", "--language", "de", "--cache-control", "no-store", "-m", "Who=we=you")
    done("put", tmp_path / "x", file_url(docs), *headers, "--encoding", "odd", "--disposition", "inline")
    shown = dict(line.split("  ", 1) for line in done("info", f"{docs}/x").splitlines())
    assert {key.strip(): value.strip() for key, value in shown.items()} | {"last_modified": "", "hash": ""} == {
        "name": "x",
        "size": "5",
        "hash": "",
        "content_type": "text/x-odd",
        "last_modified": "",
        "content_encoding": "odd",
        "content_disposition": "inline",
        "content_language": "de",
        "cache_control": "no-store",
        "metadata who": "we=you",
    }
    entry, container = lines("info", f"{docs}/x", docs)
    assert entry["metadata"] == {"who": "we=you"}
    assert container == {"type": "container", "name": "docs", "size": None, "count": None}


def test_cat_gives_ranges(docs: str) -> None:
    fill(docs, "x", content=b"0123456789")
    assert done("cat", f"{docs}/x", "--start", "7") == "789"
    assert done("cat", f"{docs}/x", "--stop", "2") == "01"
    assert done("cat", f"{docs}/x", "--start", "2", "--stop", "4") == "23"
    assert done("cat", f"{docs}/x", "--start", "5", "--stop", "4") == ""


def test_put_takes_several_files_into_a_folder_only(docs: str, tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).write_text(name)
    url = f"file://{Path(docs).parent}?container_name=docs"
    done("put", tmp_path / "one", tmp_path / "two", url)
    assert done("ls", docs).split() == ["one", "two"]
    assert run("put", tmp_path / "one", tmp_path / "two", file_url(docs, "name")).exit_code == 2
    assert "needs an object name" in run("put", "-", file_url(docs)).stderr
    assert "already" in failed(1, "put", "--if-absent", tmp_path / "one", file_url(docs))


def test_get_writes_below_the_directory_given_and_keeps_the_old_file(docs: str, tmp_path: Path) -> None:
    fill(docs, "a")
    (tmp_path / "old").write_text("old")
    done("get", f"{docs}/a", tmp_path)
    assert (tmp_path / "a").read_text() == "content"
    failed(3, "get", f"{docs}/never", tmp_path / "old")
    assert (tmp_path / "old").read_text() == "old"
    assert "No such file" in failed(1, "get", f"{docs}/a", tmp_path / "no" / "file")


def test_containers_are_made_and_removed(tmp_path: Path) -> None:
    done("mb", tmp_path / "new")
    for again in (f"file://{tmp_path}?container_name=new", f"{tmp_path}/new/"):
        result = run("mb", again)
        assert (result.exit_code, result.stdout, result.stderr) == (0, "", "obs: new is there already\n")
    assert run("mb", "--quiet", f"{tmp_path}/new/").stderr == ""
    fill(f"{tmp_path}/new", "x")
    assert "--force" in failed(1, "rb", tmp_path / "new")
    assert "no terminal" in failed(2, "rb", "--force", tmp_path / "new")
    done("rb", "--force", "--yes", tmp_path / "new")


def test_what_slows_down_content_is_not_offered_where_none_moves(docs: str) -> None:
    assert "--limit-rate" in failed(2, "rm", "--limit-rate", "1MB", f"{docs}/x")
    assert "--limit-requests" in done("rm", "--help")


def test_a_container_that_is_not_there_is_never_taken_for_a_file_in_the_one_above(docs: str) -> None:
    for arguments in (("rb",), ("rb", "--force", "--yes")):
        failed(3, *arguments, f"{docs}/never")
        failed(3, *arguments, file_url(Path(docs) / "never"))
        assert run(*arguments, f"s3://container/{docs}").exit_code == 2
    fill(docs, "file")
    failed(3, "rb", "--force", "--yes", f"{docs}/file")
    failed(3, "rm", "-r", "--yes", f"{docs}/never")
    assert done("ls", docs) == "file\n"


def test_metadata_is_shown_set_and_deleted(docs: str) -> None:
    fill(docs, "x")
    assert done("meta", "show", f"{docs}/x") == ""
    done("meta", "set", f"{docs}/x", "a=1", "B=two=2", "empty=")
    assert done("meta", "show", f"{docs}/x") == "a=1\nb=two=2\nempty=\n"
    done("meta", "delete", f"{docs}/x", "A", "never")
    assert lines("meta", "show", f"{docs}/x") == [{"b": "two=2", "empty": ""}]
    done("meta", "set", "--replace", f"{docs}/x", "c=3")
    assert done("meta", "show", f"{docs}/x") == "c=3\n"
    assert run("meta", "set", f"{docs}/x", "odd").exit_code == 2
    failed(1, "meta", "set", f"{docs}/x", "k=a\nb")
    failed(3, "meta", "set", f"{docs}/never", "a=1")


def test_rm_asks_before_many_and_refuses_without_a_terminal(docs: str) -> None:
    fill(docs, "a/1", "a/2", "b")
    assert done("rm", "-r", "--dry-run", docs).split() == ["a/1", "a/2", "b"]
    assert "Delete 3 objects" in failed(2, "rm", "-r", docs)
    assert done("ls", "-r", docs).split() == ["a/1", "a/2", "b"]
    failed(3, "rm", f"{docs}/never")
    done("rm", "-f", f"{docs}/never")
    assert lines("rm", "-f", f"{docs}/b") == [{"type": "deleted", "name": "b"}]
    assert run("rm", docs).exit_code == 2
    assert run("rm", "-r", "-y", "-v", docs).stderr == "obs: deleted a/1\nobs: deleted a/2\n"
    assert done("ls", docs) == ""
    assert Path(docs).is_dir()


def test_rm_deletes_more_than_one_batch(docs: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("obs_client.cli.commands.removing.BATCH", 3)
    fill(docs, *(f"many/{number}" for number in range(10)), "many2")
    assert "3 objects and more" in failed(2, "rm", "-r", file_url(docs, "many/"))
    done("rm", "-r", "-y", f"{docs}/many")
    assert done("ls", "-r", docs).split() == ["many2"]


def test_what_was_done_is_told_to_programs_and_to_who_asks(docs: str, tmp_path: Path) -> None:
    (tmp_path / "x").write_text("x")
    assert lines("put", tmp_path / "x", file_url(docs)) == [{"type": "put", "path": str(tmp_path / "x"), "name": "x"}]
    assert lines("get", f"{docs}/x", tmp_path / "y") == [{"type": "got", "name": "x", "path": str(tmp_path / "y")}]
    assert lines("cp", f"{docs}/x", f"{docs}/z") == [{"type": "copied", "source": f"{docs}/x", "name": "z"}]
    assert lines("mv", f"{docs}/z", f"{docs}/w") == [{"type": "moved", "source": f"{docs}/z", "name": "w"}]
    assert lines("meta", "set", f"{docs}/x", "b=1", "a=2") == [{"type": "set", "name": "x", "keys": ["a", "b"]}]
    assert lines("meta", "delete", f"{docs}/x", "b") == [{"type": "deleted", "name": "x", "keys": ["b"]}]
    assert lines("mb", tmp_path / "new", docs) == [{"type": "made", "name": "new"}, {"type": "there", "name": "docs"}]
    assert lines("rb", tmp_path / "new") == [{"type": "removed", "name": "new"}]
    assert run("put", "-v", tmp_path / "x", file_url(docs)).stderr == f"obs: {tmp_path}/x -> docs/x\n"
    assert "->" not in run("get", "-v", f"{docs}/never", tmp_path / "y").stderr


def test_cleanup_lists_what_it_removed(docs: str) -> None:
    (Path(docs) / "%obs_t_0123456789abcdef").write_bytes(b"half")
    assert done("cleanup", docs) == ""
    assert len(lines("cleanup", docs, "--older-than", "0s")) == 1
    assert run("cleanup", docs, "--older-than", "soon").exit_code == 2


def test_a_store_without_signed_urls_says_so(docs: str) -> None:
    assert "no signed URLs" in failed(1, "url", "get", f"{docs}/x")
    for expires in ("8d", "0", "-1"):
        assert run("url", "put", f"{docs}/x", "--expires", expires).exit_code == 2


def test_what_is_not_there_is_status_3_and_one_line(docs: str, tmp_path: Path) -> None:
    absent = f"file://{tmp_path}/store?container_name=absent"
    assert "no container 'absent'" in failed(3, "ls", absent)
    for arguments in (("cat", f"{docs}/x"), ("info", f"{docs}/x"), ("get", f"{docs}/x", tmp_path / "x")):
        assert f"no file '{docs}/x'" in failed(3, *arguments)
    failed(3, "ls", f"{docs}/x")
    failed(3, "du", f"{docs}/x")
    failed(3, "info", absent)
    failed(3, "put", tmp_path / "never", file_url(docs, "x"))
    failed(3, "put", "-", file_url(Path(docs) / "never", "x"), stdin=b"")
    assert not (tmp_path / "x").exists()


def test_failures_are_status_1_and_usage_is_2(docs: str) -> None:
    assert "obs sync" in failed(1, "put", docs, file_url(docs, "x"))
    failed(1, "cat", f"{file_url(Path(docs).parent / 'docs')}&prefix=\x7f/..x/\x00")
    assert "credentials" in failed(2, "ls", "s3://key:word@container")
    assert "word" not in run("ls", "s3://key:word@container").stderr
    failed(2, "ls", "nothing://x")
    failed(2, "ls", "file:///no/such/root?container_name=x")
    for arguments in (("du",), ("nothing",), ("cat", docs), ("ls", ""), ("ls", "--nothing", docs), ("ls", "/")):
        assert " --help shows more)" in failed(2, *arguments)
    assert "\nCommands:\n" in run().stderr, "without a command it says which there are"
    assert run().exit_code == 2


def test_control_characters_in_names_are_shown_escaped(docs: str) -> None:
    evil = "red\x1b[31m\n\u202e"
    fill(docs, evil, f"{evil}/x")
    for arguments in (("ls",), ("ls", "-l"), ("ls", "-r"), ("du", "-d9"), ("rm", "-r", "--dry-run")):
        shown = done(*arguments, docs)
        assert "red\\x1b[31m\\n\\u202e" in shown, arguments
        assert not {"\x1b", "\u202e"} & set(shown)
    assert lines("ls", docs)[0]["name"] in (evil, f"{evil}/")
    for command in ("cat", "info", "get"):
        assert "\x1b" not in failed(3, command, f"{docs}/no\x1b[31m")
    assert "\\x1b" in run("meta", "set", f"{docs}/x", "\x1b").stderr


def test_debug_shows_where_and_no_secrets(docs: str) -> None:
    result = run("cat", f"{docs}/never", "--debug")
    assert result.exit_code == 3
    result = run("ls", "file:///no/such/root?container_name=x", "--debug")
    assert "Traceback" in result.stderr
    assert "ConfigurationError" in result.stderr


@pytest.mark.parametrize(
    "text",
    [
        "GET /x?X-Amz-Credential=canary%2F2026&X-Amz-Signature=canary&x=1",
        "/v1/a/c/o?temp_url_sig=canary&temp_url_expires=1",
        "{'X-Auth-Token': 'canary', 'Authorization': 'Bearer canary'}",
        "Authorization: AWS4-HMAC-SHA256 Credential=canary/20260101, SignedHeaders=host, Signature=canary",
        "aws_secret_access_key=canary aws_access_key_id: canary",
        'password="canary" OS_PASSWORD=canary',
        "X-Account-Meta-Temp-URL-Key: canary",
    ],
)
def test_secrets_are_blotted_out(text: str) -> None:
    assert "canary" not in without_secrets(text)


def test_secrets_of_the_environment_are_blotted_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OS_PASSWORD", "a canary, of 4 words")
    assert without_secrets("login of x with 'a canary, of 4 words' failed") == "login of x with '***' failed"
    assert "canary" not in run("ls", "./a canary, of 4 words/x").stderr


def test_the_shared_options_stand_before_and_after_the_command(docs: str) -> None:
    fill(docs, "x")
    for arguments in (("-v", "rm", f"{docs}/x"), ("rm", "-v", f"{docs}/x")):
        fill(docs, "x")
        assert run(*arguments).stderr == "obs: deleted x\n"


def test_completion_is_a_script_for_each_shell() -> None:
    for shell in ("bash", "zsh", "fish"):
        script = done("completion", shell)
        assert "_OBS_COMPLETE" in script
        assert shell in script
    assert run("completion", "csh").exit_code == 2


def test_a_file_url_is_a_root_here_as_in_a_program(docs: str) -> None:
    fill(docs, "a", "in/b")
    root = Path(docs).parent
    for url in (f"file://{root}", f"file://{root}/"):
        assert done("ls", url).split() == [info.name for info in obs_client.from_url(url).container_list()] == ["docs"]
        assert f"write it like file://{root}?container_name=container" in failed(2, "rm", url)
    for prefix in ("in", "in/"):
        url = f"file://{root}/?container_name=docs&prefix={prefix}"
        assert done("ls", url).split() == ["in/b"]
        assert [info.name for info in obs_client.from_url(url).object_iter()] == ["b"]
        assert obs_client.Place.parse(url).prefix == "in/"
    assert done("cat", f"file://{root}?container_name=docs&prefix=in/b") == done("cat", f"{docs}/in/b")


def test_times_are_told_with_their_zone(docs: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(docs, "a")
    path = Path(docs) / "a"
    os.utime(path, (1_700_000_000, 1_700_000_000))
    monkeypatch.setenv("TZ", "Etc/GMT-3")
    time.tzset()
    try:
        assert "2023-11-15 01:13:20 +0300" in done("ls", "-l", docs)
        assert "last_modified         2023-11-15 01:13:20 +0300\n" in done("info", path)
        for row in (lines("ls", docs)[0], lines("info", path)[0]):
            assert (row["last_modified"], row["last_modified_at"]) == (1_700_000_000.0, "2023-11-14T22:13:20+00:00")
    finally:
        monkeypatch.delenv("TZ")
        time.tzset()


def test_versions_and_help() -> None:
    assert lines("version")[0]["obs_client"] == obs_client.__version__
    assert done("--version") == f"obs_client {obs_client.__version__}\n"
    listed = done("--help")
    assert done("-h") == listed
    assert "..." not in listed.partition("Commands:")[2], "no line is cut short"
    assert len(commands.NAMES) == 24
    for name in commands.NAMES:
        command = commands.command(name)
        assert f"\n  {name} " in listed
        assert command is not None
        assert command.help
        told = done(name, "--help")
        assert told.startswith(f"Usage: obs {name} ")
        assert ("--json" in told) is (name not in ("cat", "completion", "meta", "stores", "test", "transfers")), name
        assert done(name, "-h") == told, "with more, -h is --human in ls and du"


def test_the_suite_is_a_command() -> None:
    assert "leaves them as it found them" in done("test", "--help")
    assert run("test", "nothing://x").exit_code == 2
    assert run("test", "memory:", "--server", "nobody").exit_code == 2
