"""Secrets of a login, and of a session of S3: in the requests that need them, and nowhere else."""

from __future__ import annotations

import pickle
import socket
from collections.abc import Callable, Iterator

import pytest

from obs_client import ClientOptions, ObjectStorageClient, ObjectStorageClientError, S3Client
from test.faults.matrix.cells import MATRIX, Stage
from test.faults.matrix.matrix import staged
from test.faults.matrix.scenarios import IMPATIENT
from test.faults.secrets_seen import LASTING, recorded, seen_in_error, seen_in_logs, seen_in_pickle
from test.faults.wire import spoiling
from test.faults.wire.exchange import Exchange, Fault
from test.loopback.raw import Script, answer, raw_server, read_request

_KEYSTONE = ["keystone", "application credential"]


@pytest.fixture(scope="module")
def stage(request: pytest.FixtureRequest, starts_servers: None) -> Iterator[Stage]:
    with staged(request.param) as one:
        one.store.put(MATRIX, "thing", b"content")
        yield one


def _failed_login(stage: Stage, act: Callable[[Exchange], None]) -> tuple[ObjectStorageClientError, list[str]]:
    """The error of a client all whose logins are spoiled, and all that was logged meanwhile."""
    login = Fault("login", lambda request: stage.store.aimed("login", request, "", ""), act, None)
    stage.proxy.aim(login)
    try:
        with stage.store.newcomer(stage.proxy.url, **IMPATIENT) as client, recorded() as records:
            with pytest.raises(ObjectStorageClientError) as caught:
                client.object_read("thing", MATRIX)
            assert not seen_in_logs(stage.store.secrets, records)
            for text in (repr(client), repr(vars(client))):
                assert not [secret for secret in stage.store.secrets if secret in text]
    finally:
        stage.proxy.aim()
    assert login.fired
    return caught.value, records.lines


@pytest.mark.full
@pytest.mark.parametrize("fault", LASTING)
@pytest.mark.parametrize("stage", ["swift", *_KEYSTONE], indirect=True)
def test_a_login_that_fails_shows_no_secret(stage: Stage, fault: str) -> None:
    """The request whose answer is spoiled holds the password, or the secret of the application credential."""
    error, _ = _failed_login(stage, LASTING[fault])
    assert not seen_in_error(stage.store.secrets, error)
    assert not seen_in_pickle(stage.store.secrets, error)


@pytest.mark.full
@pytest.mark.parametrize("stage", _KEYSTONE, indirect=True)
def test_a_login_whose_answer_makes_no_sense_shows_no_token(stage: Stage) -> None:
    """The answer has the token in its head, and a page in place of the catalogue."""
    tokens: list[str] = []

    def act(exchange: Exchange) -> None:
        found = exchange.forward()
        tokens.append(found.get("x-subject-token") or "")
        exchange.answer(spoiling.html(found))

    error, logged = _failed_login(stage, act)
    assert all(tokens)
    assert not seen_in_error(tokens, error)
    assert not seen_in_pickle(tokens, error)
    assert not [line for line in logged if any(token in line for token in tokens)]


# ---- keys of a session, as S3 has them ------------------------------------------------------------------------------

_SESSION = {
    "AWS_ACCESS_KEY_ID": "key",
    "AWS_SECRET_ACCESS_KEY": "canary-of-the-secret",
    "AWS_SESSION_TOKEN": "canary-of-the-token",
}
_SECRETS = {"canary-of-the-secret", "canary-of-the-token"}


def _refuse(connection: socket.socket, _number: int) -> None:
    head, _ = read_request(connection)
    assert b"canary-of-the-token" in head
    connection.sendall(
        answer(b"<Error><Code>ExpiredToken</Code></Error>", b"403 Forbidden", b"x-amz-request-id: t\r\n")
    )


_CALLS: dict[str, Callable[[ObjectStorageClient], object]] = {
    "read": lambda client: client.object_read("thing"),
    "write": lambda client: client.object_write("thing", b"content"),
    "list": lambda client: client.object_list(),
    "delete many": lambda client: client.object_delete_many(["thing", "other"]),
    "copy": lambda client: client.object_copy("thing", "other"),
    "containers": lambda client: client.container_list(),
}


def _leave(connection: socket.socket, _number: int) -> None:
    assert b"canary-of-the-token" in read_request(connection)[0]


@pytest.mark.parametrize("script", [_refuse, _leave], ids=["refused", "closed"])
@pytest.mark.parametrize("call", _CALLS)
def test_keys_of_a_session_are_not_shown(call: str, script: Script) -> None:
    """The SDK's log of what it signs has the token, were it not kept from that."""
    options = ClientOptions(attempts=1)
    with (
        raw_server(script) as server,
        recorded() as records,
        S3Client("container", endpoint_url=server.url, credentials=_SESSION, options=options) as client,
    ):
        with pytest.raises(ObjectStorageClientError) as caught:
            _CALLS[call](client)
        client.object_generate_download_url("thing")
        text = repr(client)
    assert not server.errors
    assert not seen_in_error(_SECRETS, caught.value)
    assert not seen_in_pickle(_SECRETS, caught.value)
    assert not seen_in_logs(_SECRETS, records)
    assert not [secret for secret in _SECRETS if secret in text]


def test_a_pickle_of_a_client_has_the_keys_that_it_was_given_and_no_others(monkeypatch: pytest.MonkeyPatch) -> None:
    assert b"canary-of-the-token" in pickle.dumps(S3Client("container", credentials=_SESSION))
    for name, value in _SESSION.items():
        monkeypatch.setenv(name, value)
    data = pickle.dumps(S3Client("container", endpoint_url="http://127.0.0.1:9"))
    assert not [secret for secret in _SECRETS if secret.encode() in data]
