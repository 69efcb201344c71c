"""The static site: every page is in its menu, and every link of it leads to a file and a heading that are there."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest

from test.docs.pages import DOCS
from test.docs.site import SECTIONS, build

pytestmark = pytest.mark.slow


class Links(HTMLParser):
    """What a page refers to, and the places in it that can be referred to."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.targets: set[str] = set()
        self.places: set[str] = set()
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.targets |= {given[name] for name in ("href", "src") if name in given}
        self.places |= {given[name] for name in ("id", "name") if name in given}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, as the command makes it."""
    folder = tmp_path_factory.mktemp("site")
    build(folder)
    return folder


def test_every_link_leads_somewhere(site: Path) -> None:
    found = {page: Links(page) for page in site.rglob("*.html") if page.name != "404.html"}
    assert len(found) >= 20
    for page, links in found.items():
        for target in links.targets:
            if re.match(r"https?:|mailto:|//", target):
                continue
            path, _, place = target.partition("#")
            file = (page.parent / unquote(path)).resolve() if path else page
            assert file.is_file() or (file / "index.html").is_file(), (page.name, target)
            assert place in ("", *found[file].places) if file in found else True, (page.name, target)


def test_every_page_is_in_the_menu_and_nothing_comes_from_elsewhere(site: Path) -> None:
    menu = {page for pages in SECTIONS.values() for page in pages}
    assert {str(page.relative_to(DOCS)) for page in DOCS.rglob("*.md")} <= menu
    first = (site / "index.html").read_text(encoding="utf-8")
    for page in menu:
        built = page.replace(".md", ".html")
        assert (site / built).is_file() == (f'"{built}"' in first), page
    assert re.findall(r'<(?:script|link|img)[^>]*(?:src|href)="https?:', first) == []
