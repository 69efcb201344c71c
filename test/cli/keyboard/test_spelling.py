"""What is shown can be given back, and what others write is taken."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

import obs_client
from obs_client.cli.failures import failure_of
from test.cli.running import done, failed, file_url, lines, run
from test.cli.screen import Screen


@pytest.fixture
def stores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The named store `pictures` begins at the prefix `src` of a container."""
    monkeypatch.setenv("OBS_STORES", str(tmp_path / "stores.toml"))
    (tmp_path / "root" / "album").mkdir(parents=True)
    done("stores", "add", "pictures", f"file://{tmp_path}/root?container_name=album&prefix=src")


@pytest.mark.usefixtures("stores")
def test_names_in_a_named_store_are_shown_as_they_follow_its_name(tmp_path: Path) -> None:
    done("put", "-", "pictures://deep/a.txt", stdin=b"four")
    assert (tmp_path / "root/album/src/deep/a.txt").is_file()
    assert done("ls", "-r", "pictures://") == "deep/a.txt\n"
    assert done("ls", "pictures://") == "deep/\n"
    (row,) = lines("ls", "-r", "pictures://", "--urls")
    assert (row["name"], row["url"]) == ("deep/a.txt", "pictures://deep/a.txt")
    assert lines("ls", "pictures://") == [{"type": "folder", "name": "deep/"}]
    assert [row["folder"] for row in lines("du", "pictures://")] == ["deep/", ""]
    assert [line.split()[-1] for line in done("du", "pictures://").splitlines()] == ["deep/", "."]
    assert done("info", "pictures://deep/a.txt").splitlines()[0].split() == ["name", "deep/a.txt"]
    assert lines("info", "pictures://deep/a.txt")[0]["name"] == "deep/a.txt"
    assert "src" not in done("tree", "pictures://")
    assert done("cat", "pictures://deep/a.txt") == "four"


@pytest.mark.slow
def test_a_url_on_a_terminal_can_be_pasted_back(docs: Path) -> None:
    for name in ("a b&c", "plain"):
        (docs / name).write_text(name)
    with Screen("obs ls --urls .", docs) as screen:
        assert screen.end() == 0
    urls = screen.shown.split("\r\n")[:-1]
    assert all(url.startswith("'file://") and url.endswith("'") for url in urls), "the shell would part it at the ?"
    for url, name in zip(urls, ("a b&c", "plain"), strict=True):
        with Screen(f"obs cat {url}", docs) as screen:
            assert (screen.end(), screen.shown) == (0, name)
    assert "'" not in done("ls", "--urls", docs), "programs read whole lines"


def test_the_headers_have_the_names_of_the_library_too(docs: Path) -> None:
    headers = {"content-type": "text/x", "content-encoding": "gzip", "content-language": "en"}
    given = [word for name, value in headers.items() for word in (f"--{name}", value)]
    done("put", "-", file_url(docs, "x"), "--content-disposition", "inline", *given, stdin=b"x")
    (row,) = lines("info", docs / "x")
    assert {name: row[name.replace("-", "_")] for name in headers} == headers
    assert row["content_disposition"] == "inline"


def test_a_name_that_is_not_utf8_has_one_spelling(docs: Path) -> None:
    (docs / "other").mkdir()
    Path(os.fsdecode(bytes(docs) + b"/\xff.bin")).touch()
    said = run("ls", docs)
    assert said.exit_code == 1
    assert said.stderr.startswith(r"obs: \xff.bin: no object name leads to the file '\xff.bin': its name is not UTF-8")
    row = json.loads(run("sync", docs, docs.parent / "copy", "--json").stdout.splitlines()[0])
    assert row["name"] == r"\xff.bin"
    assert r"'\xff.bin'" in row["reason"]


def test_what_the_file_system_refuses_has_advice(tmp_path: Path) -> None:
    error = PermissionError(13, "Permission denied", str(tmp_path / "x"))
    failure = failure_of(error)
    assert failure.message == f"{tmp_path}/x: Permission denied"
    assert failure.hint.startswith("look at its permissions")
    assert "make room" in failure_of(OSError(28, "No space left on device", "x")).hint


def test_stores_without_a_server_take_a_timeout(tmp_path: Path) -> None:
    """So that a URL of a test is that of the store but for the place in it."""
    for url in ("memory:?timeout=30s", f"file://{tmp_path}?timeout=1.5"):
        with obs_client.from_url(url) as client:
            assert client.container_create("box")
    assert "timeout" in failed(2, "ls", "memory:?timeout=soon")
    with pytest.raises(obs_client.ConfigurationError, match="endpoint_url"):
        obs_client.from_url("memory:?endpoint_url=http://127.0.0.1")
