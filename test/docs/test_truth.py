"""What the pages name is there: methods, errors, commands, options, programs, and what links lead to."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import obs_client
from obs_client.client import ObjectStorageClient
from test.docs.pages import DOCS, README, ROOT, name_of, pages, text_of

SCRIPTS = ("test/demo", "test/run")
PROGRAMS = {"test.tests", "test.servers", "test.faults", "test.swift.real_input", "test.sync.real_input"}

COMING = {DOCS / "fsspec.md"}
"""Pages that are linked before they are written."""

EVERY = {page: page.read_text(encoding="utf-8") for page in pages()}
ALL = "\n".join(EVERY.values())


def test_the_contract_names_every_public_method() -> None:
    contract = text_of("contract.md")
    methods = {name for name in vars(ObjectStorageClient) if not name.startswith("_")} - {"close"}
    for method in methods:
        assert f"`{method}" in contract, method
    for name in obs_client.__all__:
        if name.endswith("Error"):
            assert name in contract, name


def test_the_readme_is_a_front_door() -> None:
    assert len(EVERY[README].splitlines()) <= 150
    for page in DOCS.rglob("*.md"):
        assert f"({name_of(page)})" in EVERY[README], page


def test_the_scripts_are_there() -> None:
    for script in SCRIPTS:
        assert f"$ {script}\n" in EVERY[README]
        assert (ROOT / script).stat().st_mode & 0o111
    options = re.findall(r"^\$ test/run (--\w+)", ALL, re.MULTILINE)
    assert len(options) >= 2
    for option in options:
        assert f"\n    {option}) " in (ROOT / "test/run").read_text(encoding="utf-8")


def test_the_programs_are_there() -> None:
    programs = set(re.findall(r"python -m (test[.\w]*)", ALL))
    assert programs >= PROGRAMS
    for name in programs:
        path = ROOT / name.replace(".", "/")
        program = path / "__main__.py" if path.is_dir() else path.with_suffix(".py")
        assert 'if __name__ == "__main__":' in program.read_text(encoding="utf-8"), name


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)]+)\)", EVERY[page]):
        path, _, heading = target.partition("#")
        found = (page.parent / path).resolve() if path else page
        assert found.exists() or found in COMING, target
        assert not heading or heading in _headings(EVERY[found]), target


def _headings(text: str) -> set[str]:
    """The headings of a page as links name them."""
    without_code = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    found = re.findall(r"^#+ (.*)$", without_code, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in found}
