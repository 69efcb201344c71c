"""The servers of the tests: none of a stopped server's threads reads from a descriptor that is another's by then."""

import socket
import ssl
import threading
import time
from collections.abc import Iterator

import pytest

from test.loopback.proxy import forward_proxy
from test.loopback.raw import Script, echo, raw_server, read_head, replying
from test.loopback.tls import make_authority, tls_front

OTHERS = 30
MESSAGE = b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    return make_authority(tmp_path_factory.mktemp("authority")).server_context("IP:127.0.0.1")


@pytest.fixture
def others() -> Iterator[list[tuple[socket.socket, socket.socket]]]:
    """Room for connections of somebody else's, which take the descriptors that a server gave back."""
    pairs: list[tuple[socket.socket, socket.socket]] = []
    yield pairs
    for pair in pairs:
        for end in pair:
            end.close()


def secured(port: int) -> ssl.SSLSocket:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context.wrap_socket(socket.create_connection(("127.0.0.1", port), 5))


def wait_for(connection: socket.socket, _number: int) -> None:
    """A script: reads until there is nothing more."""
    while connection.recv(1000):
        pass


def test_nobody_reads_what_was_sent_to_others(
    local: ssl.SSLContext, others: list[tuple[socket.socket, socket.socket]]
) -> None:
    with raw_server(wait_for, local) as server:
        clients = [secured(server.port) for _ in range(10)]
        for client in clients:
            client.sendall(b"hello")
        while len(server.connections) < 10:
            time.sleep(0.001)
    others += [socket.socketpair() for _ in range(OTHERS)]
    for here, there in others:
        here.sendall(MESSAGE)
        there.sendall(MESSAGE)
    for client in clients:
        client.close()  # which wakes a thread that is still waiting for it
    for pair in others:
        for end in pair:
            end.settimeout(1.0)
            data = end.recv(1000)
            assert data == MESSAGE


@pytest.mark.parametrize("script", [wait_for, echo, replying(b"HTTP/1.1 204 x\r\n\r\n")])
@pytest.mark.parametrize("tls", [False, True])
def test_a_stopped_server_has_no_threads_and_no_connections(script: Script, tls: bool, local: ssl.SSLContext) -> None:
    before = threading.active_count()
    with raw_server(script, local if tls else None) as server:
        clients = [secured(server.port) if tls else socket.create_connection(("127.0.0.1", server.port)) for _ in "abc"]
        silent = socket.create_connection(("127.0.0.1", server.port))  # its handshake never comes
        while server.serving < 4 or len(server.connections) < 3:
            time.sleep(0.001)
    assert threading.active_count() <= before
    assert server.serving == 0
    assert [connection.fileno() for connection in server.connections] == [-1] * len(server.connections)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", server.port), 1)
    for client in [*clients, silent]:
        client.close()


def test_a_script_that_waits_for_something_else_is_told(local: ssl.SSLContext) -> None:
    def script(connection: socket.socket, _number: int) -> None:
        read_head(connection)
        server.stopped.wait(60)

    with raw_server(script) as server:
        client = socket.create_connection(("127.0.0.1", server.port))
        client.sendall(MESSAGE)
        while not server.connections:
            time.sleep(0.001)
    assert server.serving == 0
    client.close()


def test_tunnels_and_fronts_end_too(local: ssl.SSLContext) -> None:
    before = threading.active_count()
    with (
        raw_server(echo) as server,
        tls_front(local, "127.0.0.1", server.port) as front,
        forward_proxy() as proxy,
    ):
        assert proxy.server
        through = socket.create_connection(("127.0.0.1", proxy.server.port), 5)
        through.sendall(b"CONNECT 127.0.0.1:%d HTTP/1.1\r\n\r\n" % server.port)
        assert read_head(through)[0].startswith(b"HTTP/1.1 200")
        with secured(front.port) as client:
            client.sendall(b"GET /")
            while server.serving < 2:
                time.sleep(0.001)
            proxy.server.stop()
            front.stop()
    through.close()
    assert threading.active_count() <= before
