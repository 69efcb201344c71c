"""The trial of one module: a folder in which mutmut works, and what it found."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from test.mutating.parts import FAST, ROOT, tests_of

SCRATCH = ROOT / ".mutants"
LINKED = ("src", "test", "setup.py", "README.md", "requirements.txt", ".pytest.ini")
SEEN = ("killed", "timeout", "segfault", "caught by type check")
"""How mutmut calls what became of a change that was seen."""
_SHOW_ALL = "import sys; from mutmut.__main__ import show; [show.callback(name) for name in sys.argv[1:]]"
"""`mutmut show` of many changes: it takes a second to start, and there may be a hundred."""
_HEADS = re.compile(r"^# \S+__mutmut_\d+: .*\n", re.MULTILINE)


class Survivor(NamedTuple):
    """A change that no test saw: a line before and after, each empty if the change has none there."""

    module: str
    function: str
    old: str
    new: str


class Trial:
    """All changes of one module."""

    def __init__(self, module: str) -> None:
        self.module = module
        self.folder = SCRATCH / module.removesuffix(".py").replace("/", ".")

    def forget(self) -> None:
        """Begin anew."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def run(self) -> int:
        """Try what was not tried yet; gives mutmut's exit status."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for name in LINKED:
            link = self.folder / name
            if not link.is_symlink():
                link.symlink_to(ROOT / name)
        (self.folder / "pyproject.toml").write_text(self._configuration())
        with open(self.folder / "log", "w") as log:
            return self._mutmut("run", "--max-children", "2", stdout=log).returncode

    def outcomes(self) -> dict[str, str]:
        """What became of each change, by mutmut's name of it."""
        told = self._mutmut("results", "--all", "true", stdout=subprocess.PIPE).stdout
        pairs = (line.strip().rsplit(": ", 1) for line in told.splitlines() if ": " in line)
        return {name: outcome for name, outcome in pairs if outcome != "skipped"}

    def survivors(self, names: list[str]) -> list[Survivor]:
        """What each change was."""
        shown = self._run(["-c", _SHOW_ALL, *names], subprocess.PIPE).stdout
        return [self._survivor(name, text) for name, text in zip(names, _HEADS.split(shown)[1:], strict=True)]

    def _survivor(self, name: str, shown: str) -> Survivor:
        lines = [line for line in shown.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")]
        old, new = ("\n".join(line[1:].strip() for line in lines if line[0] == sign) for sign in "-+")
        return Survivor(self.module, _function(name), old, new)

    def _configuration(self) -> str:
        values = {
            "source_paths": ["src"],
            "only_mutate": [f"src/obs_client/{self.module}"],
            "also_copy": list(LINKED[2:]),
            "pytest_add_cli_args": ["-p", "no:cacheprovider", "-m", FAST],
            "pytest_add_cli_args_test_selection": list(tests_of(self.module)),
        }
        return "[tool.mutmut]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in values.items())

    def _mutmut(self, *arguments: str, stdout: object) -> subprocess.CompletedProcess[str]:
        return self._run(["-m", "mutmut", *arguments], stdout)

    def _run(self, arguments: list[str], stdout: object) -> subprocess.CompletedProcess[str]:
        paths = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if not _is_ours(path)]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
        return subprocess.run(  # type: ignore[call-overload, no-any-return]
            [sys.executable, *arguments],
            cwd=self.folder,
            env=environment,
            stdout=stdout,
            stderr=subprocess.STDOUT,
            text=True,
        )


def _is_ours(path: str) -> bool:
    """Whether a path would let the tests find the code as it is, not the changed one."""
    return not path or Path(path).resolve() in (ROOT, ROOT / "src")


def _function(name: str) -> str:
    """The function in mutmut's name of a change: `x_within__mutmut_3`, `xǁRetriesǁwait__mutmut_2`."""
    last = name.rpartition(".")[2].rpartition("__mutmut_")[0]
    return last.removeprefix("xǁ").replace("ǁ", ".").removeprefix("x_")
