"""The examples of the page on fsspec."""

from __future__ import annotations

from pathlib import Path

import fsspec
import pytest

from test.docs.pages import blocks, promises, run_blocks, text_of

EXAMPLES = blocks(text_of("fsspec.md"))


@pytest.mark.slow
def test_the_examples_run(tmp_path: Path) -> None:
    fs = fsspec.filesystem("obs+memory")
    if fs.exists("photos"):
        fs.rm("photos", recursive=True)
    run_blocks([each.replace("/tmp/archive", f"{tmp_path}/archive") for each in EXAMPLES])
    assert promises(EXAMPLES) == 6
    assert fs.open("photos/2026/dog.txt.gz", "r", compression="gzip").read() == "woof"
    assert (tmp_path / "archive/2026/a/b.txt").read_bytes() == b"content"
    fs.rm("photos", recursive=True)
