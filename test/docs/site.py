"""The pages as a static site: `python -m test.docs.site [FOLDER]`, by MkDocs; without a folder, into `build/site`.

The README is its first page, and the references of the command and of the library are made from the program.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from obs_client.cli.helping import api, reference
from test.docs.pages import DOCS, HOUSE, README, ROOT

SECTIONS = {
    "Start": ("quickstart.md", "contract.md", "connections.md"),
    "Stores": (
        "stores/swift.md",
        "stores/s3.md",
        "stores/azure.md",
        "stores/gcs.md",
        "stores/local_and_memory.md",
    ),
    "Move and copy": ("command.md", "sync.md", "migration.md", "scale.md"),
    "Fit in": ("async.md", "fsspec.md", "django.md", "fastapi.md", "wrappers.md", "backends.md"),
    "Trust": ("reliability.md", "performance.md", "security.md"),
    "Reference": ("commands.md", "api.md", "changelog.md", "contributing.md"),
}
"""The pages in the order of the site's menu."""

STYLE = ".bs-sidebar a { overflow-wrap: anywhere; }\n"
"""Long names of the library are wider than the menu of a page."""


def build(site: Path) -> None:
    """Make the site; a link that leads nowhere is an error."""
    with tempfile.TemporaryDirectory() as work:
        source = Path(work) / "docs"
        shutil.copytree(DOCS, source)
        for name, text in _made().items():
            (source / name).write_text(text, encoding="utf-8")
        (source / "style.css").write_text(STYLE, encoding="utf-8")
        config = Path(work) / "mkdocs.yml"
        config.write_text(json.dumps(_config(source)), encoding="utf-8")
        command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--config-file", str(config)]
        done = subprocess.run([*command, "--site-dir", str(site)], capture_output=True, text=True, check=False)
        if done.returncode:  # with --quiet it would not count its warnings
            raise SystemExit(done.stderr)


def _made() -> Mapping[str, str]:
    """The pages that are not among those that ship, by their names on the site."""
    house = {f"{page.stem.lower()}.md": _relinked(page, "../") for page in HOUSE.glob("*.md")}
    return {
        "index.md": _relinked(README, ""),
        "commands.md": reference.text(),
        "api.md": api.text(),
        **house,
    }


def _relinked(page: Path, up: str) -> str:
    """A page from elsewhere in the repository, with its links as they are on the site."""
    text = (
        page.read_text(encoding="utf-8")
        .replace(f"({up}src/obs_client/docs/", "(")
        .replace("(../README.md", "(index.md")
    )
    for other in HOUSE.glob("*.md"):
        for written in (f"(.github/{other.name}", f"({other.name}"):
            text = text.replace(written, f"({other.stem.lower()}.md")
    return text


def _config(source: Path) -> Mapping[str, object]:
    """The settings of MkDocs: nothing is loaded from elsewhere."""
    menu = [{title: [page for page in pages if (source / page).exists()]} for title, pages in SECTIONS.items()]
    return {
        "site_name": "obs_client",
        "docs_dir": str(source),
        "nav": [{"obs_client": "index.md"}, *menu],
        "theme": {"name": "mkdocs", "highlightjs": False, "navigation_depth": 3},
        "extra_css": ["style.css"],
        "markdown_extensions": ["tables", "fenced_code", "sane_lists", {"toc": {"permalink": True}}],
        "validation": {"links": {"anchors": "warn", "unrecognized_links": "warn"}},
        "use_directory_urls": False,
    }


if __name__ == "__main__":
    target = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "build/site").resolve()
    build(target)
    print(target / "index.html")
