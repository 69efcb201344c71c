"""Real input for the command: the standard library's source tree goes from store to store and comes back.

`python -m test.sync.real_input [DIRECTORY]` runs `obs sync` from the directory (by default that of the running
Python's standard library, without what was compiled or installed) to Swift behind Keystone, from there to S3
(SeaweedFS), and from there to a new directory; each a second time, which must move nothing; and `obs check` after each
and of the last with the first. Besides, both trees are compared here byte by byte. The commands, what they print and
how long they take is printed; the exit status is 1 unless all came back, and every file that a store did not take is
named.
"""

from __future__ import annotations

import dataclasses
import filecmp
import json
import os
import shlex
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import obs_client
from test.servers import start_keystone, start_seaweedfs

EXCLUDED = ("__pycache__", "site-packages")
LOGINS = ("AWS_", "OS_", "ST_")


class Wrong(Exception):
    """The command did not do what it must."""


@dataclasses.dataclass(frozen=True)
class Trip:
    """One of the three syncs."""

    start: str
    end: str
    patterns: tuple[str, ...] = ()


class Shell:
    """Runs `obs` as a process, with the servers' logins in the environment, and prints what it does."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    def obs(self, *arguments: str) -> list[dict[str, Any]]:
        """Run a command with `--json`; gives its lines.

        Raises:
            Wrong: Its exit status is not 0.
        """
        say(f"$ obs {shlex.join(arguments)}")
        command = [sys.executable, "-m", "obs_client", *arguments, *(["--json"] if arguments[0] != "mb" else [])]
        began = time.monotonic()
        done = subprocess.run(command, env=self._environment, capture_output=True, text=True, check=False)
        rows = [json.loads(line) for line in done.stdout.splitlines()]
        shown = ", ".join(f"{key} {value}" for row in rows[-1:] for key, value in row.items() if key != "type")
        say(f"  {shown or 'done'}; {time.monotonic() - began:.1f} s" + (f"\n{done.stderr}" if done.stderr else ""))
        if done.returncode:
            raise Wrong(f"the exit status is {done.returncode}")
        return rows

    def report(self, *arguments: str) -> dict[str, Any]:
        """Run a command; gives the report, which is its last line."""
        return self.obs(*arguments)[-1]


def main(arguments: list[str]) -> int:
    """Run with a directory from the command line; gives the exit status."""
    source = Path(arguments[0] if arguments else sysconfig.get_path("stdlib")).resolve()
    with start_keystone() as keystone, start_seaweedfs() as seaweedfs, tempfile.TemporaryDirectory() as directory:
        environment = environment_with({**keystone.environment(), **seaweedfs.environment()})
        try:
            there_and_back(Shell(environment), source, Path(directory, "back"))
        except Wrong as error:
            say(f"WRONG: {error}")
            return 1
    return 0


def there_and_back(shell: Shell, source: Path, back: Path) -> None:
    """All the commands, and the comparison of the first tree with the last."""
    names = files_of(source)
    say(f"{len(names):,} files, {sum((source / name).stat().st_size for name in names):,} bytes in {source}")
    patterns = tuple(word for name in EXCLUDED for word in ("--exclude", f"**/{name}/**"))
    trips = (
        Trip(str(source), "swift://real/tree", patterns),
        Trip("swift://real/tree", "s3://real/tree"),
        Trip("s3://real/tree", str(back)),
    )
    shell.obs("mb", "swift://real", "s3://real")
    for trip in trips:
        expect(shell.report("sync", *trip.patterns, trip.start, trip.end), copied=len(names), failed=0)
        expect(shell.report("check", *trip.patterns, trip.start, trip.end), equal=True, same=len(names))
    for trip in trips:
        expect(shell.report("sync", *trip.patterns, trip.start, trip.end), copied=0, skipped=len(names), failed=0)
    expect(shell.report("check", *patterns, str(source), str(back)), equal=True, same=len(names))
    compare(source, back, names)


def files_of(root: Path) -> list[str]:
    """The names of the regular files that a sync must take."""
    found = []
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if name not in EXCLUDED]
        paths = (Path(folder, name) for name in files)
        found += [path.relative_to(root).as_posix() for path in paths if path.is_file() and not path.is_symlink()]
    return sorted(found)


def compare(source: Path, back: Path, names: list[str]) -> None:
    """Compare two trees byte by byte.

    Raises:
        Wrong: They differ.
    """
    found = files_of(back)
    if found != names:
        raise Wrong(f"lost or made up: {sorted(set(names) ^ set(found))}")
    differing = [name for name in names if not filecmp.cmp(source / name, back / name, shallow=False)]
    if differing:
        raise Wrong(f"other bytes: {differing}")
    say(f"all {len(names):,} files are the same, byte by byte")


def expect(report: dict[str, Any], **wanted: object) -> None:
    """Raise unless a report says so."""
    found = {key: report[key] for key in wanted}
    if found != wanted:
        raise Wrong(f"the report says {found}, not {wanted}")


def environment_with(logins: Mapping[str, str]) -> dict[str, str]:
    """This process's environment, but with these logins and no others."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(LOGINS)}
    return {**kept, **logins, "PYTHONPATH": str(Path(obs_client.__file__).parents[1])}


def say(text: str) -> None:
    """Print a line at once."""
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
