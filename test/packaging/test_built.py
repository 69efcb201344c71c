"""What is built for the package index: a source distribution, the wheel made from it, and the wheel used as it lies."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src/obs_client"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of both, built in a copy: nothing is left in the repository."""
    copy = tmp_path_factory.mktemp("built") / "copy"
    without = shutil.ignore_patterns(".*", "*.egg-info", "__pycache__", "build")
    shutil.copytree(ROOT, copy, ignore=without)
    done = _run(sys.executable, "-m", "build", "--outdir", copy.parent, copy)
    assert done.returncode == 0, done.stdout + done.stderr
    return copy.parent


def _run(*command: str | Path, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **more}
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False, env=environment)


def _the_one(folder: Path, pattern: str) -> Path:
    (found,) = folder.glob(pattern)
    return found


def _source() -> set[str]:
    """The files of the package, by their paths in it."""
    files = (path for path in PACKAGE.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {str(path.relative_to(PACKAGE)) for path in files}


def test_a_source_distribution_holds_the_package_and_no_tests(built: Path) -> None:
    """They need the whole repository; some of them alone could not even be collected."""
    with tarfile.open(_the_one(built, "*.tar.gz")) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"LICENSE", "README.md", "setup.py"} <= names
    assert {name.removeprefix("src/obs_client/") for name in names if name.startswith("src/obs_client/")} >= _source()
    assert [name for name in names if name.split("/")[0] == "test"] == []


def test_a_wheel_holds_the_package(built: Path) -> None:
    with zipfile.ZipFile(_the_one(built, "*.whl")) as archive:
        names = set(archive.namelist())
    assert {name.removeprefix("obs_client/") for name in names if name.startswith("obs_client/")} == _source()
    assert {name.split("/")[0].partition("-")[0] for name in names} == {"obs_client"}


def test_what_it_says_of_itself_is_complete(built: Path) -> None:
    rated = _run(sys.executable, "-m", "pyroma", "--min", "9", _the_one(built, "*.tar.gz"))
    assert rated.returncode == 0, rated.stdout + rated.stderr


EVERY_MODULE = """
import importlib, pkgutil, obs_client
for found in pkgutil.walk_packages(obs_client.__path__, "obs_client."):
    if not found.name.endswith("__main__"):
        importlib.import_module(found.name)
print(obs_client.__file__)
"""

USED = """
import fsspec
from obs_client import from_url
files = fsspec.filesystem("obs+memory")
files.mkdir("box")
files.pipe_file("box/name", b"content")
print(files.cat_file("box/name"), from_url("memory:").container_list())
"""


@pytest.fixture
def zipped(built: Path) -> str:
    """What to put before the path of Python for a package that is never unpacked."""
    return str(_the_one(built, "*.whl"))


def test_every_module_is_imported_from_a_zip_file(zipped: str) -> None:
    done = _run(sys.executable, "-W", "ignore", "-c", EVERY_MODULE, PYTHONPATH=zipped)
    assert done.stdout.strip() == f"{zipped}/obs_client/__init__.py", done.stderr


def test_a_store_and_its_entry_points_work_from_a_zip_file(zipped: str) -> None:
    done = _run(sys.executable, "-c", USED, PYTHONPATH=zipped)
    assert done.stdout.strip() == "b'content' []", done.stderr


def test_the_command_and_its_pages_work_from_a_zip_file(zipped: str, tmp_path: Path) -> None:
    command = (sys.executable, "-m", "obs_client")
    topics = _run(*command, "help", PYTHONPATH=zipped).stdout
    for page in (PACKAGE / "docs").rglob("*.md"):
        assert page.stem in topics
    assert "object_write" in _run(*command, "help", "api", PYTHONPATH=zipped).stdout
    assert "obs sync" in _run(*command, "help", "--search", "obs sync", PYTHONPATH=zipped).stdout
    (tmp_path / "name").write_text("content")
    assert _run(*command, "cat", tmp_path / "name", PYTHONPATH=zipped).stdout == "content"
