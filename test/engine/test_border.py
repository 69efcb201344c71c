"""Typed errors and the one retry loop."""

from __future__ import annotations

import logging
import pickle

import pytest

import obs_client
from obs_client import ClientOptions, MemoryClient, PartialFailureError, TemporaryError
from obs_client._engine.border import Border
from obs_client._engine.retry import Retries
from obs_client.wrappers import prefixed
from test.engine.clock import Clock
from test.engine.scripted import QUICK, Outage, Refusal, ScriptedClient


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    one = Clock()
    one.rule(monkeypatch)
    return one


def test_what_may_pass_is_tried_again_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    client = ScriptedClient()
    client.before["_object_info"].extend([Outage(), Outage()])
    with caplog.at_level(logging.WARNING, "obs_client"):
        assert client.object_info("absent") is None
    assert client.calls["_object_info"] == 3
    assert [record.levelname for record in caplog.records] == ["WARNING", "WARNING"]


def test_the_last_failure_tells_tries_place_and_cause() -> None:
    client = ScriptedClient()
    client.before["_object_info"].extend([Outage() for _ in range(20)])
    with pytest.raises(TemporaryError) as caught:
        client.object_info("some/name")
    assert caught.value.tries == QUICK.attempts == client.calls["_object_info"]
    assert (caught.value.container, caught.value.object_name) == ("box", "some/name")
    assert isinstance(caught.value.__cause__, Outage)
    assert "8 tries" in str(caught.value)
    assert "some/name" in str(caught.value)


def test_what_is_not_the_stores_goes_out_unchanged_and_at_once() -> None:
    client = ScriptedClient()
    error = Refusal("a fault of the program")
    client.before["_object_info"].append(error)
    with pytest.raises(Refusal) as caught:
        client.object_info("name")
    assert caught.value is error
    assert client.calls["_object_info"] == 1


def test_who_was_tried_enough_by_another_border_is_not_tried_again() -> None:
    """A wrapper's client has tries of its own: eight times eight would be an hour of them."""
    client = ScriptedClient()
    client.before["_object_info"].extend([Outage() for _ in range(70)])
    outer = prefixed(prefixed(client, "in"), "further")
    with pytest.raises(TemporaryError) as caught:
        outer.object_info("name", "box")
    assert client.calls["_object_info"] == QUICK.attempts
    assert caught.value.tries == QUICK.attempts
    assert str(caught.value).count("gave up after") == 1


def test_an_error_that_brings_its_tries_is_raised_at_once() -> None:
    class Inner(ScriptedClient):
        def _object_info(self, container: str, name: str) -> obs_client.ObjectInfo:
            self.calls["_object_info"] += 1
            error = TemporaryError("the inner client gave up")
            error.tries = 3
            raise error

    client = Inner()
    with pytest.raises(TemporaryError) as caught:
        client.object_info("name")
    assert (client.calls["_object_info"], caught.value.tries) == (1, 3)


def test_giving_up_counts_pauses_and_the_timeout_of_the_last_try(clock: Clock) -> None:
    retries = Retries(ClientOptions(attempts=100, first_pause=0.0, give_up_after=200.0), timeout=90.0)
    started = clock.now
    with pytest.raises(TemporaryError, match="gave up after 6 tries"):
        while True:
            last, clock.now = clock.now, clock.now + 5.0
            retries.wait(TemporaryError("busy"), 15.0)
    assert clock.pauses == [15.0] * 5
    assert last + 90.0 <= started + 200.0


def test_a_timeout_that_gives_no_room_for_two_tries_does_not_forbid_the_second() -> None:
    """`timeout=300` is for slow answers; a 503 that comes at once is asked again (today's bound of 150 s holds)."""
    retries = Retries(ClientOptions(first_pause=0.001), timeout=300.0)
    retries.wait(TemporaryError("busy"), None)
    assert retries.tries == 2


def test_a_try_that_took_as_long_as_all_may_take_is_the_last(clock: Clock) -> None:
    retries = Retries(ClientOptions(first_pause=0.0, give_up_after=0.3), timeout=0.2)
    clock.now += 0.2
    with pytest.raises(TemporaryError, match="after 1 try"):
        retries.wait(TemporaryError("no answer"), None)


@pytest.mark.parametrize("asked", [0.0, -5.0])
def test_retry_after_bounds_the_pause_from_below_and_never_ends_it(asked: float) -> None:
    retries = Retries(ClientOptions(first_pause=0.5, longest_pause=3.0), timeout=0.0)
    drawn = [retries._pause(asked) for _ in range(2000)]
    assert max(drawn) > 0.45
    assert min(retries._pause(2.0) for _ in range(200)) == 2.0
    assert retries._pause(86400.0) == 60.0


def test_a_copy_that_was_made_though_its_answer_came_too_late_is_not_made_again() -> None:
    client = ScriptedClient()
    client.object_write("a", b"content")
    client.after["_object_copy"].append(Outage("no byte for 60 s"))
    assert client.object_copy("a", "b")
    assert client.calls["_object_copy"] == 1
    assert client.object_read("b") == b"content"


def test_a_copy_that_was_not_made_is_made_again() -> None:
    client = ScriptedClient()
    client.object_write("a", b"content")
    client.object_write("b", b"another")
    client.before["_object_copy"].append(Outage("no byte for 60 s"))
    assert client.object_copy("a", "b")
    assert client.calls["_object_copy"] == 2
    assert client.object_read("b") == b"content"


def test_what_is_absent_is_named_before_the_words_of_the_store() -> None:
    class Absent(ScriptedClient):
        kind: type[obs_client.ObjectStorageClientError] = obs_client.ObjectNotFoundError

        def _classify_error(self, error: Exception) -> type[obs_client.ObjectStorageClientError] | None:
            return self.kind

    client = Absent()
    client.before["_object_open"].append(Refusal("GET failed, 404"))
    with pytest.raises(obs_client.ObjectNotFoundError, match=r"^there is no object 'a' in container 'box': GET failed"):
        client.object_read("a")
    client.kind = obs_client.ContainerNotFoundError
    client.before["_object_write"].append(Refusal("PUT failed, 404"))
    with pytest.raises(obs_client.ContainerNotFoundError, match=r"^there is no container 'box': PUT failed"):
        client.object_write("a", b"")


def test_a_batch_that_is_refused_as_a_whole_is_said_of_objects_not_of_the_container() -> None:
    client = ScriptedClient()
    client.before["_object_delete_many"].extend([Outage("busy")] * 100)
    with pytest.raises(PartialFailureError, match="could not delete objects in 'box': Outage: busy"):
        client.object_delete_many(["a", "b"])


def test_the_hint_of_a_store_is_a_field_of_the_error_and_shown_with_it() -> None:
    class Advising(ScriptedClient):
        def _hint(self, error: Exception) -> str:
            return "give timeout=..."

        def _request_id(self, error: Exception) -> str | None:
            return "tx1"

    border = Border(Advising())
    error = border.typed("read", Outage("no byte for 60 s"), "box", "name")
    assert isinstance(error, TemporaryError)
    assert (error.hint, error.request_id) == ("give timeout=...", "tx1")
    assert str(error) == "could not read 'name' in container 'box': no byte for 60 s (give timeout=...)"
    assert str(pickle.loads(pickle.dumps(error))) == str(error)
    told = TemporaryError(f"the last of 20: {error}", hint=error.hint)
    assert str(told).count("give timeout=...") == 1


def test_retry_after_is_waited_for_and_given_up_on_when_too_long(clock: Clock) -> None:
    client = ScriptedClient(options=ClientOptions(first_pause=0.0, give_up_after=5.0))
    client.before["_object_info"].append(Outage(retry_after=0.3))
    client.object_info("name")
    assert clock.pauses == [0.3]
    client.before["_object_info"].append(Outage(retry_after=3600.0))
    with pytest.raises(TemporaryError):
        client.object_info("name")
    assert clock.pauses == [0.3]


def test_pauses_are_drawn_up_to_a_bound_that_doubles() -> None:
    retries = Retries(ClientOptions(first_pause=0.5, longest_pause=3.0), timeout=0.0)
    bounds = []
    for retries.tries in (1, 2, 3, 4, 5):
        drawn = [retries._pause(None) for _ in range(2000)]
        assert min(drawn) >= 0.0
        bounds.append(max(drawn))
    for found, bound in zip(bounds, (0.5, 1.0, 2.0, 3.0, 3.0), strict=True):
        assert 0.9 * bound < found <= bound


def test_a_typed_error_is_filled_in_with_its_place() -> None:
    border = Border(ScriptedClient())
    error = obs_client.ServiceError("no")
    assert border.typed("read", error, "box", "name") is error
    assert (error.container, error.object_name) == ("box", "name")


def test_every_error_survives_a_process_pool() -> None:
    error = obs_client.PartialFailureError("two", {"a": obs_client.ServiceError("x", container="c")}, container="box")
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is obs_client.PartialFailureError
    assert copy.container == "box"
    assert copy.failures["a"].args == ("x",)
    temporary = TemporaryError("busy", object_name="n")
    temporary.tries = 4
    again = pickle.loads(pickle.dumps(temporary))
    assert (again.tries, again.object_name, str(again)) == (4, "n", "busy")


def test_bulk_delete_tries_again_only_what_may_pass() -> None:
    client = ScriptedClient()
    for name in "abcd":
        client.object_write(name, b"x")
    asked: list[list[str]] = []

    def delete_many(container: str, names: list[str]) -> dict[str, Exception]:
        asked.append(list(names))
        if len(asked) == 1:
            return {"b": Outage(), "c": obs_client.AuthorizationError("not yours")}
        return {}

    client._object_delete_many = delete_many  # type: ignore[method-assign, assignment]
    with pytest.raises(obs_client.PartialFailureError) as caught:
        client.object_delete_many(list("abcd"))
    assert asked == [["a", "b", "c", "d"], ["b"]]
    assert {name: type(error) for name, error in caught.value.failures.items()} == {"c": obs_client.AuthorizationError}


def test_a_lost_answer_to_a_conditional_write_is_found_out() -> None:
    client = ScriptedClient()
    client.after["_object_write"].append(Outage("answer lost"))
    assert client.object_write("new", b"mine", if_absent=True)
    assert client.calls["_object_write"] == 2
    assert client.object_read("new") == b"mine"
    info = client.object_info("new")
    assert info is not None
    assert info.metadata == {}


def test_a_lost_answer_does_not_make_anothers_write_ours() -> None:
    client = ScriptedClient()
    client.object_write("name", b"other")
    client.before["_object_write"].append(Outage("never done"))
    assert not client.object_write("name", b"mine", if_absent=True)
    assert client.object_read("name") == b"other"


def test_who_may_not_look_at_what_was_written_is_told_what_the_store_said() -> None:
    """With the right to write only: that looking is refused tells nothing of the write."""
    client = ScriptedClient()
    client.after["_object_write"].append(Outage("answer lost"))
    client.before["_object_info"].append(obs_client.AuthorizationError("for writing only"))
    assert client.object_write("new", b"mine", if_absent=True) is False


def test_a_lost_answer_to_the_end_of_a_large_write_is_found_out() -> None:
    client = ScriptedClient()
    lost = [Outage("answer lost")]
    original = client._object_multipart

    def multipart(new: object) -> object:
        upload = original(new)  # type: ignore[arg-type]
        complete = upload.complete

        def once() -> None:
            complete()
            if lost:
                raise lost.pop()
            raise Refusal("no such upload")

        upload.complete = once  # type: ignore[method-assign]
        return upload

    client._object_multipart = multipart  # type: ignore[method-assign, assignment]
    assert client.object_write("large", b"x" * 5000)
    assert client.object_read("large") == b"x" * 5000


def test_a_backend_that_knows_no_conditional_deletion_deletes() -> None:
    class Older(MemoryClient):
        def _object_delete(self, container: str, name: str) -> None:  # type: ignore[override]
            super()._object_delete(container, name)

    client = Older("box")
    for through in (client, prefixed(client, "folder/")):
        through.use_container("box", create=True)
        through.object_write("name", b"content")
        assert through.object_delete("name")
        assert not through.object_exists("name")
