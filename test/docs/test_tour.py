"""The tour of the command, the move from Swift to S3 in its middle, and the README's own, on real servers."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from test.cli.process import ENVIRONMENT
from test.docs.console import run_block
from test.docs.pages import README, blocks, text_of
from test.servers.shared import Servers

SIZES = {"cat.jpg": 1_200_000, "dog.jpg": 1_090_000, "2025/bird.jpg": 338_000}


@pytest.fixture
def album(tmp_path: Path) -> Path:
    """The directory in which the tour begins."""
    (tmp_path / "photos" / "2025").mkdir(parents=True)
    for name, size in SIZES.items():
        (tmp_path / "photos" / name).write_bytes(name.encode() * (size // len(name)) + bytes(size % len(name)))
    (tmp_path / "notes.txt").write_text("hello\n")
    return tmp_path


@pytest.fixture
def logins(servers: Servers) -> dict[str, str]:
    """The environment with the logins of both stores."""
    aws = {name: value for name, value in servers.seaweedfs().environment().items() if name.startswith("AWS_")}
    return {**ENVIRONMENT, **servers.swift().environment(), **aws}


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_tour(album: Path, logins: dict[str, str]) -> None:
    _, begin, end, _ = blocks(text_of("command.md"), "console")
    move, *_ = blocks(text_of("migration.md"), "console")
    try:
        for block in (begin, move, end):
            run_block(block, album, logins)
        assert (album / "notes.txt").read_text() == "hello\n"
    finally:
        run_block("$ obs rb --force --yes --quiet swift://album s3://album\n", album, logins)


def test_the_readme(album: Path, logins: dict[str, str]) -> None:
    (block,) = [block for block in blocks(README.read_text(encoding="utf-8"), "console") if "obs sync" in block]
    try:
        run_block(block, album, logins)
    finally:
        run_block("$ obs rb --force --yes --quiet swift://album s3://album\n", album, logins)
