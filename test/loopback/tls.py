"""TLS on loopback: an authority made for one test run, and a front that speaks TLS before a plain server."""

import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from test.loopback.raw import RawServer, join, raw_server


@dataclass(frozen=True)
class Authority:
    """An authority of its own, with its certificate in a file of PEM."""

    directory: Path

    @property
    def file(self) -> Path:
        return self.directory / "authority.pem"

    def server_context(self, *names: str, days: int = 2) -> ssl.SSLContext:
        """A server's side, with a certificate for names such as `DNS:localhost` or `IP:127.0.0.1`."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.certificate_files(*names, days=days))
        return context

    def certificate_files(self, *names: str, days: int = 2) -> tuple[Path, Path]:
        """The files of a certificate for these names, and of its key."""
        key, request, certificate = (self.directory / f"{abs(hash(names))}.{end}" for end in ("key", "csr", "crt"))
        extensions = self.directory / "extensions"
        extensions.write_text(f"subjectAltName={','.join(names)}\nauthorityKeyIdentifier=keyid\n")
        _openssl("req", "-new", *_NEW_KEY, "-keyout", key, "-out", request, "-subj", "/CN=server")
        _openssl(
            *("x509", "-req", "-in", request, "-CA", self.file, "-CAkey", self.directory / "authority.key"),
            *("-CAcreateserial", "-days", str(days), "-extfile", extensions, "-out", certificate),
        )
        return certificate, key


_NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


def make_authority(directory: Path) -> Authority:
    """Make an authority whose files are in `directory`; needs the program `openssl`."""
    authority = Authority(directory)
    _openssl(
        *("req", "-x509", *_NEW_KEY, "-days", "2", "-subj", "/CN=authority of the tests"),
        *("-addext", "keyUsage=critical,keyCertSign"),
        *("-keyout", directory / "authority.key", "-out", authority.file),
    )
    return authority


@contextmanager
def tls_front(context: ssl.SSLContext, host: str, port: int) -> Iterator[RawServer]:
    """Speak TLS on loopback and hand everything over to a plain server."""

    def serve(connection: socket.socket, _number: int) -> None:
        with socket.create_connection((host, port), 10) as server:
            join(connection, server)

    with raw_server(serve, context) as front:
        yield front


def _openssl(*arguments: str | Path) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, timeout=60)
