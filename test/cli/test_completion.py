"""Completion in real shells: bash and zsh at a terminal, where TAB is pressed; fish is asked what TAB would show."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from test.cli.process import ENVIRONMENT, OBS, Deaf
from test.cli.screen import Screen

CLEAR = "\x15"
"""Ctrl-U: an empty line again."""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A directory with a program `obs` and a file."""
    program = tmp_path / "bin" / "obs"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m obs_client "$@"\n')
    program.chmod(0o755)
    (tmp_path / "a file.txt").touch()
    (tmp_path / "store" / "docs" / "sub").mkdir(parents=True)
    (tmp_path / "store" / "docs" / "sub" / "one.txt").touch()
    (tmp_path / "stores.toml").write_text(f'[work]\nurl = "file://{tmp_path}/store"\n')
    return tmp_path


def needs(shell: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(shell) is None, reason=f"{shell} is not installed")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("start", "script"),
    [
        pytest.param("bash --norc --noprofile -i", 'eval "$(obs completion bash)"', marks=needs("bash"), id="bash"),
        pytest.param(
            "zsh -i", 'autoload -U compinit; compinit -D; eval "$(obs completion zsh)"', marks=needs("zsh"), id="zsh"
        ),
    ],
)
def test_tab_completes_at_a_terminal(start: str, script: str, place: Path) -> None:
    home = f"HOME={place} OBS_STORES={place}/stores.toml ZDOTDIR=${{ZDOTDIR:-{place}}}"
    with Screen(f"PATH={place}/bin:$PATH {home} PS1='ready> ' exec {start}", place) as screen:
        screen.type(f"{script}; echo loaded $((40+2))\n")
        screen.see("loaded 42")
        for typed, seen in (
            ("obs vers\t", "obs version"),
            ("obs ls --recur\t", "obs ls --recursive"),
            ("obs meta sh\t", "obs meta show"),
            ("obs completion fi\t", "obs completion fish"),
            ("obs cat a\\ fi\t", r"obs cat a\\ file\.txt"),
            ("obs ls wor\t", "obs ls work://"),
            ("obs ls work://do\t", "obs ls work://docs/"),
            ("obs cat work://docs/sub/o\t", r"obs cat work://docs/sub/one\.txt"),
            ("obs stores show w\t", "obs stores show work"),
        ):
            screen.shown = ""
            screen.type(f"{CLEAR}{typed}")
            screen.see(seen)
        screen.type(f"{CLEAR}exit\n")
        screen.end()


@needs("fish")
def test_fish_completes(place: Path) -> None:
    def shown(line: str) -> list[str]:
        script = f"obs completion fish | source; complete -C '{line}'"
        environment = {**ENVIRONMENT, "HOME": str(place), "PATH": f"{place}/bin:{os.environ['PATH']}"}
        done = subprocess.run(
            ["fish", "--no-config", "-c", script],
            cwd=place,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        return [row.partition("\t")[0] for row in done.stdout.splitlines()]

    assert shown("obs vers") == ["version"]
    assert shown("obs ls --recur") == ["--recursive"]
    assert shown("obs meta sh") == ["show"]
    assert "a file.txt" in "".join(shown("obs cat a")).replace("\\", "")


@pytest.mark.slow
def test_a_shell_waits_for_a_silent_store_no_longer_than_it_may(deaf: Deaf, tmp_path: Path) -> None:
    """The client itself would wait for an hour. `test_stores` measures how long, where no process must start."""
    endpoint = deaf.url.partition("?")[2]
    (tmp_path / "stores.toml").write_text(f'[silent]\nurl = "s3://?{endpoint}&timeout=3600"\n')
    words = {"COMP_WORDS": "obs ls silent://album/", "COMP_CWORD": "2"}
    asked = {**ENVIRONMENT, "_OBS_COMPLETE": "bash_complete", "OBS_STORES": str(tmp_path / "stores.toml"), **words}
    done = subprocess.run(OBS, env=asked, capture_output=True, check=False, timeout=240)
    assert (done.stdout.strip(), done.stderr) == (b"", b"")
