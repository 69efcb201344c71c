"""The program for real input, on a small tree; `python -m test.sync.real_input` takes the standard library's."""

from __future__ import annotations

from pathlib import Path

import pytest

from test.sync import real_input as sync_real_input


@pytest.mark.full
def test_a_tree_goes_there_and_back(starts_servers: None, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for name in ("a.py", "empty", "ü/x y.py", "deep/er/z"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("" if name == "empty" else name)
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "a.pyc").write_text("compiled")
    (tmp_path / "link").symlink_to("a.py")
    assert sync_real_input.main([str(tmp_path)]) == 0
    shown = capfd.readouterr().out
    assert "4 files" in shown
    assert "obs: link: is a symbolic link, which is not followed" in shown
    assert shown.endswith("all 4 files are the same, byte by byte\n")


def test_what_is_lost_or_changed_on_the_way_is_found(tmp_path: Path) -> None:
    for place in ("source", "back"):
        (tmp_path / place).mkdir()
        (tmp_path / place / "a").write_text("a")
    names = sync_real_input.files_of(tmp_path / "source")
    sync_real_input.compare(tmp_path / "source", tmp_path / "back", names)
    (tmp_path / "back" / "a").write_text("b")
    with pytest.raises(sync_real_input.Wrong, match="other bytes"):
        sync_real_input.compare(tmp_path / "source", tmp_path / "back", names)
    (tmp_path / "back" / "a").unlink()
    with pytest.raises(sync_real_input.Wrong, match="lost"):
        sync_real_input.compare(tmp_path / "source", tmp_path / "back", names)
