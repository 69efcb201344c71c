"""A server that never answered this client is given up soon: an address may be wrong, and a person waiting."""

from __future__ import annotations

import logging
import pickle
import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from obs_client import AzureClient, ClientOptions, GCSClient, ObjectStorageClient, S3Client, SwiftClient, TemporaryError
from obs_client.errors import ObjectStorageClientError
from test.engine.clock import Clock
from test.loopback.raw import RawServer, Script, raw_server, read_request, saying

pytestmark = pytest.mark.slow

QUICK = ClientOptions(give_up_first_after=0.6, first_pause=0.05, longest_pause=0.2)
AWS = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"}
TOKEN = {"OS_AUTH_TOKEN": "token"}
KEY = {"AZURE_STORAGE_KEY": "a2V5"}
KEYSTONE = {"OS_USERNAME": "u", "OS_PASSWORD": "p", "OS_PROJECT_NAME": "x"}
MISSING = b"HTTP/1.1 404 Not Found\r\nx-amz-request-id: 1\r\nContent-Length: 0\r\n\r\n"
BUSY = b"HTTP/1.1 503 Busy\r\nx-amz-request-id: 1\r\nContent-Length: 0\r\n\r\n"


@pytest.fixture
def port() -> int:
    """One at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """What tries take on a busy machine does not count, only what is waited between them."""
    one = Clock()
    one.rule(monkeypatch)
    return one


@pytest.fixture(scope="module", autouse=True)
def _is_loaded() -> None:
    """What a login needs is loaded: the first try of the first test would have taken that long."""
    with pytest.raises(TemporaryError), _keystone("http://127.0.0.1:9", ClientOptions(attempts=1)) as client:
        client.object_info("name")


def _s3(url: str, options: ClientOptions) -> S3Client:
    return S3Client("box", endpoint_url=url, region="us-east-1", credentials=AWS, options=options)


def _swift(url: str, options: ClientOptions) -> SwiftClient:
    return SwiftClient(f"{url}/v1/AUTH_a", "box", credentials=TOKEN, options=options)


def _keystone(url: str, options: ClientOptions) -> SwiftClient:
    return SwiftClient(None, "box", credentials={"OS_AUTH_URL": f"{url}/v3", **KEYSTONE}, options=options)


def _azure(url: str, options: ClientOptions) -> AzureClient:
    return AzureClient("box", account_url=f"{url}/account", credentials=KEY, options=options)


def _gcs(url: str, options: ClientOptions) -> GCSClient:
    return GCSClient("box", endpoint_url=url, project="p", credentials={}, options=options)


Make = Callable[[str, ClientOptions], ObjectStorageClient]
EVERY = [_s3, _swift, _keystone, _azure, _gcs]


NGINX = (
    b"<html>\r\n<head><title>400 The plain HTTP request was sent to HTTPS port</title></head>\r\n<body>\r\n"
    b"<center><h1>400 Bad Request</h1></center>\r\n<hr><center>nginx/1.26.3</center>\r\n</body>\r\n</html>\r\n"
)
NGINX_HEAD = b"HTTP/1.1 400 Bad Request\r\nServer: nginx/1.26.3\r\nContent-Type: text/html\r\nConnection: close\r\n"


@pytest.mark.parametrize("make", EVERY)
def test_a_port_that_wants_tls_is_told_of(make: Make) -> None:
    def script(connection: socket.socket, _number: int) -> None:
        head, _ = read_request(connection)
        body = b"" if head.startswith(b"HEAD") else NGINX
        connection.sendall(NGINX_HEAD + f"Content-Length: {len(NGINX)}\r\n\r\n".encode() + body)

    with raw_server(script) as server, make(server.url, QUICK) as client:
        for call in (client.object_list, lambda: client.object_info("name")):
            with pytest.raises(ObjectStorageClientError, match=r"begins? with https://"):
                call()


def _given_up(client: ObjectStorageClient) -> TemporaryError:
    with client, pytest.raises(TemporaryError) as caught:
        client.object_info("name")
    return caught.value


@pytest.mark.parametrize("make", EVERY)
def test_a_refused_port_is_tried_a_few_times_within_three_seconds(make: Make, port: int, clock: Clock) -> None:
    began = clock.now
    error = _given_up(make(f"http://127.0.0.1:{port}", ClientOptions()))
    assert error.first_contact
    assert 3 <= error.tries <= ClientOptions().attempts
    assert len(clock.pauses) == error.tries - 1
    assert clock.now - began <= 3.0


@pytest.mark.parametrize("make", EVERY)
def test_an_unknown_host_is_tried_a_few_times(make: Make, clock: Clock) -> None:
    error = _given_up(make("http://host.invalid", QUICK))
    assert error.first_contact
    assert 2 <= error.tries <= QUICK.attempts  # as many as chance has room for in three seconds


@pytest.mark.parametrize("make", EVERY)
@pytest.mark.parametrize("words", [b"", b"SSH-2.0-OpenSSH_9.2\r\n\r\n", b"220 mail ESMTP\r\n\r\n"])
def test_what_speaks_no_http_is_tried_a_few_times(make: Make, words: bytes, clock: Clock) -> None:
    def script(connection: socket.socket, _number: int) -> None:
        read_request(connection)
        connection.sendall(words)

    with raw_server(script) as server:
        error = _given_up(make(server.url, QUICK))
    assert error.first_contact
    assert 2 <= error.tries <= QUICK.attempts  # as many as chance has room for in three seconds


def test_a_handshake_that_breaks_off_is_tried_a_few_times(clock: Clock) -> None:
    with raw_server(lambda connection, _number: None) as server:
        error = _given_up(_s3(f"https://127.0.0.1:{server.port}", QUICK))
    assert error.first_contact
    assert 2 <= error.tries <= QUICK.attempts  # as many as chance has room for in three seconds


def _answering(*replies: bytes) -> Script:
    """A script: one reply a connection, and connections that are closed at once when there is none left."""
    return saying(*replies, *[b""] * 50)


def test_after_one_answer_of_the_store_the_patience_is_the_usual_one() -> None:
    with raw_server(_answering(MISSING)) as server, _s3(server.url, QUICK) as client:
        assert client.object_info("name") is None
        error = _given_up(client)
    assert not error.first_contact
    assert error.tries == QUICK.attempts


def test_a_store_that_answers_that_it_is_busy_has_answered() -> None:
    with raw_server(_answering(*[BUSY] * 8)) as server:
        error = _given_up(_s3(server.url, QUICK))
    assert not error.first_contact
    assert error.tries == QUICK.attempts


def test_a_server_that_is_just_starting_is_waited_for(port: int) -> None:
    servers: list[RawServer] = []

    def start() -> None:
        servers.append(RawServer(socket.create_server(("127.0.0.1", port)), _answering(MISSING)))
        servers[0].start()

    late = threading.Timer(1.2, start)
    late.start()
    try:
        with _s3(f"http://127.0.0.1:{port}", ClientOptions()) as client:
            assert client.object_info("name") is None
    finally:
        late.join()
        servers[0].stop()


def test_who_wants_to_wait_for_a_server_can(port: int) -> None:
    patient = ClientOptions(first_pause=0.01, longest_pause=0.02, give_up_first_after=60.0)
    assert _given_up(_s3(f"http://127.0.0.1:{port}", patient)).tries == patient.attempts


def test_threads_that_come_first_together_are_all_told_soon(port: int, clock: Clock) -> None:
    failures: list[BaseException] = []
    with _s3(f"http://127.0.0.1:{port}", QUICK) as client:

        def look() -> None:
            try:
                client.object_info("name")
            except ObjectStorageClientError as error:
                failures.append(error)

        threads = [threading.Thread(target=look) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(failures) == 8
    assert all(isinstance(error, TemporaryError) and error.first_contact for error in failures)
    assert all(clock.slept.get(thread, 0.0) <= QUICK.give_up_first_after for thread in threads)


def test_another_process_has_a_first_contact_of_its_own() -> None:
    with raw_server(_answering(MISSING)) as server, _s3(server.url, QUICK) as client:
        assert client.object_info("name") is None
        assert _given_up(pickle.loads(pickle.dumps(client))).first_contact


def test_a_login_that_once_worked_is_waited_for() -> None:
    """Each login has connections of its own; that Keystone answered is remembered all the same."""
    refusal = b"HTTP/1.1 401 Unauthorized\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
    with raw_server(_answering(refusal)) as server, _keystone(server.url, QUICK) as client:
        with pytest.raises(ObjectStorageClientError):
            client.object_info("name")
        error = _given_up(client)
    assert not error.first_contact
    assert error.tries == QUICK.attempts


@pytest.fixture
def ends(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    with caplog.at_level(logging.INFO, "obs_client.requests"):
        yield caplog


def _told(ends: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in ends.records if record.levelno == logging.INFO]


def test_how_retries_end_is_told_at_info(ends: pytest.LogCaptureFixture) -> None:
    with raw_server(_answering(BUSY, MISSING, MISSING)) as server, _s3(server.url, QUICK) as client:
        client.object_info("name")
        assert [text.partition(":")[0] for text in _told(ends)] == ["ended at try 2"]
        client.object_info("name")
        assert len(_told(ends)) == 1
        _given_up(client)
    assert [text.partition(":")[0] for text in _told(ends)][1:] == ["gave up after try 8"]
