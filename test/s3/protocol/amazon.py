"""Amazon's endpoints, played on loopback: a proxy takes the tunnel and speaks TLS as they do."""

import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from socket import SHUT_RDWR, socket

from test.loopback.raw import answer, read_request

OBJECT = b'ETag: "8d777f385d3dfec8815d20f7496026dc"\r\nLast-Modified: Sun, 22 Nov 2026 10:00:00 GMT\r\n'
NAMES = (
    *(f"{star}s3.{region}amazonaws.com" for region in ("", "us-east-1.", "eu-west-1.") for star in ("", "*.")),
    "*.s3express-use1-az4.us-east-1.amazonaws.com",
)


@dataclass
class Amazon:
    """All of Amazon's hosts.

    Attributes:
        authority: The file of the authority that certifies them.
        answers: Gives the answer for a host and a request's head.
        heads: What came: hosts and heads.
        tunnels: The connections over which TLS is spoken, of which the server that took them knows nothing.
    """

    context: ssl.SSLContext
    authority: str
    answers: Callable[[str, bytes], bytes] = lambda *_: answer(b"data", headers=OBJECT)
    heads: list[tuple[str, bytes]] = field(default_factory=list)
    tunnels: list[ssl.SSLSocket] = field(default_factory=list)

    def serve(self, connection: socket, _: int) -> None:
        host = read_request(connection)[0].split()[1].decode().removesuffix(":443")
        connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with self.context.wrap_socket(connection, server_side=True) as secured:
            self.tunnels.append(secured)
            while head := read_request(secured)[0]:
                self.heads.append((host, head))
                secured.sendall(self.answers(host, head))

    def end(self) -> None:
        """End the tunnels that clients keep, so that nothing waits for another request."""
        for tunnel in self.tunnels:
            with suppress(OSError):  # it has ended
                socket.shutdown(tunnel, SHUT_RDWR)
