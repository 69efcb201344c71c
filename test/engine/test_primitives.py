"""Each primitive through the border: it is called with what it needs, gives what it gave, and fails by its own name."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from obs_client import Attributes, ClientOptions, MemoryClient, ObjectInfo
from obs_client._engine.border import Border
from obs_client.backend import watching
from obs_client.backend.body import BytesBody, CallerError
from obs_client.backend.values import NO_TERMS, NewObject, ObjectReader, UrlTerms
from obs_client.errors import (
    AuthorizationError,
    ContainerNotFoundError,
    IntegrityError,
    NotFoundError,
    ObjectChangedError,
    ObjectNotFoundError,
    ObjectStorageClientError,
    PreconditionError,
    ServiceError,
    TemporaryError,
)

INFO = ObjectInfo("source", 7, "hash", None, {}, 1.0)
NEW = NewObject("box", "name", Attributes("", {}), 7)
CREATING = dataclasses.replace(NEW, if_absent=True)
TERMS = UrlTerms(content_type="text/plain")
ATTRIBUTES = Attributes("", {"key": "value"})


class Failing(Exception):
    """What a backend raises here."""

    def __init__(self, message: str = "the store says no", strerror: str | None = None) -> None:
        super().__init__(message)
        self.strerror = strerror


class Backend(MemoryClient):
    """Classifies what it raises as a test says; a primitive is what the test puts in its place."""

    kind: type[ObjectStorageClientError] | None = ServiceError
    store = "memory"

    def __init__(self) -> None:
        super().__init__("box", options=ClientOptions(attempts=3, first_pause=0.0))
        self.__dict__["_tidy"] = lambda container: None

    def _classify_error(self, error: Exception) -> type[ObjectStorageClientError] | None:
        return self.kind

    def _location(self, container: str) -> tuple[str, str]:
        return self.store, f"/data/{container}/"

    def _hint(self, error: Exception) -> str:
        return getattr(error, "hint", "")

    def _request_id(self, error: Exception) -> str | None:
        return getattr(error, "identity", None)


class Row(NamedTuple):
    """A call of the border, the primitive that it makes of it with these arguments, and how its failure is told."""

    call: Callable[[Border], object]
    primitive: str
    given: tuple[object, ...]
    told: str
    name: str | None = "name"
    container: str | None = "box"


OBJECT = "could not {} 'name' in container 'box': the store says no"
CONTAINER = "could not {} 'box': the store says no"
ROWS = [
    Row(lambda b: b.can_sign("box"), "can_sign", ("box",), CONTAINER.format("look for what signs URLs of"), None),
    Row(lambda b: b.container_create("box"), "container_create", ("box",), CONTAINER.format("create container"), None),
    Row(lambda b: b.container_info("box"), "container_info", ("box",), CONTAINER.format("look at container"), None),
    Row(lambda b: b.container_delete("box"), "container_delete", ("box",), CONTAINER.format("delete container"), None),
    Row(lambda b: b.check_emptying("box"), "check_emptying", ("box",), CONTAINER.format("delete container"), None),
    Row(lambda b: b.location("box"), "location", ("box",), CONTAINER.format("find"), None),
    Row(
        lambda b: b.container_list("a", "m"),
        "container_list",
        ("a", "m"),
        "could not list containers: the store says no",
        None,
        None,
    ),
    Row(
        lambda b: b.endpoint_facts,
        "endpoint_facts",
        (),
        "could not say what is known of the endpoint: the store says no",
        None,
        None,
    ),
    Row(lambda b: b.capabilities, "capabilities", (), "could not capabilities: the store says no", None, None),
    Row(
        lambda b: b.object_list("box", "p", "/", "s", "m"),
        "object_list",
        ("box", "p", "/", "s", "m"),
        CONTAINER.format("list objects in"),
        None,
    ),
    Row(
        lambda b: b.object_list("box", "p", "/", "s", "m", 5),
        "object_list_some",
        ("box", "p", "/", "s", "m", 5),
        CONTAINER.format("list objects in"),
        None,
    ),
    Row(
        lambda b: b.cleanup("box", "p", 9.0),
        "cleanup",
        ("box", "p", 9.0),
        CONTAINER.format("clean up"),
        None,
    ),
    Row(
        lambda b: b.cleanup("box", "p", 9.0, ["id"]),
        "cleanup",
        ("box", "p", 9.0, ["id"]),
        CONTAINER.format("clean up"),
        None,
    ),
    Row(lambda b: b.object_info("box", "name"), "object_info", ("box", "name"), OBJECT.format("look at")),
    Row(lambda b: b.object_tags("box", "name"), "object_tags", ("box", "name"), OBJECT.format("look at the tags of")),
    Row(lambda b: b.object_headers("box", "name"), "object_headers", ("box", "name"), OBJECT.format("look at")),
    Row(
        lambda b: b.object_open("box", "name", 1, 5, "h"),
        "object_open",
        ("box", "name", 1, 5, "h"),
        OBJECT.format("read"),
    ),
    Row(
        lambda b: b.object_open_end("box", "name", 3, "h"),
        "object_open_end",
        ("box", "name", 3, "h"),
        OBJECT.format("read"),
    ),
    Row(
        lambda b: b.object_replace_metadata("box", "name", ATTRIBUTES, "h"),
        "object_replace_metadata",
        ("box", "name", ATTRIBUTES, "h"),
        OBJECT.format("change the metadata of"),
    ),
    Row(lambda b: b.object_delete("box", "name"), "object_delete", ("box", "name"), OBJECT.format("delete")),
    Row(
        lambda b: b.object_delete("box", "name", "h"),
        "object_delete",
        ("box", "name", "h"),
        OBJECT.format("delete"),
    ),
    Row(
        lambda b: b.object_generate_download_url("box", "name", 9, NO_TERMS),
        "object_generate_download_url",
        ("box", "name", 9),
        OBJECT.format("sign a URL of"),
    ),
    Row(
        lambda b: b.object_generate_upload_url("box", "name", 9, TERMS),
        "object_generate_upload_url",
        ("box", "name", 9, TERMS),
        OBJECT.format("sign a URL of"),
    ),
    Row(lambda b: b.object_multipart(NEW), "object_multipart", (NEW,), OBJECT.format("begin")),
    Row(
        lambda b: b.object_begin_copy("box", INFO, NEW),
        "object_begin_copy",
        ("box", INFO, NEW),
        OBJECT.format("begin"),
    ),
    Row(lambda b: b.object_reopen(NEW, "id"), "object_reopen", (NEW, "id"), OBJECT.format("continue")),
    Row(
        lambda b: b.object_reopen_copy("box", INFO, NEW, "id"),
        "object_reopen_copy",
        ("box", INFO, NEW, "id"),
        OBJECT.format("continue"),
    ),
    Row(lambda b: b.object_end_begun(NEW, 9.0), "object_end_begun", (NEW, 9.0), OBJECT.format("end an upload of")),
]
SILENT = {"container_create", "container_delete", "check_emptying", "object_replace_metadata", "object_delete"}
rows = pytest.mark.parametrize("row", ROWS, ids=[f"{row.primitive}{len(row.given)}" for row in ROWS])


def put(backend: Backend, primitive: str, call: Callable[..., object]) -> None:
    """Let a primitive of this backend be this."""
    backend.__dict__[f"_{primitive}"] = call


def failing(error: BaseException) -> Callable[..., object]:
    def call(*_: object) -> object:
        raise error

    return call


@rows
def test_a_primitive_gets_what_it_needs_and_what_it_gives_comes_back(row: Row) -> None:
    backend, given, answer = Backend(), list[tuple[object, ...]](), object()

    def call(*arguments: object) -> object:
        given.append(arguments)
        return answer

    put(backend, row.primitive, call)
    found = row.call(Border(backend))
    assert given == [row.given]
    assert found is answer or (found is None and row.primitive in {*SILENT, "object_end_begun"})


@rows
def test_a_failure_tells_what_was_done_to_what(row: Row) -> None:
    backend = Backend()
    put(backend, row.primitive, failing(Failing()))
    with pytest.raises(ServiceError) as caught:
        row.call(Border(backend))
    assert str(caught.value) == row.told
    assert (caught.value.container, caught.value.object_name) == (row.container, row.name)
    assert type(caught.value.__cause__) is Failing


@rows
def test_what_is_absent_is_told_first_where_the_call_names_it(row: Row) -> None:
    backend = Backend()
    put(backend, row.primitive, failing(Failing()))
    border = Border(backend)
    with pytest.raises(NotFoundError) as caught:
        backend.kind = ObjectNotFoundError
        row.call(border)
    reading = ("read ", "look at ", "change the metadata of ", "delete ")
    named = row.name is not None and row.told.removeprefix("could not ").startswith(reading)
    assert str(caught.value) == (
        "there is no object 'name' in container 'box': the store says no" if named else row.told
    )
    backend.kind = ContainerNotFoundError
    with pytest.raises(ContainerNotFoundError) as missing:
        row.call(border)
    assert str(missing.value) == ("there is no container 'box': the store says no" if row.container else row.told)


@pytest.mark.parametrize("new", [NEW, CREATING])
def test_a_conditional_write_is_marked_and_another_is_not(new: NewObject) -> None:
    backend, body, written = Backend(), BytesBody(b"content"), list[Any]()
    tidied: list[str] = []
    put(backend, "object_write", lambda *given: written.append(given))
    put(backend, "tidy", tidied.append)
    info = Border(backend).object_write(new, body)
    (marked, passed) = written[0]
    assert passed is body
    assert bool(marked.attributes.write_id) is new.conditional
    assert dataclasses.replace(marked, attributes=dataclasses.replace(marked.attributes, write_id=None)) == new
    assert (info.name, info.size, tidied) == ("name", 7, ["box"])
    put(backend, "object_write", failing(Failing()))
    with pytest.raises(ServiceError, match=r"^could not write 'name' in container 'box': the store says no$"):
        Border(backend).object_write(new, body)


def test_a_copy_names_its_target_and_its_source_is_not_called_absent() -> None:
    backend, copied = Backend(), list[Any]()
    put(backend, "object_copy", lambda *given: copied.append(given))
    Border(backend).object_copy("from", INFO, NEW)
    container, source, marked = copied[0]
    assert (container, source, marked.name) == ("from", INFO, "name")
    assert marked.attributes.write_id
    for backend.kind in (ServiceError, ObjectNotFoundError, ContainerNotFoundError):
        put(backend, "object_copy", failing(Failing()))
        with pytest.raises(
            ObjectStorageClientError, match=r"^could not copy to 'name' in container 'box': the store says no$"
        ):
            Border(backend).object_copy("from", INFO, NEW)


class Reader(ObjectReader):
    def __init__(self, tag: str) -> None:
        self.info = dataclasses.replace(INFO, hash=tag)
        self.closed = 0

    def readinto(self, buffer: memoryview) -> int:
        return 0

    def close(self) -> None:
        self.closed += 1


def test_a_reader_of_what_the_caller_has_is_closed_and_another_comes_open() -> None:
    backend, given = Backend(), list[tuple[object, ...]]()
    for tag in ("known", "other", None):
        reader = Reader(tag) if tag else None

        def call(*arguments: object, answer: Reader | None = reader) -> Reader | None:
            given.append(arguments)
            return answer

        put(backend, "object_open_changed", call)
        found = Border(backend).object_open_changed("box", "name", 1, 5, "known")
        assert found is (reader if tag == "other" else None)
        assert reader is None or reader.closed == (tag == "known")
    assert given == [("box", "name", 1, 5, "known")] * 3
    put(backend, "object_open_changed", failing(Failing()))
    with pytest.raises(ServiceError, match=r"^could not read 'name' in container 'box': the store says no$") as caught:
        Border(backend).object_open_changed("box", "name", 1, 5, "known")
    assert (caught.value.container, caught.value.object_name) == ("box", "name")


def test_what_cannot_be_tidied_is_noted_and_the_call_is_done(caplog: pytest.LogCaptureFixture) -> None:
    backend, asked = Backend(), list[str]()

    def tidy(container: str) -> None:
        asked.append(container)
        raise Failing

    put(backend, "tidy", tidy)
    with caplog.at_level(logging.DEBUG, "obs_client"):
        Border(backend).tidy("box")
    assert asked == ["box"]
    (record,) = caplog.records
    assert (record.name, record.levelname) == ("obs_client", "DEBUG")
    assert record.getMessage() == (
        "parts of a replaced object could not be removed from 'box'; cleanup() removes them later: "
        "could not remove what was replaced in 'box': the store says no"
    )
    backend.kind = None
    with pytest.raises(Failing):
        Border(backend).tidy("box")


def test_a_path_is_what_users_know_of_a_directory() -> None:
    backend = Backend()
    border = Border(backend)
    error = PermissionError(13, "Permission denied")
    assert str(border.typed("read", error, "box", "name")) == (
        "could not read 'name' in container 'box': Permission denied"
    )
    assert border.place_of("box", "name") == "'name' in container 'box'"
    backend.store = "file"
    assert border.place_of("box", "a/name") == "'/data/box/a/name'"
    assert str(border.typed("read", error, "box", "a/name")) == "could not read '/data/box/a/name': Permission denied"
    assert str(border.typed("delete container", error, "box")) == (
        "could not delete container '/data/box/': Permission denied"
    )
    assert str(border.typed("read", OSError("odd"), "box", "name")) == "could not read '/data/box/name': odd"
    assert str(border.typed("list containers", error)) == "could not list containers: Permission denied"
    assert str(border.typed("read", Failing(), "box", "name")) == OBJECT.format("read")
    backend.kind = ObjectNotFoundError
    gone = FileNotFoundError(2, "No such file or directory")
    assert str(border.typed("read", gone, "box", "name")) == (
        "could not read '/data/box/name': No such file or directory"
    )


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (Failing("no such thing"), "no such thing"),
        (Failing("503"), "Failing: 503"),
        (Failing(""), "Failing"),
        (Failing("ignored", strerror="of the system"), "of the system"),
    ],
)
def test_the_kind_of_an_error_is_told_only_where_its_words_are_few(error: Exception, said: str) -> None:
    assert str(Border(Backend()).typed("read", error, "box", "name")).endswith(f"container 'box': {said}")


def test_the_container_of_nothing_is_not_told() -> None:
    assert str(Border(Backend()).typed("list containers", Failing(), "")) == (
        "could not list containers: the store says no"
    )


@pytest.mark.parametrize(
    ("kind", "hint"),
    [(IntegrityError, "nothing was replaced"), (ObjectChangedError, "nobody writes"), (ServiceError, "")],
)
def test_the_hint_is_the_stores_or_that_of_the_kind(kind: type[ObjectStorageClientError], hint: str) -> None:
    backend, error = Backend(), Failing()
    backend.kind = kind
    typed = Border(backend).typed("read", error, "box", "name")
    assert isinstance(typed, kind)
    assert hint in typed.hint
    assert bool(hint) is bool(typed.hint)
    error.hint, error.identity = "of the store", "tx7"  # type: ignore[attr-defined]
    typed = Border(backend).typed("read", error, "box", "name")
    assert isinstance(typed, kind)
    assert (typed.hint, typed.request_id) == ("of the store", "tx7")


def test_an_error_of_the_callers_stream_is_the_callers() -> None:
    border, own = Border(Backend()), ValueError("of the stream")
    assert border.typed("write", CallerError(own)) is own
    stop = CallerError(KeyboardInterrupt())
    assert border.typed("write", stop) is stop


def linked(error: Exception, cause: BaseException | None, context: BaseException | None = None) -> Exception:
    error.__cause__, error.__context__ = cause, context
    return error


def test_the_mark_of_a_first_contact_is_found_in_what_led_to_an_error() -> None:
    backend, first = Backend(), Failing("refused")
    first.first_contact = True  # type: ignore[attr-defined]
    border = Border(backend)
    backend.kind = TemporaryError
    for error in (first, linked(Failing(), first), linked(Failing(), None, first), linked(Failing(), Failing(), first)):
        typed = border.typed("read", error)
        assert isinstance(typed, TemporaryError)
        assert typed.first_contact is (error.__cause__ is None or error.__cause__ is first)
    own = linked(TemporaryError("busy"), linked(Failing(), first))
    typed = border.typed("read", own)
    assert isinstance(typed, TemporaryError)
    assert typed is own
    assert typed.first_contact is True
    backend.kind = ServiceError
    assert not hasattr(border.typed("read", first), "first_contact")


def test_what_the_store_asked_to_wait_is_asked_of_its_own_exceptions_only() -> None:
    backend, asked = Backend(), list[object]()

    def retry_after(error: Exception) -> float:
        asked.append(error)
        return 7.0

    put(backend, "retry_after", retry_after)
    border, cause = Border(backend), Failing()
    error = TemporaryError("busy")
    assert border.retry_after(error) is None
    error.__cause__ = KeyboardInterrupt()
    assert border.retry_after(error) is None
    error.__cause__ = cause
    assert border.retry_after(error) == 7.0
    assert asked == [cause]


def test_how_a_repeated_call_ended_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    backend, answers = Backend(), [TemporaryError("busy"), AuthorizationError("not yours")]
    put(backend, "object_info", lambda *_: failing(answers.pop(0))())
    with caplog.at_level(logging.INFO, "obs_client.requests"), pytest.raises(AuthorizationError):
        Border(backend).object_info("box", "name")
    assert [record.getMessage() for record in caplog.records if record.name == "obs_client.requests"] == [
        "ended at try 2: not yours"
    ]


@pytest.mark.parametrize(
    ("stored", "ours"), [("{}", True), ("{}.part", True), ("other", False), (None, False), ("x{}", False)]
)
def test_an_object_is_ours_by_its_write_id(stored: str | None, ours: bool) -> None:
    """After the id a store may note more, behind a dot."""
    backend = Backend()
    new = dataclasses.replace(CREATING, attributes=Attributes("", {}, write_id="0123abcd"))
    seen = dataclasses.replace(INFO, write_id=stored and stored.format("0123abcd"))
    put(backend, "object_info", lambda *_: seen)
    border = Border(backend)
    assert border.stored(new) is (seen if ours else None)
    assert border.stored(NEW) is None
    put(backend, "object_info", failing(PreconditionError("no")))
    with pytest.raises(PreconditionError):
        border.stored(new)
    put(backend, "object_info", failing(ObjectNotFoundError("no")))
    assert border.stored(new) is None


def test_who_observes_is_known_while_a_primitive_runs_and_no_longer() -> None:
    def observe(_: object) -> None:
        raise AssertionError("nothing is sent")

    backend = Backend()
    backend.options = dataclasses.replace(backend.options, observe=observe)
    seen: list[Any] = []

    def info(*_: object) -> ObjectInfo:
        seen.append(watching.enter((None, None)))
        watching.enter(seen[-1])
        if len(seen) == 1:
            raise TemporaryError("busy")
        return INFO

    put(backend, "object_info", info)
    before = watching.enter((None, None))
    try:
        Border(backend).object_info("box", "name")
        assert watching.enter((None, None)) == (None, None)
    finally:
        watching.enter(before)
    assert [observer for observer, _ in seen] == [observe, observe]
    assert seen[0][1] is seen[1][1]
    assert seen[1][1].tries == 2


def test_what_of_a_batch_fails_is_told_object_by_object_and_what_was_replaced_is_removed() -> None:
    backend, tidied = Backend(), list[str]()
    put(backend, "tidy", tidied.append)
    put(backend, "object_delete_many", lambda container, names: {names[-1]: Failing()})
    (error,) = Border(backend).object_delete_many("box", ["a", "name"]).values()
    assert isinstance(error, ServiceError)
    assert str(error) == OBJECT.format("delete")
    assert (error.container, error.object_name) == ("box", "name")
    put(backend, "object_delete", lambda *_: None)
    Border(backend).object_delete("box", "name")
    assert tidied == ["box", "box"]
