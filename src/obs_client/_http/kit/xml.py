"""The XML of an answer as a small tree, strict and safe: no document type, so no entities but XML's own."""

from __future__ import annotations

import re
from typing import NoReturn
from xml.parsers import expat
from xml.parsers.expat.errors import (
    XML_ERROR_NO_ELEMENTS,
    XML_ERROR_PARTIAL_CHAR,
    XML_ERROR_UNCLOSED_CDATA_SECTION,
    XML_ERROR_UNCLOSED_TOKEN,
    codes,
)

from obs_client._http.errors import BrokenAnswer, StrangeAnswer

_NOT_IN_XML = r"[\0-\x1f\ud800-\udfff\ufffe\uffff]"

_REFERENCE = re.compile(r"&(amp|lt|gt|quot|apos|#0*\d{1,7}|#x[0-9a-fA-F]+);", re.ASCII)
_ENTITIES = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}

LIMIT = 64 * 1024 * 1024
"""Bytes of the largest document that is read."""

_MOST_ELEMENTS = 1_000_000
_DEEPEST = 64
"""No page of a store comes near; each element takes far more memory than its few bytes in the document."""

_ENDS_EARLY = frozenset(
    codes[each]
    for each in (
        XML_ERROR_NO_ELEMENTS,
        XML_ERROR_PARTIAL_CHAR,
        XML_ERROR_UNCLOSED_CDATA_SECTION,
        XML_ERROR_UNCLOSED_TOKEN,
    )
)


class Element:
    """An element without its namespace; `text` is all text directly in it."""

    __slots__ = ("children", "name", "text")

    def __init__(self, name: str) -> None:
        self.name: str = name
        self.text: str = ""
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
            StrangeAnswer: There is none.
        """
        found = self.find(name)
        if found is None:
            raise StrangeAnswer(f"{self.name} in the response has no {name}")
        return found


def parse(document: bytes) -> Element:
    """The root of a document.

    Raises:
        BrokenAnswer: It is empty, or ends before its root does.
        StrangeAnswer: It is no XML, or declares a document type.
    """
    tree = _Tree()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = tree.start
    parser.EndElementHandler = tree.end
    parser.CharacterDataHandler = tree.text
    parser.StartDoctypeDeclHandler = _refuse
    _run(parser, document.lstrip())
    return tree.top.children[0]


class _Tree:
    """A tree that grows as a document is read.

    An element's text is put together at its end: to add each piece to those before takes time by their square.
    """

    def __init__(self) -> None:
        self.top = Element("")
        self._path = [self.top]
        self._texts: list[list[str]] = [[]]
        self._count = 0

    def start(self, name: str, _: object) -> None:
        self._count += 1
        if self._count > _MOST_ELEMENTS or len(self._path) > _DEEPEST:
            raise StrangeAnswer("the response has too many elements, or too deep ones")
        element = Element(name.rpartition(":")[2])
        self._path[-1].children.append(element)
        self._path.append(element)
        self._texts.append([])

    def end(self, _: str) -> None:
        self._path.pop().text = "".join(self._texts.pop())

    def text(self, data: str) -> None:
        self._texts[-1].append(data)


def _run(parser: expat.XMLParserType, document: bytes | str) -> None:
    try:
        parser.Parse(document, True)
    except expat.ExpatError as error:
        kind = BrokenAnswer if error.code in _ENDS_EARLY else StrangeAnswer
        raise kind(f"the response is not a complete XML document: {error}") from error
    except (LookupError, ValueError) as error:  # a codec that Python does not have, or that is none of bytes for text
        raise StrangeAnswer(f"the response is in an encoding that cannot be read: {error}") from error


def parse_answer(document: bytes, root: str | tuple[str, ...], fields: tuple[str, ...]) -> Element:
    """The root of a document that answers a request.

    Args:
        root: The name that the root must have, or several; `Error` is let through for the caller to raise.
        fields: What the root must have.

    Raises:
        BrokenAnswer: As `parse`.
        StrangeAnswer: As `parse`, or it is another document.
    """
    found = parse(document)
    if found.name == "Error" and found.find("Code"):
        return found
    if found.name not in ((root,) if isinstance(root, str) else root):
        raise StrangeAnswer(f"the response is a document {found.name[:40]!r} instead of {root}")
    for field in fields:
        found.get(field)
    return found


def check_document(document: str) -> str:
    """The name of the root of a document that is complete and has nothing but elements and text: no comments and such.

    Its rows can be read by regular expressions then, which costs a fraction of a tree.

    Raises:
        BrokenAnswer, StrangeAnswer: As `parse`, or it has other things than elements.
    """
    roots: list[str] = []

    def start(name: str, _: object) -> None:
        roots.append(name)
        parser.StartElementHandler = None

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.StartDoctypeDeclHandler = _refuse
    document = document.removeprefix("\ufeff").lstrip()
    _run(parser, document)
    if "<!" in document or document.find("<?", 5) >= 0:
        raise StrangeAnswer("the response has something other than elements, which no store sends")
    return roots[0]


def unescape(text: str) -> str:
    """The text that stands in a document which was checked."""
    return _REFERENCE.sub(_character, text) if "&" in text else text


def without_impossible(document: bytes) -> bytes:
    """A document with a mark in place of the characters, and references to them, that XML 1.0 does not allow.

    Servers put them there that repeat names as they are, and bytes that are no text; it must be read for something else
    than these names.
    """
    document = document.decode(errors="replace").encode()
    return re.sub(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]|&#(x[0-9a-fA-F]+|\d+);", _possible, document)


def _possible(match: re.Match[bytes]) -> bytes:
    number = match[1]
    if number is None:
        return b"?"
    code = int(number[1:], 16) if number[:1] == b"x" else int(number.lstrip(b"0")[:8] or b"0")
    return b"?" if code < 0x110000 and re.match(_NOT_IN_XML, chr(code)) and code not in (9, 10, 13) else match[0]


def escape(text: str) -> str:
    """Text as it stands in a document of XML, if that `can_hold` it."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def can_hold(text: str) -> bool:
    """Whether XML carries this text unchanged: control characters it cannot write, or servers answer them unescaped."""
    return re.search(_NOT_IN_XML, text) is None


def _character(match: re.Match[str]) -> str:
    name = match[1]
    if name[0] != "#":
        return _ENTITIES[name]
    return chr(int(name[2:], 16) if name[1] == "x" else int(name[1:].lstrip("0")))


def _refuse(*_: object) -> NoReturn:
    raise StrangeAnswer("the response declares a document type, which no store does")
