"""The pictures of the README show what is true now, and are small."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from test.docs.pages import README
from test.docs.picture import SHOWN, pictures


def test_the_pictures_are_those_that_the_program_makes() -> None:
    for path, text in pictures().items():
        assert path.read_text(encoding="utf-8") == text, "run: python -m test.docs.picture"
        assert len(text) < 8000
        assert f"(src/obs_client/docs/pictures/{path.name})" in README.read_text(encoding="utf-8")


def test_they_are_drawings_with_nothing_to_run() -> None:
    for text in pictures().values():
        tags = {element.tag.partition("}")[2] for element in ET.fromstring(text).iter()}
        assert tags <= {"svg", "g", "rect", "circle", "text"}
    shown = "".join(ET.fromstring(next(iter(pictures().values()))).itertext())
    for line in SHOWN:
        assert f"$ {line}" in shown
