"""The XML of S3's answers as a small tree, strict: a cut, foreign or empty document is a broken answer."""

from __future__ import annotations

import re
from xml.parsers import expat

from obs_client._http.pool import BrokenAnswer

_NOT_IN_XML = re.compile(r"[^\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

LIMIT = 64 * 1024 * 1024
"""Bytes of the largest document that is read."""


class Element:
    """An element without its namespace; `text` is all text directly in it."""

    __slots__ = ("children", "name", "text")

    def __init__(self, name: str) -> None:
        self.name = name
        self.text = ""
        self.children: list[Element] = []

    def all(self, name: str) -> list[Element]:
        """The children of this name, in order."""
        return [child for child in self.children if child.name == name]

    def find(self, name: str) -> str | None:
        """The text of the first child of this name, or None."""
        return next((child.text for child in self.children if child.name == name), None)

    def get(self, name: str) -> str:
        """The text of the first child of this name.

        Raises:
            BrokenAnswer: There is none.
        """
        found = self.find(name)
        if found is None:
            raise BrokenAnswer(f"the answer's {self.name} has no {name}: it is not whole")
        return found


def parse(document: bytes) -> Element:
    """The root of a document.

    Raises:
        BrokenAnswer: It is no whole document of XML, or declares a document type.
    """
    top = Element("")
    path = [top]

    def start(name: str, _: object) -> None:
        element = Element(name.rpartition(":")[2])
        path[-1].children.append(element)
        path.append(element)

    def text(data: str) -> None:
        path[-1].text += data

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _: path.pop()
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = _refuse
    try:
        parser.Parse(document.lstrip(), True)
    except expat.ExpatError as error:
        raise BrokenAnswer(f"the answer is no whole XML document: {error}") from error
    return top.children[0]


def parse_answer(document: bytes, root: str | tuple[str, ...], fields: tuple[str, ...]) -> Element:
    """The root of a document that answers a request.

    Args:
        root: The name that the root must have, or several; `Error` is let through for the caller to raise.
        fields: What the root must have.

    Raises:
        BrokenAnswer: As `parse`, or it is another document.
    """
    found = parse(document)
    if found.name == "Error" and found.find("Code"):
        return found
    if found.name not in ((root,) if isinstance(root, str) else root):
        raise BrokenAnswer(f"the answer is a document {found.name[:40]!r} in place of {root}")
    for field in fields:
        found.get(field)
    return found


def escape(text: str) -> str:
    """Text for a document, if it `can_hold` it."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def can_hold(text: str) -> bool:
    """Whether XML carries this text unchanged: control characters it cannot write, or servers answer them unescaped."""
    return _NOT_IN_XML.search(text) is None


def _refuse(*_: object) -> None:
    raise BrokenAnswer("the answer declares a document type, which S3 never does")
