"""`%` and `?` on the command line: `facts` of the field, section M."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest

from obs_client import LocalClient
from test.cli.running import done, failed, file_url, lines, run
from test.field.command.stores import names, s3
from test.servers.shared import Servers

NAMES = ("a b", "a%20b", "a+b", "a#b", "a?b=c", "100%", "line\nbreak", "é/%2F", "tail ", "x%2520y", "dir/in")


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    directory = tmp_path / "docs"
    directory.mkdir()
    return directory


@pytest.fixture
def container(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of a new container in Swift."""
    for name, value in servers.swift().environment().items():
        monkeypatch.setenv(name, value)
    url = f"swift://urls-{uuid.uuid4().hex}"
    done("mb", url)
    return url


def put(url: str) -> None:
    """Write an object that holds its name as the URL has it."""
    done("put", "-", url, stdin=url.rpartition("/")[2].encode())


def test_what_ls_prints_as_urls_can_be_given_back(docs: Path) -> None:
    for name in NAMES:
        path = docs / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(name.encode())
    listed = done("ls", "-r", "--urls", str(docs)).splitlines()
    assert len(listed) == len(NAMES)
    assert {done("cat", url) for url in listed} == set(NAMES)
    rows = lines("ls", "-r", "--urls", str(docs))
    assert {str(row["url"]) for row in rows} == set(listed)
    done("rm", *listed)
    assert done("ls", "-r", str(docs)) == ""


def test_urls_of_a_store_can_be_given_back_too(container: str) -> None:
    for name in ("a b", "a%2520b", "a%3Fb", "line%0Abreak", "100%25", "dir/in"):
        put(f"{container}/{name}")
    listed = done("ls", "-r", "--urls", container).splitlines()
    assert f"{container}/a%2520b" in listed
    assert [done("cat", url) for url in listed] == [url.rpartition("/")[2] for url in listed]
    assert container + "/" in done("ls", "--urls", "swift://").splitlines()
    done("rm", *listed)
    assert done("ls", "-r", container) == ""


@pytest.mark.parametrize("decoded_too", [True, False])
def test_a_name_that_was_printed_never_means_another_object(container: str, decoded_too: bool, tmp_path: Path) -> None:
    """rusoto#1371, aws.s3#285: `obs ls` prints `a%20b`."""
    put(f"{container}/a%2520b")
    if decoded_too:
        put(f"{container}/a b")
    before = done("ls", container)
    url = f"{container}/a%20b"
    calls = (
        ("rm", url),
        ("rm", "-f", url),
        ("rm", "-r", "--yes", url),
        ("cat", url),
        ("get", url, tmp_path / "x"),
        ("cp", url, f"{container}/y"),
        ("cp", f"{container}/a%2520b", url),
        ("mv", url, f"{container}/y"),
        ("info", url),
        ("meta", "show", url),
        ("meta", "set", url, "a=b"),
        ("put", __file__, url),
    )
    for call in calls:
        said = failed(1, *call)
        assert "'a b'" in said, call
        assert "write a%2520b for 'a%20b', and %61%20b for 'a b'" in said, call
    assert done("ls", container) == before
    assert not (tmp_path / "x").exists()
    assert done("cat", f"{container}/a%2520b") == "a%2520b"
    if decoded_too:
        assert done("cat", f"{container}/%61%20b") == done("cat", f"{container}/a b") == "a b"


def test_folders_and_files_are_not_taken_for_each_other_either(container: str, docs: Path) -> None:
    put(f"{container}/x%2520y/one")
    put(f"{container}/x y/two")
    for call in (("ls",), ("du",), ("rm", "-r", "--yes")):
        assert "there is one whose name is 'x%20y'" in failed(1, *call, f"{container}/x%20y")
    assert "'x%20y'" in failed(1, "sync", f"{container}/x%20y", str(docs))
    (docs / "a%20b").write_text("1")
    (docs / "a b").write_text("2")
    assert "'a%20b'" in failed(1, "rm", f"{file_url(docs)}&prefix=a%20b")
    assert done("cat", f"{docs}/a%20b") == "1"
    assert done("cat", file_url(docs, "a%20b")) == "1"


def test_a_quoted_url_without_a_namesake_works_as_before(container: str) -> None:
    put(f"{container}/a%20b")
    assert done("cat", f"{container}/a%20b") == "a%20b"
    assert done("ls", container) == "a b\n"
    assert run("rm", f"{container}/a%20b").exit_code == 0
    assert done("ls", container) == ""


def test_names_that_no_path_can_have_are_given_back_too(tmp_path: Path) -> None:
    odd = ["p/", "a//b", "x%20y", "q?z", "tail ", "a/" + "y" * 300, "plus+", "am&p", "eq=1", "h#h", "new\nline", "%41"]
    client = LocalClient(tmp_path, "c")
    client.container_create("c")
    for name in odd:
        client.object_write(name, name.encode())
    for root in (f"file://{tmp_path}?container_name=c", str(tmp_path / "c"), f"file://{tmp_path}/?container_name=c"):
        urls = done("ls", "-r", "--urls", root).splitlines()
        assert sorted(done("cat", url) for url in urls) == sorted(odd), root
    done("rm", *urls)
    assert list(client.object_iter()) == []


def test_who_may_not_list_can_use_names_that_must_be_quoted(monkeypatch: pytest.MonkeyPatch) -> None:
    """S3 answers so for an object that is not there, too."""
    double = s3(monkeypatch, hides_absence=True)
    double.store("box", "a b", b"1")
    assert done("cat", "s3://box/a%20b") == "1"
    done("cp", "s3://box/a%20b", "s3://box/c%20d")
    done("rm", "s3://box/a%20b")
    assert names(double) == ["c d"]


def test_no_url_is_signed_for_another_object(monkeypatch: pytest.MonkeyPatch) -> None:
    double = s3(monkeypatch)
    double.store("box", "a%20b", b"1")
    for method in ("get", "put"):
        assert "a%2520b" in failed(1, "url", method, "s3://box/a%20b")
        assert "a%2520b" in done("url", method, "s3://box/a%2520b")
