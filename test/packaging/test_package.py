"""The package as users get it: installed from a tarball, imported, typed, named."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tarfile
import venv
from pathlib import Path

import pytest

import obs_client

ROOT = Path(__file__).parents[2]
TOP_LEVEL = {"src", "test", "README.md", "setup.py", "requirements.txt", "LICENSE"}

ALLOWED_AT_IMPORT = {"__future__", "_warnings", "importlib", "obs_client", "types", "warnings"}
NEVER_BY_EMBEDDED_STORES = {"boto3", "botocore", "click", "keystoneauth1", "requests", "rich", "swiftclient", "urllib3"}
ADAPTED = {"django", "fastapi", "fsspec", "opentelemetry", "rich", "starlette", "tqdm"}
"""What is loaded by who imports its adapter by name, and by nobody else."""


def _new_modules(statement: str) -> set[str]:
    """Top-level modules that a statement loads in a fresh process, beyond those of the interpreter."""
    program = f"import sys; before = set(sys.modules); {statement}; print(*set(sys.modules) - before)"
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT / "src")
    return {name.partition(".")[0] for name in done.stdout.split()}


def test_import_loads_no_more_than_it_needs() -> None:
    assert _new_modules("import obs_client") <= ALLOWED_AT_IMPORT


def test_embedded_stores_load_no_sdk() -> None:
    loaded = _new_modules("from obs_client import LocalClient, MemoryClient, from_url; from_url('memory:')")
    assert not loaded & NEVER_BY_EMBEDDED_STORES
    assert "obs_client" in loaded


@pytest.mark.slow
def test_no_adapter_is_loaded_before_it_is_named() -> None:
    stores = "from obs_client import S3Client, SwiftClient, aio, from_url; from_url('memory:')"
    client = "S3Client('box', endpoint_url='http://127.0.0.1:1', credentials={}).capabilities"
    assert not _new_modules(f"{stores}; {client}") & ADAPTED
    assert _new_modules("import obs_client.django, obs_client.telemetry") >= {"django", "opentelemetry"}


def test_requirements_are_those_of_setup() -> None:
    listed = (ROOT / "requirements.txt").read_text().split()
    assert listed == _setup_list("install_requires")
    assert {re.split(r"[>=<~!]", name)[0] for name in listed} == {"boto3", "keystoneauth1", "python-swiftclient"}
    assert all(">=" in line for line in listed)


def _setup_list(keyword: str) -> list[str]:
    tree = ast.parse((ROOT / "setup.py").read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == keyword:
            return [str(item) for item in ast.literal_eval(node.value)]
    raise AssertionError(keyword)


def test_the_top_level_holds_what_the_layout_names() -> None:
    ignored = {name for name in os.listdir(ROOT) if name.startswith(".") or name == "build"}
    assert set(os.listdir(ROOT)) - ignored == TOP_LEVEL


def _tarball(target: Path) -> Path:
    """What a hosting site makes of the repository: one folder at the top, no git metadata."""

    def wanted(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
        parts = Path(member.name).parts
        return None if "__pycache__" in parts or any(part.endswith(".egg-info") for part in parts) else member

    path = target / "obs_client-main.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for name in sorted(TOP_LEVEL):
            archive.add(ROOT / name, f"obs_client-main/{name}", filter=wanted)
    return path


@pytest.mark.slow
def test_a_tarball_installs_into_a_clean_environment(tmp_path: Path) -> None:
    venv.create(tmp_path / "env", with_pip=True)
    programs = tmp_path / "env" / "bin"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}

    def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            list(map(str, command)), capture_output=True, text=True, cwd=tmp_path, env=environment, check=False
        )

    installed = run(programs / "pip", "install", "--quiet", f"{_tarball(tmp_path)}[cli,django,fsspec,otel]")
    assert installed.returncode == 0, installed.stderr
    assert run(programs / "obs", "--version").stdout == f"obs_client {obs_client.__version__}\n"
    assert run(programs / "python", "-m", "obs_client", "--version").returncode == 0
    (tmp_path / "store" / "docs").mkdir(parents=True)
    url = f"file://{tmp_path}/store?container_name=docs&prefix=pip"
    assert run(programs / "obs", "put", programs / "pip", url).returncode == 0
    assert run(programs / "obs", "cat", url).stdout == (programs / "pip").read_text()
    assert run(programs / "obs", "sync", tmp_path / "store" / "docs", tmp_path / "copy").stdout.startswith("copied 1 ")
    where = run(programs / "python", "-c", "import obs_client, test; print(obs_client.__file__, test.__file__)").stdout
    adapters = run(programs / "python", "-c", "import obs_client.django, obs_client.fsspec, obs_client.telemetry")
    assert adapters.returncode == 0, adapters.stderr
    store = run(programs / "python", "-c", "import fsspec; fsspec.filesystem('obs+memory').mkdir('box')")
    assert store.returncode == 0, store.stderr
    package, tests = map(Path, where.split())
    assert tmp_path / "env" in package.parents
    assert (package.parent / "py.typed").exists()
    assert _pages(package.parent) == _pages(ROOT / "src/obs_client")
    assert tmp_path not in tests.parents, "the standard library's `test` must not be replaced"


def _pages(package: Path) -> set[Path]:
    """The pages of the documentation that are in the package."""
    return {page.relative_to(package) for page in (package / "docs").rglob("*.md")}


def test_the_command_says_which_extra_it_needs() -> None:
    program = "import sys; sys.modules['click'] = None; from obs_client.__main__ import main; main()"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == "obs: the package 'click' is missing. Run: pip install 'obs_client[cli]'\n"
