"""The backend that the page shows is complete, and its test file is all that it needs."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from test.docs.pages import blocks, text_of

BACKEND, TESTS = blocks(text_of("backends.md"))


@pytest.mark.slow
def test_the_backend_of_the_page_keeps_the_contract(place: Path) -> None:
    (place / "mystore.py").write_text(BACKEND)
    (place / "test_mystore.py").write_text(TESTS)
    command = [sys.executable, "-W", "error", "-m", "unittest", "test_mystore"]
    environment = {**os.environ, "TMPDIR": str(place)}
    done = subprocess.run(command, cwd=place, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    ran = re.search(r"^Ran (\d+) tests", done.stderr, re.MULTILINE)
    assert ran
    assert int(ran[1]) > 100


def test_the_backend_of_the_page_comes_in_by_the_door_alone() -> None:
    imported = [node for node in ast.walk(ast.parse(BACKEND)) if isinstance(node, ast.Import | ast.ImportFrom)]
    modules = [getattr(node, "module", None) or alias.name for node in imported for alias in node.names]
    assert [name for name in modules if name.startswith("obs_client")] == ["obs_client.backend"]
    assert {name.partition(".")[0] for name in modules} <= {"obs_client", *sys.stdlib_module_names}
