"""What a stranger finds beside the code is true: versions, changes, what runs elsewhere."""

from __future__ import annotations

import re
from typing import Any

import yaml

import obs_client
from test.benchmarks.figures.kept import releases, source, tables
from test.docs.pages import HOUSE, ROOT, text_of

SETUP = (ROOT / "setup.py").read_text(encoding="utf-8")
WORKFLOW = HOUSE / "workflows/test.yml"


def test_the_newest_changes_are_those_of_this_version() -> None:
    changes = (HOUSE / "CHANGELOG.md").read_text(encoding="utf-8")
    versions = re.findall(r"^## (\S+)", changes, re.MULTILINE)
    assert versions[0] == obs_client.__version__


def test_the_lowest_packages_are_those_that_are_allowed() -> None:
    lowest = re.findall(r"^([\w-]+)==([\d.]+?)(?:\.0)?$", (ROOT / ".ci/lowest.txt").read_text(), re.MULTILINE)
    required = (ROOT / "requirements.txt").read_text().split()
    assert [f"{name}>={version}" for name, version in lowest] == required


def test_every_python_that_is_claimed_is_tried_elsewhere() -> None:
    (job,) = yaml.safe_load(WORKFLOW.read_text())["jobs"].values()
    tried = set(job["strategy"]["matrix"]["python"])
    claimed = set(re.findall(r"Python :: (3\.\d+)", SETUP))
    assert {"3.11"} <= claimed <= tried
    steps: list[dict[str, Any]] = job["steps"]
    assert steps[-1] == {"run": "test/run"}


def test_what_runs_before_a_commit_is_what_the_run_does() -> None:
    (hooks,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    entries = [hook["entry"] for hook in hooks["hooks"]]
    run = (ROOT / "test/run").read_text()
    for entry in entries[:3]:
        assert entry in run, entry
    assert (ROOT / entries[3].split()[-1]).exists()


def test_the_figures_of_the_page_are_those_that_were_measured() -> None:
    """`python -m test.benchmarks.figures` measures them for a release, and prints the tables."""
    page = text_of("performance.md")
    newest = releases()[-1]
    assert newest["version"] == obs_client.__version__
    assert all(newest[name] for name in ("date", "commands", "machine"))
    for text in (source(newest), *tables(newest)):
        assert text in page
