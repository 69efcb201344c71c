"""The console examples of pages: their commands, what these print, and how they are run by a shell."""

from __future__ import annotations

import dataclasses
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d{4}")


@dataclasses.dataclass(frozen=True)
class Example:
    """A line that is typed, and all that is then shown, on stdout and stderr."""

    line: str
    shown: str


def examples(block: str) -> list[Example]:
    """The examples of one block."""
    parts = re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]
    return [Example(line, shown) for line, _, shown in (part.partition("\n") for part in parts)]


def run_block(block: str, place: Path, environment: Mapping[str, str]) -> None:
    """Run the lines of a block one after the other, and compare what they show, but for times."""
    for example in examples(block):
        shown = _run(example.line, place, environment)
        assert _TIME.sub("TIME", shown) == _TIME.sub("TIME", example.shown), example.line


def _run(line: str, place: Path, environment: Mapping[str, str]) -> str:
    programs = place / ".programs"
    if not programs.exists():
        programs.mkdir()
        (programs / "obs").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m obs_client "$@"\n')
        (programs / "obs").chmod(0o755)
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", line],
        cwd=place,
        env={**environment, "PATH": path},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    return done.stdout
