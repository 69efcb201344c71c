"""Listings: of containers; and of objects page by page, read by rows from a document that was checked as a whole."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import unquote

from obs_client._http.errors import StrangeAnswer
from obs_client._http.kit import xml
from obs_client._http.kit.calls.queries import query_of
from obs_client._http.kit.calls.refusals import Refusal
from obs_client._http.kit.dates import read_date
from obs_client._http.kit.etags import bare_etag
from obs_client.backend.values import Page
from obs_client.backends.azure.names import read_metadata
from obs_client.backends.azure.requests import Request, Requests, hierarchical
from obs_client.models import ContainerInfo, ObjectInfo, SubdirInfo

ROOT = "EnumerationResults"
PAGE_SIZE = 1000
"""Entries of a page; more would cost memory rather than save time."""

START_VERSION = "2026-06-06"
"""The first version of the protocol in which a listing may begin at a name."""

_BEGIN = re.compile(r"<Blob(Prefix)?>(?=\s*<[^/])")
"""Where a row begins; a key of metadata may be named as rows are, and has only text."""

_CONTAINER = re.compile(r"<Container>\s*(?=<Name)")
_FIELD = re.compile(r"<([^\s/>]+)([^>]*?)(?:/>|>([^<]*)</)")
_NEXT = re.compile(r"<NextMarker\s*(?:/>|>([^<]*)</NextMarker>)")
_ENCODED = 'Encoded="true"'


def list_blobs(container: str, prefix: str, delimiter: str | None, marker: str | None, most: int) -> Request:
    """Ask for a page of objects, with their metadata."""
    query = query_of(
        "restype=container&comp=list&include=metadata",
        ("prefix", prefix or None), ("delimiter", delimiter), ("marker", marker), ("maxresults", most),
    )  # fmt: skip
    return Request("List Blobs", "GET", container, query=query)


def page_of_containers(requests: Requests, prefix: str, marker: str | None) -> Page[ContainerInfo]:
    """One page of containers."""
    query = query_of("comp=list", ("prefix", prefix or None), ("marker", marker))
    document = _checked(requests.text(Request("List Containers", "GET", "", query=query)))
    names = map(_name, _CONTAINER.split(document)[1:])
    return Page([ContainerInfo(name, None, None) for name in names], _next_marker(document))


def page_of_objects(
    requests: Requests,
    container: str,
    prefix: str,
    delimiter: str | None,
    start_after: str | None,
    marker: str | None,
    most: int | None = None,
) -> Page[ObjectInfo | SubdirInfo]:
    """One page of objects and folders; it may hold names up to `start_after`, and be short or empty."""
    asked = list_blobs(container, prefix, delimiter, marker, most or PAGE_SIZE)
    if start_after and marker is None and max(start_after) < "\ud800":
        # Azure orders by UTF-16; after such a name come the same names in the order of UTF-8.
        document = _begin_at(requests, asked, start_after)
    else:
        document = requests.text(asked)
    return read_page(document)


def read_page(document: str) -> Page[ObjectInfo | SubdirInfo]:
    """The entries of a page.

    Raises:
        BrokenAnswer, StrangeAnswer: It is not a complete page.
    """
    _, *pieces = _BEGIN.split(_checked(document))
    try:
        entries = [_entry(row, is_folder=bool(prefix)) for prefix, row in zip(pieces[::2], pieces[1::2], strict=True)]
    except ValueError as error:
        raise StrangeAnswer("the listing has a row without a name, size or time that makes sense") from error
    return Page(entries, _next_marker(document))


def _seconds(time: str | None) -> float:
    found = read_date(time)
    if found is None:
        raise ValueError("a time that is none")
    return found


def _begin_at(requests: Requests, asked: Request, start_after: str) -> str:
    """The first page from a name on; all of it from a server that does not know how to begin there."""
    begun = asked._replace(
        query=f"{asked.query}&{query_of(('startFrom', start_after))}", headers={"x-ms-version": START_VERSION}
    )
    try:
        return requests.text(begun)
    except Refusal as error:
        if error.status != 400:
            raise
        return requests.text(asked)


def _checked(document: str) -> str:
    root = xml.check_document(document)
    if root != ROOT or not _ending(document):
        raise StrangeAnswer(f"the response is a document {root[:40]!r} instead of a complete {ROOT}")
    return document


def _next_marker(document: str) -> str | None:
    found = _ending(document)
    return xml.unescape(found[1]) if found and found[1] else None


def _ending(document: str) -> re.Match[str] | None:
    """The marker at the end of a page; a key of metadata may be named so too."""
    return _NEXT.match(document, document.rfind("<NextMarker"))


def _pairs(metadata: str) -> Iterable[tuple[str, str]]:
    for name, attributes, text in _FIELD.findall(metadata):
        plain = xml.unescape(text)
        yield name, unquote(plain, errors="strict") if _ENCODED in attributes else plain


def _name(row: str) -> str:
    """The name in a row: what stands before it, if anything does, has none."""
    _, mark, rest = row.partition("<Name")
    if not mark:
        raise ValueError("a row without a name")
    opening, _, rest = rest.partition(">")
    name = xml.unescape(rest.partition("<")[0])
    return unquote(name, errors="strict") if _ENCODED in opening else name


def _entry(row: str, *, is_folder: bool = False) -> ObjectInfo | SubdirInfo:
    # Keys of metadata may be named as anything here.
    told, _, further = row.partition("<Metadata>")
    if "<ResourceType>" in told:
        raise hierarchical()
    if is_folder:
        return SubdirInfo(_name(told))
    metadata = further.rpartition("</Metadata>")[0]
    found, mark = read_metadata(_pairs(metadata)) if metadata else ({}, "")

    def get(tag: str) -> str | None:
        return xml.unescape(told.partition(tag)[2].partition("<")[0]) or None

    return ObjectInfo(
        _name(told), int(get("<Content-Length>") or ""), bare_etag(get("<Etag>") or "") or None, get("<Content-Type>"),
        found, _seconds(get("<Last-Modified>")), get("<Content-Encoding>"), get("<Content-Disposition>"),
        get("<Content-Language>"), get("<Cache-Control>"), mark or None, get("<AccessTier>"), get("<VersionId>"),
        read_date(get("<Expiry-Time>")),
    )  # fmt: skip
