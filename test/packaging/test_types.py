"""Every name has a type that does not depend on the type checker, by pyright's own count."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

SOURCE = Path(__file__).parents[2] / "src"

UNTYPED = ("obs_client.django.", "obs_client.fsspec.")
OF_UNTYPED = {"Type of metaclass unknown", "Type of base class unknown"}
"""What is said of classes whose bases are Django's or fsspec's, which come without types."""


@pytest.mark.slow
def test_every_public_name_has_a_type() -> None:
    completeness = _verified()
    symbols = [symbol for symbol in completeness["symbols"] if symbol["isExported"]]
    assert len(symbols) > 3000
    assert {symbol["name"]: problems for symbol in symbols if (problems := _problems(symbol))} == {}


def _verified() -> Mapping[str, Any]:
    """What pyright says of the package; it finds the packages of the Python that is first on the path."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    command = [sys.executable, "-m", "pyright", "--verifytypes", "obs_client", "--ignoreexternal", "--outputjson"]
    environment = {**os.environ, "PATH": path, "PYTHONPATH": str(SOURCE), "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    found: Mapping[str, Any] = json.loads(done.stdout)["typeCompleteness"]
    assert Path(found["packageRootDirectory"]) == SOURCE / "obs_client"
    return found


def _problems(symbol: Mapping[str, Any]) -> list[str]:
    """What is wrong with the type of a symbol."""
    if symbol["isTypeKnown"] and not symbol["isTypeAmbiguous"]:
        return []
    messages = [problem["message"] for problem in symbol["diagnostics"]]
    if symbol["name"].startswith(UNTYPED):
        return [message for message in messages if not _is_of_untyped(message)]
    return messages or ["unknown"]


def _is_of_untyped(message: str) -> bool:
    return message in OF_UNTYPED or 'Type of base class "obs_client.' in message
