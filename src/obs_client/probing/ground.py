"""The ground of a probe: a prefix of its own, in which trials write, read and look, and which is empty at the end."""

from __future__ import annotations

import contextlib
import copy
import inspect
import logging
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

from obs_client._engine.border import Border
from obs_client._engine.parallel import bounded_map, within
from obs_client._engine.transfers.guarded_upload import GuardedUpload
from obs_client.backend import stopping
from obs_client.backend.body import Body, BytesBody
from obs_client.backend.listing import name_of
from obs_client.backend.multipart import Part
from obs_client.backend.values import NewObject, Page
from obs_client.client import ObjectStorageClient
from obs_client.errors import IntegrityError, NotFoundError, NotSupportedError, ObjectStorageClientError, TemporaryError
from obs_client.models import Attributes, ObjectInfo, Outcome, SubdirInfo
from obs_client.probing.bounds import BoundedBorder, Exhausted, Ledger, TidyingBorder
from obs_client.probing.profile import Finding

TRIAL_SECONDS = 20.0
"""How long one trial may take."""

REMOVAL_SECONDS = 60.0
"""How long the removal of what was made may take."""

BESIDE = "_segments"
"""How the names of the containers end in which Swift's large objects have their segments."""

ROUNDS = 3
PAGES = 20
POLL_SECONDS = 0.2

Told = tuple[Outcome, str]
"""How a trial ended, and by what that was seen."""

_logger = logging.getLogger("obs_client")


class MakeClient(Protocol):
    """Makes a client of the same store, with some parameters of its constructor set otherwise."""

    def __call__(self, **options: bool | str) -> ObjectStorageClient: ...


def holds(detail: str = "") -> Told:
    """It is so."""
    return Outcome.HOLDS, detail


def fails(detail: str) -> Told:
    """It is not so."""
    return Outcome.DOES_NOT_HOLD, detail


def unknown(detail: str) -> Told:
    """It could not be told."""
    return Outcome.CANNOT_BE_TOLD, detail


def refused(call: Callable[[], object]) -> ObjectStorageClientError | None:
    """With what the store refused a call for good; None: it was done. Any other failure goes out."""
    try:
        call()
    except TemporaryError:
        raise
    except ObjectStorageClientError as error:
        if is_of_client(error):
            raise
        return error
    return None


def is_of_client(error: ObjectStorageClientError) -> bool:
    """Whether the client complains of an answer by which the store said yes: there is no error of the store behind."""
    return isinstance(error, IntegrityError) and error.__cause__ is None


class Ground:
    """Where the trials of one probe take place.

    Attributes:
        client: The client that is probed.
        container, place: The container that was named, and the prefix in it, or "".
        ledger: What the probe has taken, and the names that it may have left; `ledger.prefix` is the probe's own.
        border: The primitives of the client, for names in the prefix.
        verify: How certificates are checked where a trial makes requests of its own.
        lag: Seconds after which listings showed what was done, as far as that is known.
    """

    def __init__(
        self,
        client: ObjectStorageClient,
        container: str,
        place: str,
        ledger: Ledger,
        *,
        verify: bool | str = True,
        another: MakeClient | None = None,
    ) -> None:
        self.client = client
        self.container = container
        self.place = place
        self.ledger = ledger
        self.border: BoundedBorder = BoundedBorder(client, ledger)
        self.verify = verify
        self.lag: float = 0.0
        self._another = another
        self._needed: dict[str, bool | str] = {}
        self._others: list[ObjectStorageClient] = []
        self._had_beside = True

    def begin(self) -> None:
        """See what was there before, and write a first object."""
        self._had_beside = self._has_beside(self.border)
        self.write("begin", b"begin")

    # ---- trials ---------------------------------------------------------------------------------------------------

    def tell(self, topic: str, name: str, trial: Callable[[], Told]) -> Finding:
        """Run a trial; whatever fails in it makes it one that cannot be told, and says why."""
        seconds = min(TRIAL_SECONDS, self.ledger.seconds_left)
        if seconds <= 0:
            return Finding(topic, name, *unknown(f"the {self.ledger.bounds.seconds:,g} s of the probe were over"))
        try:
            return Finding(topic, name, *within(trial, seconds))
        except TimeoutError:
            return Finding(topic, name, *unknown(f"there was no end within {seconds:,.0f} s"))
        except NotSupportedError as error:
            return Finding(topic, name, *fails(str(error)))
        except (Exhausted, ObjectStorageClientError) as error:
            return Finding(topic, name, *unknown(str(error)))
        except Exception as error:  # noqa: BLE001 - the probe goes on, and the finding says what it was
            return Finding(topic, name, *unknown(f"{type(error).__name__}: {error}"))

    def takes(self, option: str) -> bool:
        """Whether the client's constructor has this parameter."""
        return option in inspect.signature(type(self.client)).parameters

    @property
    def has_others(self) -> bool:
        """Whether clients with other options can be made."""
        return self._another is not None

    def another(self, **options: bool | str) -> Ground:
        """The same ground, by a client with other options; it is closed with this one.

        Raises:
            LookupError: No such clients can be made.
        """
        if self._another is None:
            raise LookupError("this needs a client with other options, but only one client was passed")
        client = self._another(**{**self._needed, **options})
        self._others.append(client)
        return self.by(client)

    def needing(self, **options: bool | str) -> Ground:
        """The same ground, by a client with options without which the store takes nothing; all others have them too."""
        other = self.another(**options)
        other._needed = {**self._needed, **options}
        return other

    def by(self, client: ObjectStorageClient) -> Ground:
        """The same ground, by another client."""
        other = copy.copy(self)
        other.client = client
        other.border = BoundedBorder(client, self.ledger)
        return other

    # ---- what trials do -------------------------------------------------------------------------------------------

    def name(self, text: str) -> str:
        """A name in the probe's own prefix."""
        return self.ledger.prefix + text

    def new(
        self,
        text: str,
        size: int | None,
        *,
        metadata: dict[str, str] | None = None,
        content_type: str = "application/octet-stream",
        content_encoding: str | None = None,
        if_absent: bool = False,
        if_hash: str | None = None,
        part_size: int | None = None,
    ) -> NewObject:
        """A new object of the probe's."""
        attributes = Attributes(content_type, metadata or {}, content_encoding)
        name = self.name(text)
        return NewObject(self.container, name, attributes, size, part_size, if_absent=if_absent, if_hash=if_hash)

    def write(
        self,
        text: str,
        content: bytes | Body,
        *,
        metadata: dict[str, str] | None = None,
        content_encoding: str | None = None,
        if_absent: bool = False,
        if_hash: str | None = None,
    ) -> None:
        """Write an object by one request."""
        body = BytesBody(content) if isinstance(content, bytes) else content
        new = self.new(
            text,
            body.size,
            metadata=metadata,
            content_encoding=content_encoding,
            if_absent=if_absent,
            if_hash=if_hash,
        )
        self.border.object_write(new, body)

    def upload(self, text: str, *chunks: bytes, if_absent: bool = False, if_hash: str | None = None) -> None:
        """Write an object by parts."""
        size = sum(map(len, chunks))
        self.ledger.count_size(size)
        new = self.new(text, size, if_absent=if_absent, if_hash=if_hash, part_size=len(chunks[0]))
        upload = GuardedUpload(self.border, new)
        offset = 0
        try:
            for number, chunk in enumerate(chunks, 1):
                upload.put_part(Part(number, offset, len(chunk)), BytesBody(chunk))
                offset += len(chunk)
            upload.complete()
        except BaseException as error:
            upload.abort_after(error)
            raise

    def info(self, text: str) -> ObjectInfo:
        """An object; raises `NotFoundError` if it is absent."""
        return self.border.object_info(self.container, self.name(text))

    def is_there(self, text: str) -> bool:
        """Whether there is an object."""
        try:
            self.info(text)
        except NotFoundError:
            return False
        return True

    def read(self, text: str, start: int = 0, stop: int | None = None, if_hash: str | None = None) -> bytes:
        """The bytes of an object as the store answers them, without a check of their digest."""
        with self.border.object_open(self.container, self.name(text), start, stop, if_hash) as reader:
            return b"".join(_blocks(reader.readinto))

    def delete(self, text: str) -> None:
        """Delete an object."""
        with contextlib.suppress(NotFoundError):
            self.border.object_delete(self.container, self.name(text))
        self.ledger.names.pop(self.name(text), None)

    def listed(self, text: str = "", delimiter: str | None = None) -> list[str]:
        """The names that begin with this, without the probe's prefix, as they are listed; folders too."""
        start = len(self.ledger.prefix)
        return [name_of(entry)[start:] for entry in _entries(self.border, self.container, self.name(text), delimiter)]

    def listed_when(self, is_as_expected: Callable[[list[str]], bool], text: str = "") -> list[str]:
        """The names, as soon as they are as expected; when the store's lag is over, as they are then."""
        until = time.monotonic() + 2 * self.lag
        while not is_as_expected(names := self.listed(text)) and time.monotonic() < until:
            stopping.sleep(POLL_SECONDS)
        return names

    # ---- the end --------------------------------------------------------------------------------------------------

    def clear(self) -> None:
        """Remove what trials have left so far; what cannot be removed now is for `leave`."""
        left = _failed(TidyingBorder(self.client), self.container, list(self.ledger.names))
        self.ledger.names = dict.fromkeys(left)

    def leave(self, seconds: float = REMOVAL_SECONDS) -> list[str]:
        """Remove all that the probe made and close what it opened; gives what could not be removed in time."""
        self.ledger.end()
        try:
            left = within(self._remove, seconds) if self.ledger.has_written else []
        except TimeoutError:
            left = [f"{self.ledger.prefix}…"]
        finally:
            for client in self._others:
                client.close()
        for name in left:
            _logger.warning("the probe could not remove %r from container %r; remove it yourself", name, self.container)
        return left

    def _remove(self) -> list[str]:
        border = TidyingBorder(self.client)
        failed = _failed(border, self.container, list(self.ledger.names))
        with contextlib.suppress(ObjectStorageClientError):
            border.cleanup(self.container, self.ledger.prefix, 0.0)
        for _ in range(ROUNDS):
            # A store that changes names lists others than were written.
            found = _listed(border, self.container, self.ledger.prefix)
            failed = _failed(border, self.container, dict.fromkeys([*failed, *found]))
            if not found and not failed:
                break
        self._remove_beside(border)
        wanted = dict.fromkeys([*failed, *_listed(border, self.container, self.ledger.prefix)])
        return [name for name in wanted if _is_there(border, self.container, name)]

    def _has_beside(self, border: Border) -> bool:
        """Whether there is a container for the segments of large objects; so too if that cannot be told."""
        try:
            border.container_info(self.container + BESIDE)
        except NotFoundError:
            return False
        except ObjectStorageClientError:
            return True
        return True

    def _remove_beside(self, border: Border) -> None:
        """Remove the container for segments, if it was not there and is empty."""
        if not self._had_beside and self._has_beside(border):
            with contextlib.suppress(ObjectStorageClientError):
                border.container_delete(self.container + BESIDE)


def _blocks(readinto: Callable[[memoryview], int]) -> Iterator[bytes]:
    buffer = memoryview(bytearray(256 * 1024))
    while count := readinto(buffer):
        yield bytes(buffer[:count])


def _entries(
    border: Border, container: str, prefix: str, delimiter: str | None = None
) -> Iterator[ObjectInfo | SubdirInfo]:
    """The entries of a listing as the store answers them, whatever their order, to a bound."""
    marker: str | None = None
    for _ in range(PAGES):
        page: Page[ObjectInfo | SubdirInfo] = border.object_list(container, prefix, delimiter, None, marker)
        yield from page.entries
        marker = page.next_marker
        if marker is None:
            return


def _listed(border: Border, container: str, prefix: str) -> list[str]:
    try:
        return [name_of(entry) for entry in _entries(border, container, prefix)]
    except ObjectStorageClientError as error:
        _logger.debug("the probe cannot list what it made: %s", error)
        return []


def _failed(border: Border, container: str, names: Iterable[str]) -> list[str]:
    """The names that could not be deleted."""

    def delete(name: str) -> str | None:
        try:
            border.object_delete(container, name)
        except NotFoundError:
            return None
        except ObjectStorageClientError as error:
            _logger.debug("the probe could not remove %r: %s", name, error)
            return name
        return None

    return [name for name in bounded_map(delete, names, 8) if name is not None]


def _is_there(border: Border, container: str, name: str) -> bool:
    """Whether an object is there; what cannot be told is taken to be."""
    try:
        border.object_info(container, name)
    except NotFoundError:
        return False
    except ObjectStorageClientError:
        return True
    return True
