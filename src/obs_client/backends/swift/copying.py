"""Copying within Swift, always into an object of its own: the copy shares no segment with its source.

Small enough, it is one request. Larger objects are copied range by range into new segments. A copy that must not
replace anything cannot be one request, since Swift takes its condition as one on the source.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import quote

from obs_client._engine.guarded_upload import abort_in_time
from obs_client._engine.parallel import bounded_map
from obs_client._engine.parts import part_size, parts_of
from obs_client.backend.body import Body, BytesBody
from obs_client.backend.multipart import Part
from obs_client.backend.values import NewObject
from obs_client.backends.swift.errors import StrangeAnswer, status_of
from obs_client.backends.swift.headers import etag, object_info
from obs_client.backends.swift.limits import Limits
from obs_client.backends.swift.reading import open_object
from obs_client.backends.swift.requests import SwiftHttp
from obs_client.backends.swift.segments import Segments
from obs_client.backends.swift.writing import SwiftUpload
from obs_client.errors import ContainerNotFoundError, ObjectChangedError, ObjectNotFoundError
from obs_client.models import Capabilities, ClientOptions, ObjectInfo

PIECE = 256 * 1024 * 1024
"""Bytes that the store copies in one request; it must do so within the timeout."""

Write = Callable[[NewObject, Body, Mapping[str, str]], None]

TryAgain = Callable[[str, Callable[[], None], str], None]
"""Is given what is done, how, and the container."""


class Copying:
    """One copy.

    Args:
        write: Writes an object with further headers.
        try_again: Makes a request of several again if it fails in a way that may pass; a single one is the caller's to
            make again.
    """

    def __init__(
        self,
        http: SwiftHttp,
        segments: Segments,
        write: Write,
        try_again: TryAgain,
        container: str,
        source: ObjectInfo,
        new: NewObject,
    ) -> None:
        self._http = http
        self._segments = segments
        self._write = write
        self._try_again = try_again
        self._container = container
        self._source = source
        self._new = new
        self._headers = {"X-Copy-From": f"/{quote(container)}/{quote(source.name)}"}
        if source.hash is not None:
            self._headers["If-Match"] = f'"{source.hash}"'

    def run(self, capabilities: Capabilities, options: ClientOptions, limits: Limits) -> None:
        """Copy; raises as the primitive does."""
        try:
            try:
                self._run(capabilities, options, limits)
            except ObjectChangedError:
                if not self._is_misjudged():
                    raise
                del self._headers["If-Match"]
                self._run(capabilities, options, limits)
        except Exception as error:
            if status_of(error.__cause__ or error) == 404:
                raise self._absent() from error
            raise

    def _is_misjudged(self) -> bool:
        """Whether Swift took the source for another than it is: it judges a copied large object by the old hash."""
        return "If-Match" in self._headers and self._is_same()

    def _is_same(self) -> bool:
        headers = self._http.call("head_object", self._container, self._source.name).headers
        return object_info(self._source.name, headers).hash == self._source.hash

    def _run(self, capabilities: Capabilities, options: ClientOptions, limits: Limits) -> None:
        piece = min(PIECE, capabilities.part_size_maximum or PIECE)
        size = self._source.size
        segmented = capabilities.part_count_maximum is not None
        if not self._new.if_absent and (size <= piece or not segmented):
            if self._by_one_request(limits) or not segmented or not size:
                return
        elif not segmented or size <= min(piece, options.part_size):
            self._by_way_of_memory()
            return
        self._by_pieces(part_size(size, piece, capabilities), options.workers, limits)

    def _by_one_request(self, limits: Limits) -> bool:
        """Copy at once; False: the source was a large object, and Swift would go on judging the copy by its hash."""
        replacing = self._segments.replacing(self._new.container, self._new.name, limits)
        with replacing, _Pinned(self._source.name):
            exchange = self._http.call("put_object", self._new.container, self._new.name, b"", headers=self._headers)
        return etag(exchange.headers) == self._source.hash

    def _by_way_of_memory(self) -> None:
        content = bytearray(self._source.size)
        view = memoryview(content)
        with (
            _Pinned(self._source.name),
            open_object(self._http, self._container, self._source.name, 0, None, self._source.hash, False) as reader,
        ):
            while view:
                count = reader.readinto(view)
                if not count:
                    raise StrangeAnswer("the source broke off")
                view = view[count:]
        self._write(self._new, BytesBody(content), self._expiry())

    def _by_pieces(self, piece: int, workers: int, limits: Limits) -> None:
        self._segments.provide(self._new.container)
        upload = SwiftUpload(self._http, self._segments, self._new, limits, check=False, further=self._expiry())

        target = self._new.container

        def copy(part: Part) -> None:
            ranged = {**self._headers, "Range": f"bytes={part.offset}-{part.offset + part.size - 1}"}
            verb = f"copy part {part.number} of {self._source.name!r} into"
            with _Pinned(self._source.name):
                self._try_again(verb, lambda: upload.copy_part(part, ranged), target)

        try:
            for _ in bounded_map(copy, parts_of(self._source.size, piece), workers):
                pass
            if "If-Match" not in self._headers and not self._is_same():
                raise ObjectChangedError(f"{self._source.name!r} was replaced while it was copied")
            self._try_again(f"complete {self._new.name!r} in", upload.complete, target)
        except BaseException as error:
            abort_in_time(lambda: self._try_again(f"abort {upload} in", upload.abort, target), error, str(upload))
            raise

    def _expiry(self) -> dict[str, str]:
        """When the source expires; the copy does too, as a copy by one request."""
        headers = self._http.call("head_object", self._container, self._source.name).headers
        return {"X-Delete-At": headers["x-delete-at"]} if "x-delete-at" in headers else {}

    def _absent(self) -> Exception:
        """The error that says which of source and target container is not there."""
        container = self._new.container
        try:
            self._http.call("head_container", container)
        except Exception as error:
            if status_of(error) != 404:
                raise
            return ContainerNotFoundError(f"there is no container {container!r}", container=container)
        return ObjectNotFoundError(
            f"there is no object {self._source.name!r} in container {self._container!r}",
            container=self._container,
            object_name=self._source.name,
        )


class _Pinned:
    """A request that is refused if the source is another by now."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if error is not None and status_of(error.__cause__ or error) == 412:
            raise ObjectChangedError(f"{self._name!r} was replaced before it was copied") from error
