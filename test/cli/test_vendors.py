"""The command on Azure and Google: its main jobs, and moving there from Swift and S3, with the proof."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from test.cli.running import check_commands, done, failed, lines, run
from test.docs.pages import blocks, text_of
from test.servers.shared import Servers

Login = Callable[[str], str]
"""Puts the login of a kind of server into the environment; gives the URL of its store, up to the container's name."""


@pytest.fixture
def login(servers: Servers, environment: pytest.MonkeyPatch) -> Login:
    for name in [name for name in os.environ if name.startswith(("AZURE_", "GOOGLE_", "STORAGE_EMULATOR"))]:
        environment.delenv(name)

    def put(kind: str) -> str:
        server = {
            "azure": servers.azurite, "gs": servers.google, "s3": servers.seaweedfs, "swift": servers.swift
        }[kind]()  # fmt: skip
        wanted = "AZURE_" if kind == "azure" else "" if kind == "swift" else "AWS_" if kind == "s3" else "GOOGLE_"
        for name, value in server.environment().items():
            if name.startswith(wanted):
                environment.setenv(name, value)
        return f"{kind}://"

    return put


@pytest.fixture(params=["azure", "gs"])
def store(request: pytest.FixtureRequest, login: Login, servers: Servers, environment: pytest.MonkeyPatch) -> str:
    """The URL of a named store, up to the container's name."""
    kind = str(request.param)
    login(kind)
    return named(kind, servers, environment)


def named(kind: str, servers: Servers, environment: pytest.MonkeyPatch) -> str:
    """The store's URL; the double of Google, whose address is an option, is a named store."""
    if kind != "gs":
        return f"{kind}://"
    done("stores", "add", "google", f"gs://?endpoint_url={servers.google().endpoint_url}")
    return "google://"


@pytest.fixture(autouse=True)
def _stores(tmp_path: Path, environment: pytest.MonkeyPatch) -> None:
    environment.setenv("OBS_STORES", str(tmp_path / "names" / "stores.toml"))


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A directory with files, some in folders, one of several parts."""
    root = tmp_path / "tree"
    (root / "deep" / "er").mkdir(parents=True)
    for name in ("empty", "text.txt", "deep/ü b", "deep/er/x"):
        (root / name).write_text("" if name == "empty" else name)
    (root / "large.bin").write_bytes(bytes(range(256)) * 100_000)
    return root


def test_the_commands(store: str, tmp_path: Path) -> None:
    check_commands(store, tmp_path)


def test_trees_are_copied_proved_and_removed(store: str, tree: Path, tmp_path: Path) -> None:
    box, other = f"{store}trees", f"{store}others"
    done("mb", box, other)
    assert "copied 5 " in done("sync", tree, f"{box}/t")
    assert "copied 0 " in done("sync", tree, f"{box}/t")
    assert "5 objects the same" in done("check", tree, f"{box}/t")
    done("cp", "-r", f"{box}/t", f"{other}/")
    assert "5 objects the same" in done("check", f"{box}/t", f"{other}/t")
    done("mv", f"{other}/t/*.txt", f"{other}/moved/")
    assert done("ls", "-r", f"{other}/moved") == "moved/text.txt\n"
    said = run("check", f"{box}/t", f"{other}/t")
    assert (said.exit_code, "missing    text.txt" in said.stdout) == (1, True), said.output
    (tree / "text.txt").unlink()
    assert "deleted 1" in done("sync", "--delete", "--yes", tree, f"{box}/t")
    done("get", "-r", f"{box}/t", f"{tmp_path}/back/")
    assert "4 objects the same" in done("check", tree, tmp_path / "back" / "t")
    done("put", "-r", tree, f"{other}/again/")
    assert "4 objects the same" in done("check", tree, f"{other}/again/tree")
    assert [row["name"] for row in lines("rm", "-r", "--yes", f"{other}/moved")] == ["moved/text.txt"]
    assert "there is no object 'never'" in failed(3, "cat", f"{box}/never")
    done("rb", "--force", "--yes", box, other)


@pytest.mark.parametrize(("old", "new"), [("swift", "gs"), ("s3", "azure")])
def test_moving_from_one_vendor_to_another_with_the_proof(
    old: str, new: str, login: Login, servers: Servers, environment: pytest.MonkeyPatch, tree: Path
) -> None:
    """By the very lines of `docs/migration.md`."""
    start = f"{login(old)}album"
    login(new)
    end = f"{named(new, servers, environment)}album"
    make, sync, check = _lines_of_the_page(old, new, start, end)
    done("mb", start)
    done("sync", tree, f"{start}/photos")
    done("put", tree / "text.txt", f"{start}/notes.txt", "--meta", "author=ada", "--language", "en")
    done(*make)
    assert "copied 6 " in done(*sync)
    assert "6 objects the same" in done(*check)
    assert "copied 0 " in done(*sync)
    assert done("meta", "show", f"{end}/notes.txt") == "author=ada\n"
    assert lines("info", f"{end}/notes.txt")[0]["content_language"] == "en"
    done("put", "-", f"{end}/notes.txt", stdin=b"text.txT")
    said = run(*check)
    assert (said.exit_code, said.stdout.splitlines()[0]) == (1, "differing  notes.txt"), said.output
    done("rb", "--force", "--yes", start, end)


def _lines_of_the_page(old: str, new: str, start: str, end: str) -> list[list[str]]:
    """The commands of the page that move from one store to the other, with the places that the test has for them."""
    block = next(each for each in blocks(text_of("migration.md"), "console") if f"{old}://album {new}://album" in each)
    commands = [line.removeprefix("$ obs ").split() for line in block.splitlines() if f"{new}://album" in line]
    assert [command[0] for command in commands] == ["mb", "sync", "check"]
    places = {f"{old}://album": start, f"{new}://album": end}
    return [[places.get(word, word) for word in command] for command in commands]
