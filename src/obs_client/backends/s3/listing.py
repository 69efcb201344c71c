"""Pages of a listing, read fast: a pattern learned from a page's first row, a strict parser for what does not fit."""

from __future__ import annotations

import datetime as dt
import re
from urllib.parse import unquote_plus

from obs_client._http.kit import xml as s3_xml
from obs_client._http.kit.etags import bare_etag
from obs_client._http.pool import BrokenAnswer
from obs_client.backend.values import Page
from obs_client.models import ContainerInfo, ObjectInfo, SubdirInfo

ROOT = "ListBucketResult"
FIELDS = ("Name", "IsTruncated")

_ROW = re.compile(rb"<Contents>(.*?)</Contents>", re.DOTALL)
_TAG = re.compile(rb"(<[^>]*>)")
_COLUMNS = (b"Key", b"LastModified", b"ETag", b"Size")
_REFERENCE = re.compile(r"&(amp|lt|gt|quot|apos|#\d{1,7}|#x[0-9a-fA-F]{1,6});")
_ENTITIES = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_NAMES = tuple(column.decode() for column in _COLUMNS)


def read_page(document: bytes) -> Page[ObjectInfo | SubdirInfo] | s3_xml.Element:
    """The entries of a page of ListObjectsV2, in the server's order of names and of folders; or the error in it.

    Raises:
        BrokenAnswer: It is not a whole page.
    """
    rows, rest = _split(document)
    root = s3_xml.parse_answer(rest, ROOT, FIELDS)
    if root.name == "Error":
        return root
    if rows is None:
        rows = [tuple(row.get(name) for name in _NAMES) for row in root.all("Contents")]
    url = root.find("EncodingType") == "url"
    try:
        entries: list[ObjectInfo | SubdirInfo] = [_entry(row, url) for row in rows]
    except ValueError as error:
        raise BrokenAnswer("the listing has a name, size or time that makes no sense") from error
    folders = [SubdirInfo(_decode(each.get("Prefix"), url)) for each in root.all("CommonPrefixes")]
    if folders:
        entries = sorted([*entries, *folders], key=_byte_order)
    return Page(entries, _next_marker(root))


def read_containers(root: s3_xml.Element, prefix: str) -> Page[ContainerInfo]:
    """The containers of an answer to ListBuckets."""
    buckets = root.all("Buckets")
    if not buckets:
        raise BrokenAnswer("the answer has no Buckets: it is not whole")
    names = [bucket.get("Name") for bucket in buckets[0].all("Bucket")]
    entries = [ContainerInfo(name, None, None) for name in names if name.startswith(prefix)]
    return Page(entries, root.find("ContinuationToken") or None)


def read_time(text: str) -> float:
    """Epoch seconds of a time in XML."""
    try:
        found = dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise BrokenAnswer("the answer has a time that is none") from error
    return (found if found.tzinfo else found.replace(tzinfo=dt.UTC)).timestamp()


def is_true(text: str) -> bool:
    """A truth value in XML.

    Raises:
        BrokenAnswer: It is none.
    """
    if text.lower() not in ("true", "false"):
        raise BrokenAnswer("the answer has neither true nor false where one must be: it is not whole")
    return text.lower() == "true"


def _next_marker(root: s3_xml.Element) -> str | None:
    if not is_true(root.get("IsTruncated")):
        return None
    token = root.find("NextContinuationToken")
    if not token:
        raise BrokenAnswer("the listing goes on, but does not say where: it is not whole")
    return token


def _split(document: bytes) -> tuple[list[tuple[str, ...]] | None, bytes]:
    """The columns of all rows and the document without them; None if they must be parsed."""
    first = _ROW.search(document)
    if first is None or b"<!" in document:
        return None, document
    found = _learn(first[1])
    if found is None:
        return None, document
    pattern, order = found
    text = document.decode(errors="replace")
    rows = pattern.findall(text)
    if len(rows) != document.count(b"<Contents") or "\ufffd" in text:
        return None, document
    return [_in_order(row, order) for row in rows], pattern.sub("", text).encode()


def _learn(row: bytes) -> tuple[re.Pattern[str], tuple[int, ...]] | None:
    """A pattern for rows that are built as this one, with a group for each column; and where each column stands."""
    pieces, seen, depth = ["<Contents>"], [], 0
    parts = _TAG.split(row)
    for text, tag in zip(parts[::2], [*parts[1::2], b""], strict=True):
        name = tag[2:-1]
        if tag.startswith(b"</") and depth == 1 and name in _COLUMNS:
            seen.append(name)
            pieces.append("([^<]*)")
        elif text.strip() or tag.startswith(b"</"):
            pieces.append("[^<]*")
        elif text:
            pieces.append(r"\s*")
        pieces.append(re.escape(tag.decode("ascii", "replace")))
        depth += 0 if tag.endswith(b"/>") or not tag else -1 if tag.startswith(b"</") else 1
    if sorted(seen) != sorted(_COLUMNS):
        return None
    return re.compile("".join([*pieces, "</Contents>"])), tuple(seen.index(column) for column in _COLUMNS)


def _entry(row: tuple[str, ...], url: bool) -> ObjectInfo:
    key, modified, etag, size = row
    if url and ("%" in key or "+" in key):
        key = unquote_plus(key, errors="strict")
    return ObjectInfo(key, int(size), bare_etag(etag) or None, None, None, read_time(modified))


def _in_order(row: tuple[str, ...], order: tuple[int, ...]) -> tuple[str, ...]:
    return tuple(_unescape(row[place]) if "&" in row[place] else row[place] for place in order)


def _unescape(text: str) -> str:
    return _REFERENCE.sub(_character, text)


def _character(match: re.Match[str]) -> str:
    name = match[1]
    if name[0] != "#":
        return _ENTITIES[name]
    return chr(int(name[2:], 16) if name[1] == "x" else int(name[1:]))


def _decode(text: str, url: bool) -> str:
    return unquote_plus(text, errors="strict") if url else text


def _byte_order(entry: ObjectInfo | SubdirInfo) -> bytes:
    return (entry.subdir if isinstance(entry, SubdirInfo) else entry.name).encode()
