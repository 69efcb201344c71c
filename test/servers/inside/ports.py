"""Ports of the kernel's choice on 127.0.0.1."""

import socket

HOST = "127.0.0.1"


def listen() -> socket.socket:
    """Give a socket that listens already: nobody can take the port, and a client that is too early only waits."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((HOST, 0))
    listener.listen(1024)
    return listener


def port_of(listener: socket.socket) -> int:
    """Give the port that a socket listens on."""
    port: int = listener.getsockname()[1]
    return port


def free_ports(count: int) -> list[int]:
    """Give different ports that are free just now, for a server that cannot inherit sockets.

    Somebody else may take one before the server does: the caller tries again then.
    """
    sockets = [socket.socket(socket.AF_INET, socket.SOCK_STREAM) for _ in range(count)]
    try:
        for each in sockets:
            each.bind((HOST, 0))
        return [port_of(each) for each in sockets]
    finally:
        for each in sockets:
            each.close()
