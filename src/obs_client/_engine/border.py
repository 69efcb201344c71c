"""Every call to a backend passes here: vendor exceptions become typed ones, and what may pass is tried again.

Inside, absence is an exception. The user's half (`client.py`) and the rest of the engine call nothing else.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from obs_client._engine import arguments
from obs_client._engine.retry import Retries
from obs_client.backend import watching
from obs_client.backend.body import Body, CallerError
from obs_client.backend.primitives import Backend
from obs_client.backend.values import NewObject, ObjectReader, Page, UrlTerms
from obs_client.errors import (
    AuthorizationError,
    ContainerNotFoundError,
    IntegrityError,
    NotFoundError,
    ObjectChangedError,
    ObjectNotFoundError,
    ObjectStorageClientError,
    TemporaryError,
)
from obs_client.models import (
    Attributes,
    Capabilities,
    CleanupReport,
    ClientOptions,
    ContainerInfo,
    EndpointFact,
    ObjectInfo,
    SubdirInfo,
)

if TYPE_CHECKING:
    from obs_client._engine.attributes import Rules
    from obs_client.backend.multipart import MultipartUpload

T = TypeVar("T")

_HINTS: dict[type[ObjectStorageClientError], str] = {
    IntegrityError: "nothing was replaced; try again, and look at what carries the bytes if it comes again",
    ObjectChangedError: "try again when nobody writes to it",
}
"""What to do where the backend does not say."""

_OF_THE_OBJECT = frozenset({"read", "look at", "look at the tags of", "change the metadata of", "delete"})
"""What is done with the object that a call names; a copy names its target, and lacks its source."""

_CHAIN = 20
"""How many errors that led to another are looked at."""


class Border:
    """The primitives of one backend, with typed errors and retries; the names are those of `Backend`."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    @property
    def capabilities(self) -> Capabilities:
        return self.run("capabilities", self._backend._capabilities)

    def can_sign(self, container: str | None) -> bool:
        return self.run("look for what signs URLs of", lambda: self._backend._can_sign(container), container)

    @property
    def endpoint_facts(self) -> Sequence[EndpointFact]:
        return self.run("say what is known of the endpoint", self._backend._endpoint_facts)

    @property
    def rules(self) -> Rules:
        """What the store keeps of metadata, for whoever writes.

        Raises:
            NotSupportedError: Nothing, since it is only read.
        """
        from obs_client._engine.attributes import Rules

        capabilities = self.capabilities
        arguments.check_writable(capabilities)
        return Rules(capabilities, self._backend._metadata_sent)

    @property
    def opens_whole(self) -> bool:
        """Whether a reader of a whole object moves no content before it is read."""
        return self._backend.opens_whole

    @property
    def client(self) -> object:
        """The client, to tell it from others."""
        return self._backend

    @property
    def options(self) -> ClientOptions:
        return self._backend.options

    def container_create(self, container: str) -> None:
        self.run("create container", lambda: self._backend._container_create(container), container)

    def container_list(self, prefix: str, marker: str | None) -> Page[ContainerInfo]:
        return self.run("list containers", lambda: self._backend._container_list(prefix, marker))

    def container_info(self, container: str) -> ContainerInfo:
        return self.run("look at container", lambda: self._backend._container_info(container), container)

    def container_delete(self, container: str) -> None:
        self.run("delete container", lambda: self._backend._container_delete(container), container)

    def check_emptying(self, container: str) -> None:
        self.run("delete container", lambda: self._backend._check_emptying(container), container)

    def object_list(
        self,
        container: str,
        prefix: str,
        delimiter: str | None,
        start_after: str | None,
        marker: str | None,
        most: int | None = None,
    ) -> Page[ObjectInfo | SubdirInfo]:
        """A page; of no more than `most` entries, where that is given and the store can be asked so."""
        asked = (container, prefix, delimiter, start_after, marker)
        if most is None:
            return self.run("list objects in", lambda: self._backend._object_list(*asked), container)
        return self.run("list objects in", lambda: self._backend._object_list_some(*asked, most), container)

    def object_info(self, container: str, name: str) -> ObjectInfo:
        return self.run("look at", lambda: self._backend._object_info(container, name), container, name)

    def object_tags(self, container: str, name: str) -> Mapping[str, str]:
        return self.run("look at the tags of", lambda: self._backend._object_tags(container, name), container, name)

    def object_headers(self, container: str, name: str) -> Mapping[str, str]:
        return self.run("look at", lambda: self._backend._object_headers(container, name), container, name)

    def object_open(self, container: str, name: str, start: int, stop: int | None, if_hash: str | None) -> ObjectReader:
        """The backend's own reader; `reading.py` guards it."""
        return self.run(
            "read", lambda: self._backend._object_open(container, name, start, stop, if_hash), container, name
        )

    def object_open_end(self, container: str, name: str, count: int, if_hash: str | None) -> ObjectReader:
        """The backend's own reader of the last bytes."""
        call = partial(self._backend._object_open_end, container, name, count, if_hash)
        return self.run("read", call, container, name)

    def object_open_changed(
        self, container: str, name: str, start: int, stop: int | None, known: str
    ) -> ObjectReader | None:
        """The same for who has the content with the hash `known`; None: it is that."""
        reader = self.run(
            "read", lambda: self._backend._object_open_changed(container, name, start, stop, known), container, name
        )
        if reader is not None and reader.info.hash == known:
            reader.close()
            return None
        return reader

    def object_write(self, new: NewObject, body: Body) -> ObjectInfo:
        """Write in one request, a conditional one so that its lost answer can be found out; gives what is known."""
        marked = marked_by_id(new) if new.conditional else new

        def attempt() -> ObjectInfo | None:
            body.rewind()
            return self._backend._object_write(marked, body)

        return self.publish("write", attempt, marked)

    def object_multipart(self, new: NewObject) -> MultipartUpload:
        """The backend's own upload, of an object that carries a write id; `GuardedUpload` guards it."""
        return self.run("begin", lambda: self._backend._object_multipart(new), new.container, new.name)

    def object_reopen(self, new: NewObject, identity: str) -> MultipartUpload:
        """The upload that another process began; raises `UploadGone` as the backend does."""
        call = partial(self._backend._object_reopen, new, identity)
        return self.run("continue", call, new.container, new.name)

    def object_reopen_copy(self, container: str, source: ObjectInfo, new: NewObject, identity: str) -> MultipartUpload:
        """The copy by parts that another process began; raises `UploadGone` as the backend does."""
        call = partial(self._backend._object_reopen_copy, container, source, new, identity)
        return self.run("continue", call, new.container, new.name)

    def object_end_begun(self, new: NewObject, since: float) -> None:
        call = partial(self._backend._object_end_begun, new, since)
        self.run("end an upload of", call, new.container, new.name)

    def object_copy(self, container: str, source: ObjectInfo, new: NewObject) -> None:
        """Copy within the store, so that a lost or late answer can be found out: stores copy for long, and silently."""
        marked = marked_by_id(new)
        call = partial(self._backend._object_copy, container, source, marked)
        self.publish("copy to", call, marked, look_first=True)

    def object_begin_copy(self, container: str, source: ObjectInfo, new: NewObject) -> MultipartUpload:
        """The backend's own copy by parts; `GuardedUpload` guards it."""
        return self.run(
            "begin", lambda: self._backend._object_begin_copy(container, source, new), new.container, new.name
        )

    def object_replace_metadata(self, container: str, name: str, attributes: Attributes, if_hash: str | None) -> None:
        self.run(
            "change the metadata of",
            lambda: self._backend._object_replace_metadata(container, name, attributes, if_hash),
            container,
            name,
        )

    def object_delete(self, container: str, name: str, if_hash: str | None = None) -> None:
        # A condition is given only to a backend that declares it: those of others may know no such parameter.
        condition = () if if_hash is None else (if_hash,)
        self.run("delete", lambda: self._backend._object_delete(container, name, *condition), container, name)
        self.tidy(container)

    def object_delete_many(self, container: str, object_names: Sequence[str]) -> dict[str, Exception]:
        """Delete a batch, again and again those that failed in a way that may pass; gives the final failures."""
        left = list(object_names)
        failures: dict[str, Exception] = {}

        def attempt() -> None:
            nonlocal left
            answered = self._backend._object_delete_many(container, left)
            failures.update({name: self.typed("delete", error, container, name) for name, error in answered.items()})
            for name in set(left) - set(answered):
                failures.pop(name, None)
            left = [name for name in left if isinstance(failures.get(name), TemporaryError)]
            if left:
                raise failures[left[0]]

        try:
            self.run("delete objects in", attempt, container)
        except TemporaryError as error:
            failures.update(dict.fromkeys(left, error))
        self.tidy(container)
        return failures

    def tidy(self, container: str) -> None:
        """Remove what a call replaced or deleted with its object; what cannot be is left to `cleanup`."""
        try:
            self.run("remove what was replaced in", lambda: self._backend._tidy(container), container)
        except ObjectStorageClientError as error:
            import logging  # slow to load, and seldom needed

            logging.getLogger("obs_client").debug(
                "parts of a replaced object could not be removed from %r; cleanup() removes them later: %s",
                container,
                str(error),
            )

    def object_generate_download_url(self, container: str, name: str, seconds: int, terms: UrlTerms) -> str:
        return self.run(
            "sign a URL of",
            lambda: self._backend._object_generate_download_url(container, name, seconds, *terms.passed),
            container,
            name,
        )

    def object_generate_upload_url(self, container: str, name: str, seconds: int, terms: UrlTerms) -> str:
        return self.run(
            "sign a URL of",
            lambda: self._backend._object_generate_upload_url(container, name, seconds, *terms.passed),
            container,
            name,
        )

    def cleanup(self, container: str, prefix: str, older_than: float, kept: Collection[str] = ()) -> CleanupReport:
        # What is kept is given only where there is some: the backends of others may know no such parameter.
        given = (container, prefix, older_than, *((kept,) if kept else ()))
        return self.run("clean up", lambda: self._backend._cleanup(*given), container)

    def lists_in_order(self, container: str) -> bool:
        """Whether listings of this very container come in the byte order of their names."""
        return self._backend._lists_in_order(container)

    def location(self, container: str) -> tuple[Hashable, str]:
        return self.run("find", lambda: self._backend._location(container), container)

    def retries(self) -> Retries:
        """The tries of one more request."""
        return Retries(self.options, self._backend.timeout)

    def retry_after(self, error: TemporaryError) -> float | None:
        """Seconds that the store asked to wait, or None."""
        cause = error.__cause__
        return self._backend._retry_after(cause) if isinstance(cause, Exception) else None

    def typed(
        self, verb: str, error: Exception, container: str | None = None, object_name: str | None = None
    ) -> Exception:
        """The typed error for what a backend raised; what is not the store's comes back as it is."""
        if isinstance(error, CallerError):
            return error.original if isinstance(error.original, Exception) else error
        if isinstance(error, ObjectStorageClientError):
            error.container = error.container or container
            error.object_name = error.object_name or object_name
            return _marked(error, error)
        kind = self._backend._classify_error(error)
        if kind is None:
            return error
        made = kind(
            _absence(kind, verb, error, container, object_name) or self._message(verb, error, container, object_name),
            container=container,
            object_name=object_name,
            request_id=self._backend._request_id(error),
            hint=self._backend._hint(error) or _HINTS.get(kind, ""),
        )
        made.__cause__ = error
        return _marked(made, error)

    def _message(self, verb: str, error: Exception, container: str | None, object_name: str | None) -> str:
        path = self._path(container, object_name) if isinstance(error, OSError) and container is not None else None
        if path is not None:
            return f"could not {verb} {path!r}: {getattr(error, 'strerror', None) or error}"
        return _message(verb, error, container, object_name)

    def place_of(self, container: str, object_name: str) -> str:
        """Where an object is, for messages: its path where it has one."""
        path = self._path(container, object_name)
        return f"{object_name!r} in container {container!r}" if path is None else repr(path)

    def _path(self, container: str, object_name: str | None) -> str | None:
        """The path of an object in a directory, by which users know it; None: the store is none."""
        kind, path = self._backend._location(container)
        return path + (object_name or "") if kind == "file" else None

    def run(
        self,
        verb: str,
        call: Callable[[], T],
        container: str | None = None,
        object_name: str | None = None,
    ) -> T:
        """Call the store, again after failures that may pass; raises typed errors."""
        retries = self.retries()
        before = watching.enter((self._backend.options.observe, retries))
        try:
            while True:
                try:
                    answer = call()
                except Exception as raised:  # noqa: BLE001 - raised again, unless it is one of the store's that may pass
                    self._again(retries, verb, raised, container, object_name)
                else:
                    retries.end()
                    return answer
        finally:
            watching.enter(before)

    def _again(
        self, retries: Retries, verb: str, raised: Exception, container: str | None, object_name: str | None
    ) -> None:
        """Wait for the next try, or raise the typed error of what was raised."""
        typed = self.typed(verb, raised, container, object_name)
        # An error that has been through the border already used up its tries.
        if isinstance(typed, TemporaryError) and not typed.tries:
            retries.wait(typed, self.retry_after(typed))
            return
        retries.end(typed)
        if typed is raised:
            raise
        raise typed from typed.__cause__

    def publish(
        self, verb: str, call: Callable[[], ObjectInfo | None], new: NewObject, *, look_first: bool = False
    ) -> ObjectInfo:
        """As `run`, for what makes an object visible: after a lost answer a failure may hide our own success.

        Returns:
            What is known of the object that is visible now.

        Args:
            look_first: Before another try, see whether the one before was done after all, since to repeat it is dear.
        """
        doubtful = False

        def attempt() -> ObjectInfo | None:
            nonlocal doubtful
            if doubtful and look_first and (seen := self._seen(new)):
                return seen
            try:
                return call()
            except Exception as raised:
                typed = self.typed(verb, raised, new.container, new.name)
                if doubtful and not isinstance(typed, TemporaryError) and (seen := self._seen(new)):
                    return seen
                doubtful = doubtful or isinstance(typed, TemporaryError)
                raise

        written = self.run(verb, attempt, new.container, new.name)
        if written is None and doubtful:
            written = self._seen(new)  # what was told went with the answer that was lost
        self.tidy(new.container)
        return written or new.written(None)

    def _seen(self, new: NewObject) -> ObjectInfo | None:
        """As `stored`; None also where it may be written, and not looked at."""
        try:
            return self.stored(new)
        except AuthorizationError:
            return None

    def stored(self, new: NewObject) -> ObjectInfo | None:
        """The object that is being written, if it is the stored one, by its write id."""
        mark = new.attributes.write_id
        if mark is None:
            return None
        try:
            found = self.object_info(new.container, new.name)
        except NotFoundError:
            return None
        return found if (found.write_id or "").partition(".")[0] == mark else None


def marked_by_id(new: NewObject) -> NewObject:
    """The same new object with a random mark, by which its writer knows it again after an answer was lost."""
    attributes = dataclasses.replace(new.attributes, write_id=os.urandom(8).hex())
    return dataclasses.replace(new, attributes=attributes)


def _marked(typed: ObjectStorageClientError, error: BaseException) -> ObjectStorageClientError:
    """The typed error, with the mark of a first contact if anything that led to it has one."""
    if isinstance(typed, TemporaryError):
        chain: BaseException | None = error
        for _ in range(_CHAIN):
            if chain is None or typed.first_contact:
                break
            typed.first_contact = getattr(chain, "first_contact", False)
            chain = chain.__cause__ or chain.__context__
    return typed


def _message(verb: str, error: Exception, container: str | None, object_name: str | None) -> str:
    where = f" in container {container!r}" if object_name is not None else f" {container!r}" if container else ""
    what = f" {object_name!r}" if object_name is not None else ""
    return f"could not {verb}{what}{where}: {_said(error)}"


def _absence(
    kind: type[ObjectStorageClientError], verb: str, error: Exception, container: str | None, object_name: str | None
) -> str:
    """What is absent, in words of our own before those of the store; empty if that is not what the error tells of."""
    if isinstance(error, OSError) or container is None:
        return ""
    if issubclass(kind, ObjectNotFoundError) and object_name is not None and verb in _OF_THE_OBJECT:
        return f"there is no object {object_name!r} in container {container!r}: {_said(error)}"
    if issubclass(kind, ContainerNotFoundError) and verb != "copy to":
        return f"there is no container {container!r}: {_said(error)}"
    return ""


def _said(error: Exception) -> str:
    """What an error says; its kind only where that is all that tells, since `__cause__` has it."""
    text = str(getattr(error, "strerror", None) or error)
    return text if " " in text else f"{type(error).__name__}: {text}" if text else type(error).__name__
