"""The virtual environment of the servers: made once, told when it cannot be made; and the limits of a Swift."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from test.servers import (
    ServerError,
    SwiftLimits,
    environment,
)

MEBIBYTE = 1024 * 1024


@pytest.mark.slow
def test_an_unfinished_environment_is_made_once_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "requirements.txt").write_text("")
    monkeypatch.setattr(environment, "REQUIREMENTS", tmp_path / "requirements.txt")
    unfinished = tmp_path / "cache" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "bin" / "python"
    unfinished.parent.mkdir(parents=True)
    unfinished.touch()
    with ThreadPoolExecutor() as threads:  # two runs at once
        python, same = threads.map(environment.servers_python, [tmp_path / "cache"] * 2)
    assert python == same == unfinished
    code = "import sys; assert sys.prefix != sys.base_prefix"
    subprocess.run([python, "-c", code], check=True)


def test_an_environment_that_cannot_be_made_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = tmp_path / "python"
    script.write_text("#!/bin/sh\necho the reason of it\nexit 3\n")
    script.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(script))
    with pytest.raises(ServerError, match="the reason of it"):
        environment.servers_python(tmp_path / "cache")


def test_limits_know_which_filters_can_be_left_out() -> None:
    with pytest.raises(ValueError, match=r"not an optional filter: \['dlo'\]"):
        SwiftLimits(without=("dlo",))
