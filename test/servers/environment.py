"""The virtual environment that the servers run in, made on first use.

It is not the library's own: the servers pin versions of packages that the library uses too.
"""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import ServerError, tail

ROOT = Path(__file__).parents[2]
DEFAULT_CACHE = ROOT / ".venv-servers"
REQUIREMENTS = Path(__file__).with_name("requirements.txt")


def servers_python(cache: Path | None = None) -> Path:
    """Give the path of the Python that has the servers' packages, after installing them where that was not done yet.

    Args:
        cache: The folder that keeps the environment; by default `.venv-servers` at the repository's root.

    Raises:
        ServerError: The packages could not be installed.
    """
    folder = (cache or DEFAULT_CACHE).absolute()
    environment = folder / f"python{sys.version_info.major}.{sys.version_info.minor}"
    if not _is_complete(environment):
        folder.mkdir(parents=True, exist_ok=True)
        with locked(folder / "lock") as descriptor:
            if not _is_complete(environment):
                _build(environment, descriptor)
    return _python(environment)


def _python(environment: Path) -> Path:
    return environment / "bin" / "python"


def _fingerprint(environment: Path) -> str:
    """Say what a complete environment is made of; one that says something else is built anew."""
    requirements = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    # One installation may be reached by several paths, and is not another by that.
    return json.dumps([requirements, sys.version, os.path.realpath(sys.base_prefix), str(environment)])


def _is_complete(environment: Path) -> bool:
    marker = environment / "complete"
    return marker.is_file() and _is_of(marker.read_text(), environment) and _python(environment).exists()


def _is_of(fingerprint: str, environment: Path) -> bool:
    """Say whether it is this environment's, by whatever way its path leads there: two trees may share one folder."""
    *others, place = json.loads(fingerprint)
    *expected, _ = json.loads(_fingerprint(environment))
    return bool(others == expected) and Path(place).resolve() == environment.resolve()


@contextmanager
def locked(path: Path) -> Iterator[int]:
    """Hold a lock until the last process that has its descriptor, which is given, ends or closes it."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file.fileno()


def _build(environment: Path, lock: int) -> None:
    """Make the environment; the marker that makes it count is written last."""
    shutil.rmtree(environment, ignore_errors=True)
    run_installer([sys.executable, "-m", "venv", str(environment)], lock)
    install = ["-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check", "-r", str(REQUIREMENTS)]
    run_installer([str(_python(environment)), *install], lock)
    unfinished = environment / "complete.tmp"
    unfinished.write_text(_fingerprint(environment))
    unfinished.rename(environment / "complete")


def installed(name: str, what: str, build: Callable[[Path, int], None], cache: Path | None = None) -> Path:
    """Give a folder of things that are not this environment's, after filling it where that was not done yet.

    Args:
        name: The folder's.
        what: Says what is in it; a folder that says something else is filled anew.
        build: Fills the folder; given the descriptor of the lock too, for `run_installer`.
        cache: As for `servers_python`.

    Raises:
        ServerError: Something could not be installed.
    """
    folder = (cache or DEFAULT_CACHE).absolute()
    place = folder / name
    if not _says(place, what):
        folder.mkdir(parents=True, exist_ok=True)
        with locked(folder / f"lock-{name}") as descriptor:
            if not _says(place, what):
                shutil.rmtree(place, ignore_errors=True)
                build(place, descriptor)
                (place / "complete").write_text(what)  # last: it makes the folder count
    return place


def _says(place: Path, what: str) -> bool:
    marker = place / "complete"
    return marker.is_file() and marker.read_text() == what


def run_installer(command: list[str], lock: int) -> None:
    """Run a program that installs something, under a lock that it keeps if this process is killed.

    Raises:
        ServerError: It failed; the message has the tail of its output.
    """
    # What is on this path is not installed there.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    # The child keeps the lock: if this process is killed, the next run waits for a pip that is still writing.
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env=environment,
        pass_fds=[lock],
    )
    if done.returncode != 0:
        raise ServerError(f"the servers' environment could not be made: {' '.join(command)}\n{tail(done.stdout)}")
