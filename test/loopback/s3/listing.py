"""Listings of objects, of open uploads and of parts, page by page."""

from __future__ import annotations

import base64
import dataclasses
import time
from collections.abc import Callable, Iterable, Iterator
from urllib.parse import quote_plus

from test.loopback.serving import Request, Response

from . import documents
from .copies import stamp
from .documents import Tree, truth
from .refusals import invalid, not_implemented
from .state import Bucket, State, Stored


@dataclasses.dataclass(frozen=True)
class Window:
    """What a page is asked for.

    Attributes:
        after: Names up to this one, and all under it if it is a folder, were told before.
        url: Names are URL-encoded.
    """

    prefix: str
    delimiter: str
    after: str
    most: int
    url: bool
    encoded_echoes: bool = True

    def name(self, text: str) -> str:
        """A name as the document holds it."""
        return quote_plus(text, safe="/") if self.url else text

    def echo(self, text: str) -> str:
        """What was asked for, as the document holds it."""
        return self.name(text) if self.encoded_echoes else text


@dataclasses.dataclass
class Page:
    """The entries of a page: names, and folders; the last of them; whether more follow."""

    names: list[str] = dataclasses.field(default_factory=list)
    folders: list[str] = dataclasses.field(default_factory=list)
    last: str = ""
    more: bool = False


class Listing:
    """The operations that list what is in a container."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._ways = state.ways

    def objects(self, request: Request, bucket: str) -> Response:
        """ListObjects and ListObjectsV2."""
        second = request.query.get("list-type") == "2" and self._ways.list_v2
        window = self._window(request, second)
        with self._state.lock:
            found = self._state.bucket(bucket)
            page = _page(self._names(found), window, self._place)
            rows = [_row(name, found.objects[name], window) for name in page.names]
        fields: list[Tree] = [
            ("Name", bucket),
            ("Prefix", window.echo(window.prefix)),
            *self._places(request, window, page, second),
            ("MaxKeys", str(window.most)),
            *([("Delimiter", window.echo(window.delimiter))] if window.delimiter else []),
            *([("EncodingType", "url")] if window.url else []),
            ("IsTruncated", truth(page.more)),
            *rows,
            *[_folder(folder, window) for folder in page.folders],
        ]
        return Response(200, _TYPE, documents.write(("ListBucketResult", fields), self._ways))

    def uploads(self, request: Request, bucket: str) -> Response:
        """ListMultipartUploads."""
        if not self._ways.lists_uploads:
            raise not_implemented("uploads")
        window = self._window(request, False)
        after = (request.query.get("key-marker", ""), request.query.get("upload-id-marker", ""))
        most = min(int(request.query.get("max-uploads", "1000")), self._ways.page_size)
        with self._state.lock:
            found = sorted((each.key, each.id, each.begun) for each in self._state.bucket(bucket).uploads.values())
        found = [each for each in found if each[0].startswith(window.prefix) and _follows(each[:2], after)]
        shown, more = found[:most], len(found) > most
        fields: list[Tree] = [
            ("Bucket", bucket),
            ("KeyMarker", window.echo(after[0])),
            ("UploadIdMarker", after[1]),
            *([("NextKeyMarker", window.echo(shown[-1][0])), ("NextUploadIdMarker", shown[-1][1])] if more else []),
            ("Prefix", window.echo(window.prefix)),
            ("MaxUploads", str(most)),
            *([("EncodingType", "url")] if window.url and self._ways.uploads_encoding_told else []),
            ("IsTruncated", truth(more)),
            *[_upload_row(window.name(key), upload_id, begun) for key, upload_id, begun in shown],
        ]
        return Response(200, _TYPE, documents.write(("ListMultipartUploadsResult", fields), self._ways))

    def parts(self, request: Request, bucket: str, key: str) -> Response:
        """ListParts."""
        if not self._ways.lists_parts:
            raise not_implemented("uploadId")
        after = int(request.query.get("part-number-marker", "0") or 0)
        most = min(int(request.query.get("max-parts", "1000")), self._ways.page_size)
        with self._state.lock:
            upload = self._state.upload(bucket, key, request.query["uploadId"])
            found = [(number, part) for number, part in sorted(upload.parts.items()) if number > after]
        shown, more = found[:most], len(found) > most
        rows: list[Tree] = [
            (
                "Part",
                [
                    ("PartNumber", str(number)),
                    ("LastModified", stamp(part.modified)),
                    ("ETag", f'"{part.etag}"'),
                    ("Size", str(len(part.content))),
                ],
            )
            for number, part in shown
        ]
        fields: list[Tree] = [
            ("Bucket", bucket),
            ("Key", key),
            ("UploadId", upload.id),
            ("PartNumberMarker", str(after)),
            *([("NextPartNumberMarker", str(shown[-1][0]))] if more else []),
            ("MaxParts", str(most)),
            ("IsTruncated", truth(more)),
            *rows,
        ]
        return Response(200, _TYPE, documents.write(("ListPartsResult", fields), self._ways))

    def _window(self, request: Request, second: bool) -> Window:
        query = request.query
        if token := query.get("continuation-token", "") if second else "":
            after = base64.urlsafe_b64decode(token).decode()
        else:
            after = query.get("start-after" if second else "marker", "")
        delimiter = query.get("delimiter", "")
        if delimiter not in ("", "/") and self._ways.other_delimiters != "fold":
            if self._ways.other_delimiters == "refuse":
                raise not_implemented("delimiter")
            delimiter = ""
        most = query.get("max-keys", "1000") or "1000"
        if not most.isdecimal():
            raise invalid("Argument maxKeys must be an integer between 0 and 2147483647", "InvalidArgument")
        url = query.get("encoding-type") == "url" and self._ways.encoding_type
        most_told = min(int(most), self._ways.page_size)
        return Window(query.get("prefix", ""), delimiter, after, most_told, url, self._ways.encoded_echoes)

    def _place(self, name: str) -> bytes:
        """Where a name stands: in byte order, or folder by folder."""
        return name.encode() if self._ways.ordered else name.encode().replace(b"/", b"\0")

    def _names(self, bucket: Bucket) -> list[str]:
        until = time.time() - self._ways.listing_lag
        names = [name for name, stored in bucket.objects.items() if stored.modified <= until]
        return sorted(names, key=self._place)

    def _places(self, request: Request, window: Window, page: Page, second: bool) -> Iterator[Tree]:
        """Where the page begins and where the next one does."""
        if second:
            if start := request.query.get("start-after"):
                yield "StartAfter", window.echo(start)
            if token := request.query.get("continuation-token"):
                yield "ContinuationToken", token
            if page.more:
                yield "NextContinuationToken", base64.urlsafe_b64encode(page.last.encode()).decode()
            yield "KeyCount", str(len(page.names) + len(page.folders))
            return
        yield "Marker", window.echo(window.after)
        told = bool(window.delimiter) if self._ways.next_marker is None else self._ways.next_marker
        if page.more and told:
            yield "NextMarker", window.name(page.last)


Place = Callable[[str], bytes]
_TYPE = {"Content-Type": "application/xml"}


def _page(names: Iterable[str], window: Window, place: Place) -> Page:
    page = Page()
    for name in _left(names, window, place):
        entry = _folded(name, window)
        if entry == page.last and page.last:
            continue  # one more name of the last folder
        if len(page.names) + len(page.folders) >= window.most:
            page.more = window.most > 0
            break
        (page.folders if entry != name else page.names).append(entry)
        page.last = entry
    return page


def _left(names: Iterable[str], window: Window, place: Place) -> Iterator[str]:
    """The names that were not told before."""
    after = window.after
    folder = bool(window.delimiter) and after.endswith(window.delimiter)
    for name in names:
        told = bool(after) and (place(name) <= place(after) or (folder and name.startswith(after)))
        if name.startswith(window.prefix) and not told:
            yield name


def _folded(name: str, window: Window) -> str:
    """The folder that stands for a name, or the name."""
    if not window.delimiter:
        return name
    head, found, _ = name[len(window.prefix) :].partition(window.delimiter)
    return window.prefix + head + found if found else name


def _row(name: str, stored: Stored, window: Window) -> Tree:
    return (
        "Contents",
        [
            ("Key", window.name(name)),
            ("LastModified", stamp(stored.modified)),
            ("ETag", f'"{stored.etag}"'),
            ("Size", str(len(stored.content))),
            ("StorageClass", stored.headers.get("x-amz-storage-class", "STANDARD")),
        ],
    )


def _folder(name: str, window: Window) -> Tree:
    return ("CommonPrefixes", [("Prefix", window.name(name))])


def _upload_row(name: str, upload_id: str, begun: float) -> Tree:
    return ("Upload", [("Key", name), ("UploadId", upload_id), ("Initiated", stamp(begun))])


def _follows(place: tuple[str, str], after: tuple[str, str]) -> bool:
    """Whether an upload comes after the one that was told last; without an id, after all of that name."""
    return place[0] > after[0] if not after[1] else place > after
