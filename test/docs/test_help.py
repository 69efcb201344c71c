"""`obs help`: every page, the two that are made from the program, and the search."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import obs_client
from obs_client.cli import commands
from obs_client.cli.helping import api
from obs_client.cli.helping.pages import FIRST, about, topics
from obs_client.cli.helping.showing import as_commands
from test.cli.running import done, failed, lines, run
from test.cli.screen import Screen
from test.docs.pages import DOCS, ROOT

pytestmark = pytest.mark.slow  # it takes seconds in all

PUBLIC = (ROOT / "test/contract/public_names.txt").read_text(encoding="utf-8")
NOT_FOR_PROGRAMS = {"__version__", "obs"}


def test_the_list_has_every_page() -> None:
    listed = [line["topic"] for line in lines("help")]
    assert listed[: len(FIRST)] == list(FIRST)
    assert sorted(map(str, listed)) == sorted([*(page.stem for page in DOCS.rglob("*.md")), "api", "commands"])
    assert done("help").startswith("quickstart ")
    assert "obs help --search WORDS" in done("help")
    assert done("help", "S3") == done("help", "s3")


def test_every_page_begins_with_what_it_is_about() -> None:
    for page in DOCS.rglob("*.md"):
        text = page.read_text(encoding="utf-8")
        title, first = text.split("\n\n")[:2]
        assert re.fullmatch(r"# \S.*", title), page
        assert not first.startswith(("#", "|", "```", "- ")), page
        assert 10 < len(about(text)) <= 120, (page, about(text))


@pytest.mark.parametrize("name", sorted(page.stem for page in DOCS.rglob("*.md")))
def test_a_page_is_shown_as_it_is_written_but_for_its_links(name: str) -> None:
    (page,) = DOCS.rglob(f"{name}.md")
    text = page.read_text(encoding="utf-8")
    shown = done("help", name)
    assert shown == as_commands(text)
    assert ".md)" not in shown
    for other in re.findall(r"\(`obs help (\w+)`\)", shown):
        assert other in topics(), other


def test_links_are_commands() -> None:
    assert as_commands("see [it](stores/s3.md#limits).") == "see it (`obs help s3`)."
    assert as_commands("see [it](https://example.com/x).") == "see it (https://example.com/x)."


def test_the_reference_has_every_command() -> None:
    reference = done("help", "commands")
    for name in commands.NAMES:
        assert f"\n## obs {name}\n" in reference
    assert "\n## obs stores add\n" in reference
    assert "--max-delete N" in reference


def test_the_api_has_every_public_name() -> None:
    shown = set(re.findall(r"^### `(\w+)`$", api.text(), re.MULTILINE))
    promised = {name for block in PUBLIC.split("\n\n") for name in block.split()[1:]}
    assert promised - shown <= NOT_FOR_PROGRAMS
    for name in obs_client.__all__:
        if name not in NOT_FOR_PROGRAMS:
            assert f"### `{name}`\n" in (api.of(name) or ""), name


def test_the_api_shows_signatures_and_docstrings() -> None:
    shown = done("help", "object_write")
    assert "    if_absent: bool = False,\n" in shown
    assert "\n**Raises**\n\n- ObjectNotFoundError: " in done("help", "object_read")
    assert done("help", "S3Client.native").startswith("### `S3Client.native`\n\n")
    assert "async object_read(" in done("help", "AsyncClient.object_read")
    assert "object at 0x" not in api.text()


def test_a_command_is_a_topic() -> None:
    assert "Usage: obs ls " in done("help", "ls")


def test_words_are_found_in_every_kind_of_page() -> None:
    found = lines("help", "--search", "PART_SIZE")
    assert {line["topic"] for line in found} >= {"api", "connections"}
    assert all("part_size" in str(line["line"]).lower() for line in found)
    assert {line["topic"] for line in lines("help", "--search", "--max-delete")} >= {"commands"}
    assert "no page holds 'xyzzy'" in failed(3, "help", "--search", "xyzzy")


def test_many_lines_are_the_first_of_each_page() -> None:
    every = lines("help", "--search", "fsspec")
    assert len(every) > 60
    shown = run("help", "--search", "fsspec")
    assert len(shown.stdout.splitlines()) < 25
    topics = [line["topic"] for line in every]
    assert f"fsspec: {topics.count('fsspec') - 2} more lines" in shown.stdout
    assert "--verbose shows all" in shown.stderr
    assert len(done("help", "--search", "fsspec", "-v").splitlines()) == len(every)
    assert "more line" not in done("help", "--search", "fsspec zarr")


def test_several_words_are_searched_for_in_any_order() -> None:
    found = lines("help", "accounts", "Two", "between")
    assert {"migration"} <= {line["topic"] for line in found}
    assert all("two" in str(line["line"]).lower() for line in found)
    assert found == lines("help", "--search", "between two accounts")


@pytest.mark.parametrize(
    ("question", "topic", "heading"),
    [
        ("How do I move an application from S3 to Swift?", "migration", "An application from S3 to Swift"),
        ("limit the rate", "sync", "A part at a time"),
        ("go on after a kill", "command", "Patience and progress"),
    ],
)
def test_a_question_finds_its_section(question: str, topic: str, heading: str) -> None:
    assert (topic, heading) in {(line["topic"], line["heading"]) for line in lines("help", "--search", question)}


def test_a_word_is_the_beginning_of_one() -> None:
    found = [str(line["line"]).lower() for line in lines("help", "--search", "rate")]
    assert any("limit_rate" in line or "limit-rate" in line for line in found)
    assert not [line for line in found if not re.search(r"(?<![a-z0-9])rate", line)]


@pytest.mark.slow
def test_on_a_terminal_a_page_is_laid_out_and_paged(tmp_path: Path) -> None:
    with Screen("PAGER='tr a-z A-Z' obs help s3", tmp_path) as screen:
        assert screen.end() == 0, screen.shown
    assert "AMAZON S3 AND COMPATIBLE" in screen.shown
    assert "# AMAZON" not in screen.shown
    assert "…" not in screen.shown, "a cell is cut"
