"""The XML of S3: documents that are sent, with what a server leaves out, and those that are received."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from .refusals import invalid
from .ways import Ways

Tree = tuple[str, "str | list[Tree]"]
"""An element: its name, and its text or the elements in it."""

NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
_SPECIAL = re.compile(r'[&<>"\x00-\x1f\x7f\ufffe\uffff]')
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}


def write(root: Tree, ways: Ways) -> bytes:
    """A document."""
    name, inner = root
    body = _inner(name, inner, ways)
    namespace = "" if name == "Error" else f' xmlns="{NAMESPACE}"'
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{name}{namespace}>{body}</{name}>'.encode()


def read(body: bytes, root: str) -> ET.Element:
    """A document that was sent, without its namespaces; what is none is refused."""
    try:
        found = ET.fromstring(body)
    except ET.ParseError as error:
        raise _malformed() from error
    for each in found.iter():
        each.tag = each.tag.rpartition("}")[2]
    if found.tag != root:
        raise _malformed()
    return found


def truth(value: bool) -> str:
    """A truth value in XML."""
    return "true" if value else "false"


def _malformed() -> Exception:
    message = "The XML you provided was not well-formed or did not validate against our published schema"
    return invalid(message, "MalformedXML")


def _inner(parent: str, inner: str | list[Tree], ways: Ways) -> str:
    if isinstance(inner, str):
        return _escaped(inner, ways)
    shown = [(name, each) for name, each in inner if f"{parent}/{name}" not in ways.omit_elements]
    return "".join(f"<{name}>{_inner(name, each, ways)}</{name}>" for name, each in shown)


def _escaped(text: str, ways: Ways) -> str:
    return _SPECIAL.sub(lambda found: _reference(found[0], ways), text)


def _reference(character: str, ways: Ways) -> str:
    if character in _ENTITIES:
        return _ENTITIES[character]
    return character if ways.raw_controls else f"&#x{ord(character):x};"
