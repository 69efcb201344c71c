"""The place of one cell: a client behind the proxy, objects of its own in the store, a directory of its own."""

from __future__ import annotations

import dataclasses
import functools
import random
import threading
from pathlib import Path

from obs_client import ObjectStorageClient
from test.faults.stores.base import Store
from test.faults.wire.messages import Request
from test.faults.wire.proxy import FaultProxy

OLD = b"what was there before" * 100
SMALL = 48 * 1024


class WrongResultError(Exception):
    """A call returned, and what it gave or did is not right: the worst that can happen."""


@dataclasses.dataclass
class Bench:
    """What operations work with.

    Attributes:
        container: The cell's objects are here, under names that begin with `key`.
        key: The name of the object that the operation is about.
        large: Whether that object is one of several parts.
        directory: For local files, empty.
        elsewhere: The URL of a host that must never see a token.
        also: Other content that a read may give, if it was written meanwhile.
        busy: Held while it is written: a reader may end before the writer has removed what it replaced.
    """

    store: Store
    proxy: FaultProxy
    client: ObjectStorageClient
    container: str
    key: str
    large: bool
    directory: Path
    elsewhere: str = ""
    also: bytes | None = None
    busy: threading.Lock = dataclasses.field(default_factory=threading.Lock)

    @property
    def content(self) -> bytes:
        """What the object holds, or is to hold."""
        return content_of(self.store.part_size * 4 // 3 if self.large else SMALL)

    def sees(self, what: str, request: Request) -> bool:
        """Whether a request is the one of that kind for the cell's object."""
        return self.store.aimed(what, request, self.container, self.key)

    def newcomer(self) -> ObjectStorageClient:
        """Another client with the same options, which has to log in, by way of the proxy."""
        return self.store.newcomer(self.proxy.url, timeout=self.client.timeout, options=self.client.options)

    def provide(self) -> None:
        """Put the object there, past the proxy."""
        if self.large:
            self.store.direct.object_write(self.key, self.content, container_name=self.container)
        else:
            self.store.put(self.container, self.key, self.content)

    def provide_old(self) -> None:
        """Put other content there, past the proxy."""
        self.store.put(self.container, self.key, OLD)

    def hash_of(self, name: str) -> str | None:
        """The hash of an object, asked for past the proxy."""
        info = self.store.direct.object_info(name, self.container)
        return info.hash if info else None

    def replace(self) -> None:
        """Put other content of the same size in the object's place, as another program would."""
        self.also = self.content[::-1]
        with self.busy:
            self.store.direct.object_write(self.key, self.also, container_name=self.container)

    def expect_read(self, found: bytes, what: str) -> None:
        """Raise if what was read is not the object, whole."""
        if self.also is None or found != self.also:
            self.expect(found, self.content, what)

    def expect(self, found: object, wanted: object, what: str) -> None:
        """Raise if the result of a call is not the right one."""
        if found != wanted:
            raise WrongResultError(f"{what}: {_brief(found)} in place of {_brief(wanted)}")

    def expect_stored(self, name: str, wanted: bytes | None) -> None:
        """Raise if the server does not hold this."""
        self.expect(self.store.get(self.container, name), wanted, f"the stored {name!r}")


@functools.cache
def content_of(size: int) -> bytes:
    """Content that does not repeat."""
    return random.Random(7).randbytes(size)


def _brief(value: object) -> str:
    if isinstance(value, (bytes, bytearray)):
        return f"{len(value):,} bytes {bytes(value[:16])!r}"
    return repr(value)[:200]
