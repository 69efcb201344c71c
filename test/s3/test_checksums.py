"""Checksums of parts: a server that refuses a wrong one is believed, all others are sent and compared with MD5."""

import base64
import hashlib
import signal
from socket import socket

import pytest

from obs_client import IntegrityError, NotSupportedError
from obs_client.backend.crcs import CRC64, MANY
from obs_client.backend.integrity import new_hash
from obs_client.backends.s3.client import S3Client
from obs_client.backends.s3.endpoints import VERIFIES_PARTS
from obs_client.models import ClientOptions
from test.loopback.raw import answer, header, raw_server, read_request
from test.s3.running import KINDS, client, container, read_verified
from test.s3.uploads import CRC32, KEYS, LARGE, MIB, Server, uploading
from test.servers.shared import Servers


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")


@pytest.mark.parametrize("confirms", [True, False], ids=["confirms", "silent"])
def test_a_server_that_refuses_a_wrong_checksum_is_believed(confirms: bool) -> None:
    server = Server(verifies=True, confirms=confirms, echoes=confirms, etag=b"no-md5")
    with uploading(server) as owner:
        owner.object_write("a", LARGE)
        owner.object_write("b", LARGE)
    assert server.parts() == [{CRC32.decode()}] * 4
    assert server.probes() == 1


@pytest.mark.parametrize("status", [b"400 Bad Request", b"403 Forbidden", b"501 Not Implemented"])
def test_a_server_that_refuses_the_header_gets_md5(status: bytes) -> None:
    server = Server(refuses=status)
    with uploading(server) as owner:
        owner.object_write("a", LARGE)
        owner.object_write("b", LARGE)
    assert server.parts() == [{"content-md5"}] * 4
    assert server.probes() == 0
    assert [bool(names) for line, names, _ in server.seen if "?uploads" in line] == [True, False, False]


def test_a_server_that_knows_nothing_of_checksums_gets_md5() -> None:
    server = Server()
    with uploading(server) as owner:
        owner.object_write("a", LARGE)
        owner.object_write("b", LARGE)
    assert all("content-md5" in names for names in server.parts())
    assert server.parts()[2:] == [{"content-md5"}] * 2
    assert server.probes() == 1


@pytest.mark.parametrize("etag", [None, b"no-md5"])
def test_a_server_that_only_echoes_is_not_believed(etag: bytes | None) -> None:
    """It says that all is well whatever comes: its ETag tells, or nothing does, as with any server without digests."""
    server = Server(confirms=True, echoes=True, spoils=True, etag=etag)
    with uploading(server) as owner:
        if etag is None:
            with pytest.raises(IntegrityError):
                owner.object_write("a", LARGE)
        else:
            owner.object_write("a", LARGE)
    assert all("content-md5" in names for names in server.parts())


def test_other_bytes_at_a_server_that_verifies_are_an_error() -> None:
    server = Server(verifies=True, confirms=True, echoes=True, spoils=True)
    with uploading(server) as owner, pytest.raises(IntegrityError):
        owner.object_write("a", LARGE)
    assert server.seen[-1][0].startswith("DELETE"), "the upload is aborted"


@pytest.mark.parametrize(
    "probe", [answer(b"<Error><Code>SlowDown</Code></Error>", b"503 Slow Down"), b"220 mail.example ready\r\n\r\n"]
)
def test_what_could_not_be_told_is_asked_again(probe: bytes) -> None:
    server = Server(verifies=True, probe=probe)
    with uploading(server) as owner:
        owner.object_write("a", LARGE)
        assert server.parts() == [{"content-md5"}] * 2, "what every server takes"
        server.probe = None
        owner.object_write("b", LARGE)
    assert server.parts()[2:] == [{CRC32.decode()}] * 2
    assert server.probes() == 2


def test_an_interrupted_trial_leaves_no_upload() -> None:
    server = Server(interrupts=True)
    # A run that was started in the background ignores the signal.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with uploading(server) as owner, pytest.raises(KeyboardInterrupt):
            owner.object_write("a", LARGE)
    finally:
        signal.signal(signal.SIGINT, before)
    assert [line.split(" ")[0] for line, _, _ in server.seen] == ["POST", "PUT", "DELETE"]


@pytest.mark.parametrize("checksums", [True, False])
def test_the_callers_word_goes_before(checksums: bool) -> None:
    server = Server()
    with uploading(server, checksums=checksums) as owner:
        owner.object_write("a", LARGE)
    assert server.parts() == [{CRC32.decode() if checksums else "content-md5"}] * 2
    assert server.probes() == 0


def test_a_begin_that_fails_otherwise_is_not_tried_without() -> None:
    with raw_server(lambda connection, _: _refuse(connection)) as running:
        owner = S3Client("c", endpoint_url=running.url, credentials=KEYS, options=ClientOptions(part_size=6 * MIB))
        with pytest.raises(NotSupportedError, match="405"):
            owner.object_write("a", LARGE)
    assert len(running.connections) == 1


def _refuse(connection: socket) -> None:
    read_request(connection)
    connection.sendall(answer(b"", b"405 Method Not Allowed", b"Connection: close\r\n"))


@pytest.mark.parametrize("kind", KINDS)
def test_servers_are_believed_that_verify(kind: str, servers: Servers) -> None:
    owner = client(servers.speaking_s3(kind))
    name = container(owner)
    owner.object_write("a", LARGE * 2)
    assert owner._requests.experience.of(VERIFIES_PARTS) is (kind != "moto")
    assert read_verified(owner, "a") == (LARGE * 2, True)
    head = owner.native.head_object(Bucket=name, Key="a", ChecksumMode="ENABLED")
    assert head.get("ChecksumType") == ("COMPOSITE" if kind == "seaweedfs" else None)
    with owner._object_open(name, "a", 0, None, None) as reader:
        assert reader.digest
        assert reader.digest.algorithm == ("crc32" if kind == "seaweedfs" else "md5")


def test_a_stored_checksum_finds_flipped_bytes(servers: Servers) -> None:
    """The same bytes, and a composite that is not theirs."""
    owner = client(servers.seaweedfs())
    name = container(owner)
    owner.object_write("a", LARGE * 2)
    with owner._object_open(name, "a", 0, None, None) as reader:
        assert reader.digest
        with pytest.raises(IntegrityError):
            reader.digest.check_composite([bytes(4)] * len(reader.digest.part_sizes))


@pytest.mark.parametrize("status", [b"400 Bad Request", b"501 Not Implemented", b"503 Slow Down"])
def test_a_server_that_will_not_tell_checksums_is_checked_by_md5(status: bytes) -> None:
    """Backblaze B2 answers 400 to `x-amz-checksum-mode`: then the ETag's composite of MD5s is compared."""
    digests = b"".join(hashlib.md5(LARGE[start : start + 6 * MIB]).digest() for start in (0, 6 * MIB))
    tags = (
        b'ETag: "%s-2"\r\nLast-Modified: Sun, 22 Nov 2026 10:00:00 GMT\r\n' % hashlib.md5(digests).hexdigest().encode()
    )
    note = b"x-amz-meta-obs-write-id: abc.%d\r\n" % (6 * MIB)
    modes = []

    def script(connection: socket, _: int) -> None:
        while head := read_request(connection)[0]:
            if header(head, b"x-amz-checksum-mode"):
                modes.append(head.split(b" ")[0])
                connection.sendall(b"HTTP/1.1 %b\r\nContent-Length: 0\r\n\r\n" % status)
            else:
                connection.sendall(answer(LARGE, headers=tags + note))

    options = ClientOptions(part_size=32 * MIB, attempts=1)
    with raw_server(script) as running:
        owner = S3Client("c", endpoint_url=running.url, credentials=KEYS, options=options)
        for _ in range(2):
            assert read_verified(owner, "a") == (LARGE, True)
    assert modes == [b"HEAD"] * (2 if status.startswith(b"503") else 1)


@pytest.mark.parametrize("damaged", [False, True])
@pytest.mark.parametrize("algorithm", [CRC64, "crc32"])
@pytest.mark.parametrize("size", [5, MANY + 5])
def test_a_checksum_of_the_whole_proves_what_has_no_md5(algorithm: str, size: int, damaged: bool) -> None:
    """As of what other programs wrote to Amazon by parts, to whom it gives a CRC-64 if they send none."""
    data = bytes(range(251)) * (size // 251) + bytes(size % 251)
    hasher = new_hash(algorithm)
    hasher.update(data)
    checksum = base64.b64encode(hasher.digest())
    tag = b"d41d8cd98f00b204e9800998ecf8427e-2" if size >= MANY else b"no-md5"
    tags = b'ETag: "%b"\r\nLast-Modified: Sun, 22 Nov 2026 10:00:00 GMT\r\n' % tag
    tags += b"x-amz-checksum-%b: %b\r\nx-amz-checksum-type: FULL_OBJECT\r\n" % (algorithm.encode(), checksum)
    content = data[:-1] + b"x" if damaged else data

    def script(connection: socket, _: int) -> None:
        while head := read_request(connection)[0]:
            whole = answer(content, headers=tags)
            connection.sendall(whole.removesuffix(content) if head.startswith(b"HEAD") else whole)

    options = ClientOptions(part_size=32 * MIB, attempts=1)
    with raw_server(script) as running:
        owner = S3Client("c", endpoint_url=running.url, credentials=KEYS, options=options)
        if not damaged:
            assert read_verified(owner, "a") == (data, True)
            return
        with pytest.raises(IntegrityError, match=algorithm):
            owner.object_read("a")
