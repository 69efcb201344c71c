"""What the pages name is there: methods, errors, commands, options, programs, and what links lead to."""

from __future__ import annotations

import functools
import re
import shlex
from pathlib import Path

import click
import pytest

import obs_client
from obs_client.cli import obs
from obs_client.cli.helping import reference
from obs_client.client import ObjectStorageClient
from test.docs.console import examples
from test.docs.pages import DOCS, HOUSE, README, ROOT, blocks, name_of, pages, text_of

SOURCE = ROOT / "src/obs_client"
SCRIPTS = ("test/demo", "test/run")
PROGRAMS = {"test.tests", "test.servers", "test.faults", "test.swift.real_input", "test.sync.real_input"}

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


def test_the_quick_start_names_every_extra() -> None:
    setup = (ROOT / "setup.py").read_text(encoding="utf-8")
    extras = set(re.findall(r'^        "([a-z-]+)": \[', setup, re.MULTILINE))
    assert extras >= {"cli", "dask", "test"}
    _, table = text_of("quickstart.md").split("| extra |")
    rows = re.findall(r"^\| (`.*?`) \|", table.split("\n\n")[0], re.MULTILINE)
    assert {name for row in rows for name in re.findall("`(.*?)`", row)} == extras


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
        assert found.exists(), target
        assert not heading or heading in _headings(EVERY[found]), target


def _headings(text: str) -> set[str]:
    """The headings of a page as links name them."""
    without_code = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    found = re.findall(r"^#+ (.*)$", without_code, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in found}


CONSOLE = [
    (name_of(page), example.line)
    for page, text in EVERY.items()
    for block in blocks(text, "console")
    for example in examples(block)
    if example.line.startswith("obs ")
]
NOT_TRIED = {"obs ls --recursiv s3://album", "obs --help", "obs sync --help"}
"""Lines that show what is said of a wrong one, and those that would show a help."""


@pytest.mark.parametrize(("page", "line"), CONSOLE)
def test_the_command_takes_what_is_typed(page: str, line: str) -> None:
    if line in NOT_TRIED:
        return
    words = shlex.split(re.split(r" [|<>] ?| 2>| </", line)[0], comments=True)
    with obs.make_context("obs", words[1:]) as context:
        name, command, rest = obs.resolve_command(context, [*context._protected_args, *context.args])
        while command is not None:
            inner = command.make_context(name, rest, parent=context)
            if not isinstance(command, click.Group):
                break
            name, command, rest = command.resolve_command(inner, [*inner._protected_args, *inner.args])


def _spans(text: str) -> list[str]:
    """What is written as code in the lines of a page."""
    return re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL))


_OPTION = r"(?<!\S)--[a-z][a-z-]+"
_NAME = r"(?<![\w/:.*%-])(?:[a-z]+_[a-z_]+|[A-Z]+_[A-Z_]+|(?:[A-Z][a-z0-9]+){2,})(?![\w/:*-])"

OPTIONS_OF_OTHERS = {"--all-versions", "--deploy", "--no-compat", "--strict"}
"""Options of other programs, and of servers."""

NAMES_OF_OTHERS = {
    *("NO_COLOR", "AbortIncompleteMultipartUpload", "IfNoneMatch", "ClientError", "SwiftService"),
    *("put_object", "get_object", "head_object", "post_object", "get_container", "full_listing"),
    *("list_objects_v2", "delete_objects", "generate_presigned_url", "external_account"),
    *("secure", "SqliteClient", "external_account", "sqlite"),
}
"""Names of other libraries, and of servers."""


INTEGRATIONS = ("django", "fastapi", "fsspec")
"""Pages on which names of another library are as many as ours; their examples show which are right."""


@pytest.mark.parametrize("page", [page for page in pages() if page.name != "CHANGELOG.md"], ids=name_of)
def test_options_and_names_in_the_text_are_there(page: Path) -> None:
    """What is written as code and looks like an option or a name of Python is in the program."""
    files = {path.stem for path in (ROOT / "test").rglob("*.py")} if page.parent == HOUSE else set()
    for span in _spans(EVERY[page]):
        for option in re.findall(_OPTION, span):
            assert option in _options() | OPTIONS_OF_OTHERS, span
        for name in [] if page.stem in INTEGRATIONS else re.findall(_NAME, span):
            assert name in _words() | NAMES_OF_OTHERS | files, span


@functools.cache
def _options() -> set[str]:
    """Those of `obs`, and of the programs in `test`."""
    programs = (ROOT / "test/run", *(ROOT / "test").rglob("__main__.py"), *(SOURCE / "testing").rglob("*.py"))
    texts = [reference.text(), *(path.read_text(encoding="utf-8") for path in programs)]
    return {option for text in texts for option in re.findall(r"--[a-z][a-z-]+", text)}


@functools.cache
def _words() -> set[str]:
    """All words in the source of the package."""
    return {word for path in SOURCE.rglob("*.py") for word in re.findall(r"\w+", path.read_text(encoding="utf-8"))}
